/**
 * How many requests S3 answers: 3,500 writes and 5,500 reads a second for each partition of the keys. One that is asked
 * for more for a while is split in two; until then it says SlowDown.
 *
 * Source: Amazon S3 User Guide, "Best practices design patterns: optimizing Amazon S3 performance". How long a split takes
 * is not documented beyond "gradually": a model.
 */
export const writesASecond = 3500
const readsASecond = 5500
/** Seconds of more than it can answer, after which a partition is two. */
export const splitAfter = 300

interface Partition {
  /** Number of its first object. */
  from: number
  /** Requests that may come at once. */
  reads: number
  writes: number
  since: number
  /** Seconds in which it had to refuse something. */
  pressed: number
  lastRefusal: number
}

export class Partitions {
  readonly #all: Partition[] = []
  readonly #count: number

  /** @param begin - into how many parts of one size the keys are split already */
  constructor(count: number, begin: number) {
    this.#count = count
    for (let number = 0; number < begin; number++) this.#all.push(fresh(Math.floor((count * number) / begin)))
  }

  get length(): number {
    return this.#all.length
  }

  /**
   * May an object be read or written now?
   *
   * @param now - seconds
   */
  admits(index: number, kind: 'reads' | 'writes', now: number): boolean {
    const at = this.#at(index)
    const partition = this.#all[at]
    if (partition === undefined) return true
    const passed = Math.min(1, now - partition.since)
    partition.since = now
    partition.reads = Math.min(readsASecond, partition.reads + passed * readsASecond)
    partition.writes = Math.min(writesASecond, partition.writes + passed * writesASecond)
    if (partition[kind] >= 1) {
      partition[kind]--
      return true
    }
    const second = Math.floor(now)
    if (second !== partition.lastRefusal) partition.pressed++
    partition.lastRefusal = second
    if (partition.pressed >= splitAfter) this.#split(at, now)
    return false
  }

  #at(index: number): number {
    let [low, high] = [0, this.#all.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((this.#all[middle]?.from ?? Infinity) <= index) low = middle
      else high = middle
    }
    return low
  }

  #split(at: number, now: number): void {
    const from = this.#all[at]?.from ?? 0
    const end = this.#all[at + 1]?.from ?? this.#count
    const middle = Math.floor((from + end) / 2)
    if (middle > from) this.#all.splice(at, 1, { ...fresh(from), since: now }, { ...fresh(middle), since: now })
  }
}

const fresh = (from: number): Partition => ({
  from,
  reads: readsASecond,
  writes: writesASecond,
  since: 0,
  pressed: 0,
  lastRefusal: -1,
})
