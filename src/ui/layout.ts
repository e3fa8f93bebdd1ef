import { markText, styled } from './marks.ts'
import { printable } from './printable.ts'
import type { Screen } from './screen.ts'
import { tableLines } from './table.ts'
import { treeLines } from './tree.ts'
import { type Block, type Difference, type Item, type Labelled, Verbatim, whole } from '../text.ts'
import { widthOf, wrap } from './wrap.ts'

/** Below this an indented line would be a column of single words. */
const leastRoom = 10

/** Lays blocks out for a screen: lines joined by line breaks, without one at the end. */
export const lay = (blocks: readonly Block[], screen: Screen): string => [...layLines(blocks, screen)].join('\n')

/** As {@link lay}, line by line: of a table that is too long for memory each row is made when its turn comes. */
export function* layLines(blocks: readonly Block[], screen: Screen): Generator<string> {
  for (const block of blocks) {
    if (typeof block === 'object' && 'kind' in block && block.kind === 'table')
      yield* tableLines(block, screen, linesOf)
    else yield* linesOf(block, screen)
  }
}

/** The lines of one block. Nothing in them can do anything to a terminal but our own colours. */
function linesOf(block: Block, screen: Screen): string[] {
  if (typeof block === 'string') return prose(block, screen)
  if (block instanceof Verbatim) return block.lines.map(printable)
  switch (block.kind) {
    case 'item':
      return itemLines(block, screen)
    case 'nested':
      return indented(
        block.blocks.flatMap((inner) => linesOf(inner, narrowed(screen, block.by))),
        block.by,
      )
    case 'heading':
      return prose(block.text, screen).map((line) => styled('bold', line, screen))
    case 'labelled':
      return labelledLines(block, screen)
    case 'table':
      return [...tableLines(block, screen, linesOf)]
    case 'tree':
      return treeLines(block, screen, linesOf)
    case 'difference':
      return differenceLines(block, screen)
  }
}

/** What stands for a part that is left out, as in a masked key, is a mark too. */
const prose = (text: string, { columns, unicode }: Screen): string[] => {
  const line = printable(text.trimEnd().replace(/\s*[\n\r\t]\s*/g, ' '))
  return wrap(unicode ? line : line.replaceAll('…', '...'), columns)
}

const narrowed = (screen: Screen, by: number): Screen => ({
  ...screen,
  columns: Math.max(screen.columns - by, leastRoom),
})

const indented = (lines: readonly string[], by: number): string[] =>
  lines.map((line) => (line === '' ? line : ' '.repeat(by) + line))

function itemLines({ mark, text }: Item, screen: Screen): string[] {
  const sign = typeof mark === 'string' ? markText(mark, screen) : mark.sign
  const by = widthOf(sign) + 1
  const [first = '', ...rest] = linesOf(text, narrowed(screen, by))
  return [`${sign} ${first}`.trimEnd(), ...indented(rest, by)]
}

const labelStyles = { Error: 'red', Warning: 'yellow', Note: undefined } as const

function labelledLines({ label, text }: Labelled, screen: Screen): string[] {
  const [first = '', ...rest] = prose(`${label}: ${text}`, screen)
  return [styled(labelStyles[label], first.slice(0, label.length), screen) + first.slice(label.length), ...rest]
}

/** On one line where that fits; else before and after beneath the field. */
function differenceLines({ field, before, after }: Difference, screen: Screen): string[] {
  const arrow = markText('todo', screen)
  const line = printable(`${field}: ${inShort(before)} ${arrow} ${inShort(after)}`)
  if (widthOf(line) <= screen.columns) return [line]
  const inner = narrowed(screen, 2)
  const [first = '', ...rest] = valueLines(after, narrowed(inner, widthOf(arrow) + 1))
  return [
    ...prose(`${field}:`, screen),
    ...indented([...valueLines(before, inner), `${arrow} ${first}`, ...indented(rest, widthOf(arrow) + 1)], 2),
  ]
}

const inShort = (value: unknown): string => (value === undefined ? '(none)' : JSON.stringify(value))

/** A document, such as a policy, has a line for each member and is not broken elsewhere: it could be pasted. */
function valueLines(value: unknown, screen: Screen): string[] {
  const text = inShort(value)
  if (typeof value !== 'object' || widthOf(text) <= screen.columns) return prose(text, screen)
  return linesOf(whole(JSON.stringify(value, undefined, 2)), screen)
}
