/** The lists of packages that a repository has now. */
import type { Digests } from '../format.ts'
import { decodeText, parseStanzas, type Stanza, valueOf } from './deb822.ts'
import type { List, ListName } from './layout.ts'
import { Malformed } from './malformed.ts'
import { digestsIn } from './packages.ts'
import { dscOf } from './sources.ts'

/** A package in a list: what it takes to find the object again, and its text for the rest. */
export interface OldEntry {
  readonly text: string
  /** As in the list; in packagecloud's layout it is no key. */
  readonly filename: string
  readonly size: number
  readonly digests: Digests
}

/** A list of packages: of one component and architecture of a suite, or of a flat repository. */
export interface OldPart extends List {
  /** Such as `stable/main/binary-amd64`, for reports. */
  readonly title: string
  readonly entries: readonly OldEntry[]
}

/**
 * Reads the text of a Packages or Sources file.
 *
 * @throws {@link Malformed} where an entry can't be read: leaving it out would drop a package
 */
export function readList(bytes: Uint8Array, name: ListName): OldEntry[] {
  const entries: OldEntry[] = []
  for (const text of stanzaTexts(decodeText(bytes))) {
    const stanza = stanzaOf(text)
    const found = name === 'Packages' ? debOf(stanza) : dscOf(stanza)
    if (found === undefined) {
      throw new Malformed(`its entry of ${JSON.stringify(valueOf(stanza, 'Package') ?? '')} names no file`)
    }
    entries.push({ text, ...found })
  }
  return entries
}

/** The fields of an entry. */
export function stanzaOf(text: string): Stanza {
  const [stanza] = [...parseStanzas(text)]
  return stanza ?? []
}

function debOf(stanza: Stanza): { filename: string; size: number; digests: Digests } | undefined {
  const filename = valueOf(stanza, 'Filename')
  const size = Number(valueOf(stanza, 'Size') ?? Number.NaN)
  return filename === undefined || !Number.isSafeInteger(size)
    ? undefined
    : { filename, size, digests: digestsIn(stanza) }
}

/** Each ends in one line feed. Slices of one text, so that a large list is in memory once. */
function* stanzaTexts(text: string): Generator<string> {
  const divider = /\n(?:[ \t\r]*\n)+/g
  const before = /^(?:[ \t\r]*\n)+/.exec(text)?.[0].length ?? 0
  for (let start = before; start < text.length;) {
    divider.lastIndex = start
    const found = divider.exec(text)
    const stanza = text.slice(start, found === null ? text.length : found.index + 1)
    if (/\S/.test(stanza)) yield stanza.endsWith('\n') ? stanza : `${stanza}\n`
    if (found === null) return
    start = found.index + found[0].length
  }
}
