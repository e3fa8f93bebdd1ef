import { randomBytes } from 'node:crypto'

import type { Aws } from '../../aws/connect.ts'
import { explainError, isRefusedIdentity } from '../../aws/denial.ts'
import { pathOfKey } from '../../edge/path.ts'
import { classify } from '../../repositories/cache-control.ts'
import { type ListedObject, listSomeObjects } from '../../resources/s3/object-keys.ts'
import { need, type Settings } from '../../settings/settings.ts'
import { CtlError, messageOf } from '../../errors.ts'
import { type Check, type Examination, failed, ok, skipped, warning } from './check.ts'
import { isOld, oldContent } from './content.ts'
import { ask } from './network.ts'
import { notServed } from './not-served.ts'
import { isServed, type Place, signedUrl } from './place.ts'
import { repairs } from './repair.ts'

/** An object to test with. */
export type SampleObject = Pick<ListedObject, 'key'> & { readonly size?: number }

/** Which of the objects at hand stands for what. */
export interface Samples {
  readonly package?: SampleObject
  readonly metadata?: SampleObject
  /** Any object, best a package: cached ones must be guarded too. */
  readonly any?: SampleObject
  readonly odd: readonly { readonly oddity: Oddity; readonly sample: SampleObject | undefined }[]
}

interface Oddity {
  readonly id: string
  readonly name: string
  readonly shape: RegExp
}

const oddities: readonly Oddity[] = [
  { id: 'plus', name: '"+"', shape: /\+/ },
  { id: 'tilde', name: '"~"', shape: /~/ },
  { id: 'space', name: 'spaces', shape: / / },
  { id: 'non-ascii', name: 'non-ASCII letters', shape: /[^\p{ASCII}]/u },
]

/** Enough to cut a part out of it. */
const comfortable = 64

/** Chooses among objects: the smallest that are not too small, so that nothing large is downloaded. */
export function chooseSamples(objects: readonly SampleObject[]): Samples {
  const signable = objects.filter(({ key }) => isSignable(key))
  const best = (fits: (key: string) => boolean): SampleObject | undefined =>
    signable.reduce<SampleObject | undefined>(
      (chosen, object) =>
        fits(object.key) && (chosen === undefined || effort(object) < effort(chosen)) ? object : chosen,
      undefined,
    )
  const found = {
    package: best((key) => classify(key) === 'package'),
    metadata: best((key) => classify(key) === 'metadata'),
  }
  const any = found.package ?? found.metadata ?? best(() => true)
  return {
    ...(found.package && { package: found.package }),
    ...(found.metadata && { metadata: found.metadata }),
    ...(any && { any }),
    odd: oddities.map((oddity) => ({ oddity, sample: best((key) => oddity.shape.test(key)) })),
  }
}

const effort = ({ size }: SampleObject): number =>
  size === undefined || size >= comfortable ? (size ?? 0) : Number.MAX_SAFE_INTEGER - size

function isSignable(key: string): boolean {
  try {
    pathOfKey(key)
    return true
  } catch {
    return false
  }
}

/**
 * The objects that were named, or some of the bucket's, and how that went. Nothing is ever written to the bucket.
 *
 * @throws CtlError of kind `configuration` for credentials that AWS does not know: without any, doctor does without
 */
