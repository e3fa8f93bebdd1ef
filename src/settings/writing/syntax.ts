/** Where packagecloud.rb sets keys, by the places of its bytes. */
import { isUtf8 } from 'node:buffer'

import {
  ArgumentsNode,
  AssocNode,
  CallNode,
  FalseNode,
  HashNode,
  IndexAndWriteNode,
  IndexOperatorWriteNode,
  IndexOrWriteNode,
  IndexTargetNode,
  InterpolatedStringNode,
  KeywordHashNode,
  NilNode,
  type Node,
  ParenthesesNode,
  ProgramNode,
  StatementsNode,
  StringNode,
  SymbolNode,
  TrueNode,
} from '@ruby/prism/src/nodes.js'

import { isObject } from '../../json-object.ts'
import { childrenOf } from '../ruby/children.ts'
import { loadPrism } from '../ruby/prism.ts'

/** From one byte to before another. */
export interface Span {
  readonly from: number
  readonly to: number
}

/** A place that sets a key. */
export interface Site {
  readonly key: string
  /** All of it, without what follows in other lines. */
  readonly span: Span
  /** The literal; `undefined` where the value is none, or is not always set. */
  readonly literal: Literal | undefined
}

export interface Literal {
  readonly span: Span
  /** The lines of a heredoc, which go with it. */
  readonly body: Span | undefined
  /** Whether it stands between double quotes. */
  readonly isDouble: boolean
}

export interface Syntax {
  readonly sites: readonly Site[]
  readonly comments: readonly Span[]
  /** Where the program ends: at `__END__`, or with the file. */
  readonly end: number
}

/**
 * Reads where keys are set.
 *
 * @param content - of a file that has been read as Ruby before
 */
export async function readSyntax(content: Buffer): Promise<Syntax> {
  const parse = await loadPrism()
  const parsed = parse(parseable(content).toString('utf8'))
  const { value, comments } = parsed
  const data: unknown = parsed.dataLoc
  const sites: Site[] = []
  find(value, [], content, sites)
  return {
    sites,
    comments: comments.map(({ location }) => spanOf(location)),
    end: isObject(data) && typeof data['startOffset'] === 'number' ? data['startOffset'] : content.length,
  }
}

/** The parser takes UTF-8. What is none, in comments say, is stood in for byte by byte, so that places stay the same. */
const parseable = (content: Buffer): Buffer =>
  isUtf8(content) ? content : Buffer.from(content.map((byte) => (byte < 0x80 ? byte : 0x78)))

const spanOf = ({ startOffset, length }: { startOffset: number; length: number }): Span => ({
  from: startOffset,
  to: startOffset + length,
})

/** What a place may stand in that is gone through once, and always. */
const unconditional = [
  ...[ProgramNode, StatementsNode, CallNode, ArgumentsNode, HashNode],
  ...[KeywordHashNode, AssocNode, ParenthesesNode],
]

function find(node: Node, within: readonly Node[], content: Buffer, sites: Site[]): void {
  const write = writeOf(node)
  if (write !== undefined) {
    const isSure = within.every((each) => unconditional.some((Class) => each instanceof Class))
    sites.push({
      key: write.key,
      span: spanOf(node.location),
      literal: isSure && write.value !== undefined ? literalOf(write.value, content) : undefined,
    })
  }
  for (const child of childrenOf(node)) find(child, [...within, node], content, sites)
}

/** The key that a node sets, and what to, as far as that stands there. */
function writeOf(node: Node): { key: string; value: Node | undefined } | undefined {
  if (node instanceof AssocNode) return having(keyIn(node.key), node.value)
  const isIndexed =
    node instanceof IndexOrWriteNode ||
    node instanceof IndexAndWriteNode ||
    node instanceof IndexOperatorWriteNode ||
    node instanceof IndexTargetNode
  if (!isIndexed && !(node instanceof CallNode && node.name === '[]=')) return undefined
  const { receiver } = node
  if (!(receiver instanceof CallNode && receiver.name === 'packagecloud_rails' && receiver.receiver === null)) {
    return undefined
  }
  const [index, value, ...rest] = node.arguments_?.arguments_ ?? []
  return having(index === undefined ? undefined : keyIn(index), isIndexed || rest.length > 0 ? undefined : value)
}

const having = (key: string | undefined, value: Node | undefined) => (key === undefined ? undefined : { key, value })

const keyIn = (node: Node): string | undefined =>
  node instanceof StringNode || node instanceof SymbolNode ? node.unescaped.value : undefined

function literalOf(node: Node, content: Buffer): Literal | undefined {
  const span = spanOf(node.location)
  if (node instanceof TrueNode || node instanceof FalseNode || node instanceof NilNode) {
    return { span, body: undefined, isDouble: false }
  }
  const parts = node instanceof StringNode ? [node] : node instanceof InterpolatedStringNode ? node.parts : []
  if (parts.length === 0 || !parts.every((part) => part instanceof StringNode)) return undefined
  if (!(node instanceof StringNode || node instanceof InterpolatedStringNode)) return undefined
  const { openingLoc, closingLoc } = node
  const opening = openingLoc === null ? '' : content.toString('utf8', openingLoc.startOffset, span.to)
  if (!opening.startsWith('<<')) return { span, body: undefined, isDouble: opening.startsWith('"') }
  const [first] = parts
  const begins = node instanceof StringNode ? node.contentLoc.startOffset : first?.location.startOffset
  if (closingLoc === null || begins === undefined) return undefined
  // The text of an indented one begins behind its indentation.
  const from = content.lastIndexOf(10, begins - 1) + 1
  return { span, body: { from, to: closingLoc.startOffset + closingLoc.length }, isDouble: false }
}
