import { distance } from 'fastest-levenshtein'

/**
 * What somebody who typed a word may have meant: known words that differ from it by a slip, or that it begins.
 *
 * @param known - all words that would have been right
 * @returns the nearest, best first; none where nothing is near
 */
export function nearest(word: string, known: readonly string[]): string[] {
  const typed = word.toLowerCase()
  const slips = Math.max(1, Math.ceil(typed.length / 3))
  const ranked = [...new Set(known)].flatMap((one) => {
    const away = distance(typed, one.toLowerCase())
    if (away <= slips) return [{ one, away }]
    return typed.length > 2 && isPartOf(typed, one.toLowerCase()) ? [{ one, away: slips + 1 }] : []
  })
  const least = Math.min(...ranked.map(({ away }) => away))
  return ranked.filter(({ away }) => away === least).map(({ one }) => one)
}

/** Whether the words of something hyphenated are words of it: `bootstrap` of `bootstrap-cloudfront`. */
const isPartOf = (typed: string, known: string): boolean =>
  known.startsWith(typed) || typed.split('-').every((part) => known.split('-').includes(part))

/** The question, as a line of advice; none where nothing is near. */
export function didYouMean(word: string, known: readonly string[]): string[] {
  const found = nearest(word, known).slice(0, 3)
  const [last] = found.slice(-1)
  if (last === undefined) return []
  const names = found.map((one) => `\`${one}\``)
  return [
    `Did you mean ${names.length === 1 ? names.join('') : `${names.slice(0, -1).join(', ')} or ${names.at(-1) ?? ''}`}?`,
  ]
}
