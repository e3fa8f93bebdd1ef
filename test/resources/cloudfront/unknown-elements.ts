import * as fc from 'fast-check'

import { elementsOf, parseTree, printTree, textOf, withChildren, type XmlElement } from '../../../src/xml-tree.ts'

/** Elements that no version of the SDK knows, put into documents at any depth. */

const inner = fc.constantFrom(
  '',
  'strict',
  ' a &amp; b&#13; ',
  '<![CDATA[<raw> & ]]>',
  '<Enabled>true</Enabled>',
  '<Quantity>2</Quantity><Items><Item><Id>1</Id></Item><Item a="b"/></Items>',
  'mixed <b>text</b>\n<!-- and a comment -->',
  '<v2:Deep xmlns="urn:other"><constructor/><Deeper><Deepest>é</Deepest></Deeper></v2:Deep>',
)
const unknownElement = fc
  .tuple(
    fc.constantFrom('FutureSetting', 'v2:Mode', 'constructor', 'A.b-c'),
    fc.constantFrom('', ` x='"' v2:y="1"`),
    inner,
  )
  .map(([name, attributes, content]) =>
    content === '' ? `<${name}${attributes}/>` : `<${name}${attributes}>${content}</${name}>`,
  )

/** One element in each tuple: where (a number that is brought into range), and what. */
export const unknownElements = fc.array(fc.tuple(fc.nat(), fc.nat(), unknownElement), { minLength: 1, maxLength: 6 })

/** Puts elements into elements that may have children, each between two children of theirs. */
export function strewn(document: string, unknown: readonly (readonly [number, number, string])[]): string {
  return printTree(
    unknown.reduce((tree, [where, between, source]) => {
      const places = containersIn(tree)
      const parent = places[where % places.length]
      return parent === undefined ? tree : withUnknown(tree, parent, between % (parent.children.length + 1), source)
    }, parseTree(document)),
  )
}

/** The same with one element somewhere in every element that may have children. */
export const strewnEverywhere = (document: string): string =>
  strewn(
    document,
    containersIn(parseTree(document)).map((_, place) => [
      place,
      place,
      `<FutureSetting n="${place}"> &amp;</FutureSetting>`,
    ]),
  )

const isUnknown = ({ name }: XmlElement): boolean => /^(FutureSetting|v2:Mode|constructor|A\.b-c)$/.test(name)

const containersIn = (tree: XmlElement): XmlElement[] =>
  isUnknown(tree) || tree.children.every((child) => typeof child === 'string')
    ? []
    : [tree, ...elementsOf(tree).flatMap(containersIn)]

function withUnknown(tree: XmlElement, parent: XmlElement, at: number, source: string): XmlElement {
  const children = tree.children.map((child) =>
    typeof child === 'string' ? child : withUnknown(child, parent, at, source),
  )
  return withChildren(tree, tree === parent ? children.toSpliced(at, 0, parseTree(source)) : children)
}

/** An unknown element, the path of what it stands in, and of the known sibling that it follows. */
export interface Seen {
  readonly source: string
  readonly parent: string
  /** Known siblings in front of it, the last one last. */
  readonly behind: readonly string[]
}

/** All unknown elements in a document, in their order. */
export function unknownIn(tree: XmlElement, path = ''): Seen[] {
  const behind: string[] = []
  const count = new Map<string, number>()
  return elementsOf(tree).flatMap((child) => {
    if (isUnknown(child)) return [{ source: printTree(child), parent: path, behind: [...behind] }]
    const name = keyOf(tree, child)
    count.set(name, (count.get(name) ?? 0) + 1)
    const here = `${path}/${name}#${count.get(name) ?? 0}`
    behind.push(here)
    return unknownIn(child, here)
  })
}

/** All known elements in a document, by their paths. */
export const knownIn = (tree: XmlElement, path = ''): string[] => {
  const count = new Map<string, number>()
  return elementsOf(tree).flatMap((child) => {
    if (isUnknown(child)) return []
    const name = keyOf(tree, child)
    count.set(name, (count.get(name) ?? 0) + 1)
    const here = `${path}/${name}#${count.get(name) ?? 0}`
    return [here, ...knownIn(child, here)]
  })
}

/** An item of a list with what tells it from the others. */
function keyOf(parent: XmlElement, element: XmlElement): string {
  const members = elementsOf(element)
  if (members.length === 0) return parent.name === 'Items' ? `${element.name}(${textOf(element)})` : element.name
  const [id] = ['Id', 'PathPattern', 'ErrorCode', 'EventType', 'HeaderName'].flatMap((name) =>
    members.filter((member) => member.name === name),
  )
  return `${element.name}${id === undefined ? '' : `(${textOf(id)})`}`
}
