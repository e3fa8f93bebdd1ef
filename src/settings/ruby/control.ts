import {
  AndNode,
  BeginNode,
  CaseNode,
  ElseNode,
  IfNode,
  type Node,
  OrNode,
  ParenthesesNode,
  ProgramNode,
  RescueModifierNode,
  ReturnNode,
  SplatNode,
  StatementsNode,
  UnlessNode,
  WhenNode,
} from '@ruby/prism/src/nodes.js'

import { type Evaluation, rule } from './evaluation.ts'
import { forget } from './forget.ts'
import { equal, isTruthy, RubySymbol, Unknown, type Value } from './value.ts'

export const controlRules = [
  rule(ProgramNode, (node, run) => run.evaluate(node.statements)),
  rule(StatementsNode, (node, run) => run.all(node.body)),
  rule(ParenthesesNode, (node, run) => run.maybe(node.body)),
  rule(ElseNode, (node, run) => run.maybe(node.statements)),
  rule(AndNode, (node, run) => {
    const left = run.evaluate(node.left)
    return run.choose(
      left,
      () => run.evaluate(node.right),
      () => left,
    )
  }),
  rule(OrNode, (node, run) => {
    const left = run.evaluate(node.left)
    return run.choose(
      left,
      () => left,
      () => run.evaluate(node.right),
    )
  }),
  rule(IfNode, (node, run) =>
    run.choose(
      run.evaluate(node.predicate),
      () => run.maybe(node.statements),
      () => run.maybe(node.subsequent),
    ),
  ),
  rule(UnlessNode, (node, run) =>
    run.choose(
      run.evaluate(node.predicate),
      () => run.maybe(node.elseClause),
      () => run.maybe(node.statements),
    ),
  ),
  rule(CaseNode, evaluateCase),
  rule(BeginNode, evaluateBegin),
  rule(RescueModifierNode, (node, run) => {
    const value = run.evaluate(node.expression)
    // What could be evaluated did not raise.
    return value instanceof Unknown
      ? run.either(value, [() => value, () => run.evaluate(node.rescueExpression)])
      : value
  }),
  rule(ReturnNode, (_, run) => {
    run.leave()
    return null
  }),
]

function evaluateCase(node: CaseNode, run: Evaluation): Value {
  const subject = node.predicate === null ? undefined : run.evaluate(node.predicate)
  const from = (index: number): Value => {
    const when = node.conditions[index]
    if (!(when instanceof WhenNode)) return run.maybe(node.elseClause)
    return run.choose(
      anyMatches(when.conditions, subject, run),
      () => run.maybe(when.statements),
      () => from(index + 1),
    )
  }
  return from(0)
}

function anyMatches(patterns: readonly Node[], subject: Value | undefined, run: Evaluation): boolean | Unknown {
  let result: boolean | Unknown = false
  for (const pattern of patterns) {
    const matched = matches(pattern, subject, run)
    if (matched === true) return true
    if (matched instanceof Unknown) result = matched
  }
  return result
}

/** Ruby's `===`, which is `==` for the literals that are evaluated here. */
function matches(node: Node, subject: Value | undefined, run: Evaluation): boolean | Unknown {
  if (node instanceof SplatNode) return run.unknown(node, 'depends on a splat, which is not evaluated')
  const pattern = run.evaluate(node)
  if (subject === undefined) return isTruthy(pattern)
  const literal = pattern === null || typeof pattern !== 'object' || pattern instanceof RubySymbol
  if (pattern instanceof Unknown) return pattern
  return literal ? equal(pattern, subject) : run.unknown(node, 'depends on a comparison that is not evaluated')
}

function evaluateBegin(node: BeginNode, run: Evaluation): Value {
  const body = () => {
    const value = run.maybe(node.statements)
    return node.elseClause === null ? value : run.evaluate(node.elseClause)
  }
  const { rescueClause, ensureClause } = node
  const unsure = run.unknown(node, 'depends on whether an exception is rescued')
  const value =
    rescueClause === null
      ? body()
      : run.either(unsure, [
          body,
          () => {
            // Any part of the body may have been done before the exception.
            if (node.statements !== null) forget(node.statements, unsure, run)
            forget(rescueClause, unsure, run)
            return unsure
          },
        ])
  if (ensureClause?.statements) run.evaluate(ensureClause.statements)
  return value
}
