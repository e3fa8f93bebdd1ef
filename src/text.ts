/**
 * What is said and printed, in blocks that know how they may be laid out. Who makes them knows nothing of width, colour
 * and characters: `layout.ts` does, when the stream is known.
 */

/** The sign before a line that says how something is. */
export type Mark =
  | 'ok'
  | 'failed'
  | 'warning'
  | 'refused'
  | 'skipped'
  | 'unknown'
  | 'busy'
  | 'waiting'
  | 'todo'
  | 'note'
  | 'keep'
  | 'create'
  | 'update'
  | 'remove'

/**
 * A string is prose: it wraps at spaces, but not inside `backticks`, which hold what is pasted; line breaks in it are
 * spaces. An empty one is an empty line.
 */
export type Block = string | Verbatim | Item | Nested | Heading | Labelled | Table | Tree | Difference

/** A line of advice: prose, or what is to be typed or pasted. */
export type Line = string | Verbatim

/** What takes blocks of talk, usually to stderr. */
export type Say = (...blocks: readonly Block[]) => void

/** What is pasted or parsed: never wrapped, never coloured. */
export class Verbatim {
  readonly lines: readonly string[]

  constructor(lines: readonly string[]) {
    this.lines = lines
  }

  toString(): string {
    return this.lines.join('\n')
  }

  toJSON(): string {
    return this.toString()
  }
}

/** Lines that are pasted or parsed. A line break that is part of one is shown by its number, as other controls are. */
export const verbatim = (...lines: readonly string[]): Verbatim => new Verbatim(lines)

/** A whole text that is pasted or parsed, such as a policy. */
export const whole = (text: string): Verbatim => new Verbatim(text.replace(/\n$/, '').split('\n'))

/** A line with a mark, or another sign such as a number, before it; what does not fit stands beneath its first word. */
export interface Item {
  readonly kind: 'item'
  readonly mark: Mark | { readonly sign: string }
  readonly text: Line
}

export const item = (mark: Item['mark'], text: Line): Item => ({ kind: 'item', mark, text })

/** Blocks that are indented. */
export interface Nested {
  readonly kind: 'nested'
  readonly by: number
  readonly blocks: readonly Block[]
}

export const nested = (blocks: readonly Block[], by = 4): Nested => ({ kind: 'nested', by, blocks })

export interface Heading {
  readonly kind: 'heading'
  readonly text: string
}

export const heading = (text: string): Heading => ({ kind: 'heading', text })

/** Prose after a word that says of what sort it is. */
export interface Labelled {
  readonly kind: 'labelled'
  readonly label: 'Error' | 'Warning' | 'Note'
  readonly text: string
}

export const labelled = (label: Labelled['label'], text: string): Labelled => ({ kind: 'labelled', label, text })
export const warning = (text: string): Labelled => labelled('Warning', text)

export type Cell = string | Verbatim | Item

/** Rows with their columns aligned. */
export interface Table {
  readonly kind: 'table'
  readonly head: readonly string[] | undefined
  /** Gone through more than once. Of those that are made lazily none is kept. */
  readonly rows: Iterable<readonly Cell[]>
}

/** @param head - names of the columns; a table of facts has none */
export const table = (rows: Table['rows'], head?: readonly string[]): Table => ({ kind: 'table', head, rows })

/** Something, and what hangs on it. */
export interface Tree {
  readonly kind: 'tree'
  readonly label: string | Item
  readonly children: readonly Tree[]
}

export const tree = (label: Tree['label'], children: readonly Tree[] = []): Tree => ({ kind: 'tree', label, children })

/** A value that changes; both are shown as JSON, `undefined` as none. */
export interface Difference {
  readonly kind: 'difference'
  readonly field: string
  readonly before: unknown
  readonly after: unknown
}

export const difference = (field: string, before: unknown, after: unknown): Difference => ({
  kind: 'difference',
  field,
  before,
  after,
})

/** Lines of advice: what is typed stands beneath the prose that says what for. */
export const advice = (lines: readonly Line[]): Block[] =>
  lines.map((line) => (line instanceof Verbatim ? nested([line], 2) : line))

/** What comes from outside and may hold spaces, in prose: it is kept together. */
export const kept = (text: string): string => (text.includes(' ') ? `\`${text}\`` : text)

/** Advice as one paragraph of prose. */
export const inOneLine = (lines: readonly Line[]): string =>
  lines.map((line) => (line instanceof Verbatim ? `\`${line.toString()}\`` : line)).join(' ')

/** `a`, `a or b`, `a, b or c`. */
export const listed = (words: readonly string[], last: 'and' | 'or'): string =>
  words.length < 2 ? words.join() : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1) ?? ''}`
