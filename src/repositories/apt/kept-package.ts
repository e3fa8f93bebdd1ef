/** What is kept of an apt package: its stanza as an index has it, as bytes. */
import { packSections, Sections } from '../sections.ts'
import { parseControl } from './deb.ts'
import { parseStanzas, type Stanza, valueOf, writeStanza } from './deb822.ts'
import { stanzaWarnings } from './fields.ts'
import { isOfPackage, type Listing, packagesStanza, stanzaParts } from './packages.ts'
import { parseDsc, sourcesStanza } from './sources.ts'

export function packDeb(control: Stanza): Uint8Array {
  const texts = stanzaParts(control).map(writeStanza)
  const architecture = valueOf(control, 'Architecture') ?? ''
  return packSections(['deb', architecture, stanzaWarnings(control).join('\n'), ...texts])
}

export const packDsc = (dsc: Stanza): Uint8Array => packSections(['dsc', '', '', writeStanza(dsc), '', ''])

export const identityOfPackage = (control: Stanza): string =>
  identityOf(control, 'Package', valueOf(control, 'Architecture') ?? '')
export const identityOfSource = (dsc: Stanza): string => identityOf(dsc, 'Source', 'source')

const identityOf = (stanza: Stanza, name: string, architecture: string): string =>
  `${valueOf(stanza, name) ?? ''} ${valueOf(stanza, 'Version') ?? ''} ${architecture}`

/** See `Format.identityIn`. */
export function identityIn(key: string, facts: Uint8Array): string | undefined {
  const sections = new Sections(facts, 6)
  const [kind, architecture, warnings, ...texts] = [0, 1, 2, 3, 4, 5].map((at) => sections.text(at))
  const text = texts.join('')
  if (key.endsWith('.dsc')) {
    const dsc = parseDsc(text)
    const isSource = kind === 'dsc' && architecture === '' && warnings === '' && writeStanza(dsc) === texts[0]
    return isSource ? identityOfSource(dsc) : undefined
  }
  const control = parseControl(text)
  const isPackage = kind === 'deb' && architecture === valueOf(control, 'Architecture') && isOfPackage(control)
  return isPackage && writeStanza(control) === text ? identityOfPackage(control) : undefined
}

/** The present entry of a package. */
export interface PresentEntry {
  /** Its text, which ends in one line feed. */
  readonly bytes: Buffer
  readonly stanza: () => Stanza
}

/** What {@link packDeb} or {@link packDsc} made. */
export class KeptPackage {
  readonly #sections: Sections
  readonly kind: 'deb' | 'dsc'

  /** @throws Error for anything else */
  constructor(bytes: Uint8Array) {
    this.#sections = new Sections(bytes, 6)
    this.kind = this.#sections.text(0) === 'dsc' ? 'dsc' : 'deb'
  }

  get architecture(): string {
    return this.#sections.text(1)
  }

  /** What apt warns of. */
  get warnings(): readonly string[] {
    const text = this.#sections.text(2)
    return text === '' ? [] : text.split('\n')
  }

  /**
   * The text of its entry, which ends in one line feed; undefined where the present one says exactly that.
   *
   * See `packagesStanza` and `sourcesStanza` for what is kept of the present entry.
   */
  entry(listing: Omit<Listing, 'old'>, present: PresentEntry | undefined): Buffer | undefined {
    if (this.kind === 'dsc') return Buffer.from(writeStanza(sourcesStanza(this.#stanza(), withOld(listing, present))))
    if (present === undefined) return this.#fresh(listing)
    const told = this.#filename(listing, present)
    if (told === listing.filename) return undefined
    if (told !== undefined) return this.#renamed(listing, present, told)
    return Buffer.from(writeStanza(packagesStanza(this.#stanza(), withOld(listing, present))))
  }

  #fresh({ filename, size, digests: { md5, sha1, sha256 } }: Listing): Buffer {
    const sums = [
      md5 === undefined ? '' : `MD5sum: ${md5}\n`,
      sha1 === undefined ? '' : `SHA1: ${sha1}\n`,
      sha256 === undefined ? '' : `SHA256: ${sha256}\n`,
    ]
    return Buffer.concat([
      this.#sections.bytes(3),
      Buffer.from(`Filename: ${filename}\n`),
      this.#sections.bytes(4),
      Buffer.from(`Size: ${size}\n${sums.join('')}`),
      this.#sections.bytes(5),
    ])
  }

  /**
   * The `Filename` of an entry that but for it says what would be written, with perhaps more digests of the same content;
   * undefined of any other.
   */
  #filename({ size, digests }: Listing, { bytes }: PresentEntry): string | undefined {
    const [before, between, behind] = [this.#sections.bytes(3), this.#sections.bytes(4), this.#sections.bytes(5)]
    const end = bytes.length - behind.length
    if (between.length > 0 || end < before.length) return undefined
    if (bytes.compare(behind, 0, behind.length, end) !== 0) return undefined
    if (bytes.compare(before, 0, before.length, 0, before.length) !== 0) return undefined
    const [, name, length, md5, sha1, sha256] = fileFields.exec(bytes.toString('utf8', before.length, end)) ?? []
    const says = (listed: string | undefined, known: string | undefined): boolean =>
      known === undefined || listed === known
    const isSame = length === String(size) && digests.sha256 !== undefined && sha256 === digests.sha256
    return isSame && says(md5, digests.md5) && says(sha1, digests.sha1) ? name : undefined
  }

  #renamed({ filename }: Listing, { bytes }: PresentEntry, told: string): Buffer {
    const before = this.#sections.bytes(3)
    const rest = before.length + Buffer.byteLength(`Filename: ${told}`)
    return Buffer.concat([before, Buffer.from(`Filename: ${filename}`), bytes.subarray(rest)])
  }

  #stanza(): Stanza {
    const [stanza] = [...parseStanzas([3, 4, 5].map((at) => this.#sections.text(at)).join(''))]
    return stanza ?? []
  }
}

/** What stands in an entry between what the package itself says. */
const fileFields =
  /^Filename: (.+)\nSize: (\d+)\n(?:MD5sum: ([\da-f]{32})\n)?(?:SHA1: ([\da-f]{40})\n)?(?:SHA256: ([\da-f]{64})\n)?(?:SHA512: [\da-f]{128}\n)?$/

const withOld = (listing: Omit<Listing, 'old'>, present: PresentEntry | undefined): Listing =>
  present === undefined ? listing : { ...listing, old: present.stanza() }
