import {
  AliasGlobalVariableNode,
  CallAndWriteNode,
  type CallNode,
  CallOperatorWriteNode,
  CallOrWriteNode,
  CallTargetNode,
  ClassVariableAndWriteNode,
  ClassVariableOperatorWriteNode,
  ClassVariableOrWriteNode,
  ClassVariableReadNode,
  ClassVariableTargetNode,
  ClassVariableWriteNode,
  ConstantAndWriteNode,
  ConstantOperatorWriteNode,
  ConstantOrWriteNode,
  ConstantReadNode,
  ConstantTargetNode,
  ConstantWriteNode,
  GlobalVariableAndWriteNode,
  GlobalVariableOperatorWriteNode,
  GlobalVariableOrWriteNode,
  GlobalVariableReadNode,
  GlobalVariableTargetNode,
  GlobalVariableWriteNode,
  IndexAndWriteNode,
  IndexOperatorWriteNode,
  IndexOrWriteNode,
  IndexTargetNode,
  InstanceVariableAndWriteNode,
  InstanceVariableOperatorWriteNode,
  InstanceVariableOrWriteNode,
  InstanceVariableReadNode,
  InstanceVariableTargetNode,
  InstanceVariableWriteNode,
  ItLocalVariableReadNode,
  LocalVariableAndWriteNode,
  LocalVariableOperatorWriteNode,
  LocalVariableOrWriteNode,
  LocalVariableReadNode,
  LocalVariableTargetNode,
  LocalVariableWriteNode,
  MultiWriteNode,
  type Node,
  ShareableConstantNode,
} from '@ruby/prism/src/nodes.js'

import { argumentsOf } from './arguments.ts'
import { unquoted } from './barewords.ts'
import { childrenOf } from './children.ts'
import { type Evaluation, rule } from './evaluation.ts'
import { operate } from './operate.ts'
import { assignKey, placeOf, readKey } from './places.ts'
import type { Located } from './source.ts'
import { everything, Reference, RubyArray, Unknown, type Value } from './value.ts'
import { localOf, variableOf } from './variables.ts'

interface Named extends Located {
  readonly name: string
  readonly depth?: number
}

/** What can be on the left of an assignment, its place looked up once. */
interface Target {
  read(): Value
  write(value: Value): Value
}

const variable = (node: Named, run: Evaluation): Target => ({
  read: () => run.state.variables.get(variableOf(node, run)) ?? null,
  write: (value) => {
    run.state.setVariable(variableOf(node, run), value)
    return value
  },
})

/** Outside of `||=`, a global name that the file has not set may have been set elsewhere. */
function readGlobal(node: Named, run: Evaluation): Value {
  const value = run.state.variables.get(node.name)
  if (value !== undefined) return value
  const unknown = run.unknownName(node, node.name)
  // It may be of the object that the file is evaluated in, where the settings are.
  return node instanceof InstanceVariableReadNode || node.name === 'ObjectSpace'
    ? unknown.reaching([everything])
    : unknown
}

function readConstant(node: Named, run: Evaluation): Value {
  return node.name === 'ENV' ? new Reference('ENV') : readGlobal(node, run)
}

function keyed(
  node: IndexAndWriteNode | IndexOperatorWriteNode | IndexOrWriteNode | IndexTargetNode,
  run: Evaluation,
): Target {
  const place = placeOf(node.receiver, run)
  const [index, ...rest] = node.arguments_?.arguments_ ?? []
  const single = index !== undefined && rest.length === 0
  const key = single ? run.evaluate(index) : run.unknown(node, 'has an index that is not evaluated')
  return {
    read: () => readKey(node, place, key, run),
    write: (value) => {
      assignKey(node, place, key, value, run)
      return value
    },
  }
}

/** `receiver.name ||= …` and its like: an object that is not known takes in the value. */
function attribute(node: Located & { receiver: Node | null; value: Node }, run: Evaluation): Value {
  const self = node.receiver === null ? (run.context.self ?? null) : run.evaluate(node.receiver)
  const value = run.evaluate(node.value)
  operate(node, self, 'attribute=', [value], run)
  return run.unknown(node, 'is an attribute, which is not evaluated').reaching([self, value])
}

const orWrite = (target: Target, value: Node, run: Evaluation): Value => {
  const old = target.read()
  return run.choose(
    old,
    () => old,
    () => target.write(unquoted(value, run.evaluate(value), run)),
  )
}

const andWrite = (target: Target, value: Node, run: Evaluation): Value => {
  const old = target.read()
  return run.choose(
    old,
    () => target.write(unquoted(value, run.evaluate(value), run)),
    () => old,
  )
}

const operatorWrite = (
  target: Target,
  node: Located & { binaryOperator: string; value: Node },
  run: Evaluation,
): Value => {
  const old = target.read()
  return target.write(
    operate(node, old, node.binaryOperator, [unquoted(node.value, run.evaluate(node.value), run)], run),
  )
}

