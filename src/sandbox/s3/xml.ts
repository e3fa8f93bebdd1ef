import type { XmlElement } from '../contracts/xml-document.ts'
import { element, escapeXml, parseXml } from '../wire/xml.ts'
import { AwsError } from '../contracts/service.ts'

export { element, escapeXml, field } from '../wire/xml.ts'

const namespace = 'http://s3.amazonaws.com/doc/2006-03-01/'

/** A whole document of S3's namespace. */
export const xmlDocument = (root: string, markup: string): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<${root} xmlns="${namespace}">${markup}</${root}>`

export const malformedXml = (): AwsError =>
  new AwsError(
    400,
    'MalformedXML',
    'The XML you provided was not well-formed or did not validate against our published schema',
  )

/** Parses a request body whose root element is `root`. Throws MalformedXML. */
export function parseDocument(body: Buffer, root: string): XmlElement {
  const parsed = parsedOrUndefined(body)
  if (parsed?.name !== root) throw malformedXml()
  return parsed
}

/** A document that may not be well-formed. */
export function parsedOrUndefined(body: Buffer): XmlElement | undefined {
  try {
    return parseXml(body)
  } catch {
    return undefined
  }
}

/** The children of one name. */
export const childrenOf = (parent: XmlElement, name: string): XmlElement[] =>
  parent.children.filter((child) => child.name === name)

export const childOf = (parent: XmlElement | undefined, name: string): XmlElement | undefined =>
  parent?.children.find((child) => child.name === name)

/** Throws MalformedXML for a child of another name, or one that comes twice. */
export function onlyChildren({ children }: XmlElement, names: readonly string[]): void {
  const given = children.map(({ name }) => name)
  if (given.some((name) => !names.includes(name)) || new Set(given).size < given.length) throw malformedXml()
}

/** Text of a child that may be missing. */
export const textOf = (parent: XmlElement | undefined, name: string): string | undefined =>
  childOf(parent, name)?.text.trim()

/** Text of a child that must be there. Throws MalformedXML. */
export function requiredText(parent: XmlElement, name: string): string {
  const text = childOf(parent, name)?.text
  if (text === undefined) throw malformedXml()
  return text
}

/** An element's children as markup, for configurations that are kept as they came. */
export const markupOf = (parent: XmlElement): string =>
  parent.children.length === 0
    ? escapeXml(parent.text)
    : parent.children.map((child) => element(child.name, markupOf(child))).join('')
