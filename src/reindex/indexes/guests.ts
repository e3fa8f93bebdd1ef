import type { OldIndexes } from '../../repositories/format.ts'
import type { Journal, Stretch } from '../journal/journal.ts'
import { compareKeys } from '../ranges.ts'
import type { FoundRepository } from './repository-objects.ts'

/**
 * The repository with those packages that lie in a folder of another one, further down, and that its index lists as well:
 * they are in both, such as those of a pool in a part of which somebody has made a flat list, or of a tree within a tree.
 */
export const joinGuests = (found: FoundRepository, old: OldIndexes, journal: Journal): FoundRepository =>
  withGuests(found, [...guestsOf(found, old, journal)])

/** Without another repository inside of it, its folder is in one piece. */
export const mayHaveGuests = ({ stretches }: FoundRepository): boolean => stretches.length > 1

/** The keys of those packages. */
export function guestsOf(found: FoundRepository, old: OldIndexes, journal: Journal): Set<string> {
  const { format, root, stretches } = found
  const guests = new Set<string>()
  if (!mayHaveGuests(found)) return guests
  for (const key of old.places()) {
    const isElsewhere = key.startsWith(root) && !stretches.some((stretch) => isWithin(key, stretch))
    if (isElsewhere && format.roleOf(key) === 'package' && journal.get(key) !== undefined) guests.add(key)
  }
  return guests
}

/** The repository with given guests, in the order of keys. */
export function withGuests(found: FoundRepository, guests: readonly string[]): FoundRepository {
  if (guests.length === 0) return found
  const single = guests.map((key): Stretch => ({ from: key, to: `${key}\0` }))
  const stretches = [...found.stretches, ...single].sort((one, other) => compareKeys(one.from, other.from))
  return { ...found, stretches, guests }
}

const isWithin = (key: string, { from, to }: Stretch): boolean =>
  compareKeys(key, from) >= 0 && (to === undefined || compareKeys(key, to) < 0)

/**
 * Repositories in an order in which those further down come first: they read their packages themselves.
 *
 * @param found - by format, and in the order of their roots
 */
export function* innermostFirst(found: readonly FoundRepository[]): Generator<FoundRepository> {
  const above: FoundRepository[] = []
  for (const one of found) {
    for (let last = above.at(-1); last !== undefined && !isBelow(one, last); last = above.at(-1)) {
      above.pop()
      yield last
    }
    above.push(one)
  }
  yield* above.reverse()
}

const isBelow = (one: FoundRepository, other: FoundRepository): boolean =>
  one.format === other.format && one.root.startsWith(other.root)