export const assignmentRules = [
  rule(LocalVariableReadNode, (node, run) => variable(node, run).read()),
  rule(GlobalVariableReadNode, readGlobal),
  rule(InstanceVariableReadNode, readGlobal),
  rule(ClassVariableReadNode, readGlobal),
  rule(ConstantReadNode, readConstant),
  ...[
    LocalVariableWriteNode,
    GlobalVariableWriteNode,
    InstanceVariableWriteNode,
    ClassVariableWriteNode,
    ConstantWriteNode,
  ].map((Class) =>
    rule<Named & { value: Node }>(Class, (node, run) =>
      variable(node, run).write(unquoted(node.value, run.evaluate(node.value), run)),
    ),
  ),
  ...[
    LocalVariableOrWriteNode,
    GlobalVariableOrWriteNode,
    InstanceVariableOrWriteNode,
    ClassVariableOrWriteNode,
    ConstantOrWriteNode,
  ].map((Class) => rule<Named & { value: Node }>(Class, (node, run) => orWrite(variable(node, run), node.value, run))),
  ...[
    LocalVariableAndWriteNode,
    GlobalVariableAndWriteNode,
    InstanceVariableAndWriteNode,
    ClassVariableAndWriteNode,
    ConstantAndWriteNode,
  ].map((Class) => rule<Named & { value: Node }>(Class, (node, run) => andWrite(variable(node, run), node.value, run))),
  ...[
    LocalVariableOperatorWriteNode,
    GlobalVariableOperatorWriteNode,
    InstanceVariableOperatorWriteNode,
    ClassVariableOperatorWriteNode,
    ConstantOperatorWriteNode,
  ].map((Class) =>
    rule<Named & { value: Node; binaryOperator: string }>(Class, (node, run) =>
      operatorWrite(variable(node, run), node, run),
    ),
  ),
  rule(IndexOrWriteNode, (node, run) => orWrite(keyed(node, run), node.value, run)),
  rule(IndexAndWriteNode, (node, run) => andWrite(keyed(node, run), node.value, run)),
  rule(IndexOperatorWriteNode, (node, run) => operatorWrite(keyed(node, run), node, run)),
  rule(ShareableConstantNode, (node, run) => run.evaluate(node.write)),
  rule(MultiWriteNode, multiWrite),
  rule(AliasGlobalVariableNode, (node, run) => {
    const unsure = run.unknown(node, 'has another name')
    for (const each of [node.newName, node.oldName]) {
      if (each instanceof GlobalVariableReadNode) run.state.setVariable(each.name, unsure)
    }
    return null
  }),
  rule(ItLocalVariableReadNode, (_, run) => localOf('it', run) ?? null),
  ...[CallOrWriteNode, CallAndWriteNode, CallOperatorWriteNode].map((Class) =>
    rule<Located & { receiver: Node | null; value: Node }>(Class, attribute),
  ),
  // Beneath what is not evaluated.
  ...[
    LocalVariableTargetNode,
    GlobalVariableTargetNode,
    InstanceVariableTargetNode,
    ConstantTargetNode,
    ClassVariableTargetNode,
    IndexTargetNode,
  ].map((Class) =>
    rule<Node>(
      Class,
      (node, run) => targetOf(node, run)?.write(run.unknown(node, 'is set in a way that is not evaluated')) ?? null,
    ),
  ),
]

/** `receiver[key] = value`, which Prism gives as a call. */
export function indexWrite(node: CallNode, run: Evaluation): Value {
  const place = placeOf(node.receiver, run)
  if (node.isSafeNavigation() && place === null) return null
  const args = argumentsOf(node, run)
  const [key, value, ...rest] = args
  if (key === undefined || value === undefined || rest.length > 0) return operate(node, place, '[]=', args, run)
  assignKey(node, place, key, value, run)
  return value
}

/** `a, b = 1, 2` and `a, b = array`; with splats or nesting nothing is known. */
function multiWrite(node: MultiWriteNode, run: Evaluation): Value {
  const value = run.evaluate(node.value)
  const content = value instanceof Reference ? run.state.at(value) : value
  const simple = node.rest === null && node.rights.length === 0 && content instanceof RubyArray
  const targets = simple ? node.lefts.map((left) => targetOf(left, run)) : [undefined]
  if (!simple || targets.includes(undefined)) {
    const unknown =
      content instanceof Unknown ? content : run.unknown(node, 'is assigned in a way that is not evaluated')
    for (const target of [...node.lefts, node.rest, ...node.rights]) {
      if (target !== null) forget(target, unknown.reaching([value]), run)
    }
    return value
  }
  targets.forEach((target, index) => target?.write(content.items[index] ?? null))
  return value
}

/** What can be on the left of several assignments at once. */
function targetOf(node: Node, run: Evaluation): Target | undefined {
  if (node instanceof IndexTargetNode) return keyed(node, run)
  if (node instanceof CallTargetNode) {
    const self = run.evaluate(node.receiver)
    return { read: () => null, write: (value) => operate(node, self, node.name, [value], run) }
  }
  const named =
    node instanceof LocalVariableTargetNode ||
    node instanceof GlobalVariableTargetNode ||
    node instanceof InstanceVariableTargetNode ||
    node instanceof ClassVariableTargetNode ||
    node instanceof ConstantTargetNode
  return named ? variable(node, run) : undefined
}

/** What a part of the file assigns becomes unknown. */
export function forget(node: Node, unsure: Unknown, run: Evaluation): void {
  const target = targetOf(node, run)
  if (target !== undefined) target.write(run.derived(unsure))
  else for (const child of childrenOf(node)) forget(child, unsure, run)
}
