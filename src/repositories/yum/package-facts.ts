import { createHash } from 'node:crypto'
import { changesOf, type RpmChange } from './changelogs.ts'
import { dependenciesOf, type DependencyKind, type RpmDependency } from './dependencies.ts'
import { filesOf, isPrimaryFile, type RpmFile } from './files.ts'
import { BadPackageError } from '../format.ts'
import { type ReadRange, readRpmHeaders, type RpmHeaders } from './rpm-file.ts'

/** All that an index tells of a package and its headers know. */
export type RpmFacts = {
  readonly name: string
  readonly arch: string
  readonly epoch: string
  readonly version: string
  readonly release: string
  readonly summary?: string
  readonly description?: string
  readonly packager?: string
  readonly url?: string
  readonly license?: string
  readonly vendor?: string
  readonly group?: string
  readonly buildHost?: string
  readonly sourceRpm?: string
  /** Unix seconds. */
  readonly buildTime: number
  /** Bytes that its files take. */
  readonly installedSize: number
  /** Bytes of the uncompressed payload. */
  readonly archiveSize: number
  /** Where the main header lies in the file. */
  readonly headerStart: number
  readonly headerEnd: number
  readonly dependencies: Readonly<Record<DependencyKind, readonly RpmDependency[]>>
  readonly files: readonly RpmFile[]
  readonly changes: readonly RpmChange[]
}

/** Texts by their tags (rpmtag.h). */
const textTags = {
  summary: 1004,
  description: 1005,
  packager: 1015,
  url: 1020,
  license: 1014,
  vendor: 1011,
  group: 1016,
  buildHost: 1007,
  sourceRpm: 1044,
} as const

const tag = {
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  buildTime: 1006,
  size: 1009,
  longSize: 5009,
  arch: 1022,
  archiveSize: 1046,
  sourcePackage: 1106,
} as const

/** Tags of the signature header. `size` is that of main header and payload; the digests are of the main header. */
const signatureTag = {
  payloadSize: 1007,
  longArchiveSize: 271,
  size: 1000,
  longSize: 270,
  sha256: 273,
  sha1: 269,
} as const

/**
 * Reads an rpm's facts: one range of 32 KiB, a second one only where the headers are longer.
 *
 * @param size - the object's size in bytes
 * @throws BadPackageError if the rpm cannot be read
 */
export async function readRpm(read: ReadRange, size: number): Promise<RpmFacts> {
  return factsOf(await readRpmHeaders(read, size), size)
}

/**
 * Tells what an index needs from an rpm's headers.
 *
 * @param size - of the whole file in bytes
 * @throws BadPackageError if the headers are damaged or lack what every package has, or the file is cut off
 */
export function factsOf(headers: RpmHeaders, size: number): RpmFacts {
  checkWhole(headers, size)
  const { signature, main, start, end } = headers
  const needed = (which: 'name' | 'version' | 'release' | 'arch'): string => {
    const value = main.string(tag[which])
    if (value === undefined || value === '') throw new BadPackageError(`the rpm has no ${which}`)
    return value
  }
  const files = filesOf(main)
  return {
    name: needed('name'),
    arch: isSource(main) ? 'src' : needed('arch'),
    epoch: String(main.integer(tag.epoch) ?? 0),
    version: needed('version'),
    release: needed('release'),
    ...textsOf(main),
    buildTime: main.integer(tag.buildTime) ?? 0,
    installedSize: main.integer(tag.longSize) ?? main.integer(tag.size) ?? 0,
    archiveSize:
      signature.integer(signatureTag.longArchiveSize) ??
      signature.integer(signatureTag.payloadSize) ??
      main.integer(tag.archiveSize) ??
      0,
    headerStart: start,
    headerEnd: end,
    dependencies: dependenciesOf(main, new Set(files.filter(isPrimaryFile).map(({ path }) => path))),
    files,
    changes: changesOf(main),
  }
}

/** Holds an rpm against what its signature header says of it, as far as it says anything. */
function checkWhole({ signature, mainBytes, start }: RpmHeaders, size: number): void {
  const rest = signature.integer(signatureTag.longSize) ?? signature.integer(signatureTag.size)
  if (rest !== undefined && start + rest > size) {
    throw new BadPackageError(`the file is cut off: ${size} bytes instead of ${start + rest}`)
  }
  const algorithm = signature.has(signatureTag.sha256) ? 'sha256' : 'sha1'
  const digest = signature.string(signatureTag[algorithm])
  if (digest !== undefined && createHash(algorithm).update(mainBytes).digest('hex') !== digest.toLowerCase()) {
    throw new BadPackageError(`its header is damaged: it does not have the ${algorithm.toUpperCase()} that it should`)
  }
}

/**
 * Source packages of newer rpm have a tag of their own. Older ones have none, but every binary package names the source
 * package that it was built from, and no source package does.
 *
 * Source: rpm, headerIsSource.
 */
const isSource = (main: RpmHeaders['main']): boolean => main.has(tag.sourcePackage) || !main.has(textTags.sourceRpm)

function textsOf(main: RpmHeaders['main']): Partial<Record<keyof typeof textTags, string>> {
  const texts: Partial<Record<keyof typeof textTags, string>> = {}
  for (const [name, number] of Object.entries(textTags)) {
    const text = main.string(number)
    if (text !== undefined && isTextName(name)) texts[name] = text
  }
  return texts
}

const isTextName = (name: string): name is keyof typeof textTags => Object.hasOwn(textTags, name)
