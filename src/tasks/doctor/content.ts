/** Whether edges serve what S3 holds now: a package that is published again under its key stays as it was for a year. */
import { formatDuration } from '../../ui/duration.ts'
import { CtlError } from '../../errors.ts'
import { encodePath } from '../../edge/path.ts'
import type { StoredObject } from '../../resources/s3/stored-object.ts'
import { type Examination, failed, type Finding, ok, skipped, warning } from './check.ts'
import { type Answer, ask } from './network.ts'
import { cacheResult, isServed, type Place, signedUrl } from './place.ts'
import { invalidate, repairs } from './repair.ts'

/** How what the edge answered compares with what S3 has. */
type Comparison =
  | { readonly as: 'same' }
  /** Nothing that was answered can be compared: it was compressed or changed on the way. */
  | { readonly as: 'unknown'; readonly why: string }
  | { readonly as: 'gone' | 'other'; readonly edge: string; readonly stored: string; readonly isCached: boolean }

const title = 'What the edge serves is what S3 holds'

const firstByte = { range: 'bytes=0-0' }
/** Each is a request to the edge and one to S3. */
const mostKeys = 20

/** @param keys - of objects to compare */
export const examineContent = (place: Place, keys: readonly string[]): Examination => ({
  id: 'content',
  title,
  async look() {
    const all = new Set(keys)
    const asked = [...all].slice(0, mostKeys)
    const looks = await Promise.all(asked.map(async (key) => ({ key, compared: await lookAt(place, key) })))
    const differing = looks.flatMap(({ key, compared }) =>
      compared !== undefined && (compared.as === 'other' || compared.as === 'gone') ? [{ key, compared }] : [],
    )
    if (differing.length > 0) return judge(place, differing)
    const same = looks.flatMap(({ key, compared }) => (compared?.as === 'same' ? [key] : []))
    const [first] = same
    if (first !== undefined) {
      const more = same.length === 1 ? '' : ` and ${same.length - 1} more`
      const left = all.size > asked.length ? `; ${all.size - asked.length} were not looked at` : ''
      return ok(`${first}${more}${left}`, 'Size and ETag are the same at both.')
    }
    const whys = looks.flatMap(({ compared }) => (compared?.as === 'unknown' ? [compared.why] : []))
    return skipped(whys[0] ?? 'none of the objects is served')
  },
})

/** Whether an answer comes from a cache that has other content than S3, and so tells nothing of how keys are read. */
export async function isOld(place: Place, key: string, answer: Answer): Promise<boolean> {
  const compared = compare(answer, await place.behind.object(key))
  return (compared.as === 'other' || compared.as === 'gone') && compared.isCached
}

export const oldContent = (key: string): Finding => skipped(`edges keep an old copy of ${key}: see "${title}"`)

type Differing = Extract<Comparison, { as: 'gone' | 'other' }>

/** What differs is looked at twice: somebody may be publishing just now. */
async function lookAt(place: Place, key: string): Promise<Comparison | undefined> {
  let compared: Comparison | undefined
  for (let look = 0; look < 2; look++) {
    const answer = await ask(signedUrl(place, key, 310 + look), firstByte)
    if (!isServed(answer)) return undefined
    compared = compare(answer, await place.behind.object(key))
    if (compared.as === 'same' || compared.as === 'unknown') return compared
  }
  return compared
}

/** Pure. */
function compare(answer: Answer, stored: StoredObject | 'none' | CtlError): Comparison {
  if (stored instanceof CtlError) return { as: 'unknown', why: `not compared with S3: ${stored.message}` }
  const edge = versionAtEdge(answer)
  const isCached = /^(?:Refresh)?Hit$/.test(cacheResult(answer)) || answer.headers.age !== undefined
  if (stored === 'none') {
    return { as: 'gone', edge: described(edge), stored: 'no such object', isCached }
  }
  const isSame = sameVersion(edge, stored)
  if (isSame === undefined) return { as: 'unknown', why: 'the answer was compressed or changed on the way' }
  return isSame ? { as: 'same' } : { as: 'other', edge: described(edge), stored: described(stored), isCached }
}

interface Version {
  readonly etag: string | undefined
  readonly size: number | undefined
  readonly contentEncoding: string | undefined
}

interface EdgeVersion extends Version {
  readonly result: string
  /** Seconds. */
  readonly age: number | undefined
}

function versionAtEdge(answer: Answer): EdgeVersion {
  const { status, headers } = answer
  const [, total] = /\/(\d+)$/.exec(headers['content-range'] ?? '') ?? []
  const whole = status === 200 ? headers['content-length'] : undefined
  const size = total ?? whole
  return {
    etag: headers.etag,
    size: size === undefined ? undefined : Number(size),
    contentEncoding: headers['content-encoding'],
    result: cacheResult(answer),
    age: headers.age === undefined ? undefined : Number(headers.age),
  }
}

/**
 * CloudFront hands S3's ETag on, whatever it is made of (parts of an upload, a KMS key). Where it compresses, it makes the
 * ETag weak, and nothing says how long the answer would have been.
 *
 * Source: Amazon CloudFront Developer Guide, "Serve compressed files", on ETag headers.
 *
 * @returns `undefined` where it can't be told
 */
function sameVersion(edge: Version, stored: Version): boolean | undefined {
  const isWeak = edge.etag?.startsWith('W/') === true
  const isReencoded = (edge.contentEncoding ?? '') !== (stored.contentEncoding ?? '')
  if (edge.etag !== undefined && opaque(edge.etag) === opaque(stored.etag)) return true
  if (isWeak || isReencoded) return undefined
  if (edge.etag !== undefined && stored.etag !== undefined) return false
  // Without an ETag equal sizes prove nothing.
  return edge.size !== undefined && stored.size !== undefined && edge.size !== stored.size ? false : undefined
}

const opaque = (etag: string | undefined): string | undefined => etag?.replace(/^W\//, '')

function described({ size, etag, ...more }: Version & Partial<EdgeVersion>): string {
  const { result = '', age } = more
  const since = age === undefined ? '' : ` for ${formatDuration(age)}`
  const parts = [`${size ?? 'unknown'} bytes`, ...(etag === undefined ? [] : [`ETag ${etag}`])]
  return parts.join(', ') + (result === '' ? '' : ` (${result}${since})`)
}

async function judge(place: Place, differing: readonly { key: string; compared: Differing }[]): Promise<Finding> {
  const seen = differing.map(({ key, compared: { edge, stored } }) => `${key}: the edge has ${edge}; S3 has ${stored}`)
  const cached = differing.filter(({ compared }) => compared.isCached)
  const paths = cached.map(({ key }) => encodePath(`/${key}`))
  if (cached.length < differing.length) {
    return failed(
      seen.join('; '),
      'It does not come from a cache: the distribution reads another bucket or path, or something reads the key differently.',
      ...(await repairs(place)),
      ...(paths.length === 0 ? [] : await invalidate(place, paths, 'Of what does come from a cache: run')),
    )
  }
  const dropThem = await invalidate(place, paths)
  if (differing.every(({ compared }) => compared.as === 'gone')) {
    return warning(seen.join('; '), 'It was deleted in S3, and whoever has a signed URL still gets it.', ...dropThem)
  }
  return failed(
    seen.join('; '),
    'It was published again under the same key, while edges may keep what they have of it for as long as its ' +
      'Cache-Control said (packages: a year). Clients say "File has unexpected size" or that a checksum does not match.',
    ...dropThem,
  )
}
