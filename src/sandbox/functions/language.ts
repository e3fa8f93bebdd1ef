import { parse, type Node, type Program } from 'acorn'

import type { FunctionRuntime } from '../contracts/cloudfront-functions.ts'

/*
 * The language of CloudFront Functions: ECMAScript 5.1 and some of what came later. Developer guide, "JavaScript runtime
 * 2.0 features for CloudFront Functions" and "JavaScript runtime 1.0 features"; messages are worded as njs, nginx's
 * JavaScript, words them, whose modules and limits these runtimes share. Where the documents are silent, what njs lacks
 * is refused too: code that runs here runs there.
 */

/** A function whose text can't be read as this language; the message is what TestFunction tells. */
export class FunctionSyntaxError extends Error {}

/** What functions can import. */
const modules: readonly string[] = ['crypto', 'querystring', 'buffer', 'cloudfront']

/** An import, by its place in the text. */
interface ImportedModule {
  readonly start: number
  readonly end: number
  readonly name: string
  readonly module: string
}

export interface ParsedFunction {
  readonly program: Program
  readonly imports: readonly ImportedModule[]
  /** All names that stand in it. */
  readonly names: ReadonlySet<string>
}

/** A node of whichever kind. */
export interface SyntaxNode extends Node {
  readonly [member: string]: unknown
}

export const isNode = (value: unknown): value is SyntaxNode =>
  typeof value === 'object' && value !== null && 'type' in value && typeof value.type === 'string'

/** The nodes right below a node, in the order of the text. */
export const childrenOf = (node: SyntaxNode): SyntaxNode[] =>
  Object.values(node)
    .flat()
    .filter(isNode)
    .toSorted((a, b) => a.start - b.start)

/** Words for what is refused wherever it stands, as njs names the token. */
const refusedTokens: Readonly<Record<string, string>> = {
  ClassDeclaration: 'class',
  ClassExpression: 'class',
  SpreadElement: '...',
  AssignmentPattern: '=',
  ChainExpression: '?.',
  ForOfStatement: 'of',
  YieldExpression: 'yield',
  MetaProperty: '.',
  Super: 'super',
  DebuggerStatement: 'debugger',
}

/** Where a node stands: in which function, and inside the arguments of a call. */
interface Place {
  /** How many functions are around it. */
  readonly depth: number
  readonly inArguments: boolean
}

/** Reads a function's text. Throws FunctionSyntaxError for all that its runtime has not. */
export function parseFunction(code: string, runtime: FunctionRuntime): ParsedFunction {
  let program: Program
  try {
    program = parse(code, { ecmaVersion: 2025, sourceType: 'module' })
  } catch (error) {
    if (error instanceof SyntaxError) throw new FunctionSyntaxError(wordsOf(error))
    // Text that is nested as deep as no stack is.
    if (error instanceof RangeError) throw new FunctionSyntaxError('SyntaxError: Maximum call stack size exceeded')
    throw error
  }
  const refuse = (node: Node, problem: string): never => {
    throw new FunctionSyntaxError(`SyntaxError: ${problem} in ${lineOf(code, node.start)}`)
  }
  const names = new Set<string>()
  const imports: ImportedModule[] = []
  const visit = (node: SyntaxNode, place: Place): void => {
    if (node.type === 'Identifier') names.add(String(node['name']))
    if (node.type === 'ImportDeclaration') imports.push(importOf(node, refuse))
    const problem = problemOf(node, place, runtime)
    if (problem !== undefined) refuse(node, problem)
    const inner = placeBelow(node, place)
    for (const child of childrenOf(node))
      visit(child, isArgument(node, child) ? { ...inner, inArguments: true } : inner)
  }
  try {
    visit(program as unknown as SyntaxNode, { depth: 0, inArguments: false })
  } catch (error) {
    if (error instanceof RangeError) throw new FunctionSyntaxError('SyntaxError: Maximum call stack size exceeded')
    throw error
  }
  if (runtime === 'cloudfront-js-1.0' && imports[0] !== undefined) refuse(program, 'Illegal import statement')
  return { program, imports, names }
}

