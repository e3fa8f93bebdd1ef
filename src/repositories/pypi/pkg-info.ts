import { createGunzip, type Gunzip } from 'node:zlib'

import { BadPackageError } from '../format.ts'
import { checksumHolds, isBlank, isRegular, nameIn, sizeIn } from '../tar-header.ts'
import { type Member, TarStream } from '../tar-stream.ts'

const largestFile = 4 * 1024 * 1024
/** Unpacked: whoever packs it last, as some tools do, has source code before it. */
const furthest = 512 * 1024 * 1024

/**
 * Looks for `NAME-VERSION/PKG-INFO` in a gzipped tar archive that comes piece by piece. The archive is unpacked only as far
 * as to it, nothing of it to any place.
 */
export class PkgInfoFinder {
  readonly #gunzip: Gunzip
  #release = (): void => undefined
  readonly #archive = new TarStream((header) => this.#member(header))
  #seen = 0
  #result: Buffer | BadPackageError | undefined

  constructor() {
    this.#gunzip = createGunzip({ chunkSize: 64 * 1024 })
    this.#gunzip.on('data', (piece: Buffer) => this.#take(piece))
    this.#gunzip.on('error', () => this.#fail('it is no gzipped archive, or a damaged one'))
    // Of what it was given when it broke it says nothing any more.
    this.#gunzip.on('close', () => this.#release())
  }

  /** Neither is more to be pushed, nor would it change anything. */
  get isDone(): boolean {
    return this.#result !== undefined
  }

  /** Resolves when the piece is not needed any more. */
  async push(piece: Uint8Array): Promise<void> {
    if (this.isDone) return
    await new Promise<void>((resolve) => {
      this.#release = resolve
      this.#gunzip.write(piece, () => resolve())
    })
  }

  /**
   * @returns the file, when there is no more to be pushed
   * @throws BadPackageError
   */
  async end(): Promise<Uint8Array> {
    if (!this.isDone) {
      await new Promise<void>((resolve) => {
        this.#gunzip.once('end', resolve)
        this.#gunzip.once('close', resolve)
        this.#gunzip.end()
      })
    }
    this.#gunzip.destroy()
    if (this.#result === undefined) {
      this.#fail(this.#archive.isTaking ? 'it ends inside its PKG-INFO' : noInfo)
      return this.end()
    }
    if (this.#result instanceof BadPackageError) throw this.#result
    return this.#result
  }

  #fail(why: string): void {
    this.#result ??= new BadPackageError(why)
  }

  #take(piece: Buffer): void {
    this.#seen += piece.length
    this.#archive.push(piece, () => !this.isDone)
    if (this.#seen > furthest) this.#fail(`it has no PKG-INFO in its first ${furthest} bytes, unpacked`)
    // Whatever else a small piece would come to.
    if (this.isDone) this.#gunzip.destroy()
  }

  #member(header: Uint8Array): Member | undefined {
    const size = sizeIn(header)
    const isInfo = isRegular(header) && /^(?:\.\/)?[^/]+\/PKG-INFO$/.test(nameIn(header)) && header[345] === 0
    if (isBlank(header)) this.#fail(noInfo)
    else if (!checksumHolds(header)) this.#fail('it is no tar archive, or a damaged one')
    else if (size === undefined) this.#fail('it has a file whose size is no number')
    else if (!isInfo || size === 0) return { size }
    else if (size > largestFile) this.#fail(`its PKG-INFO claims ${size} bytes`)
    else return { size, take: (bytes) => (this.#result = bytes) }
    return undefined
  }
}

const noInfo = 'it has no PKG-INFO'
