import { createHash } from 'node:crypto'
import { mkdtemp, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { contentOf } from '../reindex/bucket-under-test.ts'
import { reader } from '../reindex/repositories-under-test.ts'
import { rsaKey } from '../repositories/alpine/made-apks.ts'
import { alpineSubject } from '../repositories/alpine/subject.ts'
import type { FormatSubject } from '../repositories/behaves-like-a-format.ts'
import { gemSubject } from '../repositories/gem/subject.ts'
import { helmSubject } from '../repositories/helm/subject.ts'
import { mavenSubject } from '../repositories/maven/subject.ts'
import { npmSubject } from '../repositories/npm/subject.ts'
import { pypiSubject } from '../repositories/pypi/subject.ts'
import { bucket, discard, install, type Installation, type Kept, withInstallation } from '../support/installation.ts'
import { killAtRandom } from './kills.ts'
import { shareOf } from '../support/share.ts'

const moments = shareOf(20)
/** Of one history, before it may end undisturbed. */
const mostKills = 4
/** Told with every failure: the same seed gives the same moments. */
const seed = Number(process.env['SEED'] ?? process.env['FC_SEED'] ?? Date.now() % 1_000_000)

const subjects: Readonly<Record<string, () => Promise<FormatSubject>>> = {
  gems: gemSubject,
  npm: npmSubject,
  pypi: pypiSubject,
  charts: helmSubject,
  'packages of Alpine': alpineSubject,
  artifacts: mavenSubject,
}

const apkKey = 'ops.rsa'
const wordsIn = ({ folder }: Installation): string[] => [
  ...['reindex-everything', '--json', '--apk-key', join(folder, apkKey)],
]

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
        await writeFile(join(place.folder, apkKey), rsaKey().privateKey.export({ type: 'pkcs8', format: 'pem' }))
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

    /** All of the bucket; of what says when it was written, what it says apart from that. */
    async function contentIn({ clients: { s3 } }: Installation): Promise<Record<string, unknown>> {
      const content = await contentOf(s3, bucket)
      const read = reader(s3, bucket)
      for (const key of Object.keys(content)) {
        const [document, name, sum] = /^.*\/(index\.yaml|maven-metadata\.xml)(?:\.(md5|sha1))?$/.exec(key) ?? []
        if (document === undefined || name === undefined) continue
        const body = (await read(key)) ?? Buffer.alloc(0)
        const summed = sum && (await read(key.slice(0, -sum.length - 1)))
        content[key] =
          sum === undefined || summed === undefined || summed === ''
            ? body.toString().replace(/^generated: .*$|<lastUpdated>\d+/gm, '…')
            : body.toString().startsWith(createHash(sum).update(summed).digest('hex'))
      }
      return content
    }

    it(`ends in what one uninterrupted run leaves, ${moments} times, and breaks no client (seed ${seed})`, async () => {
      const whole = await withInstallation({ from: kept }, async (place) => {
        await place.succeed(wordsIn(place))
        return {
          calls: place.sandbox.calls.list().length,
          content: await contentIn(place),
          names: await namesIn(place),
        }
      })
      expect(whole.names).to.include(subject.added.name)
      await killAtRandom({
        ...{ kept, seed, moments, mostKills, calls: whole.calls, words: wordsIn },
        afterKill: async (place, where) => {
          expect(whole.names, where).to.include.members(await namesIn(place))
        },
        atEnd: async (place, where) => {
          await place.succeed(wordsIn(place))
          expect(await namesIn(place), where).to.deep.equal(whole.names)
          expect(await contentIn(place), where).to.deep.equal(whole.content)
        },
      })
    })
  })
}
