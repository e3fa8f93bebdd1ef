import { nameOf } from '../../aws/absent.ts'
import { statusOf } from '../../aws/denial.ts'
import { asksForCustomerKey } from '../../aws/s3-answer.ts'
import type { LeanS3, S3Response } from '../../aws/s3-lean.ts'
import { planRewrite, reasons, type Rewrite } from './attributes.ts'
import type { Row } from '../journal/row.ts'
import type { RewriteEngine } from './rewrite.ts'
import type { Choice, Judgement } from '../selection.ts'
import { etagOf, modifiedOf } from './version-headers.ts'

/** What came of one object: what is known of it now, which whoever asked is to remember. */
export type Attended =
  | { readonly kind: 'gone' }
  | { readonly kind: 'right'; readonly row: Row }
  /** Put right, or, where nothing is written, to be put right. */
  | {
      readonly kind: 'rewritten'
      readonly before: { readonly cacheControl: string; readonly contentType: string }
      /** The Cache-Control that it should have. */
      readonly wanted: string
      readonly row: Row
      /** The ETag of what was copied; undefined: nothing was written. */
      readonly from?: string
    }
  | { readonly kind: 'skipped'; readonly reason: string; readonly row: Row }
  /** Not written any more, since the run was stopped. */
  | { readonly kind: 'left' }
  | { readonly kind: 'failed'; readonly error: unknown }

/** How objects are attended to, wherever that is done. */
export interface Attending {
  readonly s3: Pick<LeanS3, 'send'>
  readonly judge: Choice['judge']
  /** Undefined: only look. */
  readonly engine: RewriteEngine | undefined
  readonly signal: AbortSignal
  /** Told before an object gets another ETag with the same content. */
  readonly copying?: (key: string, etag: string) => void
}

const looks = 4

/**
 * One object: looks, decides, writes; from the start again where somebody else changed it in between. Nothing is
 * remembered here.
 *
 * @param seenToChange - whether another content was found at its key before
 */
export async function attend(row: Row, seenToChange: boolean, attending: Attending): Promise<Attended> {
  const { s3, judge, engine, signal } = attending
  try {
    const { size, cacheControl: known } = row
    if (engine === undefined && known !== null) {
      const before = { cacheControl: known, contentType: row.contentType ?? '' }
      const judged = judge(row.key, { size, cacheControl: known, seenToChange })
      const seen: Row = { ...row, class: judged.class, why: judged.why ?? null, format: judged.format }
      return { kind: 'rewritten', before, wanted: judged.cacheControl ?? '', row: seen }
    }
    for (let made = 1; ; made++) {
      const head = await lookAt(s3, row.key)
      if (head === 'gone') return { kind: 'gone' }
      const cacheControl = head === 'customer key' ? null : (head.headers['cache-control'] ?? '')
      const wanted = judge(row.key, { size, cacheControl, seenToChange })
      const seen: Row = head === 'customer key' ? row : seenNow(row, head, wanted)
      const plan =
        head === 'customer key'
          ? { do: 'skip' as const, reason: reasons.customerKey }
          : planRewrite(row.key, head.headers, wanted)
      if (plan.do === 'skip') return skipped(seen, plan.reason)
      if (plan.do === 'keep') {
        const { cacheControl, contentType } = plan
        return { kind: 'right', row: { ...seen, cacheControl, contentType, skip: null, todo: false } }
      }
      const looked = { kind: 'rewritten', before: plan.before, wanted: wanted.cacheControl ?? '' } as const
      if (engine === undefined) return { ...looked, row: { ...seen, ...plan.before, todo: true } }
      try {
        if (signal.aborted) return { kind: 'left' }
        if (changesEtag(plan.rewrite)) attending.copying?.(row.key, seen.etag)
        const now = await engine.rewrite(plan.rewrite, signal)
        if ('skip' in now) return skipped(seen, now.skip)
        const { cacheControl, contentType } = plan.rewrite
        const written: Row = { ...seen, ...now, cacheControl, contentType, skip: null, todo: false }
        return { ...looked, wanted: cacheControl, row: written, from: seen.etag }
      } catch (error) {
        const archived = /^(InvalidObjectState|ObjectNotInActiveTierError)$/.test(nameOf(error))
        if (archived) return skipped(seen, 'archived (an archive tier)')
        if (![404, 409, 412].includes(statusOf(error) ?? 0) || made === looks) throw error
      }
    }
  } catch (error) {
    return signal.aborted && error === signal.reason ? { kind: 'left' } : { kind: 'failed', error }
  }
}

const skipped = (row: Row, reason: string): Attended => ({
  kind: 'skipped',
  reason,
  row: { ...row, skip: reason, todo: false },
})

/** What is no MD5 of the content, as with uploads in parts and KMS, is another one after a copy. */
const changesEtag = ({ etag, headers }: Rewrite): boolean =>
  !/^[0-9a-f]{32}$/.test(etag) || headers['x-amz-server-side-encryption']?.startsWith('aws:kms') === true

async function lookAt(s3: Attending['s3'], key: string): Promise<S3Response | 'gone' | 'customer key'> {
  try {
    return await s3.send({ method: 'HEAD', action: 's3:GetObject', key })
  } catch (error) {
    if (statusOf(error) === 404) return 'gone'
    if (statusOf(error) !== 400) throw error
    return await whyRefused(s3, key, error)
  }
}

/** HEAD has no body to say why. What is encrypted with a customer's key answers 400 without it. */
async function whyRefused(s3: Attending['s3'], key: string, error: unknown): Promise<'customer key'> {
  try {
    await s3.send({ method: 'GET', action: 's3:GetObject', key, headers: { range: 'bytes=0-0' } })
  } catch (reason) {
    if (asksForCustomerKey(reason)) return 'customer key'
    throw reason
  }
  throw error
}

/** The row of what is there now. Another content was first seen now. */
function seenNow(row: Row, head: S3Response, wanted: Judgement): Row {
  const version = versionOf(head)
  const { class: kind, why = null, format } = wanted
  const encoding = contentCodingOf(head.headers['content-encoding'])
  const first = version.etag === row.etag ? row.first : version.modified
  return { ...row, ...version, class: kind, why, format, encoding, first }
}

/** What clients take off before they hand the content on; null: nothing. `aws-chunked` is of the upload alone. */
function contentCodingOf(header = ''): string | null {
  const codings = header.split(',').map((coding) => coding.trim().toLowerCase())
  const left = codings.filter((coding) => !['', 'identity', 'aws-chunked'].includes(coding))
  return left.length === 0 ? null : left.join(', ')
}

const versionOf = ({ headers }: S3Response): Pick<Row, 'etag' | 'modified' | 'size'> => ({
  etag: etagOf(headers),
  modified: modifiedOf(headers),
  size: Number(headers['content-length'] ?? 0),
})
