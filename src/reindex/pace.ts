/** What was seen in one stretch of time. */
export interface Stretch {
  readonly limit: number
  /** Calls that ended, a second. */
  readonly rate: number
  readonly slowDown: boolean
  /** Was there more work than the limit let through? */
  readonly wanting: boolean
}

/** What is known of the way so far. */
export interface Course {
  /** The best rate that was seen, and with how many calls at a time. */
  readonly best: { readonly rate: number; readonly limit: number }
  /** Stretches without growth; after a few it is tried again, since S3 adds capacity under load. */
  readonly still: number
}

const start = 8
const worthwhile = 1.05
const patience = 10

/** How many calls at a time next: grows until the rate stops growing, halves when S3 asks for fewer. */
export function nextLimit(seen: Stretch, { best, still }: Course, cap: number): { limit: number; course: Course } {
  const { limit, rate } = seen
  if (seen.slowDown) {
    const half = Math.max(1, limit >> 1)
    return { limit: half, course: { best: { rate: 0, limit: half }, still: -patience } }
  }
  if (!seen.wanting) return { limit, course: { best, still } }
  if (rate > best.rate * worthwhile) {
    const grown = still < 0 ? limit + 1 : Math.ceil(limit * 1.5)
    return { limit: Math.min(cap, grown), course: { best: { rate, limit }, still: still < 0 ? still + 1 : 0 } }
  }
  // More at a time brought no more a second: back to what did as well, and another try after a while.
  if (still >= patience)
    return {
      limit: Math.min(cap, limit + Math.ceil(limit / 4)),
      course: { best: { rate: rate * 0.98, limit }, still: 1 },
    }
  return {
    limit: Math.min(limit, Math.max(best.limit, 1)),
    course: { best: { rate: best.rate * 0.995, limit: best.limit }, still: still + 1 },
  }
}

/** Lets as many calls through at a time as pays. One for all kinds of calls, since they share the way and the CPU. */
export class Pace {
  readonly cap: number
  #limit: number
  #active = 0
  #ended = 0
  #slow = false
  #wanting = false
  #course: Course = { best: { rate: 0, limit: start }, still: 0 }
  #since: number
  readonly #waiting: (() => void)[] = []
  readonly #now: () => number

  constructor(cap: number, now: () => number = () => performance.now()) {
    this.cap = cap
    this.#limit = Math.min(start, cap)
    this.#now = now
    this.#since = now()
  }

  /** Calls at a time, now. */
  get allowed(): number {
    return this.#limit
  }

  /** Runs a call as soon as there is room for it. */
  async run<T>(call: () => Promise<T>): Promise<T> {
    while (this.#active >= this.#limit) {
      this.#wanting = true
      await new Promise<void>((resolve) => this.#waiting.push(resolve))
    }
    this.#active++
    try {
      return await call()
    } finally {
      this.#active--
      this.#ended++
      this.#look()
      for (let room = this.#limit - this.#active; room > 0; room--) this.#waiting.shift()?.()
    }
  }

  /** S3 asks for fewer requests. */
  slowDown(): void {
    this.#slow = true
  }

  #look(): void {
    const span = this.#now() - this.#since
    if (span < 500) return
    const seen = { limit: this.#limit, rate: (this.#ended * 1000) / span, slowDown: this.#slow, wanting: this.#wanting }
    const next = nextLimit(seen, this.#course, this.cap)
    this.#limit = next.limit
    this.#course = next.course
    this.#since = this.#now()
    this.#ended = 0
    this.#slow = false
    this.#wanting = this.#waiting.length > 0
  }
}
