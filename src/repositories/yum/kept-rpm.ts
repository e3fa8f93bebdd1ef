/** What is kept of an rpm: what indexes say of it, as bytes. */
import { packSections, Sections } from '../sections.ts'
import { looksOf } from './old-entries.ts'
import type { RpmFacts } from './package-facts.ts'
import { idBefore, packageXml, placeXml } from './package-xml.ts'

/** What only its place and its bytes tell of a package. */
export interface RpmPlace {
  /** Of the whole file, in hex. */
  readonly sha256: string
  /** Unix seconds; must not change with every rewriting of the object, or the index changes for no reason. */
  readonly fileTime: number
  /** Where clients find it, relative to the repository's root or to `base`. Not escaped. */
  readonly href: string
  /** `xml:base` of an index whose packages lie elsewhere; empty where there is none. */
  readonly base: string
}

/** @param size - of the whole file in bytes */
export function packRpm(facts: RpmFacts, size: number): Uint8Array {
  const { epoch, version, release, ...rest } = facts
  const looks = looksOf({ ...rest, version: `${epoch}:${version}-${release}`, size })
  const { primary, filelists, other } = packageXml(facts, size)
  return packSections([looks, ...primary, filelists, other])
}

/** What {@link packRpm} made. */
export class KeptRpm {
  readonly #sections: Sections

  /** @throws Error for anything else */
  constructor(bytes: Uint8Array) {
    this.#sections = new Sections(bytes, 7)
  }

  /** See {@link looksOf}. */
  get looks(): string {
    return this.#sections.text(0)
  }

  /** Its elements of the three lists, in pieces: text, or text in UTF-8. */
  xml({
    sha256,
    fileTime,
    href,
    base,
  }: RpmPlace): Readonly<Record<'primary' | 'filelists' | 'other', readonly (string | Uint8Array)[]>> {
    const kept = (at: number): Uint8Array => this.#sections.bytes(at)
    return {
      primary: [kept(1), sha256, kept(2), String(fileTime), kept(3), placeXml(href, base), kept(4)],
      filelists: [idBefore, sha256, kept(5)],
      other: [idBefore, sha256, kept(6)],
    }
  }
}
