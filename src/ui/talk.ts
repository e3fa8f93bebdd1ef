/**
 * stderr: progress, questions, warnings and errors, for a person. Nothing depends on anybody listening: where it can't
 * be written (closed, a terminal that has hung up, a full disk), what is said is lost, and the work goes on.
 *
 * No other file writes to stderr; ESLint sees to that.
 */
import { noteWarning } from './envelope.ts'
import { lay } from './layout.ts'
import { isTerminal, type Screen, screenOf } from './screen.ts'
import type { Block } from '../text.ts'

export const { stderr } = process
stderr.on('error', () => undefined)

/** Whoever draws on the terminal, so that what is said meanwhile goes above it and not through it. */
export interface Drawing {
  /** Writes lines that stay, and draws again below them. */
  above(lines: string): void
}

let drawing: Drawing | undefined

/** Says that something is being drawn from now on; the answer ends that. There is one terminal, so the last one counts. */
export function draw(on: Drawing): () => void {
  drawing = on
  return () => {
    if (drawing === on) drawing = undefined
  }
}

/** Whether a person can see what is said. */
export const isTalkSeen = (): boolean => isTerminal(2)

/** What can be shown where it is seen, as it is now. */
export const talkScreen = (): Screen => screenOf({ isTTY: isTalkSeen(), columns: stderr.columns })

/** Says something, laid out for who sees it. */
export function say(...blocks: readonly Block[]): void {
  if (blocks.length === 0) return
  for (const block of blocks) {
    if (typeof block === 'object' && 'kind' in block && block.kind === 'labelled' && block.label === 'Warning') {
      noteWarning(block.text)
    }
  }
  const lines = lay(blocks, talkScreen())
  if (drawing === undefined) stderr.write(`${lines}\n`)
  else drawing.above(lines)
}

/** Waits until all that was said has been taken, or can't be. To be awaited before the process is ended. */
export const allSaid = (): Promise<void> => new Promise((resolve) => stderr.write('', () => resolve()))
