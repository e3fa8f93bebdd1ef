/** An installation that is in use, whose secret is to be replaced, with front servers. */
import { readFile, writeFile } from 'node:fs/promises'

import { ListDistributionsCommand, ListTagsForResourceCommand, TagResourceCommand } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import { startFront } from '../../src/rehearsal/front.ts'
import { readFrontSettings } from '../../src/rehearsal/front-settings.ts'
import type { Front } from '../../src/sandbox/host/front.ts'
import type { CliRun } from './run-cli.ts'
import { type Installation, install, type InstallOptions, objectBody, objectKey } from './installation.ts'

export const token = 'a-read-token'

/** A place in use. */
export interface Rotation {
  readonly place: Installation
  readonly fronts: readonly Front[]
  /** What a run needs of the environment. */
  readonly env: Record<string, string>
  /** Downloads through each front server, as a package manager does; fails if one is refused. */
  served(): Promise<void>
  /** rotate-cloudfront-secret with these flags. */
  rotate(...flags: string[]): Promise<CliRun>
  /** `--front URL` for each of the front servers. */
  readonly everyFront: readonly string[]
  text(): Promise<string>
  /** The secrets in packagecloud.rb: the current one, and the previous one if there is one that is not empty. */
  secrets(): Promise<{ readonly current: string; readonly previous: string | undefined }>
  /** The tag that remembers since when front servers sign with the new secret. */
  mark(): Promise<string | undefined>
  /** Restarts front servers, by their place among them. */
  restart(...which: number[]): Promise<void>
  /** A rotation up to the step that waits until no URL of the old secret is good any more. */
  seen(): Promise<void>
  /** Has the front servers have been seen so many days ago. */
  ago(days: number): Promise<void>
  /** A run that must change nothing, neither in AWS nor in packagecloud.rb. */
  unchanging(...flags: string[]): Promise<CliRun>
  /** The same, with how it must end, and what it must say. */
  refused(code: number, message: RegExp, ...flags: string[]): Promise<CliRun>
  close(): Promise<void>
}

export const markKey = 'packagecloud:rotation'

/** @param count - of front servers */
export async function inUse(options: InstallOptions = {}, count = 1): Promise<Rotation> {
  const place = await install(options)
  await place.connect()
  const { accessKeyId, secretAccessKey } = place.sandbox
  const readSettings = () => readFrontSettings(place.config, { accessKeyId, secretAccessKey })
  const start = () => startFront({ port: 0, endpoint: place.sandbox.endpoint, token, readSettings })
  const fronts = await Promise.all(Array.from({ length: count }, start))
  const env = { PC_CTL_FRONT_TOKEN: token }
  const text = () => readFile(place.config, 'utf8')
  const rotate: Rotation['rotate'] = (...flags) => place.run(['rotate-cloudfront-secret', ...flags], { env })
  const everyFront = fronts.flatMap(({ url }) => ['--front', url])
  const restart: Rotation['restart'] = async (...which) => {
    for (const index of which) await fronts[index]?.restart()
  }
  const unchanging: Rotation['unchanging'] = async (...flags) => {
    const before = await text()
    let run: CliRun | undefined
    expect(await place.changes(async () => (run = await rotate(...flags)))).to.deep.equal([])
    expect(await text()).to.equal(before)
    if (run === undefined) throw new Error('it did not run')
    return run
  }
  return {
    place,
    fronts,
    env,
    async served() {
      for (const { url } of fronts) {
        expect(await (await downloaded(url)).text()).to.equal(objectBody)
      }
    },
    rotate,
    everyFront,
    restart,
    unchanging,
    async refused(code, message, ...flags) {
      const run = await unchanging(...flags)
      expect(run.code, run.stderr).to.equal(code)
      expect(run.stderr).to.match(message)
      return run
    },
    async seen() {
      await rotate('--write-config', '--yes')
      await restart(...fronts.keys())
      const run = await rotate(...everyFront)
      expect(run.code, run.stderr).to.equal(0)
    },
    async ago(days) {
      const time = new Date(Date.now() - days * 86_400_000).toISOString().slice(0, 19)
      const Value = (await markOf(place))?.replace(/since=.*/, `since=${time}Z`)
      const Tags = { Items: [{ Key: markKey, Value }] }
      await place.clients.cloudfront.send(new TagResourceCommand({ Resource: await arnOfDistribution(place), Tags }))
    },
    text,
    async secrets() {
      const found = await text()
      const last = (key: string): string | undefined =>
        [...found.matchAll(new RegExp(`\\['${key}'\\] = '([^']*)'`, 'g'))].at(-1)?.[1]
      return { current: last('cloudfront_secret') ?? '', previous: last('cloudfront_previous_secret') || undefined }
    },
    mark: () => markOf(place),
    async close() {
      await Promise.all(fronts.map((front) => front.close()))
      await place.close()
    },
  }
}

/** Whose machine does much else may have a function that does not answer in its time; what is broken stays so. */
async function downloaded(front: string, tries = 3): Promise<Response> {
  const authorization = `Basic ${Buffer.from(`${token}:`).toString('base64')}`
  const answer = await fetch(`${front}/${objectKey}`, { headers: { authorization } })
  return answer.status >= 500 && tries > 1 ? downloaded(front, tries - 1) : answer
}

export async function arnOfDistribution({ clients: { cloudfront } }: Installation): Promise<string> {
  const { DistributionList } = await cloudfront.send(new ListDistributionsCommand({}))
  return DistributionList?.Items?.[0]?.ARN ?? ''
}

async function markOf(place: Installation): Promise<string | undefined> {
  const Resource = await arnOfDistribution(place)
  const { Tags } = await place.clients.cloudfront.send(new ListTagsForResourceCommand({ Resource }))
  return Tags?.Items?.find(({ Key }) => Key === markKey)?.Value
}

/** The steps that a run has shown, `x` for those done. */
export const marks = (talk: string): string =>
  talk
    .split('\n')
    .filter((line) => /^\S+ \d\. /.test(line))
    .map((line) => (line.startsWith('✔') ? 'x' : '-'))
    .join('')

/** Rewrites packagecloud.rb. */
export async function edit({ config }: Installation, change: (text: string) => string): Promise<void> {
  await writeFile(config, change(await readFile(config, 'utf8')))
}
