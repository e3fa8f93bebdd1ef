/** How many paths CloudFront takes at a time, and how to get by with that. */

/**
 * In progress for one distribution (Amazon CloudFront Developer Guide, "Quotas on invalidations"): this many paths, and
 * this many of them with a wildcard.
 */
export interface Quota {
  readonly paths: number
  readonly wildcards: number
}
export const quota: Quota = { paths: 3000, wildcards: 15 }

const isWildcard = (path: string): boolean => path.endsWith('*')
const stemOf = (path: string): string => (isWildcard(path) ? path.slice(0, -1) : path)
const wildcardsIn = (paths: readonly string[]): number => paths.filter(isWildcard).length

/** Whether one invalidation can hold all these paths. */
export const fits = (paths: readonly string[], { paths: most, wildcards }: Quota = quota): boolean =>
  paths.length <= most && wildcardsIn(paths) <= wildcards

/** The paths in order, without those that are there twice or that a wildcard among them names. */
export function withoutCovered(paths: readonly string[]): string[] {
  // In this order everything that begins like a wildcard's stem follows right after it.
  const sorted = [...new Set(paths)].sort(
    (a, b) => compare(stemOf(a), stemOf(b)) || Number(isWildcard(b)) - Number(isWildcard(a)),
  )
  let wildcard: string | undefined
  return sorted.filter((path) => {
    if (wildcard !== undefined && stemOf(path).startsWith(wildcard)) return false
    if (isWildcard(path)) wildcard = stemOf(path)
    return true
  })
}

/** Splits paths into invalidations that can run one after the other, each within the quota. */
export function inBatches(paths: readonly string[], { paths: most, wildcards }: Quota = quota): string[][] {
  const batches: string[][] = []
  let batch: string[] = []
  let wild = 0
  for (const path of paths) {
    const more = Number(isWildcard(path))
    if (batch.length === most || wild + more > wildcards) {
      batches.push(batch)
      batch = []
      wild = 0
    }
    batch.push(path)
    wild += more
  }
  return batch.length === 0 ? batches : [...batches, batch]
}

/**
 * Puts wildcards in the place of paths until one invalidation can hold all: wildcards as long as they can be, and as few.
 *
 * @param paths - as CloudFront takes them
 */
export function collapse(paths: readonly string[], limit: Quota = quota): string[] {
  const all = withoutCovered(paths)
  if (fits(all, limit)) return all
  const shared = all.map((path, index) => commonStart(all[index - 1] ?? '', path).length)
  // The longer what a group has in common, the more groups there are; with a stem of 1, `/`, there is one.
  let groups = choose(all, groupsOf(all, shared, 1), limit) ?? []
  let longest = shared.reduce((a, b) => Math.max(a, b), 1)
  for (let shortest = 1; shortest < longest;) {
    const middle = Math.ceil((shortest + longest) / 2)
    const found = choose(all, groupsOf(all, shared, middle), limit)
    if (found === undefined) longest = middle - 1
    else {
      groups = found
      shortest = middle
    }
  }
  const wild = groups.map(({ start, end }) => `${commonStart(all[start] ?? '/', all[end - 1] ?? '/')}*`)
  return withoutCovered([...all, ...wild])
}

/** Neighbours in a sorted list of paths that begin alike. */
interface Group {
  readonly start: number
  /** Behind the last. */
  readonly end: number
  /** How many of them are wildcards. */
  readonly wildcards: number
}

const sizeOf = ({ start, end }: Group): number => end - start

/** @param shared - how many characters each path has in common with the one before it */
function groupsOf(paths: readonly string[], shared: readonly number[], stem: number): Group[] {
  const groups: Group[] = []
  for (let start = 0, end = 1; start < paths.length; start = end++) {
    let wildcards = Number(isWildcard(paths[start] ?? ''))
    for (; end < paths.length && (shared[end] ?? 0) >= stem; end++) wildcards += Number(isWildcard(paths[end] ?? ''))
    if (end - start > 1) groups.push({ start, end, wildcards })
  }
  return groups
}

/** Groups that, each made one wildcard, leave what fits; the largest ones, and at last the smallest that suffices. */
function choose(paths: readonly string[], groups: readonly Group[], limit: Quota): Group[] | undefined {
  const chosen: Group[] = []
  let wild = wildcardsIn(paths)
  let tooMany = paths.length - limit.paths
  const take = (group: Group): void => {
    chosen.push(group)
    wild += 1 - group.wildcards
    tooMany -= sizeOf(group) - 1
  }
  const byWildcards = groups.toSorted((a, b) => b.wildcards - a.wildcards)
  for (const group of byWildcards) if (wild > limit.wildcards && group.wildcards > 1) take(group)
  const left = groups.filter((group) => !chosen.includes(group)).toSorted((a, b) => sizeOf(b) - sizeOf(a))
  while (tooMany > 0) {
    const possible = left.filter(({ wildcards }) => wildcards > 0 || wild < limit.wildcards)
    const next = possible.findLast((group) => sizeOf(group) > tooMany) ?? possible[0]
    if (next === undefined) return undefined
    take(next)
    left.splice(left.indexOf(next), 1)
  }
  return wild > limit.wildcards ? undefined : chosen
}

/** What two paths begin with alike, escapes being kept whole. */
function commonStart(one: string, other: string): string {
  const [a, b] = [stemOf(one), stemOf(other)]
  let length = 0
  while (length < a.length && length < b.length && a[length] === b[length]) length++
  return a.slice(0, length).replace(/%[0-9A-Fa-f]?$/, '')
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)
