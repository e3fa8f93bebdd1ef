import { BadPackageError } from '../format.ts'
import { checksumHolds, isBlank, isRegular, nameIn, sizeIn } from '../tar-header.ts'

const block = 512
const mostMembers = 64
/** Compressed or, as before RubyGems 0.8, not. */
const largestMetadata = 4 * 1024 * 1024

/**
 * Looks for `metadata.gz` in a gem, a tar archive of a few members that is handed over piece by piece. Only the name of a
 * member is looked at, and nothing is ever unpacked to a place that a name tells.
 */
export class MetadataFinder {
  #header = Buffer.alloc(0)
  #members = 0
  /** Bytes that nobody wants, before the next header. */
  #skip = 0
  #wanted: { readonly gzipped: boolean; readonly size: number; readonly parts: Uint8Array[]; got: number } | undefined
  #found: { readonly gzipped: boolean; readonly bytes: Uint8Array } | undefined

  /** The metadata; undefined as long as more is to be pushed. */
  get found(): { readonly gzipped: boolean; readonly bytes: Uint8Array } | undefined {
    return this.#found
  }

  /** How many of the next bytes can be left out. */
  get skippable(): number {
    return this.#skip
  }

  /** Leaves out bytes that are {@link skippable}. */
  skip(count: number): void {
    this.#skip -= count
  }

  /** @throws BadPackageError */
  push(piece: Uint8Array): void {
    for (let at = 0; at < piece.length && this.#found === undefined;) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, piece.length - at)
        this.#skip -= skipped
        at += skipped
      } else if (this.#wanted === undefined) {
        const more = piece.subarray(at, at + block - this.#header.length)
        this.#header = Buffer.concat([this.#header, more])
        at += more.length
        if (this.#header.length === block) this.#member()
      } else {
        const { wanted } = { wanted: this.#wanted }
        const more = piece.subarray(at, at + wanted.size - wanted.got)
        wanted.parts.push(Uint8Array.from(more))
        wanted.got += more.length
        at += more.length
        if (wanted.got === wanted.size) this.#found = { gzipped: wanted.gzipped, bytes: Buffer.concat(wanted.parts) }
      }
    }
  }

  /**
   * @returns the metadata, when there is no more to be pushed
   * @throws BadPackageError
   */
  end(): { readonly gzipped: boolean; readonly bytes: Uint8Array } {
    if (this.#found !== undefined) return this.#found
    throw new BadPackageError(this.#wanted === undefined ? 'it has no metadata' : 'it ends inside its metadata')
  }

  #member(): void {
    const header = this.#header
    this.#header = Buffer.alloc(0)
    if (isBlank(header)) throw new BadPackageError('it has no metadata')
    if (!checksumHolds(header)) throw new BadPackageError('it is no tar archive, or a damaged one')
    if (++this.#members > mostMembers)
      throw new BadPackageError(`it has no metadata among its first ${mostMembers} files`)
    const size = sizeIn(header)
    if (size === undefined) throw new BadPackageError('it has a file whose size is no number')
    const name = nameIn(header)
    if ((name !== 'metadata.gz' && name !== 'metadata') || !isRegular(header)) {
      this.#skip = Math.ceil(size / block) * block
      return
    }
    if (size > largestMetadata) throw new BadPackageError(`its metadata claims ${size} bytes`)
    if (size === 0) throw new BadPackageError('its metadata is empty')
    this.#wanted = { gzipped: name === 'metadata.gz', size, parts: [], got: 0 }
  }
}
