/**
 * Entries of an index, which are lines of a letter and a value each. Texts are bytes, one a character (Latin-1): whatever
 * their encoding is, they stay.
 *
 * Source: apk-tools, `apk-package(5)`.
 */
import { BadPackageError } from '../format.ts'

/** By its letter. */
export type Entry = ReadonlyMap<string, string>

/** In the order in which apk writes them. */
const order = ['C', 'P', 'V', 'A', 'S', 'I', 'T', 'U', 'L', 'o', 'm', 't', 'c', 'k', 'D', 'p', 'i']

/** Fields that say of a package what it says itself; others of an old entry stay. */
export const packageFields: ReadonlySet<string> = new Set(order)

/** What .PKGINFO calls them. */
const names: Readonly<Record<string, string>> = {
  ...{ pkgname: 'P', pkgver: 'V', pkgdesc: 'T', url: 'U', size: 'I', license: 'L', arch: 'A', depend: 'D' },
  ...{ install_if: 'i', provides: 'p', origin: 'o', maintainer: 'm', builddate: 't', commit: 'c' },
  ...{ provider_priority: 'k', datahash: 'datahash' },
}

/** Fields that may be given more than once, a part each. */
const lists = new Set(['D', 'i', 'p'])
/** Fields that are always there, though they may be empty. */
const always = new Set(['I', 'T', 'U', 'L'])
const numbers = new Set(['I', 't', 'k'])
/** Bytes. */
const longestDescription = 512
const longestLine = 256 * 1024

/**
 * What an index tells of a package but for its size.
 *
 * @param info - .PKGINFO
 * @param identity - as in `C:`
 * @throws BadPackageError
 */
export function entryOf(info: string, identity: string): Entry {
  const said = new Map<string, string>()
  for (const line of info.split('\n')) {
    const at = line.startsWith('#') ? -1 : line.indexOf(' = ')
    const field = at === -1 ? undefined : names[line.slice(0, at)]
    if (field === undefined) continue
    const value = line.slice(at + 3)
    if (value.length > longestLine) throw bad(`has a line of ${value.length} bytes`)
    if (/[\0\r]/.test(value)) throw bad('has a control character in a line')
    const before = lists.has(field) ? said.get(field) : undefined
    const words = lists.has(field) ? value.trim().split(/\s+/).join(' ') : value
    said.set(field, before === undefined ? words : `${before} ${words}`)
  }
  const { P: name = '', V: version = '', A: arch = '' } = Object.fromEntries(said)
  if (!mandatory.P.test(name)) throw bad(`has a name that is none: ${shown(name)}`)
  if (!mandatory.V.test(version)) throw bad(`has a version that is none: ${shown(version)}`)
  if (!mandatory.A.test(arch)) throw bad(`has an architecture that is none: ${shown(arch)}`)
  if (!said.has('datahash')) throw bad('has no datahash, without which apk takes no package')
  said.set('C', identity)
  said.set('T', truncated(said.get('T') ?? ''))
  return new Map(
    order.flatMap((field): [string, string][] => {
      const text = said.get(field) ?? ''
      const value = numbers.has(field) ? (/^\d{1,18}/.exec(text)?.[0] ?? '0') : text
      const isTold = always.has(field) || (value !== '' && !(numbers.has(field) && /^0+$/.test(value)))
      return isTold ? [[field, value]] : []
    }),
  )
}

/** Of name, version and architecture. */
const mandatory = {
  P: /^[a-zA-Z0-9][a-zA-Z0-9._+-]*$/,
  V: /^\d[a-z0-9._~]*(?:-r\d+)?$/,
  A: /^[a-z0-9_-]+$/,
}

/** Are these the fields of what {@link entryOf} makes? */
export function isEntry(fields: unknown): fields is readonly (readonly [string, string])[] {
  if (!Array.isArray(fields)) return false
  const pairs = fields as readonly unknown[]
  const areLines = pairs.every(
    (pair) =>
      Array.isArray(pair) &&
      pair.length === 2 &&
      pair.every((text) => typeof text === 'string' && !/[\0\r\n]/.test(text)),
  )
  if (!areLines) return false
  const said = new Map(pairs as readonly (readonly [string, string])[])
  return (
    said.size === pairs.length &&
    [...said.keys()].every((field) => packageFields.has(field)) &&
    [...always].every((field) => said.has(field)) &&
    Object.entries(mandatory).every(([field, form]) => form.test(said.get(field) ?? '')) &&
    /^Q1[A-Za-z0-9+/]{27}=$/.test(said.get('C') ?? '')
  )
}

const bad = (why: string): BadPackageError => new BadPackageError(`its .PKGINFO ${why}`)
const shown = (text: string): string => JSON.stringify(text.slice(0, 80))

/** Not in the middle of a character of UTF-8. */
function truncated(text: string): string {
  const cut = text.slice(0, longestDescription)
  return /^[\x80-\xbf]/.test(text.slice(longestDescription)) ? cut.replace(/[\xc0-\xff][\x80-\xbf]*$/, '') : cut
}

/** The entries of an index; lines that are none are left out. */
export function parseEntries(text: string): Entry[] {
  return text
    .split(/\n\n+/)
    .map((stanza) => {
      const lines = stanza.split('\n').filter((line) => /^[A-Za-z]:/.test(line))
      return new Map(lines.map((line) => [line.charAt(0), line.slice(2)]))
    })
    .filter((entry) => entry.has('P') && entry.has('V'))
}

/** An entry with the line feed behind it. */
export function writeEntry(entry: Entry): string {
  const fields = [
    ...order.filter((field) => entry.has(field)),
    ...[...entry.keys()].filter((f) => !packageFields.has(f)),
  ]
  return `${fields.map((field) => `${field}:${entry.get(field) ?? ''}\n`).join('')}\n`
}
