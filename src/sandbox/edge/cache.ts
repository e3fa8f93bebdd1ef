import type { Freshness } from './freshness.ts'

/** A response as the edge keeps it. */
export interface CachedResponse {
  /** Path under which it was looked up, after the viewer-request function, percent-encoded, and its query string. */
  path: string
  query: string
  status: number
  headers: Readonly<Record<string, string>>
  body: Buffer
  /** Milliseconds: when the origin sent or confirmed it. */
  storedAt: number
  freshness: Freshness
}

/** The responses that one distribution's edge holds, the longest unused ones going first. */
export class EdgeCache {
  readonly #entries = new Map<string, CachedResponse>()
  readonly #limit: number
  #size = 0

  /** @param limit - bytes of bodies and headers */
  constructor(limit: number) {
    this.#limit = limit
  }

  get(key: string): CachedResponse | undefined {
    const entry = this.#entries.get(key)
    if (entry !== undefined) {
      this.#entries.delete(key)
      this.#entries.set(key, entry)
    }
    return entry
  }

  put(key: string, entry: CachedResponse): void {
    this.delete(key)
    const size = sizeOf(entry)
    if (size > this.#limit) return
    this.#entries.set(key, entry)
    this.#size += size
    for (const oldest of this.#entries.keys()) {
      if (this.#size <= this.#limit) break
      this.delete(oldest)
    }
  }

  delete(key: string): void {
    const entry = this.#entries.get(key)
    if (entry === undefined) return
    this.#entries.delete(key)
    this.#size -= sizeOf(entry)
  }

  /** Removes what the paths of an invalidation batch name. */
  invalidate(paths: readonly string[]): void {
    for (const [key, entry] of this.#entries) {
      if (paths.some((path) => isInvalidated(entry, path))) this.delete(key)
    }
  }

  clear(): void {
    this.#entries.clear()
    this.#size = 0
  }
}

const entryOverhead = 512
const sizeOf = (entry: CachedResponse): number => entry.body.length + entry.path.length + entryOverhead

/**
 * Does a path of an invalidation name this object? A path without a query string names all its versions; `*` at the
 * end stands for anything; paths with a tilde in them have no effect (specifying objects to invalidate).
 */
export function isInvalidated(entry: Pick<CachedResponse, 'path' | 'query'>, pattern: string): boolean {
  if (/~|%7e/i.test(pattern)) return false
  const wanted = normalPath(pattern.startsWith('/') ? pattern : `/${pattern}`)
  const path = normalPath(entry.path)
  const whole = entry.query === '' ? path : `${path}?${normalPath(entry.query)}`
  if (wanted.endsWith('*')) return whole.startsWith(wanted.slice(0, -1))
  return wanted === path || wanted === whole
}

/** One spelling for the characters that have to be percent-encoded; the others are compared as they came. */
const normalPath = (path: string): string =>
  path
    .replace(/%[0-9a-f]{2}/gi, (escape) => escape.toUpperCase())
    .replace(/[\s"<>#{}|\\^[\]`]|[^\u0020-\u007e]+/g, (text) => encodeURIComponent(text))
