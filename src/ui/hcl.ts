/**
 * Writes HCL, the language of Terraform, as `terraform fmt` leaves it. Documents are built of values; only this file
 * knows how they are spelled.
 */

/** A value: an object is a map, `undefined` is left out. */
export type HclValue =
  | string
  | number
  | boolean
  | Expression
  | Encoded
  | readonly HclValue[]
  | { readonly [key: string]: HclValue | undefined }

/** What stands between the braces of a block, in its order. */
export interface HclBody {
  readonly [name: string]: HclValue | Blocks | undefined
}

/** Such as `aws_iam_role.packagecloud.arn`: stands as it is. */
export class Expression {
  readonly text: string

  constructor(text: string) {
    this.text = text
  }
}

/** A document that is an argument as a string of JSON, such as a policy. */
export class Encoded {
  readonly document: HclValue

  constructor(document: HclValue) {
    this.document = document
  }
}

/** Blocks in a block, one for each body, in place of an argument. */
export class Blocks {
  readonly bodies: readonly HclBody[]

  constructor(...bodies: readonly HclBody[]) {
    this.bodies = bodies
  }
}

/**
 * A block of the top level, ending in a line break.
 *
 * @param labels - such as `aws_iam_role` and a name
 */
export const hclBlock = (type: string, labels: readonly string[], body: HclBody): string =>
  `${blockLines([type, ...labels.map(hclString)].join(' '), body).join('\n')}\n`

/**
 * A string with its quotes. HCL reads JSON's, but takes `${` and `%{` inside for templates, unless that sign is written
 * twice, and knows no escapes of backspace and form feed.
 */
export const hclString = (text: string): string =>
  JSON.stringify(text)
    .replace(/\\\\|\\[bf]/g, (escape) => ({ '\\b': '\\u0008', '\\f': '\\u000c' })[escape] ?? escape)
    .replace(
      /([$%]+)\{/g,
      (_all, signs: string) => `${signs.slice(0, -1).replace(/./g, codeOf)}${signs.slice(-1).repeat(2)}{`,
    )

const codeOf = (character: string): string => `\\u00${character.charCodeAt(0).toString(16)}`

/** A body in which each string is replaced by what `to` answers; names of arguments and keys stay. */
export function withStrings(body: HclBody, to: (value: string | Expression) => HclValue): HclBody {
  const value = (found: HclValue): HclValue => {
    if (typeof found === 'string' || found instanceof Expression) return to(found)
    if (found instanceof Encoded) return new Encoded(value(found.document))
    if (isList(found)) return found.map(value)
    if (typeof found !== 'object') return found
    return mapped(found, (inner) => inner && value(inner))
  }
  return mapped(body, (found) => {
    if (found instanceof Blocks) return new Blocks(...found.bodies.map((inner) => withStrings(inner, to)))
    return found === undefined ? undefined : value(found)
  })
}

const mapped = <From, To>(of: Readonly<Record<string, From>>, to: (value: From) => To): Record<string, To> =>
  Object.fromEntries(Object.entries(of).map(([key, value]) => [key, to(value)]))

function blockLines(header: string, body: HclBody): string[] {
  const given = Object.entries(body).filter(([, value]) => value !== undefined)
  const plain = given.flatMap(([name, value]) =>
    value === undefined || value instanceof Blocks ? [] : [[name, valueLines(value)] as const],
  )
  const blocks = given.flatMap(([name, value]) =>
    value instanceof Blocks ? value.bodies.map((inner) => blockLines(name, inner)) : [],
  )
  const inside = [
    ...aligned(plain),
    ...blocks.flatMap((lines, index) => [...(index + plain.length === 0 ? [] : ['']), ...lines]),
  ]
  return inside.length === 0 ? [`${header} {}`] : [`${header} {`, ...indented(inside), '}']
}

/** Of arguments that follow one another and take a line each, the equals signs stand beneath each other. */
function aligned(entries: readonly (readonly [name: string, lines: readonly string[]])[]): string[] {
  const lines: string[] = []
  for (let from = 0; from < entries.length;) {
    let to = from + 1
    const isShort = (index: number): boolean => entries[index]?.[1].length === 1
    while (isShort(from) && to < entries.length && isShort(to)) to++
    const group = entries.slice(from, to)
    const width = Math.max(...group.map(([name]) => name.length))
    for (const [name, [first = '', ...more]] of group) lines.push(`${name.padEnd(width)} = ${first}`, ...more)
    from = to
  }
  return lines
}

const indented = (lines: readonly string[]): string[] => lines.map((line) => (line === '' ? '' : `  ${line}`))

function valueLines(value: HclValue): string[] {
  if (typeof value === 'string') return [hclString(value)]
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)]
  if (value instanceof Expression) return [value.text]
  if (value instanceof Encoded) {
    const [first = '', ...more] = valueLines(value.document)
    return closed([`jsonencode(${first}`, ...more])
  }
  if (isList(value)) {
    const items = value.flatMap((one) => {
      const lines = valueLines(one)
      return [...lines.slice(0, -1), `${lines.at(-1) ?? ''},`]
    })
    return items.length === 0 ? ['[]'] : ['[', ...indented(items), ']']
  }
  const entries = Object.entries(value).flatMap(([key, inner]) =>
    inner === undefined ? [] : [[keyText(key), valueLines(inner)] as const],
  )
  return entries.length === 0 ? ['{}'] : ['{', ...indented(aligned(entries)), '}']
}

const closed = (lines: readonly string[]): string[] => [...lines.slice(0, -1), `${lines.at(-1) ?? ''})`]

const keyText = (key: string): string => (/^[A-Za-z_]\w*$/.test(key) ? key : hclString(key))

const isList = (value: unknown): value is readonly HclValue[] => Array.isArray(value)