export async function findSamples(
  aws: Aws,
  settings: Settings,
  keys: readonly string[],
): Promise<{ check: Check; samples: Samples }> {
  const title = 'Objects to test with'
  const tell = (found: Samples): string =>
    [found.package, found.metadata].flatMap((sample) => sample?.key ?? []).join(' and ') || (found.any?.key ?? '')
  if (keys.length > 0) {
    for (const key of keys) if (!isSignable(key)) throw unsignable(key)
    const samples = chooseSamples(keys.map((key) => ({ key: key.replace(/^\//, '') })))
    return { check: { id: 'objects', title, ...ok(tell(samples), 'They were named with --key.') }, samples }
  }
  try {
    const bucket = need(settings, 'bucket')
    const samples = chooseSamples(await listSomeObjects(aws, bucket))
    const finding =
      samples.any === undefined
        ? warning(`${bucket} is empty`, 'There is nothing to ask for yet.', 'Upload a package and look again.')
        : ok(tell(samples), `They were found in ${bucket}.`)
    return { check: { id: 'objects', title, ...finding }, samples }
  } catch (error) {
    const explained = explainError(error, 'List the bucket')
    const { message, hint, failure, code, cause } = explained
    if (isRefusedIdentity(explained)) {
      const more = 'Where objects are named with --key, doctor needs no credentials.'
      throw new CtlError(failure, message, { hint: [...hint, more], code, cause })
    }
    const finding = warning(message, 'What needs an object is skipped.', askForKey, ...hint)
    return { check: { id: 'objects', title, ...finding }, samples: chooseSamples([]) }
  }
}

const askForKey = 'Name some: --key with the key of a package, and --key with that of an index such as .../InRelease.'

function unsignable(key: string): CtlError {
  try {
    pathOfKey(key)
  } catch (error) {
    return new CtlError('usage', messageOf(error), { cause: error })
  }
  return new CtlError('usage', `The key ${JSON.stringify(key)} cannot be asked for.`)
}

/** Keys that URLs get wrong. */
export const examineOddKeys = (place: Place, { odd }: Samples): Examination[] =>
  odd.map(({ oddity, sample }) => ({
    id: `key-${oddity.id}`,
    title: `Keys with ${oddity.name}`,
    async look() {
      if (sample === undefined) return skipped('none among the objects looked at')
      const { key, size } = sample
      const answer = await ask(signedUrl(place, key), { range: 'bytes=0-0' })
      if (!isServed(answer)) return notServed(place, key, answer)
      const [, total] = /\/(\d+)$/.exec(answer.headers['content-range'] ?? '') ?? []
      if (total !== undefined && size !== undefined && Number(total) !== size) {
        if (await isOld(place, key, answer)) return oldContent(key)
        return failed(
          `${answer.said}, but ${total} bytes in place of ${size} for ${key}`,
          'Another object was served: something reads the path differently.',
          ...(await repairs(place)),
        )
      }
      return ok(`${answer.said} for ${key}`, 'What was signed is what is fetched.')
    },
  }))

/** apt asks for indexes that need not exist. It goes on after a 404, and stops after a 403. */
export const examineMissing = (place: Place, key: string): Examination => ({
  id: 'missing',
  title: 'Index files that do not exist answer 404',
  async look() {
    const answer = await ask(signedUrl(place, key))
    const seen = `${answer.said} for ${key}`
    if (answer.status === 404) return ok(seen, 'Package managers take it for "there is none" and go on.')
    if (answer.status === 403 && answer.reason?.startsWith('S3 says') === true) {
      return failed(
        seen,
        'The bucket policy lacks s3:ListBucket for CloudFront, so S3 says 403 in place of 404, and apt stops.',
        ...(await repairs(place)),
      )
    }
    if (!isServed(answer)) return notServed(place, key, answer)
    return failed(seen, 'A page in place of a 404 is taken for an index.', ...(await errorPages(place)))
  },
})

/** Pages that whoever set up the distribution has put in the place of errors; pc-ctl leaves them as they are. */
async function errorPages({ behind }: Place): Promise<string[]> {
  const named = await behind.distribution()
  const responses = named instanceof CtlError || named === 'none' ? [] : named.config.CustomErrorResponses?.Items
  const pages = (responses ?? []).filter(
    ({ ErrorCode, ResponsePagePath = '' }) => ResponsePagePath !== '' && (ErrorCode === 404 || ErrorCode === 403),
  )
  if (named instanceof CtlError || named === 'none' || pages.length === 0) {
    return ['Remove the custom error response for 404 (or 403) from the distribution.']
  }
  return pages.map(
    ({ ErrorCode, ResponsePagePath: page }) =>
      `In the CloudFront console, distribution ${named.id}, tab Error pages: have ${ErrorCode ?? ''} answered without ` +
      `the page ${page ?? ''}.`,
  )
}

/** A key that does not exist, beside one that does; each time another, because CloudFront keeps a 404 for a second. */
export function missingKeyNear(samples: Samples): string {
  const near = (samples.metadata ?? samples.any)?.key ?? 'dists/stable/InRelease'
  return `${near.slice(0, near.lastIndexOf('/') + 1)}InRelease.does-not-exist-${randomBytes(4).toString('hex')}`
}
