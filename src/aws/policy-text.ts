/** Edits a policy in its own text, so that whatever it does not touch stays as it was written, byte for byte. */
import { isObject } from '../json-object.ts'
import type { PolicyStatement } from './policy.ts'

/** Where a value stands in a text of JSON. */
interface Span {
  readonly from: number
  readonly to: number
}

/**
 * Pure. The text with the given statements in place of those that have their Sids, or behind all others.
 *
 * @param text - JSON that {@link parseDocument} has read
 */
export function withStatements(text: string, statements: readonly PolicyStatement[]): string {
  const list = statementsIn(text)
  const present = list.items.map(({ from, to }) => sidOf(JSON.parse(text.slice(from, to))))
  const edits = [
    ...list.items.flatMap((at, index) => {
      const wanted = statements.find(({ Sid }) => Sid !== undefined && Sid === present[index])
      return wanted === undefined ? [] : [{ at, by: printed(wanted, marginBefore(text, at.from)) }]
    }),
    ...added(
      text,
      list,
      statements.filter(({ Sid }) => !present.includes(Sid)),
    ),
  ]
  return edits
    .toSorted((a, b) => b.at.from - a.at.from)
    .reduce((edited, { at, by }) => edited.slice(0, at.from) + by + edited.slice(at.to), text)
}

const sidOf = (statement: unknown): unknown => (isObject(statement) ? statement['Sid'] : undefined)

/** The statements of a policy; one may stand without a list around it. */
interface List {
  /** What {@link items} stand in. */
  readonly span: Span
  readonly items: readonly Span[]
  readonly isList: boolean
}

function statementsIn(text: string): List {
  const start = skipSpace(text, 0)
  // Of two members of a name JSON.parse takes the last.
  const span = valuesIn(text, start).findLast(({ name }) => name === 'Statement')
  if (span === undefined) {
    const at = start + 1
    return { span: { from: at, to: at }, items: [], isList: false }
  }
  const isList = text[span.from] === '['
  return { span, items: isList ? valuesIn(text, span.from) : [span], isList }
}

function added(text: string, { span, items, isList }: List, missing: readonly PolicyStatement[]) {
  if (missing.length === 0) return []
  const last = items.at(-1)
  const all = (margin: string): string => missing.map((one) => printed(one, margin)).join(`,${margin}`)
  if (last === undefined) {
    const others = text.slice(span.from).trimStart().startsWith('}') ? '' : ','
    return [isList ? { at: span, by: `[${all('')}]` } : { at: span, by: `"Statement":[${all('')}]${others}` }]
  }
  if (!isList) return [{ at: { from: last.to, to: last.to }, by: `,${all('')}]` }, openingAt(span.from)]
  const margin = marginBefore(text, last.from)
  return [{ at: { from: last.to, to: last.to }, by: `,${margin}${all(margin)}` }]
}

const openingAt = (at: number) => ({ at: { from: at, to: at }, by: '[' })

/** The white space between a value and what stands before it. */
const marginBefore = (text: string, at: number): string => /[ \t\r\n]*$/.exec(text.slice(0, at))?.[0] ?? ''

/** As the statements around it: on one line, or indented from where it begins. */
function printed(statement: PolicyStatement, margin: string): string {
  if (!margin.includes('\n')) return JSON.stringify(statement)
  const indent = margin.slice(margin.lastIndexOf('\n'))
  return JSON.stringify(statement, undefined, 2).replaceAll('\n', indent)
}

/** The members of an object, or the items of a list, that begins at `from`. */
function valuesIn(text: string, from: number): (Span & { readonly name?: string })[] {
  const values: (Span & { readonly name?: string })[] = []
  const isNamed = text[from] === '{'
  for (let at = skipSpace(text, from + 1); text[at] !== '}' && text[at] !== ']' && at < text.length;) {
    const nameEnd = isNamed ? endOf(text, at) : at
    const name = isNamed ? { name: String(JSON.parse(text.slice(at, nameEnd))) } : {}
    const begin = isNamed ? skipSpace(text, skipSpace(text, nameEnd) + 1) : at
    const to = endOf(text, begin)
    values.push({ from: begin, to, ...name })
    at = skipSpace(text, to)
    if (text[at] === ',') at = skipSpace(text, at + 1)
  }
  return values
}

const space = /[ \t\r\n]*/y
const string = /"(?:[^"\\]|\\.)*"/y
const scalar = /[^\s,\]}]+/y
const inside = /[^"[\]{}]*/y

const past = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : at
}

const skipSpace = (text: string, at: number): number => past(space, text, at)

/** Where the value ends that begins at `from`. */
function endOf(text: string, from: number): number {
  const first = text[from]
  if (first === '"') return past(string, text, from)
  if (first !== '{' && first !== '[') return past(scalar, text, from)
  let depth = 0
  for (let at = from; at < text.length; at = past(inside, text, at)) {
    const character = text[at]
    if (character === '"') {
      at = past(string, text, at)
      continue
    }
    depth += character === '{' || character === '[' ? 1 : -1
    at++
    if (depth === 0) return at
  }
  return text.length
}
