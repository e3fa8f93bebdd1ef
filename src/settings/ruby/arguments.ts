import { type CallNode, type Node, SplatNode, type YieldNode } from '@ruby/prism/src/nodes.js'

import { unquoted } from './barewords.ts'
import type { Evaluation } from './evaluation.ts'
import { Reference, RubyArray, type Value } from './value.ts'

/** Arguments, each evaluated; a splat of what is not known makes for one that is unknown. */
export const argumentsOf = ({ arguments_ }: CallNode | YieldNode, run: Evaluation): Value[] =>
  (arguments_?.arguments_ ?? []).flatMap((node) => argument(node, run))

function argument(node: Node, run: Evaluation): readonly Value[] {
  if (!(node instanceof SplatNode)) return [unquoted(node, run.evaluate(node), run)]
  const value = node.expression === null ? null : run.evaluate(node.expression)
  const content = value instanceof Reference ? run.state.at(value) : undefined
  if (content instanceof RubyArray) return content.items
  return [run.unknown(node, 'depends on a splat, which is not evaluated').reaching([value])]
}
