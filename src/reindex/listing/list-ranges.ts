import { between, compareKeys, type KeyRange } from '../ranges.ts'

export interface RangesOptions<T extends KeyRange> {
  /** What all keys begin with. */
  readonly prefix: string
  /** Keys that ranges begin behind, in any order, where it is known what is there: only a matter of speed. */
  readonly cuts: readonly string[]
  /** Ranges at a time, at most. */
  readonly atOnce: number
  readonly signal: AbortSignal
  readonly begin: (range: KeyRange) => T
  /** Lists one page of a range, and moves it on; returns whether there is more. */
  readonly nextPage: (range: T) => Promise<boolean>
  readonly end: (range: T) => void
}

/**
 * Lists all keys with a prefix in ranges that follow one another without a gap, some of them at a time. Where nothing is
 * known of them it begins with one; as long as there is more to come, whoever has nothing to do takes over the far half of
 * a range.
 *
 * @throws what the first failure threw
 */
export async function listRanges<T extends KeyRange>(options: RangesOptions<T>): Promise<void> {
  const { prefix, atOnce, signal } = options
  const waiting = rangesBetween(prefix, options.cuts)
  const active = new Set<T>()
  const workers = new Set<Promise<void>>()
  const failures: unknown[] = []
  const isStopped = (): boolean => failures.length > 0 || signal.aborted

  const begin = (range: KeyRange): void => {
    const worker = list(options.begin(range)).catch((error: unknown) => {
      failures.push(error)
    })
    workers.add(worker)
    void worker.then(() => workers.delete(worker))
  }
  const beginNext = (): void => {
    const next = isStopped() ? undefined : waiting.shift()
    if (next !== undefined) begin(next)
  }
  const list = async (range: T): Promise<void> => {
    active.add(range)
    try {
      for (let more = true; more && !isStopped();) {
        more = await options.nextPage(range)
        if (more) share(range)
        else options.end(range)
      }
    } finally {
      active.delete(range)
      beginNext()
    }
  }
  /** Lets another one list the far end, which may turn out to be empty. */
  const share = (range: T): void => {
    if (active.size >= atOnce) return
    const middle = between(range.after.slice(prefix.length), range.through?.slice(prefix.length))
    if (middle === undefined) return
    begin({ after: prefix + middle, through: range.through })
    range.through = prefix + middle
  }

  for (let begun = 0; begun < atOnce; begun++) beginNext()
  while (workers.size > 0) await Promise.race(workers)
  if (failures.length > 0) throw failures[0]
}

/** From the first key to the last. The key that is the prefix itself comes behind nothing that can be named. */
function rangesBetween(prefix: string, cuts: readonly string[]): KeyRange[] {
  const within = [...new Set(cuts)].filter((cut) => cut.startsWith(prefix) && cut !== prefix).sort(compareKeys)
  return [...within, undefined].map((through, index) => ({ after: within[index - 1] ?? '', through }))
}
