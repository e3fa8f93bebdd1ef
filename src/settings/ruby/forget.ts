import {
  CallNode,
  ConstantAndWriteNode,
  ConstantOperatorWriteNode,
  ConstantOrWriteNode,
  ConstantTargetNode,
  ConstantWriteNode,
  DefNode,
  GlobalVariableAndWriteNode,
  GlobalVariableOperatorWriteNode,
  GlobalVariableOrWriteNode,
  GlobalVariableTargetNode,
  GlobalVariableWriteNode,
  InstanceVariableAndWriteNode,
  InstanceVariableOperatorWriteNode,
  InstanceVariableOrWriteNode,
  InstanceVariableTargetNode,
  InstanceVariableWriteNode,
  LocalVariableAndWriteNode,
  LocalVariableOperatorWriteNode,
  LocalVariableOrWriteNode,
  LocalVariableReadNode,
  LocalVariableTargetNode,
  LocalVariableWriteNode,
  type Node,
  StringNode,
  SymbolNode,
} from '@ruby/prism/src/nodes.js'

import type { Evaluation } from './evaluation.ts'
import { isMutator } from './operate.ts'
import { bareName, isIndexWrite } from './places.ts'
import { changesAnything } from './reserved.ts'
import { Reference, RubyArray, RubyHash, RubySymbol, Unknown, type Value } from './value.ts'

/** Assignments to a name of the scope they stand in, and to one of the whole file. */
const localWrites = new Set<unknown>([
  LocalVariableWriteNode,
  LocalVariableOrWriteNode,
  LocalVariableAndWriteNode,
  LocalVariableOperatorWriteNode,
  LocalVariableTargetNode,
])
const globalWrites = new Set<unknown>([
  ConstantWriteNode,
  ConstantOrWriteNode,
  ConstantAndWriteNode,
  ConstantOperatorWriteNode,
  ConstantTargetNode,
  GlobalVariableWriteNode,
  GlobalVariableOrWriteNode,
  GlobalVariableAndWriteNode,
  GlobalVariableOperatorWriteNode,
  GlobalVariableTargetNode,
  InstanceVariableWriteNode,
  InstanceVariableOrWriteNode,
  InstanceVariableAndWriteNode,
  InstanceVariableOperatorWriteNode,
  InstanceVariableTargetNode,
])

/**
 * For code that is not evaluated, such as a loop or a method: everything that it assigns anywhere becomes `unknown`, and
 * what it does besides is noted.
 */
export function forget(code: Node, unknown: Unknown, run: Evaluation): void {
  walk(code, { unknown, run, called: new Set(), locals: true })
}

interface Walk {
  unknown: Unknown
  run: Evaluation
  /** Methods of this file whose bodies are being walked, as they may call each other. */
  called: Set<Node>
  /** Whether local variables met here are those of the code around. */
  locals: boolean
}

function walk(node: Node, as: Walk): void {
  if (node instanceof DefNode) {
    as.run.methods.set(node.name, node)
    if (node.body !== null) walk(node.body, { ...as, locals: false })
    return
  }
  const written = globalWrites.has(node.constructor) || (as.locals && localWrites.has(node.constructor))
  if (written && 'name' in node && typeof node.name === 'string') as.run.state.variables.set(node.name, as.unknown)
  if (isIndexWrite(node)) forgetKey(node, node.receiver, node.arguments_?.arguments_[0], as)
  if (node instanceof CallNode) forgetCall(node, as)
  for (const child of node.compactChildNodes()) walk(child, as)
}

function forgetCall(node: CallNode, as: Walk): void {
  const { run, unknown } = as
  const method = node.receiver === null ? run.methods.get(node.name) : undefined
  if (method instanceof DefNode && method.body !== null && !as.called.has(method)) {
    walk(method.body, { ...as, called: as.called.add(method), locals: false })
  }
  if (changesAnything(node)) run.note(node, `${node.name}(…)`)
  else if (node.name === '[]=' || node.name === 'store') {
    forgetKey(node, node.receiver, node.arguments_?.arguments_[0], as)
  } else if (isMutator(node.name) && node.receiver !== null) {
    const place = knownPlace(node.receiver, run)
    if (place instanceof Reference) run.state.lose(place, unknown)
    else if (place instanceof RubyArray || place instanceof RubyHash) run.state.replace(place, unknown)
    else if (typeof place === 'string') run.state.loseString(place, unknown)
  } else if (node.receiver === null && node.arguments_?.arguments_.length === 1 && run.state.settings.has(node.name)) {
    run.state.settings.set(node.name, { key: node.name, value: unknown, line: unknown.line })
  }
}

function forgetKey(node: Node, receiver: Node | null, index: Node | undefined, { run, unknown }: Walk): void {
  const place = receiver === null ? undefined : knownPlace(receiver, run)
  const key = literalKey(index)
  if (place instanceof RubyArray || place instanceof RubyHash) run.state.replace(place, unknown)
  else if (place instanceof Reference && key !== undefined) run.state.assign(place, key, unknown, unknown.line)
  else if (place === undefined || place instanceof Reference || place instanceof Unknown) {
    run.note(
      node,
      `an assignment to a key of ${place instanceof Reference ? place.root : 'an object'} that is not known`,
    )
  }
}

/** What an expression without side effects stands for, as far as it is a place. */
function knownPlace(node: Node, run: Evaluation): Value | undefined {
  if (node instanceof LocalVariableReadNode) return run.state.variables.get(node.name)
  const name = bareName(node)
  if (name !== undefined) return run.settable.has(name) ? new Reference(name) : undefined
  if (!(node instanceof CallNode) || node.name !== '[]' || node.receiver === null) return undefined
  const place = knownPlace(node.receiver, run)
  const key = literalKey(node.arguments_?.arguments_[0])
  return place instanceof Reference && key !== undefined ? new Reference(place.root, [...place.path, key]) : undefined
}

function literalKey(node: Node | undefined): Value | undefined {
  if (node instanceof StringNode) return node.unescaped.value
  return node instanceof SymbolNode ? new RubySymbol(node.unescaped.value) : undefined
}
