import { parse } from 'acorn'

import type { FunctionRuntime } from '../contracts/cloudfront-functions.ts'
import { childrenOf, FunctionSyntaxError, isNode, parseFunction, type SyntaxNode } from './language.ts'

/*
 * What a function costs is counted, not timed, so that it is the same on every machine: each function and each turn of
 * a loop begins with a call that adds up the nodes of its text. AWS measures time, and does not say against what; its
 * numbers are other ones.
 */

/** What the program of a container runs: an expression that is a function of the counter and what modules are. */
export interface MeteredFunction {
  readonly program: string
}

/** Nodes that stand for more work than one. */
const weights: Readonly<Record<string, number>> = { CallExpression: 4, NewExpression: 6, AwaitExpression: 6 }

const loops = /^(?:For|ForIn|While|DoWhile)Statement$/
const functions = /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/

interface Insertion {
  readonly at: number
  readonly text: string
}

/** Throws FunctionSyntaxError for what the runtime's language has not. */
export function metered(code: string, runtime: FunctionRuntime): MeteredFunction {
  const { program, imports, names } = parseFunction(code, runtime)
  const unused = (wanted: string): string => (names.has(wanted) ? unused(`${wanted}$`) : wanted)
  const [count, load] = [unused('$count'), unused('$import')]
  const root = program as unknown as SyntaxNode
  const insertions = insertionsFor(root, (cost) => `${count}(${cost})`)
  const text = spliced(code, [
    ...insertions.map(({ at, text: inserted }) => ({ start: at, end: at, text: inserted })),
    ...imports.map(({ start, end, name, module }) => {
      return { start, end, text: `const ${name} = ${load}(${JSON.stringify(module)});` }
    }),
  ])
  const first = `${count}(${costOf(root)});`
  const whole = `((${count}, ${load}) => { 'use strict'; ${first}${text}\nreturn ${handlerOf(names)} })`
  requireOneExpression(whole)
  return { program: whole }
}

/** A program without a handler still runs, and says that it has none. */
const handlerOf = (names: ReadonlySet<string>): string =>
  names.has('handler') ? "typeof handler === 'function' ? handler : undefined" : 'undefined'

/** What is read as a module is run as a script, which has a few more kinds of comments: none may hide a brace. */
function requireOneExpression(program: string): void {
  let only: unknown
  try {
    const { body } = parse(program, { ecmaVersion: 2025, sourceType: 'script' })
    only = body.length === 1 ? body[0] : undefined
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
  }
  const expression = isNode(only) ? only['expression'] : undefined
  if (!isNode(expression) || expression.type !== 'ArrowFunctionExpression') {
    throw new FunctionSyntaxError('SyntaxError: Unexpected token in 1')
  }
}

/** Nodes below a node, but for what is counted by itself: functions, and bodies of loops. */
function costOf(node: SyntaxNode): number {
  let cost = weights[node.type] ?? 1
  for (const child of childrenOf(node)) {
    if (functions.test(child.type)) cost += 1
    else if (loops.test(node.type) && child === node['body']) continue
    else cost += costOf(child)
  }
  return cost
}

/** What is put into the text, from left to right; what stands at one place, in the order in which it comes. */
function insertionsFor(root: SyntaxNode, call: (cost: number) => string): Insertion[] {
  const insertions: Insertion[] = []
  const add = (at: number, text: string): void => void insertions.push({ at, text })
  const visit = (node: SyntaxNode): void => {
    const body = node['body']
    const isCounted = (functions.test(node.type) || loops.test(node.type)) && isNode(body)
    if (!isCounted) {
      childrenOf(node).forEach(visit)
      return
    }
    // Tests and updates of a loop are run with each turn.
    const cost = functions.test(node.type) ? costOf(body) : costOf(body) + costOf(node)
    for (const child of childrenOf(node)) {
      if (child !== body) visit(child)
      else if (body.type === 'BlockStatement') {
        add(body.start + 1, `${call(cost)};`)
        visit(body)
      } else {
        const [before, after] = functions.test(node.type) ? [`(${call(cost)},`, ')'] : [`{${call(cost)};`, '}']
        add(body.start, before)
        visit(body)
        add(body.end, after)
      }
    }
  }
  visit(root)
  return insertions
}

interface Replacement {
  readonly start: number
  readonly end: number
  readonly text: string
}

function spliced(code: string, replacements: readonly Replacement[]): string {
  const pieces: string[] = []
  let position = 0
  for (const { start, end, text } of replacements.toSorted((a, b) => a.start - b.start)) {
    pieces.push(code.slice(position, start), text)
    position = end
  }
  return [...pieces, code.slice(position)].join('')
}
