/** What is known of a text that is not known: one of some, or how it begins and ends. */
export interface Pattern {
  readonly among?: readonly string[]
  readonly prefix: string
  readonly suffix: string
}

export const anyText: Pattern = { prefix: '', suffix: '' }

export const oneOf = (texts: readonly string[]): Pattern => ({ among: [...new Set(texts)], prefix: '', suffix: '' })

/** More texts than this are not told apart. */
const mostTexts = 1000

export const mayBe = ({ among, prefix, suffix }: Pattern, text: string): boolean =>
  among === undefined
    ? text.length >= prefix.length + suffix.length && text.startsWith(prefix) && text.endsWith(suffix)
    : among.includes(text)

export const samePattern = (a: Pattern, b: Pattern): boolean =>
  a.prefix === b.prefix && a.suffix === b.suffix && a.among?.join('\0') === b.among?.join('\0')

/** What is known of a text that is followed by another. */
export function followedBy(a: Pattern, b: Pattern): Pattern {
  if (a.among !== undefined && b.among !== undefined && a.among.length * b.among.length <= mostTexts) {
    const ends = b.among
    return oneOf(a.among.flatMap((text) => ends.map((end) => text + end)))
  }
  const [first, last] = [only(a), only(b)]
  return {
    prefix: first === undefined ? a.prefix : first + (last ?? b.prefix),
    suffix: last === undefined ? b.suffix : (first ?? a.suffix) + last,
  }
}

const only = ({ among }: Pattern): string | undefined => (among?.length === 1 ? among[0] : undefined)
