import { styled } from './marks.ts'
import type { Screen } from './screen.ts'
import { type Block, type Cell, nested, type Table } from './text.ts'
import { widestOf, widthOf } from './wrap.ts'

type LinesOf = (block: Block, screen: Screen) => string[]

/** Columns that a cell keeps, even if its words are shorter: below, a column is hard to read. */
const leastCell = 12
const gap = 2

/**
 * Lays a table out. Where it is too wide, prose wraps in its cells; where that does not help, because what may not be
 * broken is too long, each row is a list of its own: of name and value under a head, else with the last cell beneath.
 */
export function tableLines({ head, rows }: Table, screen: Screen, linesOf: LinesOf): string[] {
  const all = head === undefined ? rows : [head, ...rows]
  const widths = fit(all, screen, linesOf)
  if (widths === undefined) {
    return head === undefined ? stacked(rows, screen, linesOf) : listed(head, rows, screen, linesOf)
  }
  return all.flatMap((row, index) => {
    const lines = rowLines(row, widths, screen, linesOf)
    return head !== undefined && index === 0 ? lines.map((line) => styled('bold', line, screen)) : lines
  })
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

/** How wide each column is to be, so that all fit; `undefined` if they can't. */
function fit(rows: readonly (readonly Cell[])[], screen: Screen, linesOf: LinesOf): number[] | undefined {
  const count = Math.max(0, ...rows.map(({ length }) => length))
  const widest = (columns: number): number[] =>
    Array.from({ length: count }, (_, column) =>
      Math.max(0, ...rows.map((row) => widestOf(linesOf(row[column] ?? '', { ...screen, columns })))),
    )
  const widths = widest(Infinity)
  const room = screen.columns - gap * (count - 1)
  if (sum(widths) <= room) return widths
  const words = widest(1)
  const least = widths.map((width, column) => Math.max(words[column] ?? 0, Math.min(width, leastCell)))
  if (sum(least) > room) return undefined
  for (let over = sum(widths) - room; over > 0; over--) {
    const slack = widths.map((width, column) => (width > (least[column] ?? 0) ? width : 0))
    const column = slack.indexOf(Math.max(...slack))
    widths[column] = (widths[column] ?? 0) - 1
  }
  return widths
}

function rowLines(row: readonly Cell[], widths: readonly number[], screen: Screen, linesOf: LinesOf): string[] {
  const cells = row.map((cell, column) => linesOf(cell, { ...screen, columns: widths[column] ?? Infinity }))
  const height = Math.max(1, ...cells.map(({ length }) => length))
  return Array.from({ length: height }, (_, at) =>
    cells
      .map((lines, column) => padded(lines[at] ?? '', widths[column] ?? 0))
      .join(' '.repeat(gap))
      .trimEnd(),
  )
}

const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))

/** Each row as a list of the columns' names and its values. */
function listed(
  head: readonly string[],
  rows: readonly (readonly Cell[])[],
  screen: Screen,
  linesOf: LinesOf,
): string[] {
  const label = widestOf(head)
  const widths = [label, Math.max(screen.columns - label - gap, leastCell)]
  return rows.flatMap((row, index) => [
    ...(index > 0 ? [''] : []),
    ...row.flatMap((cell, column) => {
      if (cell === '') return []
      const [first = '', ...rest] = rowLines([head[column] ?? '', cell], widths, screen, linesOf)
      const name = head[column] ?? ''
      return [styled('bold', name, screen) + first.slice(name.length), ...rest]
    }),
  ])
}

/** Each row with its last cell beneath the others. */
function stacked(rows: readonly (readonly Cell[])[], screen: Screen, linesOf: LinesOf): string[] {
  const before = rows.map((row) => row.slice(0, -1))
  const widths = fit(before, screen, linesOf) ?? []
  return rows.flatMap((row, index) => [
    ...rowLines(before[index] ?? [], widths, screen, linesOf),
    ...linesOf(nested([row.at(-1) ?? '']), screen),
  ])
}
