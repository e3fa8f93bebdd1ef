/**
 * `reindex-everything --run-on batch`, killed with -9 at what it makes and begins, one after the other in one history, and
 * at random moments: what goes on by itself goes on meanwhile.
 */
import { join } from 'node:path'

import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import { contentOf } from '../reindex/bucket-under-test.ts'
import { clientView, type makeKey, reader } from '../reindex/repositories-under-test.ts'
import { jobsAtOnce } from '../support/batch-jobs.ts'
import { keepRepositories } from './kept-repositories.ts'
import { killAt, killAtRandom, type NamedPoint } from './kills.ts'
import { bucket, discard, type Installation, type Kept, withInstallation } from '../support/installation.ts'

const moments = 2
/** Told with every failure: the same seed gives the same moments. */
const seed = Number(process.env['SEED'] ?? process.env['FC_SEED'] ?? Date.now() % 1_000_000)
/** In the order of a run: each kill lets the next run come one further. */
const points: readonly NamedPoint[] = [
  ['iam:PutRolePolicy', 1, 'after'],
  ['lambda:CreateFunction', 1, 'after'],
  ['lambda:PublishVersion', 1, 'before'],
  ['s3control:CreateJob', 1, 'before'],
  ['s3control:CreateJob', 1, 'after'],
  ['s3control:UpdateJobStatus', 1, 'before'],
  ['s3control:UpdateJobStatus', 1, 'after'],
]

describe('reindex-everything --run-on batch, killed with -9', function () {
  this.timeout(900_000)
  let key: Awaited<ReturnType<typeof makeKey>>
  let kept: Kept
  const options = { timing: jobsAtOnce }
  before(async () => {
    ;({ kept, key } = await keepRepositories(options))
  })
  after(() => discard(kept))

  const wordsFor = ({ folder }: Installation, ...more: string[]): string[] => [
    ...['reindex-everything', '--signing-key', join(folder, 'key.asc'), '--json', ...more],
  ]
  const onBatch = (place: Installation): string[] => wordsFor(place, '--run-on', 'batch', '--yes')
  const succeed = async (place: Installation, words: string[]): Promise<void> => {
    const report = resultOf(await place.succeed(words)) as Report
    expect(report.failed).to.equal(0)
  }
  /** All of the bucket, but for what tells when it was written: dates, and the signatures over them. */
  const contentFor = async ({ clients: { s3 } }: Installation): Promise<Record<string, unknown>> => {
    const content = await contentOf(s3, bucket)
    for (const name of Object.keys(content)) if (/Release|repomd|\.asc$/.test(name)) content[name] = 'signed'
    return content
  }
  const sameAs = async (place: Installation, expected: Record<string, unknown>, where: string): Promise<void> => {
    expect(await contentFor(place), where).to.deep.equal(expected)
    const { complaints, unsigned } = await clientView(reader(place.clients.s3, bucket), key.signer)
    expect([complaints, unsigned], where).to.deep.equal([[], []])
  }
  const whole = (): Promise<{ calls: number; content: Record<string, unknown> }> =>
    withInstallation({ ...options, from: kept }, async (place) => {
      await succeed(place, wordsFor(place))
      const content = await contentFor(place)
      return { calls: place.sandbox.calls.list().length, content }
    })

  it(`leaves what a host alone does, wherever it is killed (seed ${seed})`, async () => {
    const { content, calls } = await whole()
    await withInstallation({ ...options, from: kept }, async (place) => {
      const killed: string[] = []
      for (const point of points) {
        const killer = new AbortController()
        const { reached, stop } = killAt(place, point, killer, () => run)
        const run: Promise<unknown> = place.run(onBatch(place), { signal: killer.signal })
        await run
        stop()
        if (reached() !== undefined) killed.push(point.join(' '))
      }
      expect(killed.length).to.be.greaterThan(points.length - 2)
      await succeed(place, onBatch(place))
      await sameAs(place, content, killed.join(', '))
    })
    await killAtRandom({
      ...{ kept, options, seed, moments, mostKills: 2, calls: calls * 1.5, words: onBatch },
      afterKill: async () => undefined,
      atEnd: async (place, where) => {
        await succeed(place, onBatch(place))
        await sameAs(place, content, where)
      },
    })
  })
})
