import { formatDuration } from '../ui/duration.ts'
import { clearLine, drawLine, type Terminal } from '../ui/live-line.ts'
import type { Mark } from '../ui/marks.ts'
import type { Show } from '../ui/renderer.ts'
import { say, stderr } from '../ui/talk.ts'
import { item, type Line, type Say, verbatim } from '../ui/text.ts'

/** What is being done. */
export interface Part {
  readonly title: string
  /** What is counted, such as `objects`. */
  readonly noun: string
  /** How many there are; undefined: nobody knows. */
  readonly total?: number | undefined
  /** What else there is to tell: what it is at just now. */
  readonly detail?: (() => string) | undefined
}

export interface ProgressOptions {
  /** Where it is drawn: stderr. */
  readonly stream?: Terminal
  /** What takes lines that stay. */
  readonly say?: Say
  /** Milliseconds. */
  readonly now?: () => number
  /** Milliseconds between two lines, and between two looks of the line on a terminal. */
  readonly every?: { readonly lines: number; readonly live: number }
}

/** Tells how far a long run is: a line that changes on a terminal, else a line each half minute. */
export class Progress {
  retries = 0
  slowDowns = 0
  private part: Part = { title: '', noun: '' }
  private done = 0
  private bytes = 0
  private since = 0
  private timer: NodeJS.Timeout | undefined
  private readonly show: Show
  private readonly stream: Terminal
  private readonly say: Say
  private readonly now: () => number
  private readonly every: { readonly lines: number; readonly live: number }

  constructor(show: Show, options: ProgressOptions = {}) {
    this.show = show
    this.stream = options.stream ?? stderr
    this.say = options.say ?? say
    this.now = options.now ?? (() => performance.now())
    this.every = options.every ?? { lines: 30_000, live: 200 }
  }

  /** Begins a part of the run; what was begun before has ended. */
  begin(part: Part): void {
    this.end()
    this.part = part
    this.done = 0
    this.bytes = 0
    this.since = this.now()
    if (this.show === 'nothing') return
    if (this.isDrawn()) this.tell()
    else this.leave('busy', part.title)
    this.timer = setInterval(() => this.tell(), this.isDrawn() ? this.every.live : this.every.lines)
    this.timer.unref()
  }

  add(objects: number, bytes = 0): void {
    this.done += objects
    this.bytes += bytes
  }

  /** Ends the part: with a line of its own, unless nothing is to be left of it on the screen. */
  end(): void {
    if (this.timer === undefined) return
    this.clear()
    if (this.show === 'fleeting') return
    const { title, noun } = this.part
    const what = this.done === 1 ? noun.replace(/s$/, '') : noun
    this.leave('ok', `${title}: ${count(this.done)} ${what} in ${formatDuration((this.now() - this.since) / 1000)}`)
  }

  /** Ends a part that is still under way, because it failed or was interrupted: its title stays. */
  stop(): void {
    if (this.timer === undefined) return
    this.clear()
    this.leave('failed', this.part.title)
  }

  private clear(): void {
    clearInterval(this.timer)
    this.timer = undefined
    if (this.isDrawn()) clearLine(this.stream)
  }

  private leave(mark: Mark, text: Line): void {
    this.say(item(mark, text))
  }

  /** How far it is, in one line. */
  line(): string {
    const { title, noun, detail } = this.part
    const span = Math.max(0.001, (this.now() - this.since) / 1000)
    const rate = this.done / span
    // More may come to light than there seemed to be.
    const total = this.part.total !== undefined && this.part.total >= this.done ? this.part.total : undefined
    const of = total === undefined ? '' : ` of ${count(total)}`
    const left = total === undefined || rate === 0 ? undefined : (total - this.done) / rate
    return [
      `${title}: ${count(this.done)}${of} ${noun}`,
      `${count(Math.round(rate))}/s`,
      this.bytes === 0 ? '' : `${(this.bytes / span / 1e6).toFixed(1)} MB/s`,
      left === undefined ? '' : `about ${formatDuration(left)} left`,
      this.retries === 0 ? '' : `${count(this.retries)} retries`,
      this.slowDowns === 0 ? '' : `${count(this.slowDowns)} times asked to slow down`,
      detail?.() ?? '',
    ]
      .filter((piece) => piece !== '')
      .join(', ')
  }

  private isDrawn(): boolean {
    return this.show === 'live' || this.show === 'fleeting'
  }

  private tell(): void {
    if (this.isDrawn()) drawLine(this.line(), this.stream)
    else this.leave('busy', verbatim(this.line()))
  }
}

/** A number as people read it: `1,234,567`. */
export const count = (number: number): string => number.toLocaleString('en-US')
