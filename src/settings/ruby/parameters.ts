/** What the parameters of blocks, lambdas and methods are given. */
import {
  BlockParameterNode,
  BlockParametersNode,
  ItParametersNode,
  MultiTargetNode,
  type Node,
  NumberedParametersNode,
  OptionalParameterNode,
  ParametersNode,
  RequiredParameterNode,
} from '@ruby/prism/src/nodes.js'

import { childrenOf } from './children.ts'
import type { Evaluation } from './evaluation.ts'
import { Reference, RubyArray, Unknown, type Value } from './value.ts'
import { setLocal } from './variables.ts'

/** Gives the parameters of code their values in the scope that the evaluation is in. */
export function bind(parameters: Node | null, args: readonly Value[], run: Evaluation): void {
  if (parameters instanceof BlockParametersNode) {
    bind(parameters.parameters, args, run)
  } else if (parameters instanceof NumberedParametersNode) {
    const each = parameters.maximum > 1 ? spread(args, run) : args
    for (let at = 1; at <= parameters.maximum; at += 1) setLocal(`_${at}`, each[at - 1] ?? null, run)
  } else if (parameters instanceof ItParametersNode) {
    setLocal('it', args[0] ?? null, run)
  } else if (parameters instanceof ParametersNode) {
    bindNamed(parameters, args, run)
  }
}

function bindNamed(parameters: ParametersNode, args: readonly Value[], run: Evaluation): void {
  const { requireds, optionals, rest, posts, keywords, keywordRest, block } = parameters
  const each = requireds.length + optionals.length + posts.length > 1 || rest !== null ? spread(args, run) : args
  const others = new Unknown(run.lineOf(parameters), 'is a parameter, which is not evaluated').reaching(args)
  // A plain parameter takes what is given in its place, unless there are optional ones before it.
  requireds.forEach((parameter, index) => {
    bindOne(parameter, each[index] ?? (each.length === args.length ? null : others), run)
  })
  for (const optional of optionals) {
    if (!(optional instanceof OptionalParameterNode)) continue
    const value = run.either(others, [() => others, () => run.evaluate(optional.value)])
    setLocal(optional.name, others.reaching([value]), run)
  }
  for (const parameter of [rest, ...posts, ...keywords, keywordRest]) {
    if (parameter === null) continue
    if (parameter instanceof RequiredParameterNode || parameter instanceof MultiTargetNode) {
      bindOne(parameter, others, run)
    } else if ('name' in parameter && typeof parameter.name === 'string') {
      setLocal(parameter.name, others, run)
    }
  }
  if (block instanceof BlockParameterNode && block.name !== null) {
    setLocal(block.name, run.context.block, run)
  }
}

function bindOne(parameter: Node, value: Value, run: Evaluation): void {
  if (parameter instanceof RequiredParameterNode) setLocal(parameter.name, value, run)
  if (!(parameter instanceof MultiTargetNode)) return
  const items = spread([value], run)
  const { lefts, rest, rights } = parameter
  lefts.forEach((left, index) => bindOne(left, items[index] ?? null, run))
  for (const node of [rest, ...rights]) if (node !== null) bindRest(node, items, run)
}

/** What the parameters beneath a node are given is not told apart. */
function bindRest(node: Node, items: readonly Value[], run: Evaluation): void {
  const unknown = run.unknown(node, 'is a parameter, which is not evaluated').reaching(items)
  if (node instanceof RequiredParameterNode) setLocal(node.name, unknown, run)
  for (const child of childrenOf(node)) bindRest(child, items, run)
}

/** A block with several parameters takes an array apart. */
function spread(args: readonly Value[], run: Evaluation): readonly Value[] {
  const [only] = args
  if (args.length !== 1 || only === undefined) return args
  if (only instanceof Unknown) return Array.from({ length: 9 }, () => run.derived(only))
  const content = only instanceof Reference ? run.state.at(only) : undefined
  if (content instanceof RubyArray) return content.items
  return content instanceof Unknown ? Array.from({ length: 9 }, () => run.derived(content)) : args
}
