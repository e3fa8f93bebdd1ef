import { distance } from 'fastest-levenshtein'

import { listed } from '../text.ts'

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
    const away = slipsBetween(typed, one.toLowerCase())
    if (away <= slips) return [{ one, away }]
    return typed.length > 2 && isPartOf(typed, one.toLowerCase()) ? [{ one, away: slips + 1 }] : []
  })
  const least = Math.min(...ranked.map(({ away }) => away))
  return ranked.filter(({ away }) => away === least).map(({ one }) => one)
}

/** Letters that are wrong, missing, too many, or two beside each other in the wrong order, which is one slip too. */
function slipsBetween(typed: string, known: string): number {
  const swapped = Array.from({ length: Math.max(0, typed.length - 1) }, (_, at) => {
    const [one = '', other = ''] = typed.slice(at, at + 2)
    return 1 + distance(typed.slice(0, at) + other + one + typed.slice(at + 2), known)
  })
  return Math.min(distance(typed, known), ...swapped)
}

/** Whether the words of something hyphenated are words of it: `bootstrap` of `bootstrap-cloudfront`. */
const isPartOf = (typed: string, known: string): boolean =>
  known.startsWith(typed) || typed.split('-').every((part) => known.split('-').includes(part))

/**
 * The question, as a line of advice; none where nothing is near.
 *
 * @param shown - how a word that is meant is told
 */
export function didYouMean(word: string, known: readonly string[], shown = (one: string): string => one): string[] {
  const names = nearest(word, known)
    .slice(0, 3)
    .map((one) => `\`${shown(one)}\``)
  return names.length === 0 ? [] : [`Did you mean ${listed(names, 'or')}?`]
}
