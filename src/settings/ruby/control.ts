import {
  AndNode,
  BeginNode,
  BreakNode,
  CaseMatchNode,
  CaseNode,
  ClassNode,
  DefinedNode,
  ElseNode,
  ForNode,
  IfNode,
  InNode,
  ModuleNode,
  NextNode,
  type Node,
  OrNode,
  ParenthesesNode,
  ProgramNode,
  RedoNode,
  RescueModifierNode,
  type RescueNode,
  RetryNode,
  ReturnNode,
  SingletonClassNode,
  SplatNode,
  StatementsNode,
  UnlessNode,
  UntilNode,
  WhenNode,
  WhileNode,
} from '@ruby/prism/src/nodes.js'

import { forget } from './assignment.ts'
import { childrenOf } from './children.ts'
import { type Evaluation, rule } from './evaluation.ts'
import { held } from './state.ts'
import { equal } from './deep.ts'
import { isTruthy, Reference, RubySymbol, Unknown, type Value } from './value.ts'

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
  rule(RescueModifierNode, (node, run) =>
    rescued(
      run.unknown(node, 'depends on whether an exception is rescued'),
      () => run.evaluate(node.expression),
      () => run.evaluate(node.rescueExpression),
      run,
    ),
  ),
  rule(ReturnNode, (node, run) => {
    run.leave(jumped(node.arguments_, run))
    return null
  }),
  rule(NextNode, (node, run) => run.jump(jumped(node.arguments_, run))),
  rule(BreakNode, (node, run) => run.jump(jumped(node.arguments_, run))),
  rule(RedoNode, (_, run) => run.jump(null)),
  rule(RetryNode, (_, run) => run.jump(null)),
  rule(DefinedNode, (node, run) => run.unknown(node, 'depends on what is defined, which is not evaluated')),
  rule(WhileNode, (node, run) => loop(node, node.predicate, node.statements, run)),
  rule(UntilNode, (node, run) => loop(node, node.predicate, node.statements, run)),
  rule(ForNode, (node, run) => {
    const collection = run.evaluate(node.collection)
    const content = collection instanceof Reference ? run.state.at(collection) : undefined
    const unsure = run.notEvaluated(node)
    return run.repeated(unsure, () => {
      forget(node.index, unsure.reaching(content === undefined ? [collection] : held(content)), run)
      return run.maybe(node.statements)
    })
  }),
  rule(CaseMatchNode, evaluatePatterns),
  ...[ClassNode, ModuleNode, SingletonClassNode].map((Class) =>
    rule<ClassNode | ModuleNode | SingletonClassNode>(Class, (node, run) => {
      const unsure = run.notEvaluated(node)
      const scope = { id: `${run.context.source.id}${node.location.startOffset}`, parent: undefined }
      return run.repeated(unsure, () =>
        run.within({ ...run.context, scope, self: unsure }, node, () => run.maybe(node.body)),
      )
    }),
  ),
]

/** What `return`, `break` or `next` gives. */
function jumped(node: Node | null, run: Evaluation): Value {
  if (node === null) return null
  const values = childrenOf(node).map((child) => run.evaluate(child))
  return values.length === 1 ? (values[0] ?? null) : run.unknown(node, 'is several values').reaching(values)
}

function loop(node: Node, predicate: Node, statements: Node | null, run: Evaluation): Value {
  return run.repeated(run.notEvaluated(node), () => {
    run.evaluate(predicate)
    return run.maybe(statements)
  })
}

