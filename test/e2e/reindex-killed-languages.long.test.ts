import { mkdtemp } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { contentOf } from '../reindex/bucket-under-test.ts'
import { reader } from '../reindex/repositories-under-test.ts'
import type { FormatSubject } from '../repositories/behaves-like-a-format.ts'
import { gemSubject } from '../repositories/gem/subject.ts'
import { npmSubject } from '../repositories/npm/subject.ts'
import { pypiSubject } from '../repositories/pypi/subject.ts'
import { bucket, discard, install, type Installation, type Kept, withInstallation } from '../support/installation.ts'
import { killAtRandom } from './kills.ts'

const moments = 20
/** Of one history, before it may end undisturbed. */
const mostKills = 4
/** Told with every failure: the same seed gives the same moments. */
const seed = Number(process.env['SEED'] ?? Date.now() % 1_000_000)
const words = ['reindex-everything', '--json']

const subjects: Readonly<Record<string, () => Promise<FormatSubject>>> = {
  gems: gemSubject,
  npm: npmSubject,
  pypi: pypiSubject,
}

for (const [name, prepare] of Object.entries(subjects)) {
  describe(`reindex-everything of ${name}, killed with -9 at random moments`, function () {
    this.timeout(600_000)
    let subject: FormatSubject
    let kept: Kept
    before(async () => {
      subject = await prepare()
      const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-killed-'))
      const place = await install()
      try {
        for (const [key, body] of subject.objects) await place.put(key, Buffer.from(body))
        await place.put(subject.added.key, Buffer.from(subject.added.body))
      } finally {
        await place.close(folder)
      }
      kept = { folder, next: [] }
    })
    after(() => discard(kept))

    /** What clients find, and that nothing is wrong for them. */
    async function namesIn({ clients: { s3 } }: Installation): Promise<string[]> {
      const read = reader(s3, bucket)
      const objects = new Map<string, Uint8Array>()
      for (const key of Object.keys(await contentOf(s3, bucket))) objects.set(key, (await read(key)) ?? Buffer.alloc(0))
      const { names, complaints } = await subject.client((key) => objects.get(key))
      expect(complaints).to.deep.equal([])
      return [...names].sort()
    }

    it(`ends in what one uninterrupted run leaves, ${moments} times, and breaks no client (seed ${seed})`, async () => {
      const whole = await withInstallation({ from: kept }, async (place) => {
        await place.succeed(words)
        return {
          calls: place.sandbox.calls.list().length,
          content: await contentOf(place.clients.s3, bucket),
          names: await namesIn(place),
        }
      })
      expect(whole.names).to.include(subject.added.name)
      await killAtRandom({
        ...{ kept, seed, moments, mostKills, calls: whole.calls, words: () => words },
        afterKill: async (place, where) => {
          expect(whole.names, where).to.include.members(await namesIn(place))
        },
        atEnd: async (place, where) => {
          await place.succeed(words)
          expect(await namesIn(place), where).to.deep.equal(whole.names)
          expect(await contentOf(place.clients.s3, bucket), where).to.deep.equal(whole.content)
        },
      })
    })
  })
}
