/** The `.xz` format (xz-file-format 1.2.0). The decoder knows CRC-32 and CRC-64; what is checked by SHA-256 is checked here. */
import { createHash } from 'node:crypto'
import { crc32 } from 'node:zlib'

import xz from 'xz-decompress'

/**
 * Decompresses all of it, piece by piece. The decoder's dictionary is limited to 64 MiB by itself, which is what `xz -9`
 * asks for.
 *
 * @throws Error where it is damaged or cut off
 */
export async function* unxz(bytes: Uint8Array): AsyncGenerator<Uint8Array> {
  const plain = withoutSha256(bytes)
  const pieces = new xz.XzReadableStream(streamOf(plain?.bytes ?? bytes))
  yield* plain === undefined ? pieces : verified(pieces, plain.blocks)
}

const streamOf = (bytes: Uint8Array): ReadableStream<Uint8Array> =>
  new ReadableStream({
    start(controller) {
      controller.enqueue(bytes)
      controller.close()
    },
  })

/** A block whose content has a digest. */
interface Block {
  /** Of its content. */
  readonly size: number
  readonly sha256: Uint8Array
}

async function* verified(pieces: AsyncIterable<Uint8Array>, blocks: readonly Block[]): AsyncGenerator<Uint8Array> {
  let at = 0
  let hash = createHash('sha256')
  let size = 0
  const endBlocks = (): void => {
    for (let block = blocks[at]; block?.size === size; block = blocks[++at]) {
      if (!hash.digest().equals(block.sha256)) throw new Error('its content is not what its SHA-256 says')
      hash = createHash('sha256')
      size = 0
    }
  }
  endBlocks()
  for await (const piece of pieces) {
    for (let start = 0; start < piece.length;) {
      const part = piece.subarray(start, start + (blocks[at]?.size ?? 0) - size)
      if (part.length === 0) throw new Error('it holds more than its index says')
      hash.update(part)
      size += part.length
      start += part.length
      endBlocks()
    }
    yield piece
  }
  if (at < blocks.length) throw new Error('it holds less than its index says')
}

const magic = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])
const footerMagic = Buffer.from('YZ')
/** The length of a stream's header, and of its footer. */
const frame = 12
const sha256Check = 0x0a
const sha256Length = 32

/**
 * The same streams without their checks, where those are SHA-256; undefined where there are none such, or where what is
 * there is no whole `.xz`, which the decoder will say.
 */
function withoutSha256(input: Uint8Array): { bytes: Uint8Array; blocks: Block[] } | undefined {
  const bytes = Buffer.from(input.buffer, input.byteOffset, input.byteLength)
  const streams: { parts: Buffer[]; blocks: Block[] }[] = []
  for (let end = withoutPadding(bytes, bytes.length); end > 0;) {
    const stream = streamBefore(bytes, end)
    if (stream === undefined) return undefined
    streams.unshift(stream)
    end = withoutPadding(bytes, stream.start)
  }
  if (streams.length === 0) return undefined
  return {
    bytes: Buffer.concat(streams.flatMap(({ parts }) => parts)),
    blocks: streams.flatMap(({ blocks }) => blocks),
  }
}

function withoutPadding(bytes: Buffer, end: number): number {
  let at = end
  while (at >= 4 && bytes.readUInt32LE(at - 4) === 0) at -= 4
  return at
}

const padded = (length: number): number => Math.ceil(length / 4) * 4

/** The stream that ends here, if its check is SHA-256. */
function streamBefore(bytes: Buffer, end: number): { start: number; parts: Buffer[]; blocks: Block[] } | undefined {
  const footer = end - frame
  if (footer < frame || !bytes.subarray(end - 2, end).equals(footerMagic)) return undefined
  if (bytes[end - 3] !== sha256Check) return undefined
  const indexAt = footer - (bytes.readUInt32LE(footer + 4) + 1) * 4
  const records = indexAt < frame ? undefined : recordsOf(bytes.subarray(indexAt, footer))
  if (records === undefined) return undefined
  let at = indexAt - records.reduce((sum, { unpadded }) => sum + padded(unpadded), 0)
  const start = at - frame
  if (start < 0 || !bytes.subarray(start, start + 6).equals(magic)) return undefined
  const flags = Buffer.from([0, 0])
  const parts = [magic, flags, checksum(flags)]
  const blocks: Block[] = []
  for (const { unpadded, size } of records) {
    const check = at + padded(unpadded) - sha256Length
    parts.push(bytes.subarray(at, check))
    blocks.push({ size, sha256: bytes.subarray(check, check + sha256Length) })
    at = check + sha256Length
  }
  const index = indexOf(records)
  const sizeAndFlags = Buffer.concat([uint32(index.length / 4 - 1), flags])
  return { start, blocks, parts: [...parts, index, checksum(sizeAndFlags), sizeAndFlags, footerMagic] }
}

interface IndexRecord {
  /** Of a block: its header, what is compressed, and its check. */
  readonly unpadded: number
  /** Of its content. */
  readonly size: number
}

/** The records of an index; undefined for what is none. */
function recordsOf(index: Buffer): IndexRecord[] | undefined {
  let at = 1
  const next = (): number => {
    let value = 0
    for (let factor = 1; at < index.length; factor *= 128) {
      const byte = index[at++] ?? 0
      value += (byte & 0x7f) * factor
      if (byte < 0x80) return value
    }
    return Number.NaN
  }
  const count = next()
  // Each takes two bytes at least.
  if (index[0] !== 0 || !(count <= index.length / 2)) return undefined
  const records = Array.from({ length: count }, () => ({ unpadded: next(), size: next() }))
  const isSound = ({ unpadded, size }: IndexRecord): boolean =>
    Number.isSafeInteger(unpadded) && unpadded > sha256Length && Number.isSafeInteger(size)
  return records.every(isSound) ? records : undefined
}

function indexOf(records: readonly IndexRecord[]): Buffer {
  const bytes = [0, ...variable(records.length)]
  for (const { unpadded, size } of records) bytes.push(...variable(unpadded - sha256Length), ...variable(size))
  const whole = Buffer.alloc(padded(bytes.length))
  whole.set(bytes)
  return Buffer.concat([whole, checksum(whole)])
}

/** Seven bits a byte, the lowest first. */
function variable(value: number): number[] {
  const bytes: number[] = []
  let rest = value
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128)
  return [...bytes, rest]
}

const checksum = (bytes: Uint8Array): Buffer => uint32(crc32(bytes))

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32LE(value)
  return bytes
}
