/**
 * `maven-metadata.xml`, read and edited in its own text: what is not ours to know stays as it is written.
 *
 * @see https://maven.apache.org/ref/3.9.9/maven-repository-metadata/repository-metadata.html
 */
import { childOf, elementsOf, parseTree, printTree, textOf, withChildren, type XmlElement } from '../../xml-tree.ts'
import { escapeText, unescapeXml } from '../xml.ts'

/** A document, and how it is laid out. */
export interface Document {
  readonly root: XmlElement
  /** What stands before its root element, and after it. */
  readonly prolog: string
  readonly epilog: string
}

/** Bytes; a list of 100,000 versions has less. */
const largest = 16 * 1024 * 1024

/** Reads a document; undefined if it is none. */
export function readDocument(bytes: Uint8Array): Document | undefined {
  if (bytes.length > largest) return undefined
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    const root = parseTree(text, 'anybody')
    const body = printTree(root)
    const start = text.indexOf(body)
    if (root.name !== 'metadata' || start === -1) return undefined
    return { root, prolog: text.slice(0, start), epilog: text.slice(start + body.length) }
  } catch {
    // Not UTF-8, or the parser has given up on it.
    return undefined
  }
}

export const printDocument = ({ prolog, root, epilog }: Document): Uint8Array =>
  Buffer.from(`${prolog}${printTree(root)}${epilog}`)

/** A document as Maven begins one. */
export function newDocument(fields: Readonly<Record<string, string>>, modelVersion?: string): Document {
  const attribute = modelVersion === undefined ? '' : ` modelVersion="${modelVersion}"`
  const begun: Document = {
    root: { name: 'metadata', open: `<metadata${attribute}>`, children: ['\n'], close: '</metadata>' },
    prolog: '<?xml version="1.0" encoding="UTF-8"?>\n',
    epilog: '\n',
  }
  return Object.entries(fields).reduce((document, [name, text]) => withField(document, [], name, [text]), begun)
}

/** The text of an element by its way from the root; undefined if it is not there. */
export function fieldOf({ root }: Document, ...way: readonly string[]): string | undefined {
  const element = way.reduce<XmlElement | undefined>((parent, name) => childOf(parent, name), root)
  return element === undefined ? undefined : unescapeXml(textOf(element)).trim()
}

/** The elements of one name inside of an element. */
export function listOf({ root }: Document, way: readonly string[], name: string): readonly XmlElement[] {
  const parent = way.reduce<XmlElement | undefined>((element, step) => childOf(element, step), root)
  return parent === undefined ? [] : elementsOf(parent).filter((element) => element.name === name)
}

export const textIn = (element: XmlElement, name?: string): string => {
  const found = name === undefined ? element : childOf(element, name)
  return found === undefined ? '' : unescapeXml(textOf(found)).trim()
}

/** What an element holds: a text, or elements with what they hold. */
export type Content = readonly [text: string] | readonly (readonly [name: string, content: Content])[]

const isText = (content: Content): content is readonly [string] => typeof content[0] === 'string'

/** In which order Maven writes what it knows. */
const order: readonly string[] = [
  ...['groupId', 'artifactId', 'version', 'latest', 'release', 'snapshot', 'versions', 'lastUpdated'],
  ...['snapshotVersions', 'versioning', 'plugins'],
]

/**
 * The same document with an element that holds something else; without it where there is nothing to hold. Elements on the
 * way to it are made where they are missing; a new element stands where Maven would write it.
 */
export function withField(document: Document, way: readonly string[], name: string, content?: Content): Document {
  const style = styleOf(document)
  return { ...document, root: edited(document.root, [...way, name], content, 1, style) }
}

interface Style {
  readonly newline: string
  readonly indent: string
}

function styleOf({ root }: Document): Style {
  const [first] = root.children
  const [, newline, indent] = typeof first === 'string' ? (/^\s*?(\r?\n)([ \t]*)/.exec(first) ?? []) : []
  if (newline === undefined) return { newline: '', indent: '' }
  return { newline, indent: indent === undefined || indent === '' ? '  ' : indent }
}

const spaceBefore = ({ newline, indent }: Style, depth: number): string =>
  newline === '' ? '' : newline + indent.repeat(depth)

function edited(
  parent: XmlElement,
  [name = '', ...rest]: readonly string[],
  content: Content | undefined,
  depth: number,
  style: Style,
): XmlElement {
  const present = childOf(parent, name)
  const isLast = rest.length === 0
  if (present === undefined && content === undefined) return parent
  if (isLast && content === undefined) return without(parent, name)
  const made =
    isLast && content !== undefined
      ? filled(present ?? empty(name), content, depth, style)
      : edited(present ?? empty(name), rest, content, depth + 1, style)
  if (present !== undefined) {
    return { ...parent, children: parent.children.map((child) => (child === present ? made : child)) }
  }
  return inserted(parent, made, depth, style)
}

const empty = (name: string): XmlElement => ({ name, open: `<${name}>`, children: [], close: `</${name}>` })

function filled(element: XmlElement, content: Content, depth: number, style: Style): XmlElement {
  if (isText(content)) return withChildren(element, [escapeText(content[0])])
  if (content.length === 0) return withChildren(element, [])
  const inner = content.flatMap(([name, of]) => [
    spaceBefore(style, depth + 1),
    filled(empty(name), of, depth + 1, style),
  ])
  return withChildren(element, [...inner, spaceBefore(style, depth)])
}

function inserted(parent: XmlElement, made: XmlElement, depth: number, style: Style): XmlElement {
  const rank = order.indexOf(made.name)
  const { children } = parent
  const last = children.findLastIndex((child) => typeof child !== 'string' && order.indexOf(child.name) < rank)
  const at = last + 1
  const after = children.slice(at)
  const closing = after.length === 0 ? [spaceBefore(style, depth - 1)] : after
  return withChildren(parent, [...children.slice(0, at), spaceBefore(style, depth), made, ...closing])
}

/** Without an element, and the white space before it. */
function without(parent: XmlElement, name: string): XmlElement {
  const at = parent.children.findIndex((child) => typeof child !== 'string' && child.name === name)
  const before = parent.children[at - 1]
  const from = typeof before === 'string' && before.trim() === '' ? at - 1 : at
  return withChildren(parent, [...parent.children.slice(0, from), ...parent.children.slice(at + 1)])
}
