import {
  CallNode,
  ConstantPathNode,
  ConstantReadNode,
  ConstantWriteNode,
  FloatNode,
  GlobalVariableReadNode,
  GlobalVariableWriteNode,
  InstanceVariableReadNode,
  InstanceVariableWriteNode,
  IntegerNode,
  LocalVariableReadNode,
  LocalVariableWriteNode,
  type Node,
  ParenthesesNode,
  RangeNode,
  StatementsNode,
} from '@ruby/prism/src/nodes.js'

import { childrenOf } from './children.ts'
import type { Evaluation } from './evaluation.ts'
import { canBeShown } from './names.ts'
import { notInQuotes } from './note.ts'
import { Unknown, type Value } from './value.ts'
import { isKnown } from './variables.ts'

/** What stands between the parts of a value when Ruby reads it as code: names, numbers and operators. */
const parts: ReadonlySet<unknown> = new Set([
  CallNode,
  ConstantPathNode,
  ConstantReadNode,
  ConstantWriteNode,
  FloatNode,
  GlobalVariableReadNode,
  GlobalVariableWriteNode,
  InstanceVariableReadNode,
  InstanceVariableWriteNode,
  IntegerNode,
  LocalVariableReadNode,
  LocalVariableWriteNode,
  ParenthesesNode,
  RangeNode,
  StatementsNode,
])

/** A value that nobody knows because it stands there without quotes is said to be that, and nothing of it is told. */
export function unquoted(node: Node, value: Value, run: Evaluation): Value {
  if (!(value instanceof Unknown) || !isBareword(node, run)) return value
  return new Unknown(run.lineOf(node), notInQuotes, { reach: value.reach })
}

/** Whether all of an expression could be text that somebody forgot to quote, and the first of it has no meaning. */
function isBareword(node: Node, run: Evaluation): boolean {
  const pending = [node]
  let isMeaningless = false
  for (let part = pending.pop(); part !== undefined; part = pending.pop()) {
    if (!parts.has(part.constructor) || (part instanceof CallNode && part.block !== null)) return false
    const name = part instanceof CallNode && part.receiver !== null ? undefined : nameOf(part)
    if (name !== undefined && isKnown(name, run)) return false
    isMeaningless ||= name !== undefined && !canBeShown(name)
    pending.push(...partsOf(part))
  }
  return isMeaningless
}

const nameOf = (node: Node): string | undefined =>
  'name' in node && typeof node.name === 'string' && !(node instanceof LocalVariableReadNode) ? node.name : undefined

const partsOf = (node: Node): Node[] =>
  node instanceof CallNode
    ? [node.receiver, ...(node.arguments_?.arguments_ ?? [])].filter((child) => child !== null)
    : childrenOf(node)
