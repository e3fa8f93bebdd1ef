import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createGunzip, type Gunzip } from 'node:zlib'

import { messageOf } from '../../errors.ts'
import { BadPackageError, type Digests, type PackageFacts, type PackageSource } from '../format.ts'
import { ManifestFinder } from './find-manifest.ts'
import { readManifest } from './manifest.ts'

/** So much of a package is looked through. There are larger ones, but their files that matter come before. */
const mostLooked = 1024 * 1024 * 1024

/** Reads a package in one pass: its digests and its `package.json`. See `Format.readPackage`. */
export async function readTarball(source: PackageSource): Promise<PackageFacts> {
  const finder = new ManifestFinder()
  const archive = new Archive(finder)
  const hashes = (['sha1', 'sha512'] as const).map((name) => ({ name, hash: createHash(name) }))
  let read = 0
  try {
    for await (const chunk of source.stream()) {
      for (const { hash } of hashes) hash.update(chunk)
      read += chunk.length
      await archive.push(chunk)
    }
    if (read !== source.size) throw new Error(`${read} bytes came, not ${source.size}`)
    const isWhole = await archive.end()
    const { identity, facts } = readManifest(finder.end(isWhole), finder)
    const digests: Digests = Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest('hex')]))
    return { digests: { ...source.known, ...digests }, identity, facts }
  } finally {
    archive.close()
  }
}

/** What is in a tarball, handed on as it comes. */
class Archive {
  readonly #gunzip: Gunzip = createGunzip()
  readonly #finder: ManifestFinder
  #looked = 0
  #failure: Error | undefined
  /** Nothing of it is wanted any more. */
  #isDone = false

  constructor(finder: ManifestFinder) {
    this.#finder = finder
    this.#gunzip.on('data', (piece: Buffer) => this.#look(piece))
    this.#gunzip.on('error', (error) => this.#fail(new BadPackageError(`it can not be unpacked: ${messageOf(error)}`)))
  }

  /** Returns when all of the chunk is looked at. */
  async push(chunk: Uint8Array): Promise<void> {
    if (this.#isDone || chunk.length === 0) return
    await new Promise<void>((resolve) => {
      this.#gunzip.once('close', resolve)
      this.#gunzip.write(chunk, () => {
        this.#gunzip.off('close', resolve)
        resolve()
      })
    })
    this.#throwFailure()
  }

  /** Returns whether all of the archive was looked at. */
  async end(): Promise<boolean> {
    if (!this.#isDone) {
      const closed = once(this.#gunzip, 'close').catch(() => undefined)
      this.#gunzip.end()
      await closed
    }
    this.#throwFailure()
    return this.#looked <= mostLooked
  }

  close(): void {
    this.#gunzip.destroy()
  }

  #look(piece: Buffer): void {
    if (this.#isDone) return
    this.#looked += piece.length
    try {
      if (this.#looked <= mostLooked) this.#finder.push(piece)
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error(messageOf(error)))
    }
    if (this.#looked > mostLooked) this.#stop()
  }

  #fail(error: Error): void {
    if (!this.#isDone) this.#failure ??= error
    this.#stop()
  }

  #stop(): void {
    this.#isDone = true
    this.#gunzip.destroy()
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}
