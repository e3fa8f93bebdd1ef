import {
  ArrayNode,
  AssocNode,
  AssocSplatNode,
  EmbeddedStatementsNode,
  EmbeddedVariableNode,
  FalseNode,
  FloatNode,
  HashNode,
  ImplicitNode,
  IntegerNode,
  InterpolatedStringNode,
  InterpolatedSymbolNode,
  InterpolatedXStringNode,
  KeywordHashNode,
  type Location,
  NilNode,
  type Node,
  type RubyString,
  SplatNode,
  StringNode,
  SymbolNode,
  TrueNode,
  XStringNode,
} from '@ruby/prism/src/nodes.js'

import { unquoted } from './barewords.ts'
import { type Evaluation, rule } from './evaluation.ts'
import { anyText, followedBy, oneOf, type Pattern } from './pattern.ts'
import type { Located } from './source.ts'
import { isKey, patternOf, Reference, RubyArray, RubyHash, RubySymbol, toS, Unknown, type Value } from './value.ts'

export const literalRules = [
  rule(NilNode, () => null),
  rule(TrueNode, () => true),
  rule(FalseNode, () => false),
  rule(IntegerNode, (node, run) => integer(run.context.source.text(node.location))),
  rule(FloatNode, (node) => node.value),
  rule(StringNode, (node, run) => text(node, node.contentLoc, node.unescaped, run)),
  rule(SymbolNode, (node, run) => symbol(text(node, node.valueLoc, node.unescaped, run))),
  rule(InterpolatedStringNode, (node, run) => interpolated(node.parts, run)),
  rule(InterpolatedSymbolNode, (node, run) => symbol(interpolated(node.parts, run))),
  rule(EmbeddedStatementsNode, (node, run) => run.maybe(node.statements)),
  rule(EmbeddedVariableNode, (node, run) => run.evaluate(node.variable)),
  rule(XStringNode, (node, run) => run.unknown(node, 'comes from a shell command, which is not run')),
  rule(InterpolatedXStringNode, (node, run) => run.unknown(node, 'comes from a shell command, which is not run')),
  rule(ArrayNode, (node, run) => array(node.elements, run)),
  rule(HashNode, (node, run) => hash(node.elements, run)),
  rule(KeywordHashNode, (node, run) => hash(node.elements, run)),
  rule(ImplicitNode, (node, run) => run.evaluate(node.value)),
]

/** Read from the source, because Prism's JavaScript side loses integers of more than 31 bits. */
function integer(source: string): bigint {
  const [, minus, digits = ''] = /^([+-]?)(.*)$/.exec(source.toLowerCase().replaceAll('_', '')) ?? []
  const size = BigInt(digits.replace(/^0d/, '').replace(/^0(?=[0-7])/, '0o'))
  return minus === '-' ? -size : size
}

const byteOrderMark = '\ufeff'
const escapedByteOrderMark = /\ufeff|\\u\{?[\s0]*feff|\\xef|\\357/i

/** Prism decodes for us, except that its decoder drops a byte order mark at the beginning of a string. */
function text(
  node: Located & StringFlags,
  at: Location | null,
  { value, validEncoding }: RubyString,
  run: Evaluation,
): Value {
  const { source: within } = run.context
  const source = at === null ? '' : within.text(at)
  const damaged = !within.valid && source.includes('\ufffd')
  const binary = node.isForcedBinaryEncoding() && !/^[\0-\x7f]*$/.test(value)
  if (!validEncoding || damaged || binary) return run.unknown(node, 'is not valid UTF-8')
  if (source.startsWith(byteOrderMark)) return byteOrderMark + value
  return escapedByteOrderMark.test(source) ? run.unknown(node, 'holds a byte order mark') : value
}

interface StringFlags {
  isForcedBinaryEncoding(): boolean
}

const symbol = (name: Value): Value => (typeof name === 'string' ? new RubySymbol(name) : name)

function interpolated(parts: readonly Node[], run: Evaluation): Value {
  const values = parts.map((part) => run.evaluate(part))
  const texts = values.map(toS)
  if (texts.every((text) => text !== undefined)) return texts.join('')
  const index = texts.indexOf(undefined)
  const [value, part] = [values[index], parts[index]]
  const unknown =
    value instanceof Unknown || part === undefined
      ? (value ?? null)
      : run.unknown(part, 'is interpolated in a way that is not evaluated')
  if (!(unknown instanceof Unknown)) return unknown
  const patterns = values.map((each, at) => (texts[at] === undefined ? patternOf(each) : oneOf([texts[at]])))
  const pattern = patterns.reduce<Pattern>((all, each) => followedBy(all, each ?? anyText), oneOf(['']))
  return new Unknown(unknown.line, unknown.reason, { fresh: true }).like(pattern)
}

function array(elements: readonly Node[], run: Evaluation): Value {
  const items: Value[] = []
  let unknown: Unknown | undefined
  for (const element of elements) {
    if (!(element instanceof SplatNode)) {
      items.push(unquoted(element, run.evaluate(element), run))
      continue
    }
    const value = run.maybe(element.expression)
    const content = value instanceof Reference ? run.state.at(value) : value
    if (content instanceof RubyArray) items.push(...content.items)
    else {
      items.push(value)
      unknown ??=
        content instanceof Unknown ? content : run.unknown(element, 'is made with a splat that is not evaluated')
    }
  }
  return unknown?.reaching(items, true) ?? run.allocate(new RubyArray(items))
}

function hash(elements: readonly Node[], run: Evaluation): Value {
  let made = new RubyHash()
  let unknown: Unknown | undefined
  const values: Value[] = []
  for (const element of elements) {
    if (!(element instanceof AssocNode)) {
      const value = element instanceof AssocSplatNode ? run.maybe(element.value) : null
      const content = value instanceof Reference ? run.state.at(value) : undefined
      values.push(value)
      if (content instanceof RubyHash && content.open.length === 0 && !content.mash) {
        for (const { key, value: each, line } of content.entries.values()) made = made.with(key, each, line)
      } else unknown ??= run.unknown(element, 'is made with a double splat, which is not evaluated')
      continue
    }
    const key = run.evaluate(element.key)
    const value = unquoted(element.value, run.evaluate(element.value), run)
    values.push(key, value)
    if (key instanceof Unknown) unknown ??= key
    else if (!isKey(key)) unknown ??= run.unknown(element, 'has a key that is not evaluated')
    else made = made.with(key, value, run.lineOf(element))
  }
  return unknown?.reaching(values, true) ?? run.allocate(made)
}
