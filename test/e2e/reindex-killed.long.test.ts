import { join } from 'node:path'

import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { Report } from '../../src/reindex/report.ts'
import { contentOf } from '../reindex/bucket-under-test.ts'
import { clientView, type makeKey, reader } from '../reindex/repositories-under-test.ts'
import { keepRepositories } from './kept-repositories.ts'
import { killAtRandom } from './kills.ts'
import { bucket, discard, type Installation, type Kept, withInstallation } from '../support/installation.ts'
import { shareOf } from '../support/share.ts'

const moments = shareOf(50)
/** Of one history, before it may end undisturbed. */
const mostKills = 5
/** Told with every failure: the same seed gives the same moments. */
const seed = Number(process.env['SEED'] ?? process.env['FC_SEED'] ?? Date.now() % 1_000_000)

describe('reindex-everything, killed with -9 at random moments', function () {
  this.timeout(400_000)
  let key: Awaited<ReturnType<typeof makeKey>>
  let kept: Kept
  before(async () => {
    ;({ kept, key } = await keepRepositories())
  })
  after(() => discard(kept))

  const wordsFor = ({ folder }: Installation): string[] => {
    return ['reindex-everything', '--signing-key', join(folder, 'key.asc'), '--json']
  }
  const succeed = async (place: Installation): Promise<Report> => {
    const report = resultOf(await place.succeed(wordsFor(place))) as Report
    // A run that was killed is a publisher that was stopped: what it has written and not attested yet is told of.
    const problems = report.problems.filter(({ what }) => !what.includes('as after a publisher that was stopped'))
    expect([report.failed, problems]).to.deep.equal([0, []])
    return report
  }

  it(`ends in what one uninterrupted run leaves, ${moments} times, and breaks no client (seed ${seed})`, async () => {
    const whole = await withInstallation({ from: kept }, async (place) => {
      expect((await succeed(place)).indexes.map(({ outcome }) => outcome)).to.deep.equal([
        'written',
        'written',
        'written',
        'written',
      ])
      return { calls: place.sandbox.calls.list().length, content: await contentFor(place) }
    })
    await killAtRandom({
      ...{ kept, seed, moments, mostKills, calls: whole.calls, words: wordsFor },
      afterKill: async (place, where) => {
        const { complaints, unsigned } = await clientView(reader(place.clients.s3, bucket), key.signer)
        expect(complaints, where).to.deep.equal([])
        // The two objects of a tree can't be written in one; no two trees are between them at once.
        expect(unsigned, where).to.have.length.lessThan(2)
      },
      atEnd: async (place, where) => {
        await succeed(place)
        const content = await contentFor(place)
        expect(Object.keys(content), where).to.deep.equal(Object.keys(whole.content))
        for (const [name, look] of Object.entries(content)) {
          expect(look, `${name}, ${where}`).to.deep.equal(whole.content[name])
        }
      },
    })
  })

  /** All of the bucket, but for what tells when it was written: dates, and the signatures over them. */
  async function contentFor({ clients: { s3 } }: Installation): Promise<Record<string, unknown>> {
    const read = reader(s3, bucket)
    expect(await clientView(read, key.signer)).to.deep.equal({ complaints: [], unsigned: [] })
    const content = await contentOf(s3, bucket)
    for (const [name, look] of Object.entries(content)) {
      const { ETag, ChecksumCRC64NVME, ...rest } = look as Record<string, unknown>
      const body = (await read(name)) ?? Buffer.alloc(0)
      if (/\/(InRelease|Release)$/.test(name)) {
        const text = body
          .toString()
          .replace(/^Date: .*$/m, 'Date: …')
          .replace(/-----BEGIN PGP SIGNATURE-----[^]*/, '…')
        content[name] = { ...rest, ContentLength: undefined, text }
      } else if (/\/repomd\.xml$/.test(name)) {
        const text = body.toString().replace(/<(revision|timestamp)>\d+</g, '<$1>…<')
        content[name] = { ...rest, text }
      } else if (/\.(gpg|asc)$/.test(name)) {
        content[name] = { ...rest, ContentLength: undefined }
        if (name.endsWith('.gpg')) {
          const release = (await read(name.replace(/\.gpg$/, ''))) ?? Buffer.alloc(0)
          expect(await key.signer.signedDetached(release, body), name).to.equal(true)
        }
      } else content[name] = { ...rest, ETag, ChecksumCRC64NVME, body: body.toString('base64') }
    }
    return content
  }
})
