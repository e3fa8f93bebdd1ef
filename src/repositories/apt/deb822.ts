/**
 * Debian's control format (Debian Policy, chapter 5; deb822(5)): stanzas of fields, divided by empty lines. Order,
 * spelling and values of all fields are kept, known or not.
 */
import { Malformed } from './malformed.ts'

/**
 * A field's name as written, and its value: the text behind the colon without the blanks around it, continuation lines
 * after `\n` with the blank they begin with. A value whose first line is empty begins with `\n`. Blanks at the ends of
 * lines within it are kept.
 */
export type Field = readonly [name: string, value: string]

/** The fields of a paragraph in their order. Plain data, so that it can be kept as JSON. */
export type Stanza = readonly Field[]

/** The value of a field; names are compared without regard to case. */
export function valueOf(stanza: Stanza, name: string): string | undefined {
  const wanted = name.toLowerCase()
  return stanza.find(([found]) => found.length === wanted.length && found.toLowerCase() === wanted)?.[1]
}

/** The stanza without these fields (names in lower case). */
export const without = (stanza: Stanza, names: ReadonlySet<string>): Stanza =>
  stanza.filter(([name]) => !names.has(name.toLowerCase()))

/** The stanza with a field set, in its place if it is there, else at the end. */
export function withField(stanza: Stanza, name: string, value: string): Stanza {
  const wanted = name.toLowerCase()
  const at = stanza.findIndex(([found]) => found.toLowerCase() === wanted)
  return at < 0 ? [...stanza, [name, value]] : stanza.with(at, [stanza[at]?.[0] ?? name, value])
}

/**
 * Reads stanzas one after another.
 *
 * @throws {@link Malformed} at a line that is neither a field nor the continuation of one
 */
export function* parseStanzas(text: string): Generator<Stanza> {
  let fields: [string, string][] = []
  for (const line of linesOf(text)) {
    if (blank.test(line)) {
      if (fields.length > 0) yield ended(fields)
      fields = []
    } else if (line.startsWith(' ') || line.startsWith('\t')) {
      const last = fields.at(-1)
      if (last === undefined) throw new Malformed(`a continuation line without a field: ${shown(line)}`)
      last[1] += `\n${line}`
    } else if (!line.startsWith('#')) {
      fields.push(fieldOf(line))
    }
  }
  if (fields.length > 0) yield ended(fields)
}

const ended = (fields: readonly [string, string][]): Stanza => fields.map(([name, value]) => [name, withoutEnd(value)])

/** A stanza as text, ending in a line feed, without the empty line that divides it from the next. */
export function writeStanza(stanza: Stanza): string {
  let text = ''
  for (const [name, value] of stanza) {
    text += value === '' || value.startsWith('\n') ? `${name}:${value}\n` : `${name}: ${value}\n`
  }
  return text
}

const blank = /^[ \t\r]*$/
/** Printable ASCII without blanks and colons, not beginning like a comment or a line of an OpenPGP armour. */
const fieldLine = /^([!"$-,.-9;-~][!-9;-~]*)[ \t]*:(.*)$/s

function fieldOf(line: string): [string, string] {
  const [, name, value] = fieldLine.exec(line) ?? []
  if (name === undefined || value === undefined) throw new Malformed(`not a field: ${shown(line)}`)
  return [name, value.slice(blanksAt(value))]
}

/** What C calls blank, and apt leaves out: no-break spaces and the like are text. */
const blanks: ReadonlySet<string | undefined> = new Set([' ', '\t', '\n', '\v', '\f', '\r'])

function blanksAt(text: string): number {
  let at = 0
  while (blanks.has(text[at])) at++
  return at
}

function withoutEnd(text: string): string {
  let end = text.length
  while (blanks.has(text[end - 1])) end--
  return text.slice(0, end)
}

function* linesOf(text: string): Generator<string> {
  for (let start = 0; start < text.length;) {
    const found = text.indexOf('\n', start)
    const end = found < 0 ? text.length : found
    yield text.slice(start, end)
    start = end + 1
  }
}

/** The beginning of something foreign, fit for a message. */
const shown = (text: string): string => JSON.stringify(text.length > 60 ? `${text.slice(0, 60)}…` : text)

/**
 * The text inside an OpenPGP cleartext signature (RFC 9580 §7), or all of it where there is none. The signature is not
 * looked at.
 */
export function signedText(text: string): string {
  const begin = /^-----BEGIN PGP SIGNED MESSAGE-----/m.exec(text)
  if (begin === null) return text
  const lines = [...linesOf(text.slice(begin.index))]
  // Headers such as `Hash: SHA512` end with an empty line.
  const first = lines.findIndex((line) => blank.test(line)) + 1
  const end = lines.findIndex((line) => line.startsWith('-----BEGIN PGP SIGNATURE-----'))
  return lines
    .slice(first, end < 0 ? undefined : end)
    .map((line) => `${line.replace(/^- /, '')}\n`)
    .join('')
}

/** Decodes an index or a control file: UTF-8, or Latin-1 as very old packages have it. */
export function decodeText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('latin1')
  }
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
