/** Code that is called: blocks, lambdas and methods. It is evaluated as code that may run any number of times, or never. */
import {
  BlockArgumentNode,
  BlockNode,
  BlockParametersNode,
  BreakNode,
  DefNode,
  LambdaNode,
  NextNode,
  type Node,
  NumberedParametersNode,
  ParametersNode,
  RedoNode,
  ReturnNode,
} from '@ruby/prism/src/nodes.js'

import { childrenOf } from './children.ts'
import type { Context, Scope } from './context.ts'
import type { Evaluation } from './evaluation.ts'
import { shown } from './names.ts'
import { bind } from './parameters.ts'
import { iterators, pairIterators } from './reserved.ts'
import type { Located } from './source.ts'
import { held } from './state.ts'
import { oneOf, type Pattern } from './pattern.ts'
import { Procedure, Reference, RubyArray, RubyHash, textOf, Unknown, type Value } from './value.ts'
import { setLocal } from './variables.ts'

type Code = BlockNode | LambdaNode | DefNode
const isCode = (node: Node): node is Code =>
  node instanceof BlockNode || node instanceof LambdaNode || node instanceof DefNode

/** A block as a value, with the surroundings that it sees. */
export const procedure = (code: Node, run: Evaluation): Procedure =>
  new Procedure(code, run.context, !(code instanceof BlockNode))

/** What stands after a call's arguments: `{ … }` or `&block`; `null` for none. */
export function blockOf(node: Node | null, run: Evaluation): Value {
  if (node instanceof BlockNode) return procedure(node, run)
  if (!(node instanceof BlockArgumentNode)) return null
  return node.expression === null ? run.context.block : run.evaluate(node.expression)
}

/** Calls all methods of a name that the file defines, as any of them may be the one. `undefined` if there is none. */
export function callMethods(
  node: Located,
  name: string,
  args: readonly Value[],
  block: Value,
  run: Evaluation,
  self?: Value,
): Unknown | undefined {
  const methods = run.methods.get(name)
  if (methods === undefined) return undefined
  const unsure = run.unknown(node, `depends on ${name}, which is not evaluated`)
  return run.repeated(unsure, () => {
    const own = { block, ...(self === undefined ? {} : { self }) }
    return run.either(
      unsure,
      methods.map((method) => () => runPartly(method, args, run, own)),
    )
  })
}

/** Calls procedures any number of times. */
export function callProcedures(node: Located, all: readonly Value[], args: readonly Value[], run: Evaluation): Unknown {
  const unsure = run.unknown(node, 'depends on a block, which is not evaluated')
  const procedures = all.filter((each) => each instanceof Procedure)
  if (procedures.length === 0) return unsure.reaching(args)
  return run.repeated(unsure, () =>
    run.either(
      unsure,
      procedures.map((each) => () => runPartly(each, args, run)),
    ),
  )
}

/** Runs the code of a procedure, once, where the evaluation is now. */
function runCode(
  { code, context, isLambda }: Procedure,
  args: readonly Value[],
  run: Evaluation,
  own: Partial<Pick<Context, 'self' | 'block'>> = {},
): Value {
  if (!isCode(code)) return new Unknown(0, 'depends on code that is not evaluated')
  const outer = context as Context
  const scope: Scope = {
    id: `${outer.source.id}${code.location.startOffset}`,
    parent: code instanceof DefNode ? undefined : outer.scope,
  }
  const given: Value[] = []
  const returns = isLambda ? given : outer.returns
  return run.within({ ...outer, ...own, scope, given, returns }, code, () => {
    for (const name of code.locals) setLocal(name, null, run)
    bind(code.parameters, args, run)
    const value = run.maybe(code.body)
    return given.length === 0 ? value : new Unknown(run.lineOf(code), 'is returned early').reaching([value, ...given])
  })
}

/** In these self is what they are called on. */
const selfChangers = new Set(['instance_eval', 'instance_exec', 'class_eval', 'module_eval'])

/** Whether a block runs from its beginning to its end wherever it is called. */
function runsThrough(code: Node): boolean {
  const hasJumps = (node: Node): boolean =>
    node instanceof NextNode ||
    node instanceof BreakNode ||
    node instanceof ReturnNode ||
    node instanceof RedoNode ||
    childrenOf(node).some(hasJumps)
  return code instanceof BlockNode && !hasJumps(code)
}

/** {@link runCode} where nothing depends on whether and how it ends. */
function runPartly(...args: Parameters<typeof runCode>): Value {
  const [, , run] = args
  const value = runCode(...args)
  run.state.running = true
  return value
}

