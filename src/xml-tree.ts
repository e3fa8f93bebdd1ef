import { XMLParser } from 'fast-xml-parser'

/**
 * An element of a document, cut out of the document's own text: printed again it is the same to the byte, whatever
 * quotes, references, CDATA or white space it was written with.
 */
export interface XmlElement {
  /** As in the tag, with its prefix. */
  readonly name: string
  /** The start tag as it stands in the text, or an empty element's only tag. */
  readonly open: string
  /** Elements, and between them text, comments, CDATA and processing instructions as they stand in the text. */
  readonly children: readonly (XmlElement | string)[]
  /** The end tag; empty where `open` is an empty element's only tag. */
  readonly close: string
}

/** Tells elements from comments, instructions and text; it also keeps names that JavaScript reserves out of objects. */
const mark = '<'

/** Made when they are first asked for: few commands read a document. By how deep a document may be nested. */
const parsers = new Map<number, XMLParser>()
const newParser = (maxNestedTags: number): XMLParser =>
  new XMLParser({
    preserveOrder: true,
    captureMetaData: true,
    ignoreAttributes: true,
    processEntities: false,
    parseTagValue: false,
    trimValues: false,
    commentPropName: '#comment',
    cdataPropName: '#cdata',
    transformTagName: (name) => `${mark}${name}`,
    maxNestedTags,
  })
const place = () => XMLParser.getMetaDataSymbol() as symbol
/** The time that a document takes grows with the square of how deep it is. */
const deepest = { aws: Infinity, anybody: 100 }

/**
 * Reads a document; returns its root element.
 *
 * @param source - `anybody`: whoever may write to the bucket wrote it. Then it may be nested 100 deep.
 * @throws SyntaxError for what has no root element or leaves one open; an error of the parser's for what is too deep
 */
export function parseTree(text: string, source: keyof typeof deepest = 'aws'): XmlElement {
  const parser = parsers.get(deepest[source]) ?? newParser(deepest[source])
  parsers.set(deepest[source], parser)
  const parsed: unknown = parser.parse(text)
  const [root] = elementsAmong(parsed).map((found) => toElement(text, found))
  if (root === undefined) throw new SyntaxError('the document has no element')
  return root
}

/** The text of an element. */
export const printTree = ({ open, children, close }: XmlElement): string => `${open}${printNodes(children)}${close}`

const printNodes = (nodes: XmlElement['children']): string =>
  nodes.map((node) => (typeof node === 'string' ? node : printTree(node))).join('')

export const elementsOf = ({ children }: XmlElement): XmlElement[] =>
  children.filter((child): child is XmlElement => typeof child !== 'string')

export const childOf = (parent: XmlElement | undefined, name: string): XmlElement | undefined =>
  parent === undefined ? undefined : elementsOf(parent).find((child) => child.name === name)

/** The text between the tags of an element, elements inside it left out. */
export const textOf = ({ children }: XmlElement): string =>
  children.filter((child) => typeof child === 'string').join('')

/** The same element with other content; one that was empty gets an end tag. */
export const withChildren = (element: XmlElement, children: XmlElement['children']): XmlElement =>
  element.close !== '' || children.length === 0
    ? { ...element, children }
    : { ...element, open: element.open.replace(/\s*\/>$/, '>'), children, close: `</${element.name}>` }

const startTag = /<([^\s/>]+)(?:"[^"]*"|'[^']*'|[^"'>])*>/y
const attribute = /\s([^\s=]+)\s*=\s*(?:"[^"]*"|'[^']*')/g

/** The attributes of an element as they stand in its start tag, by name. */
export const attributesOf = ({ open }: XmlElement): Map<string, string> =>
  new Map([...open.matchAll(attribute)].map(([text, name = '']) => [name, text.trim()]))

/** The same element without any attributes, of its own or of elements in it. */
export const withoutAttributes = (element: XmlElement): XmlElement => ({
  ...element,
  open: `<${element.name}${element.close === '' ? '/' : ''}>`,
  children: element.children.map((child) => (typeof child === 'string' ? child : withoutAttributes(child))),
})

/** Where the parser found an element, and what it found inside. */
interface Found {
  readonly start: number
  readonly end: number
  readonly content: unknown
}

function elementsAmong(nodes: unknown): Found[] {
  if (!Array.isArray(nodes)) return []
  return (nodes as Record<string | symbol, unknown>[]).flatMap((node) => {
    const tag = Object.keys(node).find((key) => key.startsWith(mark) && !key.startsWith(`${mark}?`))
    if (tag === undefined) return []
    const { startIndex: start, endIndex: end } = node[place()] as { startIndex: number; endIndex?: number }
    if (end === undefined) throw new SyntaxError(`the element ${tag.slice(mark.length)} is not closed`)
    return { start, end, content: node[tag] }
  })
}

function toElement(text: string, { start, end, content }: Found): XmlElement {
  startTag.lastIndex = start
  const [open, name] = startTag.exec(text) ?? []
  if (open === undefined || name === undefined) throw new SyntaxError('a start tag is not closed')
  if (open.endsWith('/>')) return { name, open, children: [], close: '' }
  const bodyEnd = text.lastIndexOf('</', end - 1)
  const close = text.slice(bodyEnd, end)
  if (close.slice(2, -1).trimEnd() !== name) throw new SyntaxError(`the element ${name} is not closed`)
  const children: (XmlElement | string)[] = []
  let at = start + open.length
  for (const child of elementsAmong(content)) {
    if (child.start > at) children.push(text.slice(at, child.start))
    children.push(toElement(text, child))
    at = child.end
  }
  if (bodyEnd > at) children.push(text.slice(at, bodyEnd))
  return { name, open, children, close }
}
