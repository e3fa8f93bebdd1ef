import { attributesOf, childOf, elementsOf, printTree, textOf, withChildren, type XmlElement } from '../xml-tree.ts'

/** A document with an edit made in it. */
export interface EditedDocument {
  readonly document: XmlElement
  /** Paths of what is not known and had to go, because what it stood in went. */
  readonly lost: readonly string[]
}

/**
 * Makes an edit in a document as it was received. An API answers with elements that a client made before them does not
 * know, and takes a write that leaves them out for the wish to reset them. So all that the edit does not touch stays as
 * it is to the byte: unknown elements and attributes at any depth and in their place, the order of members, white space.
 *
 * @param received - the document
 * @param before - what of it is known
 * @param after - what is wanted of what is known; written by the same serializer as `before`
 */
export function editDocument(received: XmlElement, before: XmlElement, after: XmlElement): EditedDocument {
  const lost: string[] = []
  return { document: edit({ received, before, after }, '', lost), lost }
}

/** One element in the three documents. */
interface Versions {
  readonly received: XmlElement
  readonly before: XmlElement
  readonly after: XmlElement
}

function edit(versions: Versions, path: string, lost: string[]): XmlElement {
  const { received, before } = versions
  const after = counted(versions)
  if (printTree(before) === printTree(after)) return received
  if (elementsOf(before).length === 0 && elementsOf(after).length === 0) {
    return withChildren(received, [...after.children, ...elementsOf(received)])
  }
  const wanted = matched(before, after)
  /** What stays of the received children, by what is wanted of them. */
  const origins = new Map<XmlElement, XmlElement>()
  const edited = new Map<XmlElement, XmlElement>()
  for (const [child, was] of known(received, before)) {
    const is = wanted.get(was) ?? emptied(child, was)
    const inside = pathTo(path, before, was)
    if (is === undefined) {
      lost.push(...unknownIn(child, was, inside))
    } else {
      origins.set(is, child)
      edited.set(child, edit({ received: child, before: was, after: is }, inside, lost))
    }
  }
  const { head, following } = runs(received, before, edited)
  const line = isList(after)
    ? elementsOf(after).map((item) => origins.get(item) ?? item)
    : withNew([...edited.keys()], elementsOf(after), origins)
  return withChildren(received, [
    ...head,
    ...line.flatMap((child) => [edited.get(child) ?? child, ...(following.get(child) ?? [])]),
  ])
}

/** A list that goes because nothing known is left in it stays where it holds something else. */
const emptied = (received: XmlElement, before: XmlElement): XmlElement | undefined =>
  isList(before) && elementsOf(received).length > known(received, before).size
    ? { name: before.name, open: `<${before.name}/>`, children: [], close: '' }
    : undefined

/** The received children that are known: of each name the first is the first, the second the second. */
function known(received: XmlElement, before: XmlElement): Map<XmlElement, XmlElement> {
  const waiting = queues(elementsOf(before), ({ name }) => name)
  return new Map(
    elementsOf(received).flatMap((child) => {
      const was = waiting.get(child.name)?.shift()
      return was === undefined ? [] : [[child, was] as const]
    }),
  )
}

/** What becomes of each child: members of a structure are told by their names, items of a list by what they are about. */
function matched(before: XmlElement, after: XmlElement): Map<XmlElement, XmlElement> {
  const keyOf = isList(before) || isList(after) ? identity : ({ name }: XmlElement): string => name
  const waiting = queues(elementsOf(after), keyOf)
  return new Map(
    elementsOf(before).flatMap((was) => {
      const is = waiting.get(keyOf(was))?.shift()
      return is === undefined ? [] : [[was, is] as const]
    }),
  )
}

function queues(elements: readonly XmlElement[], keyOf: (of: XmlElement) => string): Map<string, XmlElement[]> {
  const byKey = new Map<string, XmlElement[]>()
  for (const element of elements) byKey.set(keyOf(element), [...(byKey.get(keyOf(element)) ?? []), element])
  return byKey
}