/** The one of the ways through a case that is taken, or all that may be. */
function evaluateCase(node: CaseNode, run: Evaluation): Value {
  const subject = node.predicate === null ? undefined : run.evaluate(node.predicate)
  const ways: (() => Value)[] = []
  let unsure: Unknown | undefined
  for (const when of node.conditions) {
    if (!(when instanceof WhenNode)) continue
    const { value: matched, log } = run.attempt(() => anyMatches(when.conditions, subject, run))
    if (unsure !== undefined) log.apply(run.state, unsure)
    if (matched === false) continue
    ways.push(() => run.maybe(when.statements))
    if (matched === true)
      return ways.length === 1 ? run.maybe(when.statements) : run.either(unsure ?? run.notEvaluated(node), ways)
    unsure ??= matched
  }
  if (unsure === undefined) return run.maybe(node.elseClause)
  return run.either(unsure, [...ways, () => run.maybe(node.elseClause)])
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

/** `case … in …`: patterns are not compared, and may have set their variables whether they match or not. */
function evaluatePatterns(node: CaseMatchNode, run: Evaluation): Value {
  const unsure = run.notEvaluated(node)
  const subject = unsure.reaching([run.maybe(node.predicate)])
  const branches = node.conditions.filter((branch) => branch instanceof InNode)
  for (const { pattern } of branches) {
    const isGuarded = pattern instanceof IfNode || pattern instanceof UnlessNode
    forget(isGuarded ? (pattern.statements ?? pattern) : pattern, subject, run)
    if (isGuarded) run.repeated(unsure, () => run.evaluate(pattern.predicate))
  }
  return run.either(
    unsure,
    [...branches, node.elseClause].map((branch) => () => run.maybe(branch?.statements ?? null)),
  )
}

/** Ruby's `===`, which is `==` for the literals that are evaluated here. */
function matches(node: Node, subject: Value | undefined, run: Evaluation): boolean | Unknown {
  if (node instanceof SplatNode) return run.unknown(node, 'depends on a splat, which is not evaluated')
  const pattern = run.evaluate(node)
  if (subject === undefined) return isTruthy(pattern)
  const literal = pattern === null || typeof pattern !== 'object' || pattern instanceof RubySymbol
  if (pattern instanceof Unknown) return pattern
  return literal
    ? equal(pattern, subject, run.state)
    : run.unknown(node, 'depends on a comparison that is not evaluated')
}

function evaluateBegin(node: BeginNode, run: Evaluation): Value {
  const { rescueClause, ensureClause } = node
  const body = () => {
    const value = run.maybe(node.statements)
    return node.elseClause === null || !run.state.running ? value : run.evaluate(node.elseClause)
  }
  const unsure = run.unknown(node, 'depends on whether an exception is rescued')
  const whole = () =>
    rescueClause === null ? body() : rescued(unsure, body, () => handle(rescueClause, unsure, run), run)
  const all = () => (rescueClause !== null && retries(rescueClause) ? run.repeated(unsure, whole) : whole())
  const statements = ensureClause?.statements ?? null
  return statements === null ? all() : run.ensuring(all, () => run.evaluate(statements))
}

const retries = (node: Node): boolean => node instanceof RetryNode || childrenOf(node).some(retries)

/** Code that may be left at any point by an exception, and what is done then. Code that is known raises none. */
function rescued(unsure: Unknown, body: () => Value, handler: () => Value, run: Evaluation): Value {
  const before = run.state
  run.state = before.fork()
  const risks = run.risks
  const { value, log } = run.attempt(body)
  if (run.risks === risks && run.state.running) return value
  const after = run.state
  run.state = before
  return run.either(unsure, [
    () => {
      run.state = after
      return value
    },
    () => {
      log.apply(run.state, unsure)
      return handler()
    },
  ])
}

function handle(first: RescueNode, unsure: Unknown, run: Evaluation): Value {
  const clauses: RescueNode[] = []
  for (let clause: RescueNode | null = first; clause !== null; clause = clause.subsequent) clauses.push(clause)
  return run.either(
    unsure,
    clauses.map((clause) => () => {
      for (const exception of clause.exceptions) run.evaluate(exception)
      if (clause.reference !== null) forget(clause.reference, unsure, run)
      return run.maybe(clause.statements)
    }),
  )
}
