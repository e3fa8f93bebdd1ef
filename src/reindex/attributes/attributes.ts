import { betterContentType } from '../../repositories/content-type.ts'
import { isRight, type Wanted } from '../selection.ts'
import { etagOf, writeOf } from './version-headers.ts'

/** An object that is to be written again in place, and all that it shall carry. */
export interface Rewrite {
  readonly key: string
  readonly size: number
  /** Without quotes; the rewriting holds for this content only. */
  readonly etag: string
  /** Which write of that content it is: when it was made, and where a bucket has versions its id. */
  readonly write: string
  /** Every header that the new object is made with, in the form of a request. */
  readonly headers: Readonly<Record<string, string>>
  /** Its tags are copied by CopyObject, but have to be read for a copy in parts. */
  readonly tagged: boolean
  readonly cacheControl: string
  readonly contentType: string
}

/** What is to be done about the headers of an object. */
export type Plan =
  | { readonly do: 'keep'; readonly cacheControl: string; readonly contentType: string }
  | {
      readonly do: 'rewrite'
      readonly rewrite: Rewrite
      readonly before: { cacheControl: string; contentType: string }
    }
  /** What it has would be lost, or S3 does not let it be copied. */
  | { readonly do: 'skip'; readonly reason: string }

type Headers = Readonly<Record<string, string>>

/** System metadata that a copy with new metadata loses unless it is sent again. */
const carried = [
  'content-encoding',
  'content-disposition',
  'content-language',
  'expires',
  'x-amz-website-redirect-location',
  'x-amz-storage-class',
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
]

/**
 * Decides about one object. Pure: a second engine (S3 Batch Operations) can carry out the same plans.
 *
 * @param head - the headers of HeadObject's answer, as S3 sent them: they go back as they came, byte for byte
 *
 * Source: Amazon S3 User Guide, "Copying, moving, and renaming objects"; what is lost there is carried here.
 */
export function planRewrite(key: string, head: Headers, wanted: Wanted): Plan {
  const present = { cacheControl: head['cache-control'] ?? '', contentType: head['content-type'] ?? '' }
  if (wanted.cacheControl === undefined || isRight(key, wanted, present)) return { do: 'keep', ...present }
  const reason = whyNot(head)
  if (reason !== undefined) return { do: 'skip', reason }
  const contentType = betterContentType(key, wanted, present.contentType) ?? present.contentType
  const headers: Record<string, string> = { 'cache-control': wanted.cacheControl }
  if (contentType !== '') headers['content-type'] = contentType
  for (const name of carried) if (head[name] !== undefined) headers[name] = head[name]
  for (const [name, value] of Object.entries(head)) if (name.startsWith('x-amz-meta-')) headers[name] = value
  if (headers['x-amz-server-side-encryption']?.startsWith('aws:kms') === true) {
    // Said either way, so that the bucket's default does not decide.
    const name = 'x-amz-server-side-encryption-bucket-key-enabled'
    headers[name] = head[name] ?? 'false'
  }
  const rewrite: Rewrite = {
    key,
    size: Number(head['content-length'] ?? 0),
    etag: etagOf(head),
    write: writeOf(head),
    headers,
    tagged: Number(head['x-amz-tagging-count'] ?? 0) > 0,
    cacheControl: wanted.cacheControl,
    contentType,
  }
  return { do: 'rewrite', rewrite, before: present }
}

/** Why an object must be left as it is. */
function whyNot(head: Headers): string | undefined {
  const storageClass = head['x-amz-archive-status'] ?? head['x-amz-storage-class'] ?? 'STANDARD'
  if (/^(GLACIER|DEEP_ARCHIVE|ARCHIVE_ACCESS|DEEP_ARCHIVE_ACCESS)$/.test(storageClass)) {
    return `archived (${storageClass})`
  }
  if (head['x-amz-server-side-encryption-customer-algorithm'] !== undefined) return reasons.customerKey
  if (Number(head['x-amz-missing-meta'] ?? 0) > 0) return reasons.missingMeta
  if (isHeld(head) || isRetained(head)) return reasons.locked
  return undefined
}

/**
 * A legal hold, or one that lasts until an event: its duration is told only while it lasts. The latter is told to
 * whoever may read the retention (the SDK's HeadObjectOutput.ObjectLockEventHold).
 */
const isHeld = (head: Headers): boolean =>
  head['x-amz-object-lock-legal-hold'] === 'ON' || head['x-amz-object-lock-event-hold'] === 'ON'

/** A retention that has run out is still told. */
function isRetained(head: Headers): boolean {
  if (head['x-amz-object-lock-mode'] === undefined) return false
  const until = Date.parse(head['x-amz-object-lock-retain-until-date'] ?? '')
  return !(until <= (Date.parse(head['date'] ?? '') || Date.now()))
}

/** Why objects are skipped, and what can be done. */
export const reasons = {
  customerKey: 'encrypted with a key of the customer (SSE-C)',
  missingMeta: 'has user metadata that S3 can not tell',
  locked: 'held by Object Lock',
  owner: 'owned by another AWS account',
  annotations: 'has annotations, and is too large for a copy that keeps them',
  publicAcl: 'open to the public by a grant that Block Public Access does not let be given again',
} as const

/** Can it not be read before it is restored, which makes no other version of it? As far as its listing or its headers tell. */
export const isArchived = ({ skip }: { readonly skip: string | null }): boolean => skip?.startsWith('archived') === true

/** What an operator can do about objects that were skipped for a reason. */
export function remedyOf(reason: string): string {
  if (/^archived \((GLACIER|DEEP_ARCHIVE)\)$/.test(reason)) {
    return 'Restore them and copy them to another storage class; until then clients get an error.'
  }
  const remedies: Readonly<Record<string, string>> = {
    [reasons.customerKey]: 'CloudFront can not read them at all: upload them again without a key of your own.',
    [reasons.missingMeta]: 'Upload them again: part of their metadata can not be sent over HTTP.',
    [reasons.locked]: 'A copy made now would not be locked: run the same command with --full once the lock has ended.',
    [reasons.owner]: 'Their owner must copy them over themselves, or turn ACLs off; then run with --full.',
    [reasons.annotations]:
      'Above 5 GB S3 copies in parts, without annotations: save and delete them, run with --full, and put them back.',
    [reasons.publicAcl]: 'The grant is void while that is on: take it away, or turn ACLs off; then run with --full.',
  }
  if (reason.startsWith('archived'))
    return 'Restore them and run the same command again; until then clients get an error.'
  return remedies[reason] ?? 'Run the same command with --full to look at them again.'
}
