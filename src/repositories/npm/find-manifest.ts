import { BadPackageError } from '../format.ts'
import { checksumHolds, isBlank, isRegular, nameIn, sizeIn, textAt } from '../tar-header.ts'
import { type Member, TarStream } from '../tar-stream.ts'

const largestManifest = 2 * 1024 * 1024
/** Names of files, and what else pax and GNU tar put before one. */
const largestExtension = 64 * 1024

type Kind = 'manifest' | 'pax' | 'name'

/**
 * Looks through a package, a tar archive that is handed over piece by piece. Only the names of its files are looked at, as
 * clients see them: without their first folder, whatever that is called. Nothing is ever unpacked to where a name leads.
 */
export class ManifestFinder {
  readonly #archive = new TarStream((header) => this.#member(header))
  /** What belongs to the next file. */
  #name: string | undefined
  #size: number | undefined
  #manifest: Buffer | undefined
  #blanks = 0
  #isAtEnd = false
  /** Clients then build it when it is installed. */
  hasGyp = false
  hasShrinkwrap = false

  get isAtEnd(): boolean {
    return this.#isAtEnd
  }

  /** @throws BadPackageError */
  push(piece: Uint8Array): void {
    this.#archive.push(piece, () => !this.#isAtEnd)
  }

  /**
   * @param isWhole - whether all of the archive was pushed
   * @returns `package.json`
   * @throws BadPackageError
   */
  end(isWhole: boolean): Uint8Array {
    if (isWhole && this.#archive.isInside) throw new BadPackageError('it ends inside a file')
    if (this.#manifest === undefined) throw new BadPackageError('it has no package.json')
    return this.#manifest
  }

  #end(what: Kind, bytes: Buffer): void {
    if (what === 'name') this.#name = textAt(bytes, 0, bytes.length)
    else if (what === 'pax') {
      const records = paxRecords(bytes)
      this.#name = records.get('path') ?? this.#name
      const size = records.get('size')
      if (size !== undefined) this.#size = /^\d{1,15}$/.test(size) ? Number(size) : Number.NaN
    } else if (this.#manifest === undefined) this.#manifest = bytes
    // Which of them clients see is up to how they unpack it.
    else if (!this.#manifest.equals(bytes)) throw new BadPackageError('it has several package.json, which differ')
  }

  #member(header: Uint8Array): Member | undefined {
    if (isBlank(header)) {
      // Clients go on behind a single one.
      this.#isAtEnd = ++this.#blanks === 2
      return undefined
    }
    this.#blanks = 0
    if (!checksumHolds(header)) throw new BadPackageError('it is no tar archive, or a damaged one')
    const type = String.fromCharCode(header[156] ?? 0)
    const isAbout = type === 'x' || type === 'L'
    const size = (isAbout ? undefined : this.#size) ?? sizeIn(header)
    if (size === undefined || Number.isNaN(size)) throw new BadPackageError('it has a file whose size is no number')
    if (isAbout) {
      if (size > largestExtension) throw new BadPackageError(`the name of a file claims ${size} bytes`)
      return this.#wanting(type === 'x' ? 'pax' : 'name', size)
    }
    const name = inFolder(this.#name ?? wholeName(header))
    // For this file alone; what is said for all says no names.
    if (type !== 'g' && type !== 'K') this.#name = this.#size = undefined
    if (!isRegular(header)) return { size }
    if (name === 'npm-shrinkwrap.json') this.hasShrinkwrap = true
    if (name?.endsWith('.gyp') === true) this.hasGyp = true
    if (name !== 'package.json') return { size }
    if (size > largestManifest) throw new BadPackageError(`its package.json claims ${size} bytes`)
    return this.#wanting('manifest', size)
  }

  #wanting(what: Kind, size: number): Member {
    return { size, take: (bytes) => this.#end(what, bytes) }
  }
}

const wholeName = (header: Uint8Array): string => {
  const prefix = textAt(header, 257, 5) === 'ustar' ? textAt(header, 345, 155) : ''
  return prefix === '' ? nameIn(header) : `${prefix}/${nameIn(header)}`
}

/** The name of a file of the package's top folder; undefined for others, and for what clients do not unpack. */
function inFolder(name: string): string | undefined {
  const rest = name
    .split('/')
    .slice(1)
    .filter((part) => part !== '' && part !== '.')
  return rest.length === 1 && rest[0] !== '..' ? rest[0] : undefined
}

/** Records of a pax header (POSIX.1-2017, pax, "pax Extended Header"): `LENGTH NAME=VALUE\n` each. */
function paxRecords(bytes: Buffer): Map<string, string> {
  const records = new Map<string, string>()
  for (let at = 0; at < bytes.length;) {
    const [whole, digits = ''] = /^(\d{1,6}) /.exec(bytes.toString('latin1', at, at + 7)) ?? []
    const length = Number(digits)
    if (whole === undefined || length <= whole.length || at + length > bytes.length) break
    const text = bytes.toString('utf8', at + whole.length, at + length - 1)
    const equals = text.indexOf('=')
    if (equals > 0) records.set(text.slice(0, equals), text.slice(equals + 1))
    at += length
  }
  return records
}
