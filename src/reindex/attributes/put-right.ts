import { explainError, isBadIdentity } from '../../aws/denial.ts'
import type { LeanS3 } from '../../aws/s3-lean.ts'
import { noteCopied, noteGone } from '../journal/content-changes.ts'
import type { Journal } from '../journal/journal.ts'
import type { Row } from '../journal/row.ts'
import type { Pace } from '../pace.ts'
import type { Choice } from '../selection.ts'
import { attend, type Attended } from './attend.ts'
import type { RewriteEngine } from './rewrite.ts'

export interface PutRightOptions {
  readonly s3: LeanS3
  readonly journal: Journal
  readonly choice: Choice
  readonly pace: Pace
  /** Undefined: only look. */
  readonly engine: RewriteEngine | undefined
  readonly signal: AbortSignal
  readonly done: (row: Row, outcome: Attended) => void
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
        const outcome = await attendTo(row, options)
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

async function attendTo(row: Row, { s3, journal, choice, engine, signal }: PutRightOptions): Promise<Attended> {
  const copying = (key: string, etag: string): void => journal.copies.begun(key, etag)
  const judge = choice.judge.bind(choice)
  const attended = await attend(row, journal.republished.isSure(row.key), { s3, judge, engine, signal, copying })
  remember(journal, row, attended)
  return attended
}

/** Notes what came of an object, wherever it was attended to. */
function remember(journal: Journal, before: Row, attended: Attended): void {
  if (attended.kind === 'gone') noteGone(journal, before)
  const { kind } = attended
  if (kind === 'skipped' || (kind === 'rewritten' && attended.from !== undefined)) journal.copies.ended(before.key)
  if (kind === 'rewritten' && attended.from !== undefined) {
    noteCopied(journal, before.key, attended.from, attended.row)
  }
  if ('row' in attended) journal.put(attended.row)
}