/** Lists are `Items` beside their `Quantity`, or have the model's own name for what has none. */
const isList = (element: XmlElement): boolean =>
  element.name === 'Items' || elementsOf(element).some(({ name }) => name === 'member')

/** Members by which CloudFront tells the items of a list apart; it refuses two that are the same. */
const identities = ['Id', 'PathPattern', 'ErrorCode', 'EventType', 'OriginId', 'HeaderName', 'Header', 'Name', 'Key']

/** What an item of a list is about; for an item that is only text, the text. Items without it go by their position. */
function identity(item: XmlElement): string {
  const members = elementsOf(item)
  if (members.length === 0) return textOf(item)
  const id = identities.map((name) => childOf(item, name)).find((member) => member !== undefined)
  return id === undefined ? '' : textOf(id)
}

/** Such as `Origins.Items[packages].CustomOriginConfig`. */
function pathTo(path: string, parent: XmlElement, child: XmlElement): string {
  if (!isList(parent)) return path === '' ? child.name : `${path}.${child.name}`
  const id = identity(child)
  return `${path}[${id === '' ? elementsOf(parent).indexOf(child) + 1 : id}]`
}

/** The paths of what is not known in an element. */
function unknownIn(received: XmlElement, before: XmlElement, path: string): string[] {
  const pairs = known(received, before)
  const attributes = [...attributesOf(received).keys()].filter((name) => !/^xmlns(:|$)/.test(name))
  return [
    ...attributes.map((name) => `${path}@${name}`),
    ...elementsOf(received).flatMap((child) => {
      const was = pairs.get(child)
      return was === undefined ? [`${path}.${child.name}`] : unknownIn(child, was, pathTo(path, before, was))
    }),
  ]
}

type Nodes = (XmlElement | string)[]

/** The unknown nodes in front of all children that stay, and those that follow each of them. */
function runs(received: XmlElement, before: XmlElement, staying: ReadonlyMap<XmlElement, unknown>) {
  const pairs = known(received, before)
  const head: Nodes = []
  const following = new Map<XmlElement, Nodes>()
  let run = head
  let afterGone = false
  for (const node of received.children) {
    if (typeof node !== 'string' && staying.has(node)) {
      run = []
      following.set(node, run)
    } else if (typeof node !== 'string' && pairs.has(node)) {
      afterGone = true
      continue
    } else if (!afterGone || typeof node !== 'string' || node.trim() !== '') {
      run.push(node)
    }
    afterGone = false
  }
  return { head, following }
}

/** The members that stay, in the order received, and each new one behind the member that it is behind in `after`. */
function withNew(
  staying: readonly XmlElement[],
  after: readonly XmlElement[],
  origins: ReadonlyMap<XmlElement, XmlElement>,
): XmlElement[] {
  const line = [...staying]
  let previous: XmlElement | undefined
  for (const member of after) {
    const origin = origins.get(member)
    if (origin === undefined) line.splice(previous === undefined ? 0 : line.indexOf(previous) + 1, 0, member)
    previous = origin ?? member
  }
  return line
}

/**
 * `after`, with items of an unknown kind counted in its `Quantity` as they are in the one received: whoever made
 * `after` saw only the others.
 */
function counted({ received, before, after }: Versions): XmlElement {
  const quantity = childOf(before, 'Quantity')
  if (quantity === undefined) return after
  const itemsIn = (list: XmlElement): number => {
    const items = childOf(list, 'Items')
    return items === undefined ? 0 : elementsOf(items).length
  }
  const unknown = Number(textOf(quantity)) - itemsIn(before)
  if (!(unknown > 0) || itemsIn(received) === itemsIn(before)) return after
  const children = after.children.map((child) =>
    typeof child !== 'string' && child.name === 'Quantity'
      ? withChildren(child, [String(itemsIn(after) + unknown)])
      : child,
  )
  return { ...after, children }
}
