/**
 * One small file out of a zip archive that is read by ranges: the list at its end, then the file. Nothing else is
 * unpacked, and no name of the archive is ever a path of ours.
 *
 * @see https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.3
 */
import { crc32, inflateRawSync } from 'node:zlib'

import { BadPackageError } from '../format.ts'

/** The bytes from `start` to before `end`; fewer where the object ends earlier. */
export type ReadRange = (start: number, end: number) => Promise<Uint8Array>

/** What an archive's end is read in: lists of almost all packages are in it. */
export const tailLength = 64 * 1024
const largestList = 16 * 1024 * 1024
/** Unpacked, of a file that is read. */
export const largestFile = 4 * 1024 * 1024
const largestPacked = 8 * 1024 * 1024
const endLength = 22
const entryLength = 46
const localLength = 30

interface ZipEntry {
  readonly name: string
  readonly method: number
  readonly flags: number
  readonly crc: number
  readonly packed: number
  readonly size: number
  readonly offset: number
}

/**
 * The file that is chosen by the archive's list of names.
 *
 * @param choose - the name of the file to read, of all names; may throw a BadPackageError
 * @throws BadPackageError, and what `read` throws
 */
export async function fileInZip(
  read: ReadRange,
  size: number,
  choose: (names: readonly string[]) => string,
): Promise<Uint8Array> {
  const entries = entriesIn(await listOf(read, size))
  const name = choose(entries.map((entry) => entry.name))
  const [entry, another] = entries.filter((one) => one.name === name)
  if (entry === undefined) throw new BadPackageError(`it has no ${name}`)
  if (another !== undefined) throw new BadPackageError(`it has ${name} twice`)
  return unpacked(read, entry, size)
}

/** The list of files: where the end of the archive says that it is. */
async function listOf(read: ReadRange, size: number): Promise<Buffer> {
  const from = Math.max(0, size - tailLength - endLength)
  const tail = bufferOf(await read(from, size))
  const at = tail.length === size - from ? endIn(tail) : undefined
  if (at === undefined) throw new BadPackageError('it is no zip archive, or is cut off')
  const end = endRecord(tail, at, from)
  if (end.start + end.length > from + at || end.count * entryLength > end.length) {
    throw new BadPackageError('its list of files is not where it says')
  }
  if (end.length > largestList) throw new BadPackageError(`its list of files claims ${end.length} bytes`)
  const list =
    end.start >= from
      ? tail.subarray(end.start - from, end.start - from + end.length)
      : bufferOf(await read(end.start, end.start + end.length))
  if (list.length !== end.length) throw new BadPackageError('it is cut off')
  return list
}

/** Where the record at the end begins: the last one whose comment ends with the archive. */
function endIn(tail: Buffer): number | undefined {
  for (let at = tail.length - endLength; at >= 0; at--) {
    if (tail[at] !== 0x50 || tail.readUInt32LE(at) !== 0x06054b50) continue
    if (at + endLength + tail.readUInt16LE(at + 20) === tail.length) return at
  }
  return undefined
}

function endRecord(tail: Buffer, at: number, from: number): { count: number; length: number; start: number } {
  const end = {
    count: tail.readUInt16LE(at + 10),
    length: tail.readUInt32LE(at + 12),
    start: tail.readUInt32LE(at + 16),
  }
  const isZip64 = end.count === 0xffff || end.length === 0xffffffff || end.start === 0xffffffff
  const locator = at - 20
  if (!isZip64 || locator < 0 || tail.readUInt32LE(locator) !== 0x07064b50) return end
  // APPNOTE 4.3.14 and 4.3.15: the record stands right before its locator, unless somebody has put something there.
  const record = numberAt(tail, locator + 8) - from
  if (record < 0 || record + 56 > locator || tail.readUInt32LE(record) !== 0x06064b50) {
    throw new BadPackageError('its list of files is not where it says')
  }
  return { count: numberAt(tail, record + 32), length: numberAt(tail, record + 40), start: numberAt(tail, record + 48) }
}

