import { BadPackageError } from '../format.ts'
import { checksumHolds, isBlank, isRegular, nameIn, sizeIn } from '../tar-header.ts'
import { type Member, TarStream } from '../tar-stream.ts'

const mostMembers = 64
/** Compressed or, as before RubyGems 0.8, not. */
const largestMetadata = 4 * 1024 * 1024

/**
 * Looks for `metadata.gz` in a gem, a tar archive of a few members that is handed over piece by piece. Only the name of a
 * member is looked at, and nothing is ever unpacked to a place that a name tells.
 */
export class MetadataFinder {
  readonly #archive = new TarStream((header) => this.#member(header))
  #members = 0
  #found: { readonly gzipped: boolean; readonly bytes: Uint8Array } | undefined

  /** The metadata; undefined as long as more is to be pushed. */
  get found(): { readonly gzipped: boolean; readonly bytes: Uint8Array } | undefined {
    return this.#found
  }

  /** How many of the next bytes can be left out. */
  get skippable(): number {
    return this.#archive.skippable
  }

  /** Leaves out bytes that are {@link skippable}. */
  skip(count: number): void {
    this.#archive.skip(count)
  }

  /** @throws BadPackageError */
  push(piece: Uint8Array): void {
    this.#archive.push(piece, () => this.#found === undefined)
  }

  /**
   * @returns the metadata, when there is no more to be pushed
   * @throws BadPackageError
   */
  end(): { readonly gzipped: boolean; readonly bytes: Uint8Array } {
    if (this.#found !== undefined) return this.#found
    throw new BadPackageError(this.#archive.isTaking ? 'it ends inside its metadata' : 'it has no metadata')
  }

  #member(header: Uint8Array): Member {
    if (isBlank(header)) throw new BadPackageError('it has no metadata')
    if (!checksumHolds(header)) throw new BadPackageError('it is no tar archive, or a damaged one')
    if (++this.#members > mostMembers)
      throw new BadPackageError(`it has no metadata among its first ${mostMembers} files`)
    const size = sizeIn(header)
    if (size === undefined) throw new BadPackageError('it has a file whose size is no number')
    const name = nameIn(header)
    if ((name !== 'metadata.gz' && name !== 'metadata') || !isRegular(header)) return { size }
    if (size > largestMetadata) throw new BadPackageError(`its metadata claims ${size} bytes`)
    if (size === 0) throw new BadPackageError('its metadata is empty')
    return { size, take: (bytes) => (this.#found = { gzipped: name === 'metadata.gz', bytes }) }
  }
}
