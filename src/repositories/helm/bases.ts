/** What stands before keys in the absolute URLs of an index. */
import type { OldEntry } from './old-index.ts'
import { decoded, divide, places } from './places.ts'

/** Where the entries of an index lead. */
export interface Bases {
  /** The key that a URL means; undefined where it leads to somebody else. */
  keyOf(url: string): string | undefined
  /** What stands before the key behind the root in a URL that means it. */
  baseOf(url: string): string
}

/**
 * A base is the repository's own if a chart with the digest of its entry lies behind it, and most of what the index has
 * behind it is there: a mirror of a few of somebody's charts does not make that one's index ours.
 *
 * @param digests - of all that is there, by key; undefined where it is not known
 * @param told - bases that an operator has told
 */
export function basesOf(
  entries: readonly OldEntry[],
  root: string,
  digests: ReadonlyMap<string, string | undefined>,
  told: readonly string[],
): Bases {
  const absolutes = entries.flatMap(({ urls, digest }) =>
    urls.flatMap((url) => {
      const { absolute } = places(root, url)
      return absolute === undefined ? [] : [{ absolute, digest }]
    }),
  )
  const found = new Map<string, number>()
  for (const { absolute, digest } of absolutes) {
    const divided = divide(absolute, (rest) => digests.has(root + rest))
    if (divided === undefined) continue
    const there = digests.get(root + divided.rest)
    if (digest === undefined || there === undefined || digest === there)
      found.set(divided.base, (found.get(divided.base) ?? 0) + 1)
  }
  const behind = new Map<string, number>()
  for (const { absolute } of absolutes) {
    for (const base of above(absolute)) if (found.has(base)) behind.set(base, (behind.get(base) ?? 0) + 1)
  }
  const own = [...found].filter(([base, count]) => count * 2 >= (behind.get(base) ?? 0)).map(([base]) => base)
  const bases = new Set([...told, ...own])
  const of = (absolute: string): string | undefined => above(absolute).find((base) => bases.has(base))
  return {
    keyOf(url) {
      const { key, absolute } = places(root, url)
      if (absolute === undefined) return key
      const base = of(absolute)
      const rest = base === undefined ? undefined : decoded(absolute.slice(base.length))
      return rest === undefined || rest === '' ? undefined : root + rest
    },
    baseOf(url) {
      const { absolute } = places(root, url)
      if (absolute === undefined) return url.startsWith('./') ? './' : ''
      return of(absolute) ?? ''
    },
  }
}

/** All folders above, the nearest first. */
function above(absolute: string): string[] {
  const folders: string[] = []
  for (let at = absolute.lastIndexOf('/'); at > 0; at = absolute.lastIndexOf('/', at - 1)) {
    folders.push(absolute.slice(0, at + 1))
  }
  return folders
}
