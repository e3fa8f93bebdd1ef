import { compareKeys, type KeyRange } from '../ranges.ts'

const tarball = /^(.+?)\/-\/(?:@[^/]+\/)?[^/]+\.tgz$/

/**
 * What npm calls a packument, the index of one package, is at a key that is just the package's name. That it is one is
 * told by what comes after it in a listing: the tarballs, at `NAME/-/FILE.tgz`, or with its scope before FILE. Goes along with a listing and puts off
 * the keys that nothing else is known of, until it is known which they are. Keeps only those that the present key
 * begins with; so memory is the same whatever the number of objects.
 *
 * @typeParam T - what is known of a key
 *
 * Source: npm registry API, "GET /package"; tarballs as in `dist.tarball`.
 */
export class Packuments<T> {
  readonly #settle: (entry: T, isPackument: boolean) => void
  /** What ranges ended with, by key. */
  readonly #open = new Map<string, T>()
  /** Packages whose tarballs begin a range. */
  readonly #begun = new Set<string>()

  /** @param settle - called once for each entry that was put off */
  constructor(settle: (entry: T, isPackument: boolean) => void) {
    this.#settle = settle
  }

  /** Goes along with a range of the listing, which begins after a key. */
  along(after: string): PackumentsInRange<T> {
    return new PackumentsInRange(after, this.#settle, this.#open, this.#begun)
  }

  /** To be called when all ranges have ended. */
  end(): void {
    for (const [key, entry] of this.#open) this.#settle(entry, this.#begun.has(key))
    this.#open.clear()
  }
}

export class PackumentsInRange<T> {
  readonly #after: string
  readonly #settle: (entry: T, isPackument: boolean) => void
  readonly #open: Map<string, T>
  readonly #begun: Set<string>
  /** Each begins with the one before. */
  readonly #waiting: { readonly key: string; readonly entry: T }[] = []

  constructor(
    after: string,
    settle: (entry: T, isPackument: boolean) => void,
    open: Map<string, T>,
    begun: Set<string>,
  ) {
    this.#after = after
    this.#settle = settle
    this.#open = open
    this.#begun = begun
  }

  /** The next key of the range, which something is known of. */
  pass(key: string): void {
    if (this.#waiting.length > 0) this.#drop(key)
    const name = key.endsWith('.tgz') ? tarball.exec(key)?.[1] : undefined
    if (name === undefined) return
    const at = this.#waiting.findIndex((one) => one.key === name)
    const [found] = at === -1 ? [] : this.#waiting.splice(at, 1)
    if (found !== undefined) this.#settle(found.entry, true)
    else if (compareKeys(name, this.#after) <= 0) this.#begun.add(name)
  }

  /** The next key of the range, which nothing is known of. */
  putOff(key: string, entry: T): void {
    this.#drop(key)
    this.#waiting.push({ key, entry })
  }

  /** The range has ended, at its end or before, where another one goes on. */
  end({ through }: Pick<KeyRange, 'through'>): void {
    this.#drop(through)
    for (const { key, entry } of this.#waiting.splice(0)) this.#open.set(key, entry)
  }

  /** All keys that begin with another one follow it at once. */
  #drop(next: string | undefined): void {
    for (let last = this.#waiting.at(-1); last !== undefined; last = this.#waiting.at(-1)) {
      if (next?.startsWith(last.key) === true) return
      this.#waiting.pop()
      this.#settle(last.entry, false)
    }
  }
}
