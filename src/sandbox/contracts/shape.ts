import type { XmlContent, XmlElement } from './xml-document.ts'
import { AwsError } from './service.ts'

/** A type of CloudFront's API: how it is read from XML and written to XML. */
export interface Shape<T> {
  /** Notes problems instead of throwing, as AWS names all of them in one error. `at` is the path for messages. */
  read(element: XmlElement, at: string, problems: Problems): T
  write(value: T): XmlContent
}

export type Of<S> = S extends Shape<infer T> ? T : never

/** What is wrong with a document. */
interface Problems {
  /** Constraints of the service model that are not met. */
  constraints: string[]
  /** Elements with content they can't have, twice where they may be once, or misspelt. */
  malformed: string[]
  /** Elements that the model does not have. */
  unknown: XmlElement[]
  /** Quantities that differ from the number of items. */
  inconsistent: boolean
}

/** A member that must be there. */
export interface Required<T> {
  required: Shape<T>
}

type Members = Record<string, Shape<unknown> | Required<unknown>>
type RequiredNames<M> = { [N in keyof M]: M[N] extends Required<unknown> ? N : never }[keyof M]
/** The object that a structure of these members reads. */
export type Structure<M> = {
  [N in RequiredNames<M>]: M[N] extends Required<infer T> ? T : never
} & { [N in Exclude<keyof M, RequiredNames<M>>]?: M[N] extends Shape<infer T> ? T | undefined : never }

export interface ItemsOf<T> {
  Quantity: number
  Items?: T[] | undefined
}

export const required = <T>(shape: Shape<T>): Required<T> => ({ required: shape })

const childless = (element: XmlElement, problems: Problems): void => {
  if (element.children.length > 0) problems.malformed.push(`Unexpected element: ${element.name}`)
}

export const text: Shape<string> = {
  read(element, _at, problems) {
    childless(element, problems)
    return element.text
  },
  write: (value) => value,
}

/** Quotes around ETags and such do not occur; a number is digits only. */
export const integer: Shape<number> = {
  read(element, _at, problems) {
    childless(element, problems)
    if (!/^-?\d{1,15}$/.test(element.text.trim())) problems.malformed.push(`Not a number: ${element.name}`)
    return Number(element.text)
  },
  write: (value) => value,
}

export const decimal: Shape<number> = {
  read(element, _at, problems) {
    if (!/^-?\d+(\.\d+)?$/.test(element.text.trim())) problems.malformed.push(`Not a number: ${element.name}`)
    return Number(element.text)
  },
  write: (value) => value,
}

export const boolean: Shape<boolean> = {
  read(element, _at, problems) {
    childless(element, problems)
    const value = element.text.trim().toLowerCase()
    if (value !== 'true' && value !== 'false') problems.malformed.push(`Not a boolean: ${element.name}`)
    return value === 'true'
  },
  write: (value) => value,
}

export function oneOf<const V extends readonly string[]>(...values: V): Shape<V[number]> {
  const isValue = (candidate: string): candidate is V[number] => values.includes(candidate)
  return {
    read(element, at, problems) {
      if (isValue(element.text)) return element.text
      problems.constraints.push(
        `Value '${element.text}' at '${at}' failed to satisfy constraint: ` +
          `Member must satisfy enum value set: [${values.join(', ')}]`,
      )
      // Never seen by anyone: a document with a problem is refused as a whole.
      return element.text
    },
    write: (value) => value,
  }
}

/** A bare list: `element` repeated. */
export function list<T>(element: string, shape: Shape<T>): Shape<T[]> {
  return {
    read: (parent, at, problems) =>
      parent.children.flatMap((child, index) => {
        const name = nameIn(parent, child)
        if (name === element) return [shape.read(child, `${at}.${index + 1}.member`, problems)]
        notKnown(child, name, [element], problems)
        return []
      }),
    write: (values) => ({ [element]: values.map((value) => shape.write(value)) }),
  }
}

/** A structure with these members, in the order in which AWS writes them. */
export function structure<M extends Members>(members: M): Shape<Structure<M>> {
  const shapes = new Map(
    Object.entries(members).map(([name, member]) => [name, 'required' in member ? member.required : member]),
  )
  const requiredNames = Object.entries(members).flatMap(([name, member]) => ('required' in member ? [name] : []))
  return {
    read(element, at, problems) {
      const value: Record<string, unknown> = {}
      for (const child of element.children) {
        const name = nameIn(element, child)
        const shape = shapes.get(name)
        if (shape === undefined) notKnown(child, name, [...shapes.keys()], problems)
        else if (name in value) problems.malformed.push(`Unexpected element: ${name}`)
        else value[name] = shape.read(child, `${at}.${lowerFirst(name)}`, problems)
      }
      for (const name of requiredNames) {
        if (name in value) continue
        const where = `${at}.${lowerFirst(name)}`
        problems.constraints.push(`Value null at '${where}' failed to satisfy constraint: Member must not be null`)
      }
      return value as Structure<M>
    },
    write(value) {
      const given = new Map<string, unknown>(Object.entries(value))
      return Object.fromEntries(
        [...shapes].map(([name, shape]) => [
          name,
          given.get(name) === undefined ? undefined : shape.write(given.get(name)),
        ]),
      )
    },
  }
}

