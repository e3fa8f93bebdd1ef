import { nameOf } from '../../aws/absent.ts'
import { explainError, isBadIdentity, statusOf } from '../../aws/denial.ts'
import type { LeanS3, S3Response } from '../../aws/s3-lean.ts'
import { messageOf } from '../../errors.ts'
import { planRewrite, reasons, type Rewrite } from './attributes.ts'
import { noteGone } from '../journal/content-changes.ts'
import type { Journal } from '../journal/journal.ts'
import type { Row } from '../journal/row.ts'
import type { Pace } from '../pace.ts'
import type { RewriteEngine } from './rewrite.ts'
import type { Choice, Judgement } from '../selection.ts'
import { etagOf, modifiedOf } from './version-headers.ts'

/** What came of one object. */
export type Outcome =
  | { readonly kind: 'right' | 'gone' }
  /** Put right, or, where nothing is written, to be put right. */
  | {
      readonly kind: 'rewritten'
      readonly before: { cacheControl: string; contentType: string }
      /** The Cache-Control that it should have. */
      readonly wanted: string
      readonly row: Row
    }
  | { readonly kind: 'skipped'; readonly reason: string }
  /** Not written any more, since the run was stopped. */
  | { readonly kind: 'left' }
  | { readonly kind: 'failed'; readonly error: unknown }

export interface PutRightOptions {
  readonly s3: LeanS3
  readonly journal: Journal
  readonly choice: Choice
  readonly pace: Pace
  /** Undefined: only look. */
  readonly engine: RewriteEngine | undefined
  readonly signal: AbortSignal
  readonly done: (row: Row, outcome: Outcome) => void
}

const batch = 1000
/** After so many failures and no success in between, the trouble is not with single objects. */
const hopeless = 40

/**
 * Looks at every object that the journal has to be done, and puts its headers right. What fails stays to be done.
 *
 * @throws CtlError where nothing succeeds any more
 */
export async function putRight(options: PutRightOptions): Promise<void> {
  const { journal, choice, pace, signal } = options
  let after = ''
  let rows: Row[] = []
  let ended = false
  let failures = 0
  let stop: unknown
  const next = (): Row | undefined => {
    if (rows.length === 0 && !ended) {
      rows = journal.selected.pending(choice, after, batch).reverse()
      after = rows[0]?.key ?? after
      ended = rows.length < batch
    }
    return rows.pop()
  }
  const worker = async (): Promise<void> => {
    while (!signal.aborted && stop === undefined) {
      // The row is only taken once there is room for its calls.
      const more = await pace.run(async () => {
        const row = signal.aborted || stop !== undefined ? undefined : next()
        if (row === undefined) return false
        const outcome = await attend(row, options)
        failures = outcome.kind === 'failed' ? failures + 1 : 0
        if (outcome.kind === 'failed' && (failures === hopeless || isBadIdentity(outcome.error))) stop = outcome.error
        options.done(row, outcome)
        return true
      })
      if (!more) return
    }
  }
  const workers = Math.min(pace.cap, journal.selected.countPending(choice))
  await Promise.all(Array.from({ length: workers }, worker))
  journal.commit()
  if (stop !== undefined) throw explainError(stop, 'Put the attributes of objects right')
}

const looks = 4

/** One object: looks, decides, writes; from the start again where somebody else changed it in between. */
async function attend(row: Row, options: PutRightOptions): Promise<Outcome> {
  const { s3, journal, choice, engine, signal } = options
  try {
    const { size, cacheControl: known } = row
    const seenToChange = journal.republished.isSure(row.key)
    if (engine === undefined && known !== null) {
      const before = { cacheControl: known, contentType: row.contentType ?? '' }
      const judged = choice.judge(row.key, { size, cacheControl: known, seenToChange })
      const seen: Row = { ...row, class: judged.class, why: judged.why ?? null, format: judged.format }
      journal.put(seen)
      return { kind: 'rewritten', before, wanted: judged.cacheControl ?? '', row: seen }
    }
    for (let made = 1; ; made++) {
      const head = await lookAt(s3, row.key)
      if (head === 'gone') {
        noteGone(journal, row)
        return { kind: 'gone' }
      }
      const cacheControl = head === 'customer key' ? null : (head.headers['cache-control'] ?? '')
      const wanted = choice.judge(row.key, { size, cacheControl, seenToChange })
      const seen: Row = head === 'customer key' ? row : seenNow(row, head, wanted)
      const plan =
        head === 'customer key'
          ? { do: 'skip' as const, reason: reasons.customerKey }
          : planRewrite(row.key, head.headers, wanted)
      if (plan.do === 'skip') return skip(journal, seen, plan.reason)
      if (plan.do === 'keep') {
        journal.put({
          ...seen,
          cacheControl: plan.cacheControl,
          contentType: plan.contentType,
          skip: null,
          todo: false,
        })
        return { kind: 'right' }
      }
      if (engine === undefined) {
        journal.put({ ...seen, ...plan.before, todo: true })
        return { kind: 'rewritten', before: plan.before, wanted: wanted.cacheControl ?? '', row: seen }
      }
      try {
        if (signal.aborted) return { kind: 'left' }
        if (changesEtag(plan.rewrite)) journal.copies.begun(row.key, seen.etag)
        const now = await engine.rewrite(plan.rewrite, signal)
        journal.copies.ended(row.key)
        if ('skip' in now) return skip(journal, seen, now.skip)
        const { cacheControl, contentType } = plan.rewrite
        const written: Row = { ...seen, ...now, cacheControl, contentType, skip: null, todo: false }
        journal.sameContent(row.key, seen.etag, now.etag)
        journal.put(written)
        return { kind: 'rewritten', before: plan.before, wanted: written.cacheControl ?? '', row: written }
      } catch (error) {
        const archived = /^(InvalidObjectState|ObjectNotInActiveTierError)$/.test(nameOf(error))
        if (archived) return skip(journal, seen, 'archived (an archive tier)')
        if (![404, 409, 412].includes(statusOf(error) ?? 0) || made === looks) throw error
      }
    }
  } catch (error) {
    return signal.aborted && error === signal.reason ? { kind: 'left' } : { kind: 'failed', error }
  }
}

/** What is no MD5 of the content, as with uploads in parts and KMS, is another one after a copy. */
const changesEtag = ({ etag, headers }: Rewrite): boolean =>
  !/^[0-9a-f]{32}$/.test(etag) || headers['x-amz-server-side-encryption']?.startsWith('aws:kms') === true

function skip(journal: Journal, row: Row, reason: string): Outcome {
  journal.put({ ...row, skip: reason, todo: false })
  return { kind: 'skipped', reason }
}

async function lookAt(s3: LeanS3, key: string): Promise<S3Response | 'gone' | 'customer key'> {
  try {
    return await s3.send({ method: 'HEAD', action: 's3:GetObject', key })
  } catch (error) {
    if (statusOf(error) === 404) return 'gone'
    if (statusOf(error) !== 400) throw error
    return await whyRefused(s3, key, error)
  }
}

/** HEAD has no body to say why. What is encrypted with a customer's key answers 400 without it. */
async function whyRefused(s3: LeanS3, key: string, error: unknown): Promise<'customer key'> {
  try {
    await s3.send({ method: 'GET', action: 's3:GetObject', key, headers: { range: 'bytes=0-0' } })
  } catch (reason) {
    if (/Server Side Encryption|customer.{0,20}key/i.test(messageOf(reason))) return 'customer key'
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
