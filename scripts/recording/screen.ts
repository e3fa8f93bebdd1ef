/** What a terminal shows, as runs of characters that look alike. */
import xterm from '@xterm/headless'

import type { Size } from '../docs-stage.ts'

export interface Run {
  readonly text: string
  /** One of the sixteen colours, by its number; undefined: the terminal's own. */
  readonly colour: number | undefined
  readonly bold: boolean
  readonly dim: boolean
}

/** From top to bottom. */
export type Frame = readonly (readonly Run[])[]

/** A terminal that nobody sees. */
export class Recorder {
  readonly #terminal: xterm.Terminal
  readonly #size: Size

  constructor(size: Size) {
    this.#size = size
    this.#terminal = new xterm.Terminal({ cols: size.columns, rows: size.rows, allowProposedApi: true })
  }

  /** Takes in what a program writes; resolves once it is shown. */
  write(data: string | Uint8Array): Promise<void> {
    return new Promise((resolve) => this.#terminal.write(data, resolve))
  }

  /** What is shown now. */
  frame(): Frame {
    const { active } = this.#terminal.buffer
    return Array.from({ length: this.#size.rows }, (_, row) => {
      const line = active.getLine(active.viewportY + row)
      const runs: Run[] = []
      for (let column = 0; column < this.#size.columns; column++) {
        const cell = line?.getCell(column)
        if (cell !== undefined && cell.getWidth() > 0) add(runs, lookOf(cell))
      }
      return trimmed(runs)
    })
  }
}

type Cell = NonNullable<ReturnType<NonNullable<ReturnType<xterm.Terminal['buffer']['active']['getLine']>>['getCell']>>

const lookOf = (cell: Cell): Run => ({
  text: cell.getChars() || ' ',
  colour: cell.isFgPalette() ? cell.getFgColor() : undefined,
  bold: cell.isBold() !== 0,
  dim: cell.isDim() !== 0,
})

function add(runs: Run[], { text, ...look }: Run): void {
  const last = runs.at(-1)
  if (last !== undefined && last.colour === look.colour && last.bold === look.bold && last.dim === look.dim)
    runs[runs.length - 1] = { ...look, text: last.text + text }
  else runs.push({ ...look, text })
}

/** Without the spaces at the end of a line. */
function trimmed(runs: readonly Run[]): Run[] {
  const kept = [...runs]
  for (let last = kept.pop(); last !== undefined; last = kept.pop()) {
    const text = last.text.trimEnd()
    if (text !== '') return [...kept, { ...last, text }]
  }
  return kept
}
