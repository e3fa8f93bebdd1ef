import cliTruncate from 'cli-truncate'

import { formatDuration } from '../ui/duration.ts'
import { printable } from '../ui/printable.ts'
import type { Show } from '../ui/renderer.ts'
import type { Talk } from '../ui/step-talk.ts'

/** What a step goes through. */
export interface Part {
  /** What is counted, such as `objects`. */
  readonly noun: string
  /** How many there are; undefined: nobody knows. */
  readonly total?: number | undefined
  /** So many were done before it was looked at: they tell nothing of how fast it goes. */
  readonly before?: number | undefined
  /** What it is at just now, such as a repository. */
  readonly detail?: (() => string) | undefined
}

/** Cells that what a step is at just now may take: with the rest it fits a terminal of 80 columns in two lines. */
const detailCells = 48

/** Counts how far a long run is, part after part. */
export class Progress {
  retries = 0
  slowDowns = 0
  #part: Part = { noun: '' }
  #done = 0
  #bytes = 0
  #since = 0
  readonly #now: () => number

  /** @param now - milliseconds */
  constructor(now: () => number = () => performance.now()) {
    this.#now = now
  }

  /** Begins a part of the run. */
  begin(part: Part): void {
    this.#part = part
    this.#done = 0
    this.#bytes = 0
    this.#since = this.#now()
  }

  add(objects: number, bytes = 0): void {
    this.#done += objects
    this.#bytes += bytes
  }

  /** How far it is, in one line: first how long it will still take. Keys in it do nothing to a terminal. */
  line(): string {
    const { noun, detail, before = 0 } = this.#part
    const done = before + this.#done
    const span = Math.max(0.001, (this.#now() - this.#since) / 1000)
    const rate = this.#done / span
    // More may come to light than there seemed to be.
    const total = this.#part.total !== undefined && this.#part.total >= done ? this.#part.total : undefined
    const left = total === undefined || rate === 0 ? undefined : (total - done) / rate
    return [
      left === undefined ? '' : `${formatDuration(left)} left`,
      `${count(done)}${total === undefined ? '' : ` of ${count(total)}`} ${noun}`,
      `${count(Math.round(rate))}/s`,
      this.#bytes === 0 ? '' : `${(this.#bytes / span / 1e6).toFixed(1)} MB/s`,
      this.retries === 0 ? '' : `${count(this.retries)} retries`,
      this.slowDowns === 0 ? '' : `${count(this.slowDowns)} slow-downs`,
      cliTruncate(printable(detail?.() ?? ''), detailCells, { position: 'start' }),
    ]
      .filter((piece) => piece !== '')
      .join(', ')
  }

  /** What a part came to. */
  outcome(): string {
    const what = this.#done === 1 ? this.#part.noun.replace(/s$/, '') : this.#part.noun
    return `${count(this.#done)} ${what} in ${formatDuration((this.#now() - this.#since) / 1000)}`
  }
}

/** In milliseconds: the first word of a step, and from one to the next. */
interface Rhythm {
  readonly first: number
  readonly next: number
}

/** A line that stays is worth writing only of what takes long. */
const rhythms: Readonly<Record<'drawn' | 'written', Rhythm>> = {
  drawn: { first: 0, next: 200 },
  written: { first: 5_000, next: 30_000 },
}

/** Does something that takes long, and tells meanwhile how far it is. */
export async function telling<T>(
  progress: Progress,
  { show, talk, rhythm = rhythms[show === 'lines' ? 'written' : 'drawn'] }: { show: Show; talk: Talk; rhythm?: Rhythm },
  work: () => Promise<T>,
): Promise<T> {
  let timer: NodeJS.Timeout
  const tell = (): void => {
    talk.tell(progress.line())
    timer = setTimeout(tell, rhythm.next).unref()
  }
  timer = setTimeout(tell, rhythm.first).unref()
  try {
    return await work()
  } finally {
    clearTimeout(timer)
  }
}

/** A number as people read it: `1,234,567`. */
export const count = (number: number): string => number.toLocaleString('en-US')
