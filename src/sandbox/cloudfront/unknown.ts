import { AwsError } from '../contracts/service.ts'
import { Markup, type XmlContent, type XmlElement } from '../contracts/xml-document.ts'
import { parseXml, rewriteXml, writeXml } from '../wire/xml.ts'
import { readShape, type Shape } from '../contracts/shape.ts'

/*
 * CloudFront adds members to its configurations under one API version. So that clients can be tested for what they do
 * with members that were made after them, those that are not known here are kept, served and reset as those that are.
 */

/** Which child: its name, and how many of that name are before it. */
type Step = readonly [name: string, before: number]

/** An element of a configuration that the model does not have. */
export interface UnknownElement {
  /** The element that it stands in, from the root down. */
  readonly inside: readonly Step[]
  /** The known sibling that it follows, if there is one. */
  readonly after: Step | undefined
  readonly source: string
}

/** A configuration as read, with what of it is not known. */
export interface Kept<C> {
  readonly config: C
  readonly unknown: readonly UnknownElement[]
}

/** Reads a configuration. Throws as `readDocument`, but not for unknown elements. */
export function readConfig<C>(root: XmlElement, name: string, shape: Shape<C>): Kept<C> {
  const { value, unknown } = readShape(root, name, shape)
  return { config: value, unknown: located(root, new Set(unknown)) }
}

/** Reads a document that has a configuration in it, and keeps what is unknown there and nowhere else. */
export function readAround<T>(root: XmlElement, name: string, shape: Shape<T>, member: string): Kept<T> {
  const { config, unknown } = readConfig(root, name, shape)
  const stray = unknown.find(({ inside: [first] }) => first?.[0] !== member)
  if (stray !== undefined) throw new AwsError(400, 'MalformedInput', `Unexpected element: ${stray.source}`)
  return { config, unknown: unknown.map((one) => ({ ...one, inside: one.inside.slice(1) })) }
}

/** Writes a configuration with all that came with it, in the place where it came. */
export function writeConfig<C>(
  name: string,
  shape: Shape<C>,
  { config, unknown = [] }: { config: C; unknown?: readonly UnknownElement[] },
): XmlContent {
  const content = shape.write(config)
  if (unknown.length === 0) return content
  const { children } = withUnknown(parseXml(writeXml(name, content)), unknown)
  return new Markup(children.map(({ source }) => source).join(''))
}

function located(root: XmlElement, unknown: ReadonlySet<XmlElement>): UnknownElement[] {
  const prefixes = new Map(
    [...startTag(root.source).matchAll(/\sxmlns:([^\s=]+)\s*=\s*(?:"[^"]*"|'[^']*')/g)].map(([text, name]) => [
      name,
      text,
    ]),
  )
  const walk = (parent: XmlElement, inside: readonly Step[]): UnknownElement[] => {
    const seen = new Map<string, number>()
    let after: Step | undefined
    return parent.children.flatMap((child) => {
      if (unknown.has(child)) return [{ inside, after, source: declared(child.source, prefixes) }]
      const step = [child.name, seen.get(child.name) ?? 0] as const
      seen.set(child.name, step[1] + 1)
      after = step
      return walk(child, [...inside, step])
    })
  }
  return walk(root, [])
}

const startTag = (source: string): string => /^<(?:"[^"]*"|'[^']*'|[^"'>])*>/.exec(source)?.[0] ?? ''

/** An element cut out of its document takes along the prefixes that it uses and that were declared there. */
function declared(source: string, prefixes: ReadonlyMap<string | undefined, string>): string {
  const own = startTag(source)
  const missing = [...prefixes].filter(
    ([name]) => source.includes(`${name ?? ''}:`) && !own.includes(`xmlns:${name ?? ''}`),
  )
  return source.replace(/^<[^\s/>]+/, (tag) => [tag, ...missing.map(([, text]) => text)].join(''))
}

function withUnknown(element: XmlElement, unknown: readonly UnknownElement[]): XmlElement {
  if (unknown.length === 0) return element
  const children = [...element.children]
  const at = ([name, before]: Step): XmlElement | undefined => children.filter((child) => child.name === name)[before]
  for (const { inside } of unknown) {
    const [step] = inside
    // What holds nothing that is known is not written, and yet it holds something.
    if (step !== undefined && at(step) === undefined) children.push(bare(step[0]))
  }
  const first: XmlElement[] = []
  const following = new Map(children.map((child) => [child, [] as XmlElement[]]))
  for (const { inside, after, source } of unknown) {
    if (inside.length > 0) continue
    const sibling = after === undefined ? undefined : (at(after) ?? children.at(-1))
    const run = sibling === undefined ? first : following.get(sibling)
    run?.push(bare('', source))
  }
  const content = children.flatMap((child) => [
    withUnknown(
      child,
      unknown.flatMap(({ inside: [step, ...inside], ...one }) =>
        step !== undefined && at(step) === child ? [{ ...one, inside }] : [],
      ),
    ),
    ...(following.get(child) ?? []),
  ])
  const all = [...first, ...content]
  return { ...element, children: all, source: rewriteXml(element, all) }
}

const bare = (name: string, source = ''): XmlElement => ({ name, text: '', children: [], source })
