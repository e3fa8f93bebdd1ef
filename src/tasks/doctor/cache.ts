import { setTimeout as sleep } from 'node:timers/promises'

import { urlLife } from '../../edge/config.ts'
import { cacheControl, cachingOf } from '../../repositories/cache-control.ts'
import { CtlError } from '../../errors.ts'
import type { Line } from '../../text.ts'
import { type Examination, failed, type Finding, ok, skipped, warning } from './check.ts'
import { type Answer, ask } from './network.ts'
import { notServed } from './not-served.ts'
import { cacheResult, isServed, type Place, signedUrl } from './place.ts'
import { invalidate, pcCtl, reindex, repairs, typed } from './repair.ts'

/** An edge location has several caches, and each learns for itself. */
const mostLooks = 5
const pauseMs = 150
const metadataLooks = 3
const firstByte = { range: 'bytes=0-0' }

/** Repository metadata comes fresh from S3 each time. */
export const examineMetadata = (place: Place, key: string): Examination => ({
  id: 'metadata',
  title: 'Repository metadata is never cached',
  async look() {
    const results: string[] = []
    let control = ''
    for (let look = 0; look < metadataLooks; look++) {
      const answer = await ask(signedUrl(place, key))
      if (!isServed(answer)) return notServed(place, key, answer)
      results.push(cacheResult(answer))
      control = controlOf(answer)
      if (cacheResult(answer) === 'Hit') return keptMetadata(place, key, control)
    }
    const seen = `${results.join(', ')} for ${key}, with ${control}`
    if (!results.includes('RefreshHit')) return ok(seen, 'Clients see a new index as soon as it is written.')
    return warning(
      seen,
      'The edge keeps a copy and asks S3 each time whether it is the latest; while S3 is out of reach it may serve the old one.',
      ...(await metadataRepairs(place, key, control)),
    )
  },
})

const controlOf = ({ headers }: Answer): string =>
  headers['cache-control'] === undefined ? 'no Cache-Control' : `Cache-Control ${headers['cache-control']}`

async function keptMetadata(place: Place, key: string, control: string): Promise<Finding> {
  return failed(
    `Hit from cloudfront for ${key}, with ${control}`,
    'Clients get indexes that are out of date or do not fit together (apt: "Hash Sum mismatch").',
    ...(await metadataRepairs(place, key, control)),
    ...(await invalidate(place, ['/*'], 'Then run')),
  )
}

/** Where its Cache-Control is right, no rewriting of objects helps: the distribution keeps it all the same. */
async function metadataRepairs(place: Place, key: string, control: string): Promise<Line[]> {
  if (control !== `Cache-Control ${cacheControl.metadata}`) {
    const stored = await place.behind.object(key)
    const isRightByNow =
      !(stored instanceof CtlError) && stored !== 'none' && stored.cacheControl === cacheControl.metadata
    if (isRightByNow) return ['S3 has the right Cache-Control by now; this is from before.']
    return [`Its Cache-Control must be: ${cacheControl.metadata}`, ...reindex(place)]
  }
  return [
    'Its Cache-Control is right, and the cache policy of the distribution keeps it all the same.',
    ...(await repairs(place)),
  ]
}

/** A package comes from the edge once somebody nearby has downloaded it. */
export const examinePackage = (place: Place, key: string): Examination => ({
  id: 'package',
  title: 'A package is cached',
  async look() {
    let control = ''
    let header: string | undefined
    const results: string[] = []
    for (let look = 0; look < mostLooks; look++) {
      if (look > 1) await sleep(pauseMs)
      // Signed anew each time: URLs of an object must share one cache entry.
      const answer = await ask(signedUrl(place, key, urlLife + look), firstByte)
      if (!isServed(answer)) return notServed(place, key, answer)
      results.push(cacheResult(answer))
      if (cacheResult(answer) === 'Hit') {
        return ok(`${results.join(', ')} for ${key}`, 'Downloads are served from the edge, whoever signed their URLs.')
      }
      control = controlOf(answer)
      header = answer.headers['cache-control']
    }
    return judgeUncached(place, key, `${results.join(', ')} for ${key}, with ${control}`, header)
  },
})

/** @param header - its Cache-Control, as clients get it */
async function judgeUncached(place: Place, key: string, seen: string, header: string | undefined): Promise<Finding> {
  const { cacheControl: wanted = cacheControl.package, why } = cachingOf(key, { cacheControl: header })
  if (header === wanted && why !== undefined) {
    return ok(seen, `The edge asks S3 each time, for another package may take its place: ${why}.`)
  }
  if (header === wanted) {
    const again = typed(pcCtl(place, 'doctor', '--key', key), 'Look again')
    return warning(
      seen,
      'Large edge locations have many caches; or the cache key holds the query string.',
      ...(await repairs(place, { notLooked: again, nothingDiffers: again })),
    )
  }
  return failed(
    seen,
    'Every download comes from S3 and costs its time and traffic.',
    `Its Cache-Control should be: ${wanted}`,
    ...reindex(place),
  )
}

const part = { first: 4, last: 11 }
const between =
  'Look for what stands between this machine and CloudFront, and for functions on the distribution that are not ours.'

/** Interrupted downloads can go on where they ended. */
export const examineRange = (place: Place, key: string): Examination => ({
  id: 'range',
  title: 'Parts of a package can be asked for (Range)',
  async look() {
    const { first, last } = part
    const [whole, cut] = await Promise.all([
      ask(signedUrl(place, key), { most: last + 1 }),
      ask(signedUrl(place, key), { most: last + 1, range: `bytes=${first}-${last}` }),
    ])
    if (!isServed(whole)) return notServed(place, key, whole)
    if (whole.body.length <= last) return skipped(`${key} has fewer than ${last + 1} bytes`)
    const range = cut.headers['content-range'] ?? 'no Content-Range'
    const seen = `${cut.said}, ${range} for ${key}`
    const wanted = whole.body.subarray(first, last + 1)
    if (cut.status === 206 && range.startsWith(`bytes ${first}-${last}/`) && wanted.equals(cut.body)) {
      return ok(seen, 'Interrupted downloads go on where they ended.')
    }
    return failed(
      seen,
      cut.status === 206 ? 'The wrong part came: downloads that go on would be corrupt.' : 'Downloads start anew.',
      ...(await repairs(place, { notLooked: [between], nothingDiffers: [between] })),
    )
  },
})
