import { once } from 'node:events'
import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { createGzip, type Gzip } from 'node:zlib'

/** A finished document. */
export interface GzippedDocument {
  readonly body: Uint8Array
  /** SHA-256 of the body, in hex. */
  readonly sha256: string
  /** SHA-256 of what is in it, in hex. */
  readonly openSha256: string
  /** Bytes of what is in it. */
  readonly openSize: number
}

/** How much text is gathered before it is hashed and compressed. */
const batchLength = 256 * 1024

/** Some batches may wait, so that documents written side by side are compressed at the same time. */
const gzipOptions = { highWaterMark: 8 * batchLength, chunkSize: 64 * 1024 }

/** In a gzip header (RFC 1952, 2.3): the system it was made on, which is nobody's business. */
const systemByte = 9
const unixSystem = 3

/**
 * Writes a text document, compressing as it goes: only the compressed bytes are held. The same text gives the same
 * bytes, however it was cut into pieces: no time and no file name is in the header.
 */
export class GzipDocument {
  readonly #gzip: Gzip = createGzip(gzipOptions)
  readonly #openHash = createHash('sha256')
  readonly #chunks: Buffer[] = []
  #openSize = 0
  #pending: (string | Uint8Array)[] = []
  #pendingLength = 0

  constructor() {
    this.#gzip.on('data', (chunk: Buffer) => this.#chunks.push(chunk))
  }

  /** Appends text, or text in UTF-8. Only now and then there is something to wait for. */
  write(...texts: readonly (string | Uint8Array)[]): Promise<void> | undefined {
    for (const text of texts) {
      this.#pending.push(text)
      this.#pendingLength += text.length
    }
    return this.#pendingLength < batchLength ? undefined : this.#flush()
  }

  async finish(): Promise<GzippedDocument> {
    await this.#flush()
    const ended = once(this.#gzip, 'end')
    this.#gzip.end()
    await ended
    const body = Buffer.concat(this.#chunks)
    body[systemByte] = unixSystem
    return {
      body,
      sha256: createHash('sha256').update(body).digest('hex'),
      openSha256: this.#openHash.digest('hex'),
      openSize: this.#openSize,
    }
  }

  async #flush(): Promise<void> {
    const bytes = Buffer.concat(this.#pending.map((text) => (typeof text === 'string' ? Buffer.from(text) : text)))
    this.#pending = []
    this.#pendingLength = 0
    this.#openHash.update(bytes)
    this.#openSize += bytes.length
    if (!this.#gzip.write(bytes)) await once(this.#gzip, 'drain')
    // Compression goes on beside us, but begins with the next batch only when it is heard that it has ended one.
    else await setImmediate()
  }
}