const isFunction = ({ type }: SyntaxNode): boolean =>
  /^(?:FunctionDeclaration|FunctionExpression|ArrowFunctionExpression)$/.test(type)

const placeBelow = (node: SyntaxNode, place: Place): Place =>
  isFunction(node) ? { depth: place.depth + 1, inArguments: false } : place

const isArgument = (node: SyntaxNode, child: SyntaxNode): boolean =>
  Array.isArray(node['arguments']) && node['arguments'].includes(child)

/** What is wrong with a node where it stands. */
function problemOf(node: SyntaxNode, place: Place, runtime: FunctionRuntime): string | undefined {
  const token = refusedTokens[node.type]
  if (token !== undefined) return notSupported(token)
  switch (node.type) {
    case 'ObjectPattern':
      return notSupported('{')
    case 'ArrayPattern':
      return notSupported('[')
    case 'ImportExpression':
      return 'Non-default import is not supported'
    case 'ExportNamedDeclaration':
    case 'ExportDefaultDeclaration':
    case 'ExportAllDeclaration':
      return 'Illegal export statement'
    case 'FunctionDeclaration':
    case 'FunctionExpression':
    case 'ArrowFunctionExpression':
      return problemOfFunction(node, place, runtime)
    case 'AwaitExpression':
      if (place.depth === 0) return 'await is only valid in async functions'
      return place.inArguments ? 'await in arguments not supported' : undefined
    case 'VariableDeclaration':
      return problemOfDeclaration(String(node['kind']), runtime)
    case 'LogicalExpression':
      return node['operator'] === '??' ? notSupported('??') : undefined
    case 'AssignmentExpression':
      return /^(?:&&=|\|\|=|\?\?=)$/.test(String(node['operator'])) ? 'Unexpected token "="' : undefined
    case 'Literal':
      return problemOfLiteral(node)
    case 'CatchClause':
      return node['param'] === null ? notSupported('{') : undefined
    default:
      return undefined
  }
}

const notSupported = (token: string): string => `Token "${token}" not supported in this version`

function problemOfFunction(node: SyntaxNode, { depth }: Place, runtime: FunctionRuntime): string | undefined {
  if (node['generator'] === true) return 'Unexpected token "*"'
  if (node['async'] !== true) return undefined
  if (runtime === 'cloudfront-js-1.0') return notSupported('async')
  return depth > 0 ? 'async closures are not supported' : undefined
}

function problemOfDeclaration(kind: string, runtime: FunctionRuntime): string | undefined {
  if (kind === 'var') return undefined
  return runtime === 'cloudfront-js-1.0' || (kind !== 'let' && kind !== 'const') ? notSupported(kind) : undefined
}

function problemOfLiteral(node: SyntaxNode): string | undefined {
  if (node['bigint'] !== undefined) return 'Unexpected token "n"'
  const regex: unknown = node['regex']
  const flags = typeof regex === 'object' && regex !== null && 'flags' in regex ? String(regex.flags) : ''
  return /[^gimy]/.test(flags) ? `Invalid RegExp flags "${flags}"` : undefined
}

/** `import NAME from 'MODULE'`, the one kind of import. */
function importOf(node: SyntaxNode, refuse: (node: Node, problem: string) => never): ImportedModule {
  const specifiers: unknown = node['specifiers']
  const [only, ...more] = Array.isArray(specifiers) ? specifiers.filter(isNode) : []
  if (only?.type !== 'ImportDefaultSpecifier' || more.length > 0) {
    return refuse(node, 'Non-default import is not supported')
  }
  const [local, source] = [only['local'], node['source']]
  const module = isNode(source) ? String(source['value']) : ''
  if (!modules.includes(module)) return refuse(node, `Cannot find module "${module}"`)
  return { start: node.start, end: node.end, name: isNode(local) ? String(local['name']) : '', module }
}

const lineOf = (code: string, position: number): number => code.slice(0, position).split('\n').length

/** acorn's message ends with line and column; njs's with the line. */
function wordsOf({ message }: SyntaxError): string {
  const [, problem = message, line = '1'] = /^(.*) \((\d+):\d+\)$/s.exec(message) ?? []
  return `SyntaxError: ${problem} in ${line}`
}
