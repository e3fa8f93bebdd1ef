/** Blocks as a document of CommonMark, which looks well as it is, too: no table, no HTML, each paragraph a line. */
import { type Block, type Cell, type Line, type Mark, Verbatim } from '../text.ts'
import { printable } from './printable.ts'

/** A part of a document, with a heading of the second level; one without blocks is left out. */
export interface Section {
  readonly heading: string
  readonly blocks: readonly Block[]
}

/** A whole document; its text ends in a line break. */
export function markdownOf(title: string, sections: readonly Section[]): string {
  const parts = sections
    .filter(({ blocks }) => blocks.length > 0)
    .flatMap(({ heading, blocks }) => [`## ${inlineOf(heading)}`, ...blocks.flatMap(blockOf)])
  return `${joined([`# ${inlineOf(title)}`, ...parts])}\n`
}

/** Items of a list stand beneath one another, all else apart. */
const joined = (parts: readonly string[]): string =>
  parts.reduce((text, part) => `${text}${isItem(part) && isItem(lastOf(text)) ? '\n' : '\n\n'}${part}`)

const isItem = (part: string): boolean => /^- [^\n]*$/.test(part)
const lastOf = (text: string): string => text.slice(text.lastIndexOf('\n') + 1)

function blockOf(block: Block): string[] {
  if (block === '') return []
  if (typeof block === 'string') return [proseOf(block)]
  if (block instanceof Verbatim) return [fenced(block)]
  switch (block.kind) {
    case 'heading':
      return [`### ${inlineOf(block.text)}`]
    case 'labelled':
      return [`**${block.label}:** ${proseOf(block.text)}`]
    case 'item':
      return [`- ${signOf(block.mark)}${lineOf(block.text)}`]
    case 'nested':
      return [indented(block.blocks.flatMap(blockOf))].filter((text) => text !== '')
    case 'table':
      return [...block.rows].map((row) => `- ${rowOf(row, block.head)}`)
    case 'tree':
      return [
        `- ${typeof block.label === 'string' ? proseOf(block.label) : lineOf(block.label.text)}`,
        indented(block.children.flatMap(blockOf)),
      ].filter((text) => text !== '')
    case 'difference':
      return [`- ${proseOf(`${block.field}: \`${inShort(block.before)}\` → \`${inShort(block.after)}\``)}`]
  }
}

/** What is done has its box ticked; what else there is to say stands in a word. */
function signOf(mark: Mark | { readonly sign: string }): string {
  if (typeof mark !== 'string') return `${proseOf(mark.sign)} `
  if (mark === 'note') return ''
  if (mark === 'ok') return '[x] '
  return mark === 'todo' ? '[ ] ' : `[ ] **${mark}:** `
}

/** Beneath an item of a list, as a part of it. */
const indented = (parts: readonly string[]): string =>
  parts.length === 0 ? '' : joined(parts).replace(/^(?=.)/gm, '  ')

const lineOf = (line: Line): string => (typeof line === 'string' ? proseOf(line) : proseOf(codeOf(line.toString())))
const cellOf = (cell: Cell): string =>
  typeof cell === 'string' || cell instanceof Verbatim ? lineOf(cell) : lineOf(cell.text)

function rowOf(row: readonly Cell[], head: readonly string[] | undefined): string {
  const [first = '', ...others] = row.map(cellOf)
  if (head === undefined) return `**${first}:** ${others.join(', ')}`
  return row.map((cell, index) => `${proseOf(head[index] ?? '')}: ${cellOf(cell)}`).join('; ')
}

const codeOf = (text: string): string => `\`${text.replaceAll('`', "'")}\``
const inShort = (value: unknown): string =>
  (value === undefined ? '(none)' : JSON.stringify(value)).replaceAll('`', "'")

/** A fence is longer than any in it (CommonMark 0.31, 4.5). */
function fenced({ lines }: Verbatim): string {
  const longest = Math.max(2, ...lines.flatMap((line) => (line.match(/`+/g) ?? []).map(({ length }) => length)))
  const fence = '`'.repeat(longest + 1)
  return [fence, ...lines.map(printable), fence].join('\n')
}

/** Prose keeps its `code`; nothing else in it means anything to Markdown (CommonMark 0.31, 2.4 and 6). */
function inlineOf(text: string): string {
  const plain = printable(text.replace(/\s*[\n\r\t]\s*/g, ' '))
  return plain
    .split(/`([^`]*)`/)
    .map((piece, index) => (index % 2 === 1 ? spanOf(piece) : escaped(piece)))
    .join('')
}

/** The same at the beginning of a paragraph or item, where more begins a list, a heading or a rule. */
const proseOf = (text: string): string =>
  inlineOf(text)
    .replace(/^(\s*)(\d+)([.)])/, '$1$2\\$3')
    .replace(/^(\s*)([#+=-])/, '$1\\$2')

const spanOf = (code: string): string => (code === '' ? '' : /^ .* $/.test(code) ? `\` ${code} \`` : `\`${code}\``)

/** An underscore within a word is no emphasis. */
const escaped = (text: string): string =>
  text.replace(/[\\`*[\]<>&~]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu, (character) => `\\${character}`)
