/** Calls without a receiver: the settings, methods of the file, and Ruby's own functions. */
import { type CallNode, type Node } from '@ruby/prism/src/nodes.js'

import { argumentsOf } from './arguments.ts'
import { blockOf, callBlock, callMethods, callProcedures } from './blocks.ts'
import { firstUnknown } from './deep.ts'
import type { Evaluation } from './evaluation.ts'
import { formatted } from './methods.ts'
import { canBeShown } from './names.ts'
import { endings, kernelMethods, words } from './reserved.ts'
import { anyText } from './pattern.ts'
import { everything, Procedure, Reference, textOf, type Value } from './value.ts'
import { localOf } from './variables.ts'

export function callFunction(node: CallNode, run: Evaluation): Value {
  const { name } = node
  const block = blockOf(node.block, run)
  const isBare = node.arguments_ === null && block === null && !selfish.has(name)
  if (isBare && !endings.has(name) && !run.methods.has(name)) return readName(node, name, run)
  return callByName(node, name, argumentsOf(node, run), block, run)
}

function callByName(node: CallNode, name: string, args: readonly Value[], block: Value, run: Evaluation): Value {
  if (endings.has(name)) return end(node, name, run)
  const own = callMethods(node, name, args, block, run)
  if (own !== undefined) return own
  const special = Object.hasOwn(specials, name) ? specials[name]?.(node, args, block, run) : undefined
  if (special !== undefined) return special
  const unknown = run.unknown(
    node,
    `depends on ${canBeShown(name) ? name : 'a method that this file does not define'}${canBeShown(name) ? ', which is not evaluated' : ''}`,
  )
  if (block !== null) return callBlock(node, ownSelf(node, run), name, args, block, run).reaching(args)
  callProcedures(
    node,
    args.filter((arg) => arg instanceof Procedure),
    args,
    run,
  )
  if (selfish.has(name)) return unknown.reaching([everything])
  if (kernelMethods.has(name)) return unknown.reaching(args)
  const value = set(node, name, args, run)
  return value === undefined ? unknown.reaching(args) : value
}

/** What the file is evaluated in. All settings can be come to from there. */
export const ownSelf = (node: Node, run: Evaluation): Value =>
  run.context.self ?? run.unknown(node, 'uses self, which is not evaluated').reaching([everything])

/** Functions that give what the file is evaluated in, or a part of it. */
const selfish = words('itself binding method public_method singleton_class instance_variable_get tap then yield_self')

/** `external_url 'https://…'` */
function set(node: CallNode, name: string, args: readonly Value[], run: Evaluation): Value | undefined {
  const [value, ...rest] = args
  // A method that is given settings as a whole may change them.
  if (args.some((arg) => arg instanceof Reference && run.settable.has(arg.id))) {
    run.note(node, canBeShown(name) ? `${name}(…)` : 'a method that is given settings', { keys: anyText })
  }
  if (value === undefined || rest.length > 0) return undefined
  run.state.setSetting(name, value, run.lineOf(node))
  return value
}

/** `nginx` or `external_url` without arguments. */
function readName(node: Node, name: string, run: Evaluation): Value {
  const local = run.context.source.depth > 0 ? localOf(name, run) : undefined
  const value = local === undefined ? run.state.settings.get(name)?.value : local
  return value === undefined ? run.unknownName(node, name) : value
}

function end(node: CallNode, name: string, run: Evaluation): Value {
  argumentsOf(node, run)
  if (run.state.log === undefined) run.note(node, `${name}: the file ends here`, { keys: 'none' })
  run.state.running = false
  return run.unknown(node, `depends on ${name}`)
}

type Special = (node: CallNode, args: readonly Value[], block: Value, run: Evaluation) => Value | undefined

const printed: Special = (_node, [first, ...rest], _block, run) =>
  typeof first === 'string' ? (firstUnknown(rest, run.state) ?? formatted(first, rest)) : undefined
const made: Special = (_node, _args, block) =>
  block instanceof Procedure ? new Procedure(block.code, block.context, true) : undefined
const sent: Special = (node, [name = null, ...args], block, run) => {
  const text = textOf(name)
  if (text !== undefined && args.length === 0 && block === null && !run.methods.has(text)) {
    return readName(node, text, run)
  }
  if (text !== undefined) return callByName(node, text, args, block, run)
  run.note(node, `${node.name}(…)`, { keys: anyText, blind: true })
  return undefined
}
const defined: Special = (_node, [name = null, body], block, run) => {
  const text = textOf(name)
  const method = block ?? body
  if (text !== undefined && method instanceof Procedure)
    run.define(text, new Procedure(method.code, method.context, true))
  return null
}
const taken: Special = (node, [name = null], _block, run) => {
  const methods = run.methods.get(textOf(name) ?? '')
  return methods === undefined ? undefined : run.unknown(node, 'is a method').reaching(methods)
}
const variableSet: Special = (node, args, _block, run) => {
  run.loseVariables(run.unknown(node, 'may be set by its name').reaching(args))
  return undefined
}

const specials: Readonly<Record<string, Special>> = {
  format: printed,
  sprintf: printed,
  lambda: made,
  proc: (_node, _args, block) => (block instanceof Procedure ? block : undefined),
  send: sent,
  public_send: sent,
  __send__: sent,
  define_method: defined,
  define_singleton_method: defined,
  method: taken,
  instance_variable_set: variableSet,
  remove_instance_variable: variableSet,
}