/** Runs a block as often as a method surely does, if that is known and nothing in the block changes it. */
export function runBlock(
  self: Value,
  name: string,
  args: readonly Value[],
  block: Value,
  run: Evaluation,
): Value | undefined {
  if (!(block instanceof Procedure) || !runsThrough(block.code)) return undefined
  if (name === 'then' || name === 'yield_self') return runCode(block, [self], run)
  if (name === 'instance_eval') return runCode(block, [self], run, { self })
  if (name === 'instance_exec') return runCode(block, args, run, { self })
  if (name === 'tap') runCode(block, [self], run)
  else if (name !== 'each' || !(self instanceof Reference) || !runOnEach(self, block, run)) return undefined
  return self
}

/** A block is not followed for more items than this. */
const mostItems = 1000

/** Hands over one item of an array after the other, also of one that changes meanwhile. */
function runOnEach(array: Reference, block: Procedure, run: Evaluation): boolean {
  if (!(run.state.at(array) instanceof RubyArray)) return false
  for (let at = 0; run.state.running; at += 1) {
    const content = run.state.at(array)
    if (!(content instanceof RubyArray) || at === mostItems) {
      callBlock(block.code, array, 'each', [], block, run)
      break
    }
    const item = content.items[at]
    if (item === undefined) break
    runCode(block, [item], run)
  }
  return true
}

/** Calls a block that a method was given, as often as that may do so. */
export function callBlock(
  node: Located,
  self: Value,
  name: string,
  args: readonly Value[],
  block: Value,
  run: Evaluation,
): Unknown {
  const unsure =
    self instanceof Unknown
      ? run.derived(self, args)
      : run.unknown(node, `uses a block of ${shown(name)}, which is not evaluated`)
  const called = block instanceof Unknown ? run.state.closure(block.reach) : [block]
  return run.repeated(unsure, () => {
    const content = self instanceof Reference ? run.state.at(self) : self
    const inside = content instanceof RubyArray || content instanceof RubyHash ? held(content) : []
    const reached = unsure.reaching([self, ...inside, ...args])
    const given = ({ code }: Procedure) => parametersOf(self, content, name, args, reached, arityOf(code), run)
    const own = selfChangers.has(name) ? { self } : {}
    const ways = called.filter((each) => each instanceof Procedure)
    if (ways.length === 0) return reached
    return reached.reaching([
      run.either(
        unsure,
        ways.map((each) => () => runPartly(each, given(each), run, own)),
      ),
    ])
  })
}

/** How many parameters a block names. */
function arityOf(code: Node): number {
  const parameters = isCode(code) ? code.parameters : null
  if (parameters instanceof NumberedParametersNode) return parameters.maximum
  const named = parameters instanceof BlockParametersNode ? parameters.parameters : parameters
  return named instanceof ParametersNode ? named.requireds.length : 1
}

/** What a block is given: unknown, but it can be known what it is one of. */
function parametersOf(
  self: Value,
  content: Value,
  name: string,
  args: readonly Value[],
  reached: Unknown,
  arity: number,
  run: Evaluation,
): readonly Value[] {
  const among = (some: readonly Value[]) => reached.like(patternAmong(some))
  if (name === 'tap' || name === 'then' || name === 'yield_self') return [self]
  const [memo = reached] = args
  if (content instanceof RubyArray && iterators.has(name)) {
    const second = name === 'each_with_object' ? memo : reached
    const firsts =
      arity > 1 && name !== 'each_with_object' && name !== 'each_with_index' ? firstsOf(content, run) : undefined
    return [among(firsts ?? content.items), second]
  }
  const isClosed = content instanceof RubyHash && content.open.length === 0
  if (isClosed && (name === 'each_key' || (arity > 1 && pairIterators.has(name)))) {
    return [among([...content.entries.values()].map(({ key }) => key)), reached]
  }
  return Array.from({ length: 9 }, () => reached)
}

/** The first items of the arrays that an array holds, if it holds nothing else. */
function firstsOf({ items }: RubyArray, run: Evaluation): readonly Value[] | undefined {
  const inner = items.map((item) => (item instanceof Reference ? run.state.at(item) : item))
  return inner.every((each) => each instanceof RubyArray) ? inner.map((each) => each.items[0] ?? null) : undefined
}

function patternAmong(values: readonly Value[]): Pattern | undefined {
  const texts = values.map(textOf)
  return texts.length > 0 && texts.every((text) => text !== undefined) ? oneOf(texts) : undefined
}
