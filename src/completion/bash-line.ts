/**
 * A command line as bash hands it over for completion: raw, up to the cursor. What bash itself makes of it (COMP_WORDS) is
 * torn at each `:` and `=`, and what it takes back replaces only the piece behind the last of these.
 *
 * Sources: bash manual, "Programmable Completion"; GNU Readline, `_rl_find_completion_word` of complete.c.
 */

/** The words of a line, the last of which is the one at the cursor. */
export interface BashLine {
  /** As the command gets them, without quotes. */
  readonly words: readonly string[]
  /** The beginning of the last word, in the same form, that bash keeps as it is. */
  readonly kept: string
  /** The quote that is open at the cursor, if one is. */
  readonly quote: '"' | "'" | undefined
}

/** What bash breaks words at where nothing else is set. */
const usualBreaks = ' \t\n"\'@><=;|&(:'

/** A word while it is read. */
interface Reading {
  text: string
  kept: string
  quote: BashLine['quote']
  /** What was kept before the quote was opened. */
  before: string
}

const begun = (): Reading => ({ text: '', kept: '', quote: undefined, before: '' })

/**
 * Reads a line. Variables and substitutions in it are left as they are: only bash could tell what they stand for.
 *
 * @param breaks - the variable COMP_WORDBREAKS
 */
export function readBashLine(line: string, breaks = usualBreaks): BashLine {
  const words: string[] = []
  let word: Reading | undefined
  for (let at = 0; at < line.length; at++) {
    const character = line.charAt(at)
    if (word?.quote === undefined && /\s/.test(character)) {
      if (word !== undefined) words.push(word.text)
      word = undefined
      continue
    }
    word ??= begun()
    if (character === '\\' && word.quote !== "'" && isEscape(line.charAt(at + 1), word.quote)) {
      at++
      word.text += line.charAt(at)
    } else {
      read(word, character, breaks)
    }
  }
  const last = word ?? begun()
  return { words: [...words, last.text], kept: last.kept, quote: last.quote }
}

function read(word: Reading, character: string, breaks: string): void {
  if (character === word.quote) {
    word.quote = undefined
    // What is quoted breaks nothing once the quote is closed: it is replaced as a whole.
    word.kept = word.before
  } else if (word.quote === undefined && (character === '"' || character === "'")) {
    word.quote = character
    word.before = word.kept
    word.kept = word.text
  } else {
    word.text += character
    if (word.quote === undefined && breaks.includes(character)) word.kept = word.text
  }
}

/** Between double quotes a backslash stands for itself but before these (POSIX, Shell Command Language, 2.2.3). */
const isEscape = (next: string, quote: BashLine['quote']): boolean => quote === undefined || '$`"\\\n'.includes(next)

/** What bash is to put behind what it keeps, so that the command gets the candidate. */
export function asBashTakesIt(candidate: string, { kept, quote }: Pick<BashLine, 'kept' | 'quote'>): string {
  const rest = candidate.slice(kept.length)
  if (quote === "'") return rest.replaceAll("'", `'\\''`)
  // An exclamation mark would put in a line of the history there, whatever stands before it. As the first character it is
  // left: readline takes a quote that a replacement begins with for the one that is open already.
  if (quote === '"') return rest.replace(/["$`\\]/g, '\\$&').replace(/(?<=.)!/gs, `"'!'"`)
  return rest.replace(/[^\w@%+=:,./^\-\u{80}-\u{10ffff}]/gu, '\\$&')
}