/**
 * `Quantity` and `Items`, CloudFront's way to write a list, with members of its own in `more`. An empty list is kept
 * without `Items`, as CloudFront answers it.
 */
export function items<T, M extends Members>(element: string, shape: Shape<T>, more: M): Shape<Structure<M> & ItemsOf<T>>
export function items<T>(element: string, shape: Shape<T>): Shape<ItemsOf<T>>
export function items<T>(element: string, shape: Shape<T>, more: Members = {}): Shape<ItemsOf<T>> {
  const { CachedMethods, ...before } = more
  const after: Members = CachedMethods === undefined ? {} : { CachedMethods }
  const whole = structure({ ...before, Quantity: required(integer), Items: list(element, shape), ...after })
  return {
    read(parent, at, problems) {
      const { Items, ...value } = whole.read(parent, at, problems)
      const count = Items?.length ?? 0
      // Whether what is not known in a list counts as an item, nobody can tell.
      const most = parent.children.find(({ name }) => name === 'Items')?.children.length ?? 0
      if ('Quantity' in value && value.Quantity !== count && value.Quantity !== most) problems.inconsistent = true
      return count === 0 ? value : { ...value, Items }
    },
    write: (value) => whole.write(value),
  }
}

/** The name of a member, with its prefix where it is in another namespace than what it stands in. */
const nameIn = (parent: XmlElement, { name, source }: XmlElement): string =>
  prefixOf(source) === prefixOf(parent.source) ? name : `${prefixOf(source)}${name}`
const prefixOf = (source: string): string => /^<([^\s:/>]+:)?/.exec(source)?.[1] ?? ''

function notKnown(element: XmlElement, name: string, known: readonly string[], problems: Problems): void {
  if (known.some((one) => isSlip(name, one))) problems.malformed.push(`Unexpected element: ${name}`)
  else problems.unknown.push(element)
}

/**
 * Whether a name is another one with a letter too many, missing, wrong or swapped, or in the wrong case: not a member
 * that the model does not have yet, but a mistake. Of the shortest names anything is so near that nothing can be told.
 */
function isSlip(name: string, known: string): boolean {
  if (known.length < 5) return false
  const [a, b] = [name.toLowerCase(), known.toLowerCase()]
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  let end = 0
  while (end < Math.min(a.length, b.length) - start && a.at(-1 - end) === b.at(-1 - end)) end++
  const [wrong, right] = [a.slice(start, a.length - end), b.slice(start, b.length - end)]
  if (!/^[a-z]{0,2}$/.test(wrong)) return false
  return wrong.length < 2 ? right.length < 2 : wrong === `${right[1] ?? ''}${right[0] ?? ''}`
}

const lowerFirst = (name: string): string => name.charAt(0).toLowerCase() + name.slice(1)

/** The items of a list that may be absent. */
export const itemsOf = <T>(list: ItemsOf<T> | undefined): readonly T[] => list?.Items ?? []

/** Makes CloudFront's list of items. */
export const itemList = <T>(values: readonly T[]): ItemsOf<T> =>
  values.length === 0 ? { Quantity: 0 } : { Quantity: values.length, Items: [...values] }

/**
 * Reads a whole document. Throws MalformedXML (the model's constraints, all in one message), MalformedInput (unknown
 * or impossible elements) or InconsistentQuantities, all 400.
 */
export function readDocument<T>(root: XmlElement, name: string, shape: Shape<T>): T {
  const { value, unknown } = readShape(root, name, shape)
  const [first] = unknown
  if (first !== undefined) throw new AwsError(400, 'MalformedInput', `Unexpected element: ${first.name}`)
  return value
}

/** As {@link readDocument}, but elements that the model does not have are handed on. */
export function readShape<T>(root: XmlElement, name: string, shape: Shape<T>): { value: T; unknown: XmlElement[] } {
  if (root.name !== name) throw new AwsError(400, 'MalformedXML', `Unexpected root element ${root.name}`)
  const problems: Problems = { constraints: [], malformed: [], unknown: [], inconsistent: false }
  const value = shape.read(root, lowerFirst(name), problems)
  const [malformed] = problems.malformed
  if (malformed !== undefined) throw new AwsError(400, 'MalformedInput', malformed)
  const { constraints, unknown } = problems
  if (constraints.length > 0) {
    const count = `${constraints.length} validation error${constraints.length === 1 ? '' : 's'} detected`
    throw new AwsError(400, 'MalformedXML', `${count}: ${constraints.join('; ')}`)
  }
  if (problems.inconsistent) {
    throw new AwsError(400, 'InconsistentQuantities', 'The value of Quantity and the size of Items do not match.')
  }
  return { value, unknown }
}
