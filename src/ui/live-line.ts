import { draw, stderr } from './talk.ts'

/**
 * The last line of the terminal, while something changes on it. There is one terminal, so there is one such line: it
 * makes room for what is said meanwhile, and is drawn again below.
 */
let release: (() => void) | undefined

/** As much of a terminal as this needs. */
export interface Terminal {
  write(text: string): unknown
  readonly columns?: number
}

/** Draws the line, cut so that it does not wrap: what has wrapped can't be cleared any more. */
export function drawLine(text: string, stream: Terminal = stderr): void {
  stream.write(
    `\r${fit(printable(text), (stream.columns === undefined || stream.columns === 0 ? 80 : stream.columns) - 1)}\u001b[K`,
  )
  release ??= draw({
    above(lines) {
      clearLine(stream)
      stream.write(`${lines}\n`)
    },
  })
}

/** Clears the line, if there is one. */
export function clearLine(stream: Terminal = stderr): void {
  if (release === undefined) return
  stream.write('\r\u001b[K')
  release()
  release = undefined
}

/**
 * Text that does nothing but stand there: control characters, which could do anything to a terminal, and those that
 * turn the direction of writing are shown by their numbers. Keys of objects may hold any of them.
 */
export const printable = (text: string): string =>
  text.replace(
    /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  )

/** As much of a text as fits into a number of columns. What may be wide (Unicode Standard Annex 11) counts twice. */
export function fit(text: string, columns: number): string {
  let [width, end] = [0, 0]
  for (const character of text) {
    width += (character.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2
    if (width > columns) return text.slice(0, end)
    end += character.length
  }
  return text
}
