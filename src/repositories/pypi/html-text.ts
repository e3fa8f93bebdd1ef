/**
 * Anchors of an HTML page, by where they are in its text, as lenient as clients are and in one go over it. Texts are
 * Latin-1, one character a byte: what is not touched stays as it is, whatever it is encoded in.
 */

export interface Attribute {
  readonly name: string
  /** From its name to behind its value. */
  readonly start: number
  readonly end: number
  /** As written, without quotes. */
  readonly value: string
}

export interface Anchor {
  readonly start: number
  /** Behind the `>` of its opening tag. */
  readonly openEnd: number
  readonly end: number
  readonly attributes: readonly Attribute[]
}

const tagName = /<([a-zA-Z][^\s/>]*)/y
const attribute = /[\s/]*([^\s/>=]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+)))?/y

/** All anchors, and what `<base>` says. */
export function anchorsIn(text: string): { anchors: Anchor[]; base: string | undefined } {
  const opened: Omit<Anchor, 'end'>[] = []
  let base: string | undefined
  for (let at = text.indexOf('<'); at !== -1;) {
    if (text.startsWith('<!--', at)) {
      const close = text.indexOf('-->', at + 4)
      if (close === -1) break
      at = text.indexOf('<', close)
      continue
    }
    tagName.lastIndex = at
    const name = tagName.exec(text)?.[1]?.toLowerCase()
    if (name === undefined) {
      at = text.indexOf('<', at + 1)
      continue
    }
    const tag = attributesFrom(text, tagName.lastIndex)
    if (tag === undefined) break
    if (name === 'a') opened.push({ start: at, openEnd: tag.end, attributes: tag.attributes })
    else if (name === 'base') base ??= valueOf(tag.attributes, 'href')
    at = name === 'script' || name === 'style' ? endOfRaw(text, tag.end, name) : text.indexOf('<', tag.end)
  }
  return { anchors: closed(text, opened), base }
}

/** Undefined where the text ends inside the tag. */
function attributesFrom(text: string, start: number): { attributes: Attribute[]; end: number } | undefined {
  const attributes: Attribute[] = []
  for (let at = start; at < text.length;) {
    attribute.lastIndex = at
    const found = attribute.exec(text)
    if (found !== null) {
      const [whole, name = '', double, single, bare] = found
      const begin = at + whole.length - whole.trimStart().replace(/^[\s/]+/, '').length
      at = attribute.lastIndex
      attributes.push({ name: name.toLowerCase(), start: begin, end: at, value: double ?? single ?? bare ?? '' })
    } else if (text[at] === '>') return { attributes, end: at + 1 }
    else at++
  }
  return undefined
}

/** Nothing in it is a tag. */
function endOfRaw(text: string, from: number, name: string): number {
  const close = new RegExp(`</${name}`, 'gi')
  close.lastIndex = from
  return close.exec(text)?.index ?? -1
}

/** An anchor that is not closed before the next one has no text. */
function closed(text: string, opened: readonly Omit<Anchor, 'end'>[]): Anchor[] {
  const close = /<\/a\s*>/gi
  let found: RegExpExecArray | null | undefined
  return opened.map((anchor, index) => {
    while (found === undefined || (found !== null && found.index < anchor.openEnd)) found = close.exec(text)
    const next = opened[index + 1]?.start ?? text.length
    const end = found !== null && found.index < next ? found.index + found[0].length : anchor.openEnd
    return { ...anchor, end }
  })
}

/** Unescaped; undefined where there is no such attribute. */
export function valueOf(attributes: readonly Attribute[], name: string): string | undefined {
  const found = attributes.find((one) => one.name === name)
  return found && unescaped(Buffer.from(found.value, 'latin1').toString('utf8'))
}

const named: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

const unescaped = (text: string): string =>
  text.replace(/&(?:#(\d{1,7})|#[xX]([\da-fA-F]{1,6})|(amp|lt|gt|quot|apos));?/g, (all, decimal, hex, name) => {
    if (typeof name === 'string') return named[name] ?? all
    const code = Number.parseInt(String(decimal ?? hex), decimal === undefined ? 16 : 10)
    return code <= 0x10ffff ? String.fromCodePoint(code) : all
  })

/** For text and for attributes between double quotes, in ASCII. */
export const escaped = (text: string): string =>
  text.replace(/[&<>"']|[^ -~]/gu, (sign) => escapes[sign] ?? `&#${String(sign.codePointAt(0) ?? 0)};`)

const escapes: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
