import { XMLParser, type XMLMetaData } from 'fast-xml-parser'

import { Markup, type XmlContent, type XmlElement } from '../contracts/xml-document.ts'
import { AwsError, type AwsRequest, type AwsResponse } from '../contracts/service.ts'

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: true,
  removeNSPrefix: true,
  ignoreDeclaration: true,
  ignorePiTags: true,
  parseTagValue: false,
  trimValues: false,
  captureMetaData: true,
  // The five entities of XML and character references; documents with a DOCTYPE are refused below.
  htmlEntities: true,
})
const textKey = '#text'
const place = XMLParser.getMetaDataSymbol() as symbol

const malformed = (): AwsError =>
  new AwsError(400, 'MalformedXML', 'The XML document that you provided was not well-formed or did not validate.')

/** Reads a document; returns its root element. Throws MalformedXML (400). */
export function parseXml(document: Buffer | string): XmlElement {
  const text = document.toString('utf8')
  if (/<!DOCTYPE/i.test(text)) throw malformed()
  const [root, ...others] = elementsIn(text, validated(text))
  if (root === undefined || others.length > 0) throw malformed()
  return root
}

function validated(text: string): unknown {
  try {
    // The parser alone lets unclosed elements pass; its validator's successor is a package of its own.
    // eslint-disable-next-line @typescript-eslint/no-deprecated
    return parser.parse(text, true)
  } catch {
    throw malformed()
  }
}

function elementsIn(document: string, nodes: unknown): XmlElement[] {
  if (!Array.isArray(nodes)) return []
  const elements: XmlElement[] = []
  for (const node of nodes as unknown[]) {
    if (typeof node !== 'object' || node === null) continue
    const { startIndex, endIndex } = ((node as Record<symbol, unknown>)[place] ?? {}) as XMLMetaData
    for (const [name, content] of Object.entries(node)) {
      if (name === textKey || name === ':@') continue
      const children = elementsIn(document, content)
      const source = document.slice(startIndex, endIndex)
      elements.push({ name, children, text: children.length > 0 ? '' : textIn(content), source })
    }
  }
  return elements
}

function textIn(nodes: unknown): string {
  if (!Array.isArray(nodes)) return ''
  const texts = (nodes as Record<string, unknown>[]).map((node) => node[textKey])
  return texts.filter((text) => typeof text === 'string').join('')
}

/** Writes a document with its declaration. */
export function writeXml(root: string, content: XmlContent, namespace?: string): string {
  const attribute = namespace === undefined ? '' : ` xmlns="${escapeXml(namespace)}"`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<${root}${attribute}>${markup(content)}</${root}>`
}

function markup(content: XmlContent): string {
  if (content === undefined) return ''
  if (content instanceof Markup) return content.source
  if (typeof content !== 'object') return escapeXml(String(content))
  return Object.entries(content).map(elements).join('')
}

function elements([name, content]: [string, XmlContent]): string {
  if (content === undefined) return ''
  const items: readonly XmlContent[] = isList(content) ? content : [content]
  return items.map((item) => element(name, markup(item))).join('')
}

/** Writes an element that was read, with other elements in it. */
export const rewriteXml = ({ name }: XmlElement, children: readonly XmlElement[]): string =>
  element(name, children.map(({ source }) => source).join(''))

const isList = (content: XmlContent): content is readonly XmlContent[] => Array.isArray(content)

const names: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }
// A bare carriage return would reach the reader as a line feed (XML 1.0, section 2.11). Other control characters are legal
// in keys of S3 but not in XML 1.0; S3 writes them as character references all the same.
const unsafe = /[&<>"\u0000-\u0008\u000b-\u001f]/g
const reference = (character: string): string => names[character] ?? `&#x${character.charCodeAt(0).toString(16)};`

/** Text content of an element, or an attribute's value. */
export const escapeXml = (text: string): string => text.replace(unsafe, reference)

/** One element around markup. */
export const element = (name: string, inner: string): string => `<${name}>${inner}</${name}>`

/** One element with text; nothing at all if the text is undefined. */
export const field = (name: string, text: string | number | boolean | undefined): string =>
  text === undefined ? '' : element(name, escapeXml(String(text)))

/** An answer of the REST-XML and query protocols. */
export function xmlResponse(
  request: AwsRequest,
  root: string,
  content: XmlContent,
  more: { namespace?: string; status?: number; headers?: Record<string, string> } = {},
): AwsResponse {
  return {
    status: more.status ?? 200,
    headers: { 'content-type': 'text/xml', 'x-amzn-requestid': request.requestId, ...more.headers },
    body: writeXml(root, content, more.namespace),
  }
}

/**
 * An error of the query protocol (IAM, STS) and of CloudFront's REST-XML.
 * Format: Smithy, "AWS Query protocol" and "AWS restXml protocol", operation error serialization.
 */
export function xmlError(error: AwsError, request: AwsRequest, namespace?: string): AwsResponse {
  const content = {
    Error: {
      Type: error.status < 500 ? 'Sender' : 'Receiver',
      Code: error.code,
      Message: error.message,
      ...error.fields,
    },
    RequestId: request.requestId,
  }
  return xmlResponse(request, 'ErrorResponse', content, {
    status: error.status,
    headers: { ...error.headers },
    ...(namespace === undefined ? {} : { namespace }),
  })
}
