/** Asks AWS, or its configuration, what there is. */
import { connect } from '../aws/connect.ts'
import { readSharedConfiguration } from '../aws/shared-profile.ts'
import { bucketOf, listDistributions } from '../resources/cloudfront/live-distribution.ts'
import { installationNames } from '../resources/installations.ts'
import { bucketNames, namesBelow } from '../resources/s3/names-below.ts'
import { flagsOf } from '../settings/flags-of.ts'
import { loadSettings, need, type Settings } from '../settings/settings.ts'
import type { Asked } from './cache.ts'
import type { AwsQuestion, Found } from './questions.ts'

/** @throws whatever keeps it from being told */
export async function answer({ question, given }: Asked): Promise<Found[]> {
  if (question.about === 'profiles') return profiles()
  return askAws(question, await loadSettings(flagsOf(given)))
}

const profiles = async (): Promise<Found[]> =>
  Object.keys((await readSharedConfiguration({})).profiles)
    .sort()
    .map(named)

const named = (name: string): Found => ({ name })

async function askAws(question: AwsQuestion, settings: Settings): Promise<Found[]> {
  // No code of a device is asked for: nobody would see the question.
  const aws = await connect(settings, process.env, { later: true })
  switch (question.about) {
    case 'buckets':
      return (await bucketNames(aws)).map(named)
    case 'distributions':
      return (await listDistributions(aws)).map(distribution)
    case 'installations':
      return (await installationNames(aws)).map(named)
    case 'folder':
      return (await namesBelow(aws, question.bucket ?? need(settings, 'bucket'), question.folder)).map(named)
  }
}

type Summary = Awaited<ReturnType<typeof listDistributions>>[number]

function distribution({ Id = '', DomainName = '', Aliases, Origins, Comment = '' }: Summary): Found {
  const aliases = Aliases?.Items ?? []
  const buckets = Origins?.Items?.flatMap((origin) => bucketOf(origin.DomainName ?? '') ?? []) ?? []
  return {
    name: Id,
    note: [...(aliases.length === 0 ? [DomainName] : aliases), Comment].filter((part) => part !== '').join(', '),
    buckets: [...new Set(buckets)],
    domains: [DomainName, ...aliases],
  }
}
