/** What is kept of an rpm: what indexes say of it, as bytes. */
import { packSections, Sections } from '../sections.ts'
import { looksOf } from './old-entries.ts'
import type { RpmFacts } from './package-facts.ts'
import { idBefore, packageXml, placeXml } from './package-xml.ts'
import { unescapeXml } from '../xml.ts'

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

/** Name, epoch, version, release and architecture in one line. */
export const identityOf = ({
  name,
  epoch,
  version,
  release,
  arch,
}: Pick<RpmFacts, 'name' | 'epoch' | 'version' | 'release' | 'arch'>): string =>
  `${name}-${epoch}:${version}-${release}.${arch}`

/** The first pieces of `packageXml`, whole, and how the others begin and end. */
const pieces = [
  /^<package type="rpm">\n {2}<name>([^<\n]+)<\/name>\n {2}<arch>([^<\n]+)<\/arch>\n {2}<version epoch="(\d+)" ver="([^"<\n]*)" rel="([^"<\n]*)"\/>\n {2}<checksum type="sha256" pkgid="YES">$/,
  /^<\/checksum>\n {2}<summary>[^<]*<\/summary>\n {2}<description>[^<]*<\/description>\n {2}<packager>[^<]*<\/packager>\n {2}<url>[^<]*<\/url>\n {2}<time file="$/,
  /^" build="\d+"\/>\n {2}<size package="(\d+)" installed="\d+" archive="\d+"\/>\n {2}<location $/,
] as const
const beginnings = [
  /^\/>\n {2}<format>\n {4}<rpm:license>/,
  /^" name="([^"<\n]+)" arch="([^"<\n]+)">\n {2}<version /,
  /^" name="([^"<\n]+)" arch="([^"<\n]+)">\n {2}<version /,
] as const
const ends = ['  </format>\n</package>\n', '</package>\n', '</package>\n'] as const

/** See `Format.identityIn`. */
export function identityIn(size: number, facts: Uint8Array): string | undefined {
  const sections = new Sections(facts, 7)
  const [first, summary, sizes] = pieces.map((piece, at) => piece.exec(sections.text(at + 1)))
  const lasts = [4, 5, 6].map((at) => sections.text(at))
  const [format, ...lists] = beginnings.map((begins, at) => begins.exec(lasts[at] ?? ''))
  if (!first || !summary || !format || sizes?.[1] !== String(size)) return undefined
  // What they hold is escaped: no other tag of this name is in it, and so no other package.
  const areWhole = lasts.every(
    (text, at) => text.endsWith(ends[at] ?? '') && text.indexOf('</package') === text.length - '</package>\n'.length,
  )
  const [name = '', arch = '', epoch = '', version = '', release = ''] = first.slice(1).map(unescapeXml)
  const areSame = lists.every((list) => unescapeXml(list?.[1] ?? '') === name && unescapeXml(list?.[2] ?? '') === arch)
  const isLook = sections.text(0).startsWith(`${name} ${epoch}:${version}-${release} ${arch} ${size} `)
  return areWhole && areSame && isLook ? identityOf({ name, epoch, version, release, arch }) : undefined
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
