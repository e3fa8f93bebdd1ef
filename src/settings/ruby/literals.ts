import {
  ArrayNode,
  AssocNode,
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

import { type Evaluation, rule } from './evaluation.ts'
import { isKey, RubyArray, RubyHash, RubySymbol, toS, Unknown, type Value } from './value.ts'

export const literalRules = [
  rule(NilNode, () => null),
  rule(TrueNode, () => true),
  rule(FalseNode, () => false),
  rule(IntegerNode, (node, run) => integer(run.text(node.location))),
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
  node: Node & StringFlags,
  at: Location | null,
  { value, validEncoding }: RubyString,
  run: Evaluation,
): Value {
  const source = at === null ? '' : run.text(at)
  const damaged = !run.source.valid && source.includes('\ufffd')
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
  if (value instanceof Unknown || part === undefined) return value ?? null
  return run.unknown(part, 'is interpolated in a way that is not evaluated')
}

function array(elements: readonly Node[], run: Evaluation): Value {
  const items: Value[] = []
  for (const element of elements) {
    const value = run.evaluate(
      element instanceof SplatNode && element.expression !== null ? element.expression : element,
    )
    if (!(element instanceof SplatNode)) items.push(value)
    else if (value instanceof RubyArray) items.push(...value.items)
    else return value instanceof Unknown ? value : run.unknown(element, 'is made with a splat that is not evaluated')
  }
  return new RubyArray(items)
}

function hash(elements: readonly Node[], run: Evaluation): Value {
  let made = new RubyHash(new Map())
  let unknown: Unknown | undefined
  for (const element of elements) {
    if (!(element instanceof AssocNode)) {
      unknown ??= run.unknown(element, 'is made with a double splat, which is not evaluated')
      continue
    }
    const key = run.evaluate(element.key)
    const value = run.evaluate(element.value)
    if (key instanceof Unknown) unknown ??= key
    else if (!isKey(key)) unknown ??= run.unknown(element, 'has a key that is not evaluated')
    else made = made.with(key, value, run.lineOf(element))
  }
  return unknown ?? made
}
