import {
  type CallNode,
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

import { type Evaluation, rule } from './evaluation.ts'
import { forget } from './forget.ts'
import { operate } from './operate.ts'
import { assignKey, placeOf, readKey } from './places.ts'
import { RubyArray, Unknown, type Value } from './value.ts'

type Named = Node & { name: string }

/** What can be on the left of an assignment, its place looked up once. */
interface Target {
  read(): Value
  write(value: Value): Value
}

const variable = (node: Named, run: Evaluation): Target => ({
  read: () => run.state.variables.get(node.name) ?? null,
  write: (value) => {
    run.state.variables.set(node.name, value)
    return value
  },
})

/** Outside of `||=`, a global name that the file has not set may have been set elsewhere. */
function readGlobal(node: Named, run: Evaluation): Value {
  const value = run.state.variables.get(node.name)
  return value === undefined ? run.unknown(node, `uses ${node.name}, which this file does not set`) : value
}

function keyed(
  node: IndexAndWriteNode | IndexOperatorWriteNode | IndexOrWriteNode | IndexTargetNode,
  run: Evaluation,
): Target {
  const place = placeOf(node.receiver, run)
  const [index, ...rest] = node.arguments_?.arguments_ ?? []
  const single = index !== undefined && rest.length === 0
  const key = single ? run.evaluate(index) : run.unknown(node, 'has an index that is not evaluated')
  if (isEnvironment(node.receiver)) return environment(node, key, run)
  return {
    read: () => readKey(node, place, key, run),
    write: (value) => {
      assignKey(node, place, key, value, run)
      return value
    },
  }
}

export const isEnvironment = (node: Node | null): boolean => node instanceof ConstantReadNode && node.name === 'ENV'

/** `ENV[key]`. */
export const environment = (node: Node, key: Value, run: Evaluation): Target => ({
  read: () => {
    if (key instanceof Unknown) return key
    if (typeof key !== 'string') return run.unknown(node, 'uses ENV in a way that is not evaluated')
    return run.state.environment.get(key) ?? null
  },
  write: (value) => {
    if (typeof key === 'string') run.state.environment.set(key, value)
    else run.note(node, 'an assignment to an environment variable that is not known')
    return value
  },
})

const orWrite = (target: Target, value: Node, run: Evaluation): Value => {
  const old = target.read()
  return run.choose(
    old,
    () => old,
    () => target.write(run.evaluate(value)),
  )
}

const andWrite = (target: Target, value: Node, run: Evaluation): Value => {
  const old = target.read()
  return run.choose(
    old,
    () => target.write(run.evaluate(value)),
    () => old,
  )
}

const operatorWrite = (
  target: Target,
  node: Node & { binaryOperator: string; value: Node },
  run: Evaluation,
): Value => {
  const old = target.read()
  return target.write(operate(node, old, node.binaryOperator, [run.evaluate(node.value)], run))
}

export const assignmentRules = [
  rule(LocalVariableReadNode, (node, run) => variable(node, run).read()),
  rule(GlobalVariableReadNode, readGlobal),
  rule(InstanceVariableReadNode, readGlobal),
  rule(ConstantReadNode, readGlobal),
  ...[LocalVariableWriteNode, GlobalVariableWriteNode, InstanceVariableWriteNode, ConstantWriteNode].map((Class) =>
    rule<Named & { value: Node }>(Class, (node, run) => variable(node, run).write(run.evaluate(node.value))),
  ),
  ...[LocalVariableOrWriteNode, GlobalVariableOrWriteNode, InstanceVariableOrWriteNode, ConstantOrWriteNode].map(
    (Class) => rule<Named & { value: Node }>(Class, (node, run) => orWrite(variable(node, run), node.value, run)),
  ),
  ...[LocalVariableAndWriteNode, GlobalVariableAndWriteNode, InstanceVariableAndWriteNode, ConstantAndWriteNode].map(
    (Class) => rule<Named & { value: Node }>(Class, (node, run) => andWrite(variable(node, run), node.value, run)),
  ),
  ...[
    LocalVariableOperatorWriteNode,
    GlobalVariableOperatorWriteNode,
    InstanceVariableOperatorWriteNode,
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
]

/** `receiver[key] = value`, which Prism gives as a call. */
export function indexWrite(node: CallNode, run: Evaluation): Value {
  const place = placeOf(node.receiver, run)
  const [index, assigned, ...rest] = node.arguments_?.arguments_ ?? []
  if (index === undefined || assigned === undefined || rest.length > 0) {
    forget(node, run.unknown(node, 'is assigned in a way that is not evaluated'), run)
    return run.unknown(node, 'is assigned in a way that is not evaluated')
  }
  const key = run.evaluate(index)
  const value = run.evaluate(assigned)
  if (isEnvironment(node.receiver)) return environment(node, key, run).write(value)
  assignKey(node, place, key, value, run)
  return value
}

/** `a, b = 1, 2` and `a, b = array`; with splats or nesting nothing is known. */
function multiWrite(node: MultiWriteNode, run: Evaluation): Value {
  const value = run.evaluate(node.value)
  const targets = node.lefts.map((left) => targetOf(left, run))
  const simple = node.rest === null && node.rights.length === 0 && value instanceof RubyArray
  if (!simple || targets.includes(undefined)) {
    const unknown = value instanceof Unknown ? value : run.unknown(node, 'is assigned in a way that is not evaluated')
    forget(node, unknown, run)
    return value
  }
  targets.forEach((target, index) => target?.write(value.items[index] ?? null))
  return value
}

function targetOf(node: Node, run: Evaluation): Target | undefined {
  if (node instanceof IndexTargetNode) return keyed(node, run)
  const named =
    node instanceof LocalVariableTargetNode ||
    node instanceof GlobalVariableTargetNode ||
    node instanceof InstanceVariableTargetNode ||
    node instanceof ConstantTargetNode
  return named ? variable(node, run) : undefined
}
