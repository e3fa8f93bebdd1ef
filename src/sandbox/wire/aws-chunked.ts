import { createHash } from 'node:crypto'

import { AwsError } from '../contracts/service.ts'
import { chainSignature, sha256 } from './signature.ts'

/** What signs the chunks of `STREAMING-AWS4-HMAC-SHA256-PAYLOAD[-TRAILER]`. */
export interface ChunkSigning {
  key: Buffer
  scope: string
  timestamp: string
  /** The signature of the request itself, where the chain begins. */
  seed: string
}

const emptyHash = sha256('')
const mismatch = (): AwsError =>
  new AwsError(
    403,
    'SignatureDoesNotMatch',
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  )
const incomplete = (): AwsError => new AwsError(400, 'IncompleteBody', 'The request body terminated unexpectedly')

/** Reads lines and runs of bytes from a stream of buffers of any size. */
class ByteReader {
  #rest: Buffer = Buffer.alloc(0)
  readonly #source: AsyncIterator<Buffer>

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source[Symbol.asyncIterator]()
  }

  async #more(): Promise<Buffer | undefined> {
    const next = await this.#source.next()
    return next.done === true ? undefined : next.value
  }

  /** Up to a line feed; the carriage return before it is dropped too. Undefined at the end of the stream. */
  async line(): Promise<string | undefined> {
    for (;;) {
      const at = this.#rest.indexOf(10)
      if (at >= 0) {
        const line = this.#rest.subarray(0, at).toString('latin1').replace(/\r$/, '')
        this.#rest = this.#rest.subarray(at + 1)
        return line
      }
      if (this.#rest.length > longestLine) throw incomplete()
      const next = await this.#more()
      if (next === undefined) return this.#lastLine()
      this.#rest = this.#rest.length === 0 ? next : Buffer.concat([this.#rest, next])
    }
  }

  #lastLine(): string | undefined {
    if (this.#rest.length === 0) return undefined
    const line = this.#rest.toString('latin1')
    this.#rest = Buffer.alloc(0)
    return line
  }

  async *bytes(count: number): AsyncGenerator<Buffer> {
    let missing = count
    while (missing > 0) {
      if (this.#rest.length === 0) {
        const next = await this.#more()
        if (next === undefined) throw incomplete()
        this.#rest = next
      }
      const piece = this.#rest.subarray(0, missing)
      this.#rest = this.#rest.subarray(piece.length)
      missing -= piece.length
      if (piece.length > 0) yield piece
    }
  }
}

const longestLine = 16_384

/**
 * Takes the aws-chunked framing off a body and checks the signature of every chunk
 * (S3 API reference, "Signature calculations for the Authorization header: transferring payload in multiple chunks").
 *
 * @param decodedLength - of `x-amz-decoded-content-length`; a body of another length is refused
 * @param trailers - filled with the trailing headers, lower-case names
 * @throws AwsError SignatureDoesNotMatch, IncompleteBody
 */
export async function* unframe(
  source: AsyncIterable<Buffer>,
  decodedLength: number,
  signing: ChunkSigning | undefined,
  trailers: Record<string, string>,
): AsyncGenerator<Buffer> {
  const reader = new ByteReader(source)
  let previous = signing?.seed ?? ''
  let received = 0
  for (;;) {
    const { size, signature } = readChunkHead(await reader.line())
    const hash = createHash('sha256')
    for await (const piece of reader.bytes(size)) {
      hash.update(piece)
      yield piece
    }
    received += size
    if (signing !== undefined) {
      const hashes = [emptyHash, hash.digest('hex')]
      previous = chainSignature(signing.key, 'PAYLOAD', { ...signing, previous, hashes })
      if (signature !== previous) throw mismatch()
    }
    if (size === 0) break
    if ((await reader.line()) !== '') throw incomplete()
  }
  await readTrailers(reader, signing, previous, trailers)
  if (received !== decodedLength) throw incomplete()
}

function readChunkHead(line: string | undefined): { size: number; signature: string | undefined } {
  const head = /^([0-9a-fA-F]{1,12})(?:;chunk-signature=([0-9a-f]{64}))?$/.exec(line ?? '')
  if (head === null) throw incomplete()
  return { size: parseInt(head[1] ?? '', 16), signature: head[2] }
}

async function readTrailers(
  reader: ByteReader,
  signing: ChunkSigning | undefined,
  previous: string,
  trailers: Record<string, string>,
): Promise<void> {
  let canonical = ''
  let signature: string | undefined
  for (let line = await reader.line(); line !== undefined; line = await reader.line()) {
    if (line === '') continue
    const at = line.indexOf(':')
    if (at < 0) throw incomplete()
    const name = line.slice(0, at).trim().toLowerCase()
    const value = line.slice(at + 1).trim()
    if (name === 'x-amz-trailer-signature') signature = value
    else {
      trailers[name] = value
      canonical += `${name}:${value}\n`
    }
  }
  if (signing === undefined || canonical === '') return
  const wanted = chainSignature(signing.key, 'TRAILER', { ...signing, previous, hashes: [sha256(canonical)] })
  if (signature !== wanted) throw mismatch()
}