function entriesIn(list: Buffer): ZipEntry[] {
  const entries: ZipEntry[] = []
  for (let at = 0; at < list.length;) {
    if (at + entryLength > list.length || list.readUInt32LE(at) !== 0x02014b50) throw damagedList()
    const nameEnd = at + entryLength + list.readUInt16LE(at + 28)
    const extraEnd = nameEnd + list.readUInt16LE(at + 30)
    const next = extraEnd + list.readUInt16LE(at + 32)
    if (next > list.length) throw damagedList()
    entries.push({
      name: list.toString('utf8', at + entryLength, nameEnd),
      flags: list.readUInt16LE(at + 8),
      method: list.readUInt16LE(at + 10),
      crc: list.readUInt32LE(at + 16),
      ...sizesOf(list, at, list.subarray(nameEnd, extraEnd)),
    })
    at = next
  }
  return entries
}

/** APPNOTE 4.5.3: what does not fit in 32 bits stands in an extra field, in this order. */
function sizesOf(list: Buffer, at: number, extra: Buffer): Pick<ZipEntry, 'size' | 'packed' | 'offset'> {
  const fields = { size: at + 24, packed: at + 20, offset: at + 42 }
  const sizes = { size: 0, packed: 0, offset: 0 }
  const large = extraField(extra, 0x0001)
  let used = 0
  for (const name of ['size', 'packed', 'offset'] as const) {
    sizes[name] = list.readUInt32LE(fields[name])
    if (sizes[name] !== 0xffffffff || large === undefined) continue
    if (used + 8 > large.length) throw damagedList()
    sizes[name] = numberAt(large, used)
    used += 8
  }
  return sizes
}

function extraField(extra: Buffer, id: number): Buffer | undefined {
  for (let at = 0; at + 4 <= extra.length;) {
    const end = at + 4 + extra.readUInt16LE(at + 2)
    if (extra.readUInt16LE(at) === id) return extra.subarray(at + 4, end)
    at = end
  }
  return undefined
}

async function unpacked(read: ReadRange, entry: ZipEntry, size: number): Promise<Uint8Array> {
  const { name, packed, offset, method, flags } = entry
  const shown = JSON.stringify(name.slice(0, 100))
  if (entry.size > largestFile || packed > largestPacked) {
    throw new BadPackageError(`its ${shown} claims ${Math.max(entry.size, packed)} bytes`)
  }
  if ((flags & 0x2041) !== 0) throw new BadPackageError(`its ${shown} is encrypted`)
  // What stands before the data is mostly as long as its name; one read is enough then.
  const around = localLength + name.length + 1024
  const first = bufferOf(await read(offset, Math.min(size, offset + around + packed)))
  if (first.length < localLength || first.readUInt32LE(0) !== 0x04034b50) {
    throw new BadPackageError(`its ${shown} is not where its list of files says`)
  }
  const start = localLength + first.readUInt16LE(26) + first.readUInt16LE(28)
  const data =
    start + packed <= first.length
      ? first.subarray(start, start + packed)
      : bufferOf(await read(offset + start, Math.min(size, offset + start + packed)))
  const whole = data.length === packed ? inflated(data, method, entry.size) : undefined
  if (whole?.length !== entry.size || crc32(whole) !== entry.crc) {
    throw new BadPackageError(`its ${shown} is damaged, or not of the size that is declared`)
  }
  return whole
}

function inflated(data: Buffer, method: number, size: number): Buffer | undefined {
  if (method === 0) return data
  if (method !== 8) throw new BadPackageError(`it is packed by method ${method}; only deflate is understood`)
  try {
    return inflateRawSync(data, { maxOutputLength: Math.max(1, size) })
  } catch {
    return undefined
  }
}

const damagedList = (): BadPackageError => new BadPackageError('its list of files is damaged')

/** 64 bits; what is too large for a number is larger than any archive. */
const numberAt = (bytes: Buffer, at: number): number => Number(bytes.readBigUInt64LE(at))

const bufferOf = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
