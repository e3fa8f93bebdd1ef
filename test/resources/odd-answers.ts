import { elementsOf, parseTree, printTree, textOf, withChildren, type XmlElement } from '../../src/xml-tree.ts'
import { isObject } from '../../src/json-object.ts'

/*
 * Answers as AWS might give them one day, or for what others have made by other means: with a member that is missing,
 * empty, of another value or newer than the SDK.
 */

/** An answer with one thing in it that is odd. */
export interface OddAnswer {
  /** Such as `Distribution.Origins.Items.0: missing`. */
  readonly what: string
  readonly body: string
}

/** All that can be odd in an answer, one thing in each. */
export const oddAnswers = (body: string): OddAnswer[] =>
  body.trimStart().startsWith('<') ? oddDocuments(body) : body.startsWith('{') ? oddJson(body) : []

function oddDocuments(body: string): OddAnswer[] {
  const tree = parseTree(body)
  return [
    ...oddElements(tree, tree.name).map(({ what, odd }) => ({ what, body: printTree(odd) })),
    { what: 'newer members everywhere', body: printTree(withNewer(tree)) },
  ]
}

interface OddElement {
  readonly what: string
  readonly odd: XmlElement
}

/** An element in all its odd versions, with one odd thing each. */
function oddElements(element: XmlElement, path: string): OddElement[] {
  const children = elementsOf(element)
  if (children.length === 0)
    return oddTexts(textOf(element)).map(([what, odd]) => ({
      what: `${path}: ${what}`,
      odd: withChildren(element, [odd]),
    }))
  return [
    { what: `${path}: empty`, odd: withChildren(element, []) },
    ...children.flatMap((child, index) => {
      const at = element.children.indexOf(child)
      const inside = `${path}.${child.name}${children.filter(({ name }) => name === child.name).length > 1 ? index : ''}`
      return [
        { what: `${inside}: missing`, odd: withChildren(element, element.children.toSpliced(at, 1)) },
        { what: `${inside}: twice`, odd: withChildren(element, element.children.toSpliced(at, 0, child)) },
        ...oddElements(child, inside).map(({ what, odd }) => ({
          what,
          odd: withChildren(element, element.children.with(at, odd)),
        })),
      ]
    }),
  ]
}

/** What else may stand in the place of a text. */
function oddTexts(text: string): [what: string, odd: string][] {
  const policy = documentIn(text)
  if (policy !== undefined)
    return oddValues(policy, 'policy').map(({ what, odd }) => [what, encodeURIComponent(JSON.stringify(odd))])
  if (/^(?:true|false)$/.test(text)) return [[`not ${text}`, text === 'true' ? 'false' : 'true']]
  if (/^\d{4}-\d\d-\d\dT/.test(text)) return [['long ago', '1970-01-01T00:00:00Z']]
  if (/^\d+$/.test(text))
    return [
      ['0', '0'],
      ['large', '2147483647'],
    ]
  return [
    ['empty', ''],
    ['another', 'of-the-future/*'],
  ]
}

/** A policy, as IAM's answers hold it. */
function documentIn(text: string): unknown {
  try {
    return /^%7B/i.test(text) ? (JSON.parse(decodeURIComponent(text)) as unknown) : undefined
  } catch {
    return undefined
  }
}

const newer = { name: 'FutureSetting', open: '<FutureSetting>', children: ['1'], close: '</FutureSetting>' }

const withNewer = (element: XmlElement): XmlElement =>
  elementsOf(element).length === 0
    ? element
    : withChildren(element, [
        ...element.children.map((child) => (typeof child === 'string' ? child : withNewer(child))),
        newer,
      ])

const oddJson = (body: string): OddAnswer[] => {
  const parsed: unknown = JSON.parse(body)
  // Only what somebody has written may hold another type of value; AWS's own answers keep to their models.
  const isPolicy = isObject(parsed) && 'Statement' in parsed
  return oddValues(parsed, '$', isPolicy).map(({ what, odd }) => ({ what, body: JSON.stringify(odd) }))
}

interface OddValue {
  readonly what: string
  readonly odd: unknown
}

/** A value in all its odd versions. */
function oddValues(value: unknown, path: string, anyType = true): OddValue[] {
  const others: readonly unknown[] = anyType ? [null, 7, 'text', [], {}, [null], [7], { AWS: 7 }] : ofTheSameType(value)
  return [
    ...others.map((odd) => ({ what: `${path}: ${JSON.stringify(odd)}`, odd })),
    ...members(value).flatMap(([key, member, put]) => [
      { what: `${path}.${key}: missing`, odd: put() },
      ...oddValues(member, `${path}.${key}`, anyType).map(({ what, odd }) => ({ what, odd: put(odd) })),
    ]),
    ...(isObject(value) ? [{ what: `${path}: newer`, odd: { ...value, FutureSetting: { Items: [] } } }] : []),
  ]
}

function ofTheSameType(value: unknown): unknown[] {
  if (typeof value === 'string') return ['', 'ofTheFuture1']
  if (typeof value === 'number') return [0]
  if (typeof value === 'boolean') return [!value]
  return Array.isArray(value) ? [[]] : [{}]
}

/** The members of an object or list, each with what puts another, or none, in its place. */
function members(value: unknown): [key: string, member: unknown, put: (...other: [] | [unknown]) => unknown][] {
  if (Array.isArray(value)) {
    const list: readonly unknown[] = value
    return list.map((member, index) => [String(index), member, (...other) => list.toSpliced(index, 1, ...other)])
  }
  if (!isObject(value)) return []
  return Object.entries(value).map(([key, member]) => [
    key,
    member,
    (...other) =>
      Object.fromEntries(
        Object.entries(value).flatMap(([name, present]) =>
          name !== key ? [[name, present]] : other.map((one) => [name, one]),
        ),
      ),
  ])
}
