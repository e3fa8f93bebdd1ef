import type { Part } from '../../repositories/format.ts'

const mostLost = 20
const mostLostShare = 0.05
const namedAtMost = 5

/**
 * Why an index would lose more than is believable, if it would. A list is judged by itself. Of many documents any may lose
 * what it has, since packages are removed one by one; all of them together may lose no more than one list.
 */
export function shrinking(parts: readonly Part[]): string | undefined {
  for (const { name, before, after, ofMany } of parts) {
    if (ofMany === undefined && isTooMuch(before, before - after)) {
      return `${name} would have ${after} packages instead of ${before}`
    }
  }
  const many = parts.filter(({ ofMany }) => ofMany === true)
  const losers = many.filter(({ before, after }) => after < before).sort((a, b) => lostBy(b) - lostBy(a))
  const lost = sum(losers.map(lostBy))
  const before = sum(many.map((part) => part.before))
  if (!isTooMuch(before, lost)) return undefined
  const named = losers.slice(0, namedAtMost).map((part) => `${part.name} (${lostBy(part)} of ${part.before})`)
  const others = losers.length - named.length
  return `${lost} of ${before} packages would be lost: ${named.join(', ')}${others === 0 ? '' : ` and ${others} others`}`
}

const isTooMuch = (before: number, lost: number): boolean =>
  before > 0 && (lost >= before || lost > mostLost || lost > before * mostLostShare)

const lostBy = ({ before, after }: Part): number => before - after

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)
