import {
  AliasMethodNode,
  BlockNode,
  CallNode,
  ConstantPathNode,
  ConstantReadNode,
  DefNode,
  LambdaNode,
  SelfNode,
  YieldNode,
} from '@ruby/prism/src/nodes.js'

import { argumentsOf } from './arguments.ts'
import { indexWrite } from './assignment.ts'
import { blockOf, callBlock, callMethods, callProcedures, procedure, runBlock } from './blocks.ts'
import { type Evaluation, rule } from './evaluation.ts'
import { include, isInclusion } from './inclusion.ts'
import { callFunction, ownSelf } from './functions.ts'
import { canBeShown } from './names.ts'
import { loseBy, operate } from './operate.ts'
import { isMutator, makers } from './reserved.ts'
import { held } from './state.ts'
import { isTruthy, Procedure, Reference, RubyHash, RubySymbol, textOf, Unknown, type Value } from './value.ts'
import { isKnown } from './variables.ts'

export const callRules = [
  rule(CallNode, call),
  rule(ConstantPathNode, (node, run) =>
    run.unknown(
      node,
      `uses ${canBeShown(node.name ?? '') ? `the constant ${node.name ?? ''}` : 'a constant'}, which this file does not set`,
    ),
  ),
  rule(SelfNode, (node, run) => (run.context.self === undefined ? ownSelf(node, run) : run.context.self)),
  rule(DefNode, (node, run) => {
    run.define(node.name, procedure(node, run))
    return new RubySymbol(node.name)
  }),
  rule(AliasMethodNode, (node, run) => {
    const [to = '', from = ''] = [run.evaluate(node.newName), run.evaluate(node.oldName)].map(textOf)
    for (const method of run.methods.get(from) ?? []) run.define(to, method)
    const setting = run.state.settings.get(from)
    if (setting !== undefined) run.state.setSetting(to, setting.value, run.lineOf(node))
    return null
  }),
  rule(LambdaNode, procedure),
  rule(YieldNode, (node, run) => callProcedures(node, [run.context.block], argumentsOf(node, run), run)),
]

function call(node: CallNode, run: Evaluation): Value {
  const { name, receiver } = node
  if (name === '[]=' && receiver !== null && node.block === null) return indexWrite(node, run)
  if (isInclusion(node)) return include(node, run)
  const self = receiver === null || receiver instanceof SelfNode ? run.context.self : run.evaluate(receiver)
  if (self === undefined || (receiver === null && callsFunction(name, run))) return callFunction(node, run)
  if (node.isSafeNavigation() && self === null) return null
  if (name === '!') {
    const truthy = isTruthy(self)
    return truthy instanceof Unknown ? truthy : !truthy
  }
  const block = blockOf(node.block, run)
  const args = argumentsOf(node, run)
  const result = block === null ? operate(node, self, name, args, run) : callWithBlock(node, self, args, block, run)
  return result instanceof Unknown && receiver instanceof ConstantReadNode && self instanceof Unknown
    ? ofConstant(result, receiver, name, args)
    : result
}

/** Within `instance_eval`, what is no method of the receiver. */
const callsFunction = (name: string, run: Evaluation): boolean => isKnown(name, run) || functionsAlways.has(name)
const functionsAlways = new Set([
  'lambda',
  'proc',
  'raise',
  'fail',
  'loop',
  'puts',
  'p',
  'print',
  'format',
  'catch',
  'throw',
])

const readers = new Set(['read', 'binread'])
const presences = new Set(['exist?', 'exists?', 'file?', 'readable?'])

/** A constant's method is named in full: `File.read`. What it gives is new. */
function ofConstant(unknown: Unknown, { name }: ConstantReadNode, method: string, args: readonly Value[]): Unknown {
  const what = canBeShown(name) && canBeShown(method) ? `${name}.${method}` : 'a method of a constant'
  const [path] = args
  const file = (name === 'File' || name === 'IO') && typeof path === 'string' ? path : undefined
  return new Unknown(unknown.line, `depends on ${what}, which is not evaluated`, {
    reach: unknown.reach,
    fresh: true,
    ...(readers.has(method) ? { contentOf: file } : {}),
    ...(presences.has(method) ? { presenceOf: file } : {}),
  })
}

function callWithBlock(node: CallNode, self: Value, args: readonly Value[], block: Value, run: Evaluation): Value {
  const { name, receiver } = node
  if (receiver instanceof ConstantReadNode && receiver.name === 'Proc' && block instanceof Procedure) return block
  const content = self instanceof Reference ? run.state.at(self) : undefined
  if (name === 'fetch' && content instanceof RubyHash) {
    const there = operate(node, self, 'key?', args, run)
    if (there === true) return operate(node, self, 'fetch', args, run)
    if (there === false && node.block instanceof BlockNode) return run.maybe(node.block.body)
  }
  const ran = runBlock(self, name, args, block, run)
  if (ran !== undefined) return ran
  const inside = content === undefined ? [] : held(content)
  const given = callMethods(node, name, args, block, run, self) ?? callBlock(node, self, name, args, block, run)
  if (self instanceof Reference && isMutator(name) && name !== 'delete') loseBy(node, self, name, [given], run)
  else {
    const effect = operate(node, self, name, args, run)
    if (effect instanceof Unknown && effect.hints.isMethod === true) return effect
  }
  return makers.has(name) ? given.reaching(inside, true) : given.reaching([self, ...inside, ...args])
}
