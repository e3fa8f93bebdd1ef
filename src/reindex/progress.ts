import { formatDuration } from '../ui/duration.ts'
import type { Show } from '../ui/renderer.ts'

/** Tells how far a long run is: a line that changes on a terminal, else a line each half minute. */
export class Progress {
  retries = 0
  slowDowns = 0
  private title = ''
  private noun = ''
  private done = 0
  private bytes = 0
  private total: number | undefined
  private detail: () => string = () => ''
  private since = 0
  private timer: NodeJS.Timeout | undefined
  private readonly show: Show
  private readonly write: (text: string) => void

  constructor(show: Show, write: (text: string) => void = (text) => void process.stderr.write(text)) {
    this.show = show
    this.write = write
  }

  /** Begins a part of the run. */
  begin(title: string, noun: string, total?: number, detail: () => string = () => ''): void {
    this.end()
    Object.assign(this, { title, noun, total, detail, done: 0, bytes: 0, since: performance.now() })
    if (this.show === 'nothing') return
    if (this.show === 'lines') this.write(`… ${title}\n`)
    this.timer = setInterval(() => this.tell(), this.show === 'live' ? 200 : 30_000)
    this.timer.unref()
  }

  add(objects: number, bytes = 0): void {
    this.done += objects
    this.bytes += bytes
  }

  /** Ends the part with a line of its own. */
  end(): void {
    if (this.timer === undefined) return
    clearInterval(this.timer)
    this.timer = undefined
    const span = (performance.now() - this.since) / 1000
    const line = `✔ ${this.title}: ${count(this.done)} ${this.noun} in ${formatDuration(span)}`
    this.write(this.show === 'live' ? `\r\u001b[K${line}\n` : `${line}\n`)
  }

  /** Clears what is on the terminal's last line, before something else is written. */
  stop(): void {
    if (this.timer === undefined) return
    clearInterval(this.timer)
    this.timer = undefined
    if (this.show === 'live') this.write('\r\u001b[K')
  }

  /** How far it is, in one line. */
  line(): string {
    const span = Math.max(0.001, (performance.now() - this.since) / 1000)
    const rate = this.done / span
    const of = this.total === undefined ? '' : ` of ${count(this.total)}`
    const left = this.total === undefined || rate === 0 ? undefined : (this.total - this.done) / rate
    return [
      `${this.title}: ${count(this.done)}${of} ${this.noun}`,
      `${count(Math.round(rate))}/s`,
      ...(this.bytes === 0 ? [] : [`${(this.bytes / span / 1e6).toFixed(1)} MB/s`]),
      ...(left === undefined ? [] : [`about ${formatDuration(left)} left`]),
      ...(this.retries === 0 ? [] : [`${count(this.retries)} retries`]),
      this.detail(),
    ]
      .filter((part) => part !== '')
      .join(', ')
  }

  private tell(): void {
    if (this.show !== 'live') {
      this.write(`… ${this.line()}\n`)
      return
    }
    const width = Math.max(20, (process.stderr.columns || 80) - 1)
    this.write(`\r\u001b[K${this.line().slice(0, width)}`)
  }
}

/** A number as people read it: `1,234,567`. */
export const count = (number: number): string => number.toLocaleString('en-US')
