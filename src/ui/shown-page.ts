/** What a page shows of blocks: plain values, which the template gives their marks of HTML. */
import { type Block, type Cell, type Item, type Line, type Mark, Verbatim } from '../text.ts'
import { signOf } from './marks.ts'
import { printable } from './printable.ts'

/** A piece of prose: what is pasted or typed is code. */
interface Words {
  readonly code: boolean
  readonly text: string
}

/** A block as the template shows it. */
export type Shown =
  | { readonly kind: 'prose'; readonly label: string; readonly words: readonly Words[] }
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'code'; readonly text: string }
  | { readonly kind: 'item'; readonly mark: string; readonly sign: string; readonly content: Shown }
  | { readonly kind: 'nested'; readonly blocks: readonly Shown[] }
  | { readonly kind: 'table'; readonly head: readonly string[]; readonly rows: readonly (readonly Shown[])[] }

/** What the template is filled in with. */
export interface ShownPage {
  readonly title: string
  readonly verdict: Shown
  readonly facts: readonly (readonly [name: string, value: string])[]
  readonly sections: readonly { readonly heading: string; readonly id: string; readonly blocks: readonly Shown[] }[]
  readonly picture: unknown
  readonly version: string
  readonly made: string
  /** Of the page's own style, the only thing that it may load. */
  readonly styleHash: string
}

/** Blocks as the template shows them. */
export const shownAll = (blocks: readonly Block[]): Shown[] => blocks.filter((block) => block !== '').map(shown)

/** One block as the template shows it. */
export function shown(block: Block): Shown {
  if (typeof block === 'string') return prose(block)
  if (block instanceof Verbatim) return { kind: 'code', text: block.lines.map(printable).join('\n') }
  switch (block.kind) {
    case 'item':
      return { kind: 'item', ...markOf(block.mark), content: shownLine(block.text) }
    case 'nested':
      return { kind: 'nested', blocks: shownAll(block.blocks) }
    case 'heading':
      return block
    case 'labelled':
      return prose(block.text, block.label)
    case 'table': {
      const rows = [...block.rows].map((row) => row.map(shownCell))
      return { kind: 'table', head: block.head ?? [], rows }
    }
    case 'tree':
      return { kind: 'nested', blocks: shownAll([block.label, ...block.children]) }
    case 'difference':
      return prose(`${block.field}: \`${inShort(block.before)}\` → \`${inShort(block.after)}\``)
  }
}

const shownLine = (line: Line): Shown => (line instanceof Verbatim ? shown(line) : prose(line))
const shownCell = (cell: Cell): Shown => (typeof cell === 'string' ? prose(cell) : shown(cell))

const markOf = (mark: Item['mark']): { mark: Mark | ''; sign: string } =>
  typeof mark === 'string' ? { mark, sign: signOf(mark) } : { mark: '', sign: mark.sign }

const prose = (text: string, label = ''): Shown => ({
  kind: 'prose',
  label,
  words: text
    .replace(/\s*[\n\r\t]\s*/g, ' ')
    .split(/`([^`]*)`/)
    .map((part, index) => ({ code: index % 2 === 1, text: part }))
    .filter((part) => part.text !== ''),
})

const inShort = (value: unknown): string => (value === undefined ? '(none)' : JSON.stringify(value))
