/**
 * What apk reads of its second version: gzip streams one behind another, which together are one tar archive.
 *
 * Source: apk-tools, `apk-v2(5)`.
 */
import { constants, gunzipSync, inflateRawSync, type Zlib } from 'node:zlib'

import { checksumHolds, isBlank, isRegular, nameIn, sizeIn } from '../tar-header.ts'

const block = 512

/** One of the gzip streams. */
export interface Segment {
  /** As it is stored. */
  readonly packed: Uint8Array
  readonly files: readonly TarFile[]
}

export interface TarFile {
  readonly name: string
  readonly body: Uint8Array
}

/** What is no such stream, or a damaged one. */
export class BadSegment extends Error {
  override readonly name = 'BadSegment'
}

/**
 * The stream that begins at an offset; undefined where the bytes end before it does.
 *
 * @param most - bytes that it may unpack to
 * @throws BadSegment
 */
export function segmentAt(bytes: Uint8Array, start: number, most: number): Segment | undefined {
  const head = headerLength(bytes.subarray(start))
  if (head === undefined) return undefined
  let consumed: number
  try {
    // Node's gunzip goes on to the next stream, and does not tell where one ends; this does.
    const rest = bytes.subarray(start + head)
    const { engine } = inflateRawSync(rest, { maxOutputLength: most, info: true }) as unknown as { engine: Zlib }
    consumed = engine.bytesWritten
  } catch (error) {
    if (error instanceof RangeError) throw new BadSegment(`it unpacks to more than ${most} bytes`)
    if (error instanceof Error && Reflect.get(error, 'errno') === constants.Z_BUF_ERROR) return undefined
    throw new BadSegment('it is damaged')
  }
  const end = start + head + consumed + 8
  if (end > bytes.length) return undefined
  const packed = bytes.subarray(start, end)
  try {
    return { packed, files: filesIn(gunzipSync(packed, { maxOutputLength: most })) }
  } catch (error) {
    if (error instanceof BadSegment) throw error
    throw new BadSegment('it is damaged')
  }
}

/** Bytes before what is deflated (RFC 1952, 2.3); undefined where that can't be told yet. */
function headerLength(bytes: Uint8Array): number | undefined {
  if (bytes.length < 10) return undefined
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b || bytes[2] !== 8) throw new BadSegment('it is not packed by gzip')
  const flags = bytes[3] ?? 0
  let at = 10
  if ((flags & 4) !== 0) at += 2 + (bytes[at] ?? 0) + ((bytes[at + 1] ?? 0) << 8)
  for (const flag of [8, 16]) {
    if ((flags & flag) === 0) continue
    const end = bytes.indexOf(0, at)
    if (end === -1) {
      if (bytes.length > 64 * 1024) throw new BadSegment('it is not packed by gzip')
      return undefined
    }
    at = end + 1
  }
  if ((flags & 2) !== 0) at += 2
  return at <= bytes.length ? at : undefined
}

const mostFiles = 1000

/** Its regular files, whose bodies are views; the end may be left out. */
function filesIn(archive: Uint8Array): TarFile[] {
  const files: TarFile[] = []
  for (let at = 0; at + block <= archive.length;) {
    const header = archive.subarray(at, at + block)
    if (isBlank(header)) break
    if (!checksumHolds(header)) throw new BadSegment('it has no tar archive in it, or a damaged one')
    const size = sizeIn(header)
    if (size === undefined) throw new BadSegment('it has a file whose size is no number')
    const start = at + block
    // What a data stream has is nobody's business here.
    if (isRegular(header) && files.length < mostFiles) {
      const body = archive.subarray(start, start + size)
      if (body.length < size) throw new BadSegment(`it ends inside of ${nameIn(header)}`)
      files.push({ name: nameIn(header), body })
    }
    at = start + Math.ceil(size / block) * block
  }
  return files
}

/**
 * Files as apk packs them: of nobody, and of no time.
 *
 * @param isWhole - with an end; what is to stand before another stream has none
 */
export function archiveOf(files: readonly TarFile[], isWhole: boolean): Uint8Array {
  const parts = files.flatMap(({ name, body }) => [
    headerOf(name, body.length),
    body,
    Buffer.alloc((block - (body.length % block)) % block),
  ])
  return Buffer.concat([...parts, Buffer.alloc(isWhole ? 2 * block : 0)])
}

function headerOf(name: string, size: number): Uint8Array {
  const header = Buffer.alloc(block)
  header.write(name, 0, 100)
  header.write('0000644\0', 100)
  header.write('0000000\0', 108)
  header.write('0000000\0', 116)
  header.write(`${size.toString(8).padStart(11, '0')}\0`, 124)
  header.write('00000000000\0', 136)
  header.fill(' ', 148, 156)
  header.write('0', 156)
  header.write('ustar\u000000', 257)
  const sum = header.reduce((total, byte) => total + byte, 0)
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
  return header
}
