import { createHash, randomUUID } from 'node:crypto'
import {
  closeSync,
  createReadStream,
  createWriteStream,
  linkSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
} from 'node:fs'
import { join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { privateFile, privateFolder } from '../contracts/private-folder.ts'

/** What one pass over a body has found out. */
export interface WrittenBody {
  /** Name of the file; undefined for an empty body, which needs none. */
  body: string | undefined
  size: number
  md5: Buffer
}

/** Something that sees every byte of a body on its way to the disk. */
export interface ByteSink {
  update(chunk: Buffer): unknown
}

/** Bodies up to this size are read in one go; a stream costs more than it saves. */
const readAtOnce = 256 * 1024

/**
 * The bytes of objects and parts, one immutable file each. A body is written under a temporary name and renamed when
 * it is whole; only then does the index name it. So a sandbox killed at any moment holds no half-written object. (The
 * files are not fsynced: that guards against a power cut, which a rehearsal may start over after.)
 */
export class Bodies {
  readonly #folder: string
  readonly #incoming: string

  constructor(folder: string) {
    this.#folder = join(folder, 's3')
    this.#incoming = join(this.#folder, 'incoming')
    rmSync(this.#incoming, { recursive: true, force: true })
    mkdirSync(this.#incoming, privateFolder)
    for (let bucket = 0; bucket < 256; bucket++) {
      mkdirSync(join(this.#folder, bucket.toString(16).padStart(2, '0')), privateFolder)
    }
  }

  #path(body: string): string {
    return join(this.#folder, body.slice(0, 2), body)
  }

  /** Stores a stream to its end. Nothing is left behind if the stream fails. */
  async write(source: Readable, sinks: readonly ByteSink[] = []): Promise<WrittenBody> {
    const md5 = createHash('md5')
    const body = randomUUID()
    const temporary = join(this.#incoming, body)
    let size = 0
    const watched = async function* (): AsyncGenerator<Buffer> {
      for await (const chunk of source as AsyncIterable<Buffer>) {
        size += chunk.length
        md5.update(chunk)
        for (const sink of sinks) sink.update(chunk)
        yield chunk
      }
    }
    try {
      await pipeline(watched, createWriteStream(temporary, privateFile))
    } catch (error) {
      rmSync(temporary, { force: true })
      throw error
    }
    if (size === 0) {
      rmSync(temporary, { force: true })
      return { body: undefined, size, md5: md5.digest() }
    }
    renameSync(temporary, this.#path(body))
    return { body, size, md5: md5.digest() }
  }

  /** A second name for the same bytes, for a copy. */
  link(body: string | undefined): string | undefined {
    if (body === undefined) return undefined
    const copy = randomUUID()
    linkSync(this.#path(body), this.#path(copy))
    return copy
  }

  /**
   * Bytes `start` to `end` (inclusive). The file is opened before this returns, so that an overwrite or delete of the
   * object afterwards does not touch a download under way.
   */
  read(body: string | undefined, start: number, end: number): Buffer | Readable {
    if (body === undefined || end < start) return Buffer.alloc(0)
    const descriptor = openSync(this.#path(body), 'r')
    const length = end - start + 1
    if (length > readAtOnce) return createReadStream('', { fd: descriptor, start, end })
    try {
      const bytes = Buffer.allocUnsafe(length)
      let read = 0
      while (read < length) {
        const got = readSync(descriptor, bytes, read, length - read, start + read)
        if (got === 0) break
        read += got
      }
      return bytes.subarray(0, read)
    } finally {
      closeSync(descriptor)
    }
  }

  /** The same as a stream. */
  stream(body: string | undefined, start: number, end: number): Readable {
    const bytes = this.read(body, start, end)
    return bytes instanceof Readable ? bytes : Readable.from([bytes])
  }

  remove(body: string | undefined): void {
    if (body !== undefined) rmSync(this.#path(body), { force: true })
  }
}
