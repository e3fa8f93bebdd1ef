import { compareKeys } from '../ranges.ts'
import type { Choice } from '../selection.ts'
import type { Journal } from '../journal/journal.ts'
import type { Stretch } from '../journal/stretch.ts'
import type { Shard } from '../shard.ts'

/** How far a cut may lie from where parts would be of one size, in parts. */
const tolerance = 0.1

/**
 * Cuts keys into parts of about one size. A part begins with a folder that is as high up as there is one near, so that a
 * repository, and what S3 counts requests by, stays with one host where it can. By the keys alone: the same on each host.
 *
 * @param keys - in their order; gone through twice
 * @returns where the second part begins, and all after it; fewer where there is nothing left to cut
 */
export function cutKeys(keys: () => Iterable<string>, parts: number): string[] {
  const total = countOf(keys())
  const slack = Math.floor((total / parts) * tolerance)
  const cuts: string[] = []
  let best: { readonly depth: number; readonly away: number; readonly at: string } | undefined
  let index = 0
  let before: string | undefined
  const ideal = (): number => Math.round((total * (cuts.length + 1)) / parts)
  for (const key of keys()) {
    const away = Math.abs(index - ideal())
    if (before !== undefined && cuts.length < parts - 1 && (away <= slack || index > ideal())) {
      const at = beginningAfter(before, key)
      const depth = depthOf(at)
      if (best === undefined || depth < best.depth || (depth === best.depth && away < best.away)) {
        best = { depth, away, at }
      }
    }
    if (best !== undefined && index >= ideal() + slack) {
      cuts.push(best.at)
      best = undefined
    }
    before = key
    index++
  }
  if (best !== undefined) cuts.push(best.at)
  return cuts
}

function countOf(keys: Iterable<string>): number {
  let count = 0
  for (const key of keys) count += key === '' ? 0 : 1
  return count
}

/** The highest folder that begins between two neighbours; the second one itself where they share their folder. */
function beginningAfter(before: string, key: string): string {
  let same = 0
  while (same < key.length && before[same] === key[same]) same++
  const end = key.indexOf('/', same)
  return end === -1 ? key : key.slice(0, end + 1)
}

const depthOf = (at: string): number => at.split('/').length + (at.endsWith('/') ? 0 : 1)

/** What of the objects that a choice holds is a host's to do, as the journal has them. */
export const partOf = (shard: Shard, { selected }: Pick<Journal, 'selected'>, choice: Choice): Stretch =>
  stretchOf(
    cutKeys(() => selected.keys(choice), shard.of),
    shard,
  )

/** What a host does of all. Empty, with nothing in it, where there are fewer keys than parts. */
export function stretchOf(cuts: readonly string[], { number }: Shard): Stretch {
  const to = cuts[number - 1]
  if (number === 1) return { from: '', to }
  const from = cuts[number - 2]
  return from === undefined ? { from: '', to: '' } : { from, to }
}

/** Does a key lie in a stretch? */
export const isWithin = (key: string, { from, to }: Stretch): boolean =>
  compareKeys(key, from) >= 0 && (to === undefined || compareKeys(key, to) < 0)

/** What of stretches lies in another one. */
export const commonTo = (stretches: readonly Stretch[], { from, to }: Stretch): Stretch[] =>
  stretches.flatMap((one) => {
    const begin = compareKeys(one.from, from) > 0 ? one.from : from
    const end = one.to === undefined || (to !== undefined && compareKeys(to, one.to) < 0) ? to : one.to
    return end !== undefined && compareKeys(begin, end) >= 0 ? [] : [{ from: begin, to: end }]
  })

/** A choice without what lies elsewhere. */
export const choiceWithin = (choice: Choice, stretch: Stretch): Choice => ({
  ...choice,
  excludes: (key) => !isWithin(key, stretch) || choice.excludes(key),
})
