import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { createGunzip, type Gunzip, gunzipSync } from 'node:zlib'

import { messageOf } from '../../errors.ts'
import { BadPackageError, type Digests, type PackageFacts, type PackageSource } from '../format.ts'
import { ManifestFinder } from './find-manifest.ts'
import { readManifest } from './manifest.ts'

/** So much of a package is looked through. There are larger ones, but their files that matter come before. */
const mostLooked = 1024 * 1024 * 1024

/** Bytes of a package that is unpacked in memory, if it has no more than so many when it is. */
const small = 128 * 1024
const smallUnpacked = 4 * 1024 * 1024

/** Reads a package in one pass: its digests and its `package.json`. See `Format.readPackage`. */
export async function readTarball(source: PackageSource): Promise<PackageFacts> {
  const finder = new ManifestFinder()
  const archive = new Archive(finder)
  const hashes = (['sha1', 'sha512'] as const).map((name) => ({ name, hash: createHash(name) }))
  let read = 0
  try {
    const isSmall = source.size <= small
    const pieces: Uint8Array[] = []
    for await (const chunk of source.stream()) {
      for (const { hash } of hashes) hash.update(chunk)
      read += chunk.length
      if (!isSmall) await archive.push(chunk)
      else if (read <= small) pieces.push(Uint8Array.from(chunk))
    }
    if (read !== source.size) throw new Error(`${read} bytes came, not ${source.size}`)
    const isWhole = isSmall ? await archive.whole(Buffer.concat(pieces)) : await archive.end()
    const { identity, facts } = readManifest(finder.end(isWhole), finder)
    const digests: Digests = Object.fromEntries(hashes.map(({ name, hash }) => [name, hash.digest('hex')]))
    return { digests: { ...source.known, ...digests }, identity, facts }
  } finally {
    archive.close()
  }
}

/** Undefined where that takes too much memory, or where it is damaged: how far, is found out piece by piece. */
function atOnce(bytes: Uint8Array): Buffer | undefined {
  try {
    return gunzipSync(bytes, { maxOutputLength: smallUnpacked })
  } catch {
    return undefined
  }
}

/** What is in a tarball, handed on as it comes. */
class Archive {
  #stream: Gunzip | undefined
  readonly #finder: ManifestFinder
  #looked = 0
  #failure: Error | undefined
  /** Nothing of it is wanted any more. */
  #isDone = false

  constructor(finder: ManifestFinder) {
    this.#finder = finder
  }

  get #gunzip(): Gunzip {
    if (this.#stream !== undefined) return this.#stream
    const stream = createGunzip()
    stream.on('data', (piece: Buffer) => this.#look(piece))
    stream.on('error', (error) => this.#fail(new BadPackageError(`it can not be unpacked: ${messageOf(error)}`)))
    this.#stream = stream
    return stream
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

  /** The same for all of it at once, which is many times faster where there is little of it. */
  async whole(bytes: Uint8Array): Promise<boolean> {
    const unpacked = atOnce(bytes)
    if (unpacked === undefined) await this.push(bytes)
    else {
      this.#look(unpacked)
      this.#stop()
      this.#throwFailure()
    }
    return this.end()
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
    this.#stream?.destroy()
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
    this.#stream?.destroy()
  }

  #throwFailure(): void {
    if (this.#failure !== undefined) throw this.#failure
  }
}
