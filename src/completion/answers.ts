/** Asks AWS, or its configuration, what there is. Of clients only that is loaded which is asked: somebody waits. */
import type { Aws } from '../aws/connect.ts'
import { flagsOf } from '../settings/flags-of.ts'
import type { Asked } from './cache.ts'
import type { AwsQuestion, Found } from './questions.ts'

/** @throws whatever keeps it from being told */
export async function answer({ question, given }: Asked): Promise<Found[]> {
  if (question.about === 'profiles') {
    const { readSharedConfiguration } = await import('../aws/shared-profile.ts')
    return Object.keys((await readSharedConfiguration({})).profiles)
      .sort()
      .map(named)
  }
  // Loaded while the settings are read.
  const asking = askerOf(question)
  const [{ connect }, { loadSettings, optional }] = await Promise.all([
    import('../aws/connect.ts'),
    import('../settings/settings.ts'),
  ])
  const settings = await loadSettings(flagsOf(given))
  // No code of a device is asked for: nobody would see the question.
  const aws = await connect(settings, process.env, { later: true })
  return (await asking)(aws, {
    installation: settings.installation.value,
    bucket: () => optional(settings, 'bucket'),
  })
}

const named = (name: string): Found => ({ name })

/** What of the settings is needed for some questions. */
interface Usual {
  readonly installation: string
  bucket(): string | undefined
}

type Asker = (aws: Aws, usual: Usual) => Promise<Found[]>

async function askerOf(question: AwsQuestion): Promise<Asker> {
  switch (question.about) {
    case 'bucket-key': {
      const { arnOfDefaultKey } = await import('../resources/kms/bucket-key.ts')
      return async (aws, usual) => {
        const bucket = usual.bucket()
        const arn = bucket === undefined ? undefined : await arnOfDefaultKey(aws, bucket)
        return arn === undefined ? [] : [{ name: arn, note: bucket }]
      }
    }
    case 'boundaries': {
      const { ownPolicies } = await import('../resources/iam/policies.ts')
      return async (aws) =>
        (await ownPolicies(aws)).map(({ arn, bounds }) => ({
          name: arn,
          note: bounds === 0 ? undefined : `bounds ${bounds} already`,
        }))
    }
    case 'buckets': {
      const { bucketNames } = await import('../resources/s3/near-buckets.ts')
      return async (aws) => (await bucketNames(aws)).map(named)
    }
    case 'certificates': {
      const { issuedCertificates } = await import('../resources/cloudfront/certificate.ts')
      return async (aws) =>
        (await issuedCertificates(aws)).map(({ arn, names }) => ({ name: arn, note: names.join(', ') }))
    }
    case 'installations': {
      const { installationNames } = await import('../resources/installations.ts')
      return async (aws) => (await installationNames(aws)).map(named)
    }
    case 'distributions':
      return distributions()
    case 'invalidations': {
      const { newestInvalidations } = await import('../resources/cloudfront/invalidation.ts')
      return async (aws) =>
        (await newestInvalidations(aws, question.distribution)).map(({ id, status }) => ({ name: id, note: status }))
    }
    case 'principals': {
      const { principalArns } = await import('../resources/iam/principals.ts')
      return async (aws) => (await principalArns(aws)).map(named)
    }
    case 'versions': {
      const { edgeArns } = await import('../resources/edge-arns.ts')
      return async (aws, { installation }) =>
        (await edgeArns(aws, installation)).map(({ arn, published }) => ({ name: arn, note: published }))
    }
    case 'folder': {
      const { namesBelow } = await import('../resources/s3/names-below.ts')
      return async (aws, usual) => {
        const bucket = question.bucket ?? usual.bucket()
        return bucket === undefined ? [] : (await namesBelow(aws, bucket, question.folder)).map(named)
      }
    }
  }
}

async function distributions(): Promise<Asker> {
  const { bucketOf, listDistributions } = await import('../resources/cloudfront/live-distribution.ts')
  return async (aws) =>
    (await listDistributions(aws)).map(({ Id = '', DomainName = '', Aliases, Origins, Comment = '' }) => {
      const aliases = Aliases?.Items ?? []
      const buckets = Origins?.Items?.flatMap((origin) => bucketOf(origin.DomainName ?? '') ?? []) ?? []
      return {
        name: Id,
        note: [...(aliases.length === 0 ? [DomainName] : aliases), Comment].filter((part) => part !== '').join(', '),
        buckets: [...new Set(buckets)],
        domains: [DomainName, ...aliases],
      }
    })
}
