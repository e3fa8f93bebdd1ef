import type { FoundRepository } from '../indexes/index-repository.ts'
import type { Stretch } from '../journal/stretch.ts'
import { compareKeys } from '../ranges.ts'

/** A piece of the order of keys, with the repositories whose packages may lie there: one of a format at most. */
export interface Piece extends Stretch {
  readonly repositories: readonly FoundRepository[]
}

/** Cuts the whole order of keys where repositories begin and end. */
export function* piecesOf(found: readonly FoundRepository[]): Generator<Piece> {
  const stretches = found
    .flatMap((repository) => repository.stretches.map(({ from, to }) => ({ from, to, repository })))
    .filter(({ from, to }) => to === undefined || compareKeys(from, to) < 0)
    .sort((one, other) => compareKeys(one.from, other.from))
  let open: typeof stretches = []
  let [next, from] = [0, '']
  for (let to: string | undefined = ''; to !== undefined;) {
    for (let begun = stretches[next]; begun?.from === from; begun = stretches[++next]) open.push(begun)
    to = firstOf([stretches[next]?.from, ...open.map((stretch) => stretch.to)])
    if (to !== from) yield { from, to, repositories: open.map(({ repository }) => repository) }
    from = to ?? from
    open = open.filter((stretch) => stretch.to !== to)
  }
}

const firstOf = (keys: readonly (string | undefined)[]): string | undefined =>
  keys.reduce((one, other) => (one === undefined || (other !== undefined && compareKeys(other, one) < 0) ? other : one))

/** Is a repository at an end where a piece ends? */
export const endsWithin = ({ stretches }: FoundRepository, { to }: Stretch): boolean => {
  const end = stretches.at(-1)?.to
  return end !== undefined && (to === undefined || compareKeys(end, to) <= 0)
}
