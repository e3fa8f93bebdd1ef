import { styled } from './marks.ts'
import type { Screen } from './screen.ts'
import { type Block, type Cell, nested, type Table } from '../text.ts'
import { widestOf, widthOf } from './wrap.ts'

type LinesOf = (block: Block, screen: Screen) => string[]
type Row = readonly Cell[]
type Rows = Iterable<Row>
/** Lays out one row after the other. */
type Way = (row: Row) => string[]

/** Columns that a cell keeps, even if its words are shorter: below, a column is hard to read. */
const leastCell = 12
const gap = 2
const indentation = 4

/**
 * Lays a table out, row by row; how wide its columns are is found out before, by going through all rows. Where it is too
 * wide, prose wraps in its cells. Where that does not help, because what may not be broken is too long, the last cell of
 * a row stands beneath the others, or these beneath the first; or each row is a list of the columns' names and its
 * values.
 */
export function* tableLines({ head, rows }: Table, screen: Screen, linesOf: LinesOf): Generator<string> {
  const layout = new Layout(screen, linesOf)
  if (head === undefined) {
    const way = layout.beside(rows) ?? layout.lastBeneath(rows) ?? layout.stacked
    for (const row of rows) yield* way(row)
    return
  }
  const all = [[head], rows]
  const way =
    layout.beside(...all) ??
    (layout.isLastLong(...all) ? layout.lastBeneath(...all) : undefined) ??
    layout.firstAbove(...all)
  if (way !== undefined) {
    yield* way(head).map((line) => styled('bold', line, screen))
    for (const row of rows) yield* way(row)
    return
  }
  let isFirst = true
  for (const row of rows) {
    if (!isFirst) yield ''
    isFirst = false
    yield* layout.listed(head, row)
  }
}

/** The ways to lay rows out on one screen. */
class Layout {
  readonly #screen: Screen
  readonly #linesOf: LinesOf

  constructor(screen: Screen, linesOf: LinesOf) {
    this.#screen = screen
    this.#linesOf = linesOf
  }

  /** All cells side by side, if they fit. */
  beside(...rows: Rows[]): Way | undefined {
    const widths = this.#widthsOf(rows, (row) => row, this.#screen.columns)
    return widths && ((row) => this.#rowLines(row, widths))
  }

  /** Whether the last column is worth a line of its own. */
  isLastLong(...rows: Rows[]): boolean {
    return sum(this.#widest(rows, (row) => row.slice(-1), Infinity)) >= leastCell
  }

  /** The last cell beneath the others, where it finds no place beside them, if those fit. */
  lastBeneath(...rows: Rows[]): Way | undefined {
    const widths = this.#widthsOf(rows, (row) => row.slice(0, -1), this.#screen.columns)
    if (widths === undefined) return undefined
    const room = this.#screen.columns - sum(widths) - gap * widths.length
    return (row) => {
      const last = row.at(-1) ?? ''
      if (room >= leastCell && widestOf(this.#cell(last, room)) <= room) return this.#rowLines(row, [...widths, room])
      return [...this.#rowLines(row.slice(0, -1), widths), ...this.#linesOf(nested([last], indentation), this.#screen)]
    }
  }

  /** The first cell above the others, if these fit. */
  firstAbove(...rows: Rows[]): Way | undefined {
    const widths = this.#widthsOf(rows, (row) => row.slice(1), this.#screen.columns - indentation)
    return (
      widths &&
      ((row) => [
        ...this.#linesOf(row[0] ?? '', this.#screen),
        ...this.#rowLines(row.slice(1), widths).map((line) => ' '.repeat(indentation) + line),
      ])
    )
  }

  /** All cells beneath the first. */
  readonly stacked: Way = ([first = '', ...others]) => [
    ...this.#linesOf(first, this.#screen),
    ...this.#linesOf(nested(others, indentation), this.#screen),
  ]

  /** A row as a list, without what is empty. */
  listed(head: readonly string[], row: Row): string[] {
    const label = widestOf(head)
    const widths = [label, Math.max(this.#screen.columns - label - gap, leastCell)]
    return row.flatMap((cell, column) => {
      if (cell === '') return []
      const name = head[column] ?? ''
      const [first = '', ...rest] = this.#rowLines([name, cell], widths)
      return [styled('bold', name, this.#screen) + first.slice(name.length), ...rest]
    })
  }

  #cell(cell: Cell, columns: number): string[] {
    return this.#linesOf(cell, { ...this.#screen, columns })
  }

  /** What each column takes where its cells may take so much. */
  #widest(rows: readonly Rows[], part: (row: Row) => Row, columns: number): number[] {
    const widths: number[] = []
    for (const some of rows) {
      for (const row of some) {
        for (const [column, cell] of part(row).entries()) {
          widths[column] = Math.max(widths[column] ?? 0, widestOf(this.#cell(cell, columns)))
        }
      }
    }
    return widths
  }

  /** How wide each column is to be so that all fit; `undefined` if they can't. The widest make room first. */
  #widthsOf(rows: readonly Rows[], part: (row: Row) => Row, columns: number): number[] | undefined {
    const widths = this.#widest(rows, part, Infinity)
    const room = columns - gap * (widths.length - 1)
    if (sum(widths) <= room) return widths
    const words = this.#widest(rows, part, 1)
    const least = widths.map((width, column) => Math.max(words[column] ?? 0, Math.min(width, leastCell)))
    if (sum(least) > room) return undefined
    for (let over = sum(widths) - room; over > 0; over--) {
      const slack = widths.map((width, column) => (width > (least[column] ?? 0) ? width : 0))
      const column = slack.indexOf(Math.max(...slack))
      widths[column] = (widths[column] ?? 0) - 1
    }
    return widths
  }

  #rowLines(row: Row, widths: readonly number[]): string[] {
    const cells = row.map((cell, column) => this.#cell(cell, widths[column] ?? Infinity))
    const height = Math.max(1, ...cells.map(({ length }) => length))
    return Array.from({ length: height }, (_, at) =>
      cells
        .map((lines, column) => padded(lines[at] ?? '', widths[column] ?? 0))
        .join(' '.repeat(gap))
        .trimEnd(),
    )
  }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

const padded = (text: string, width: number): string => text + ' '.repeat(Math.max(0, width - widthOf(text)))
