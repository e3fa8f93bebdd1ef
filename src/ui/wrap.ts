import stringWidth from 'string-width'

/** The columns that a text takes, colours not counted. */
export const widthOf = (text: string): number => stringWidth(text)

/** The columns that the widest of some lines takes. */
export const widestOf = (lines: readonly string[]): number => Math.max(0, ...lines.map(widthOf))

/** A word and the spaces before it; what stands between backticks is one word. */
const words = /( *)((?:`[^`]*`|[^ ])+)/g

/**
 * Wraps prose at spaces. A word that is wider than a line has one of its own.
 *
 * @param text - in one line
 */
export function wrap(text: string, columns: number): string[] {
  const lines: string[] = []
  let line = ''
  let width = 0
  for (const [, space = '', word = ''] of text.matchAll(words)) {
    const wider = space.length + widthOf(word)
    if (line !== '' && width + wider > columns) {
      lines.push(line)
      line = word
      width = wider - space.length
    } else {
      line += space + word
      width += wider
    }
  }
  return [...lines, line]
}
