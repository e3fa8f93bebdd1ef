import {
  BlockNode,
  CallNode,
  ConstantPathNode,
  DefNode,
  type Node,
  SelfNode,
  SplatNode,
} from '@ruby/prism/src/nodes.js'

import { environment, indexWrite, isEnvironment } from './assignment.ts'
import { type Evaluation, rule } from './evaluation.ts'
import { forget } from './forget.ts'
import { formatted } from './methods.ts'
import { operate } from './operate.ts'
import { changesAnything, endings, kernelMethods } from './reserved.ts'
import { firstUnknown, isTruthy, Reference, RubyHash, Unknown, type Value } from './value.ts'

export const callRules = [
  rule(CallNode, call),
  rule(ConstantPathNode, (node, run) =>
    run.unknown(node, `uses the constant ${node.name ?? ''}, which this file does not set`),
  ),
  rule(SelfNode, (node, run) => run.unknown(node, 'uses self, which is not evaluated')),
  rule(DefNode, (node, run) => {
    forget(node, run.unknown(node, `is assigned in the method ${node.name}, which is not evaluated`), run)
    return null
  }),
]

/** Everything that has no rule of its own: loops, lambdas, classes, ranges, patterns, … */
export function notEvaluated(node: Node, run: Evaluation): Value {
  const kind = kindOf(node)
  const unknown = run.unknown(node, `depends on a ${kind}, which is not evaluated`)
  forget(node, unknown, run)
  return unknown
}

/** In words: `range`, `while`, `regular expression`. Bundled classes may have other names, so it is read off the JSON. */
function kindOf(node: Node): string {
  const json: unknown = node.toJSON()
  const type = typeof json === 'object' && json !== null && 'type' in json ? String(json.type) : 'Expression'
  return type
    .replace(/Node$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ' ')
    .toLowerCase()
}

function call(node: CallNode, run: Evaluation): Value {
  if (node.name === '[]=') return indexWrite(node, run)
  if (changesAnything(node)) {
    forget(node, run.unknown(node, `depends on ${node.name}, which is not evaluated`), run)
    return run.unknown(node, `depends on ${node.name}, which is not evaluated`)
  }
  if (node.receiver === null) return callOnNothing(node, run)
  if (isEnvironment(node.receiver)) return callOnEnvironment(node, run)
  const self = run.evaluate(node.receiver)
  if (node.isSafeNavigation() && self === null) return null
  if (node.name === '!') {
    const truthy = isTruthy(self)
    return truthy instanceof Unknown ? truthy : !truthy
  }
  if (node.block !== null) return callWithBlock(node, self, run)
  const result = operate(node, self, node.name, argumentsOf(node, run), run)
  return result instanceof Unknown && result === self ? explained(result, node) : result
}

/** A constant's method is named in full: `File.read`. */
const explained = (unknown: Unknown, { receiver, name }: CallNode): Unknown => {
  const [, constant] = /^uses (\p{Lu}\w*), which/u.exec(unknown.reason) ?? []
  return constant === undefined || receiver === null
    ? unknown
    : new Unknown(unknown.line, `depends on ${constant}.${name}, which is not evaluated`)
}

/** Arguments, each evaluated; one that cannot be told apart makes for one that is unknown. */
const argumentsOf = (node: CallNode, run: Evaluation): Value[] =>
  (node.arguments_?.arguments_ ?? []).map((argument) =>
    argument instanceof SplatNode
      ? run.unknown(argument, 'depends on a splat, which is not evaluated')
      : run.evaluate(argument),
  )

function callWithBlock(node: CallNode, self: Value, run: Evaluation): Value {
  const args = argumentsOf(node, run)
  const fetched = node.name === 'fetch' && self instanceof RubyHash ? operate(node, self, 'key?', args, run) : undefined
  if (fetched === true) return operate(node, self, 'fetch', args, run)
  if (fetched === false && node.block instanceof BlockNode) return run.maybe(node.block.body)
  const unknown =
    self instanceof Unknown ? self : run.unknown(node, `uses a block of ${node.name}, which is not evaluated`)
  // The block may change what it is given, and `map!` and its like what they are called on.
  operate(node, self, node.name, args, run)
  if (node.block !== null) forget(node.block, unknown, run)
  return unknown
}

function callOnEnvironment(node: CallNode, run: Evaluation): Value {
  const args = argumentsOf(node, run)
  const [key = null, otherwise] = args
  const value = environment(node, key, run).read()
  switch (node.name) {
    case '[]':
      return value
    case 'key?':
    case 'has_key?':
    case 'include?':
    case 'member?':
      return value instanceof Unknown ? value : value !== null
    case 'fetch':
      if (value !== null) return value
      if (node.block instanceof BlockNode) return run.maybe(node.block.body)
      if (otherwise !== undefined) return otherwise
      return run.unknown(node, `needs the environment variable ${typeof key === 'string' ? key : ''}, which is not set`)
    default:
      if (node.block !== null) forget(node.block, run.unknown(node, 'depends on a block, which is not evaluated'), run)
      return run.unknown(node, `depends on ENV.${node.name}, which is not evaluated`)
  }
}

function callOnNothing(node: CallNode, run: Evaluation): Value {
  const { name, block } = node
  if (endings.has(name)) {
    run.note(node, `${name}: the file ends here`)
    run.state.running = false
    return run.unknown(node, `depends on ${name}`)
  }
  const method = run.methods.get(name)
  if (node.arguments_ === null && block === null && method === undefined) return readName(node, run)
  const args = argumentsOf(node, run)
  const unknown = run.unknown(node, `depends on ${name}, which is not evaluated`)
  if (block !== null || method !== undefined) {
    forget(node, unknown, run)
    return unknown
  }
  const [first, ...rest] = args
  if (name === 'format' || name === 'sprintf') {
    const text = typeof first === 'string' ? (firstUnknown(rest) ?? formatted(first, rest)) : undefined
    return text ?? unknown
  }
  if (kernelMethods.has(name)) return unknown
  // A method that is given settings as a whole may change them.
  if (args.some((value) => value instanceof Reference)) run.note(node, `${name}(…)`)
  if (first === undefined || rest.length > 0) return unknown
  run.state.settings.set(name, { key: name, value: first, line: run.lineOf(node) })
  return first
}

/** `nginx` or `external_url` without arguments. */
function readName(node: CallNode, run: Evaluation): Value {
  const set = run.state.settings.get(node.name)?.value
  if (set !== undefined && !(set instanceof RubyHash)) return set
  if (set !== undefined || run.settable.has(node.name)) return new Reference(node.name)
  return run.unknown(node, `uses ${node.name}, which this file does not set`)
}
