import type { LeanS3 } from '../../aws/s3-lean.ts'
import type { Journal } from '../journal/journal.ts'
import { type Listed, readPage } from '../listing/list-page.ts'
import { compareKeys } from '../ranges.ts'
import type { Found } from '../shards/found-lines.ts'

export interface BelievableOptions {
  readonly s3: Pick<LeanS3, 'send'>
  readonly journal: Pick<Journal, 'get'>
}

/**
 * Of what is said of objects of a bucket that is listed, what can be so. What was not listed is not there, and of another
 * content than was listed nothing is believed that S3 does not confirm: a copy gives some objects another ETag. What is
 * left out this host finds out by itself.
 *
 * @throws what S3 answers
 */
export async function believable(said: readonly Found[], { s3, journal }: BelievableOptions): Promise<Found[]> {
  const listed: Found[] = []
  const doubted: Found[] = []
  for (const one of said) {
    const known = journal.get(one.row.key)
    if (known === undefined) continue
    if (known.etag === one.row.etag && known.size === one.row.size) listed.push(one)
    else doubted.push(one)
  }
  const now = await listedNow(s3, doubted.map(({ row }) => row.key).sort(compareKeys))
  const confirmed = doubted.filter(({ row }) => {
    const there = now.get(row.key)
    return there?.etag === row.etag && there.size === row.size
  })
  return [...listed, ...confirmed]
}

/**
 * What is at keys now. A request tells of a thousand keys beside each other, and goes on where the next one is that is
 * not told of yet.
 *
 * @param keys - in their order
 */
async function listedNow(s3: Pick<LeanS3, 'send'>, keys: readonly string[]): Promise<Map<string, Listed>> {
  const now = new Map<string, Listed>()
  for (let next = 0; next < keys.length;) {
    const query = { 'list-type': '2', 'encoding-type': 'url', 'start-after': justBefore(keys[next] ?? '') }
    const { objects, truncated } = readPage((await s3.send({ method: 'GET', action: 's3:ListBucket', query })).body)
    for (const object of objects) now.set(object.key, object)
    const last = objects.at(-1)?.key
    if (!truncated || last === undefined) break
    // Where more than a page lies before a key it is not confirmed.
    for (next++; next < keys.length && compareKeys(keys[next] ?? '', last) <= 0;) next++
  }
  return now
}

/** Behind this there is hardly anything before the key itself. */
const justBefore = (key: string): string => key.replace(/.$/su, '')
