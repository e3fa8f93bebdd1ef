import cliTruncate from 'cli-truncate'

import { printable } from './printable.ts'
import { screenOf } from './screen.ts'
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

/**
 * Draws the line, cut so that it does not wrap: what has wrapped can't be cleared any more. Keys of objects, which may
 * stand in it, do nothing to the terminal.
 */
export function drawLine(text: string, stream: Terminal = stderr): void {
  stream.write(`\r${cut(printable(text), stream)}\u001b[K`)
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

/** As much of a text as fits: not into the last column, behind which some terminals begin another line. */
function cut(text: string, { columns = 0 }: Terminal): string {
  const { unicode, columns: usual } = screenOf({ isTTY: true, columns })
  return cliTruncate(text, (columns > 0 ? columns : usual) - 1, { truncationCharacter: unicode ? '…' : '...' })
}
