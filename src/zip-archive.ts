import { crc32, createInflateRaw, inflateRawSync } from 'node:zlib'

/** What an archive may come to. */
export interface ZipLimits {
  /** Files and folders, with those that only a path implies. */
  entries: number
  /** All files together, unpacked; an archive must stay below it. */
  bytes: number
}

/** A file or folder of an archive. */
export interface ZipEntry {
  /** Relative, parts joined by `/`: no `..`, no `.`, nothing empty. */
  readonly path: string
  readonly folder: boolean
  /** Bytes, as the archive declares them; reading makes sure that it is true. */
  readonly size: number
  readonly crc: number
  readonly deflated: boolean
  readonly packed: Uint8Array
}

/** The archive is not one that may be unpacked; the message, a clause, says why. */
export class ZipError extends Error {}

/** Unpacked, it would be too large. */
export class ZipSizeError extends ZipError {}

/** PKWARE's APPNOTE.TXT, 4.3.7, 4.3.12, 4.3.16; all numbers are little-endian. */
const localHeader = { signature: 0x04034b50, length: 30 }
const centralHeader = { signature: 0x02014b50, length: 46 }
const endRecord = { signature: 0x06054b50, length: 22, longestComment: 0xffff }
const zip64 = 0xffffffff
/** Bits of the general purpose flags (4.4.4). */
const flags = { encrypted: 0x2041, sizesFollow: 0x0008 }
const methods = { stored: 0, deflated: 8 }
/** The file types of st_mode, in the upper half of the external attributes; other systems leave it 0. */
const fileType = { mask: 0xf000, regular: 0x8000, folder: 0x4000 }
/** What every file system takes. */
const longest = { path: 1024, part: 255 }

/**
 * Reads the list of an archive's files and unpacks none. Taken is only what every reader understands alike and what
 * stays in the folder that it is unpacked into: no links or devices, nothing encrypted, no name twice, no bytes that
 * belong to two files.
 *
 * @throws ZipError for anything else, and for more entries than the limit
 * @throws ZipSizeError if the declared sizes reach the limit
 */
export function listZip(archive: Uint8Array, limits: ZipLimits): ZipEntry[] {
  const bytes = Buffer.from(archive.buffer, archive.byteOffset, archive.byteLength)
  const { count, start, end } = findList(bytes)
  if (count > limits.entries) throw new ZipError(`it holds more than ${limits.entries} files and folders`)
  const tree = new Tree(limits.entries)
  const entries: ZipEntry[] = []
  const taken: [from: number, to: number][] = []
  let total = 0
  let at = start
  for (let number = 0; number < count; number++) {
    const header = readHeader(bytes, at, end)
    at = header.next
    const packed = findPacked(bytes, header, start)
    taken.push([header.offset, packed.byteOffset - bytes.byteOffset + packed.byteLength])
    total += header.size
    if (total >= limits.bytes) throw new ZipSizeError(`unpacked it has ${limits.bytes} bytes or more`)
    const { parts, folder } = placeOf(header)
    if (parts.length === 0) continue
    tree.add(parts, folder)
    const { size, crc } = header
    entries.push({ path: parts.join('/'), folder, size, crc, deflated: header.method === methods.deflated, packed })
  }
  if (at !== end) throw new ZipError('its list of files is not as long as it says')
  requireApart(taken)
  return entries
}

/** All of a small file. Throws {@link ZipError} if it is not what the list says. */
export function readEntry(entry: ZipEntry): Buffer {
  if (!entry.deflated) return checked(entry, Buffer.from(entry.packed))
  let whole
  try {
    whole = inflateRawSync(entry.packed, { maxOutputLength: Math.max(1, entry.size) })
  } catch (error) {
    throw damaged(entry, error)
  }
  return checked(entry, whole)
}

function checked(entry: ZipEntry, whole: Buffer): Buffer {
  if (whole.length !== entry.size || crc32(whole) !== entry.crc) throw damaged(entry)
  return whole
}

/** A file piece by piece. Throws {@link ZipError} where it turns out not to be what the list says. */
export async function* streamEntry(entry: ZipEntry): AsyncGenerator<Uint8Array> {
  let size = 0
  let crc = 0
  for await (const piece of entry.deflated ? inflated(entry) : [entry.packed]) {
    size += piece.length
    if (size > entry.size) throw damaged(entry)
    crc = crc32(piece, crc)
    yield piece
  }
  if (size !== entry.size || crc !== entry.crc) throw damaged(entry)
}

async function* inflated(entry: ZipEntry): AsyncGenerator<Uint8Array> {
  const inflate = createInflateRaw({ chunkSize: 64 * 1024 })
  inflate.end(entry.packed)
  try {
    yield* inflate as AsyncIterable<Buffer>
  } catch (error) {
    throw damaged(entry, error)
  }
}

const damaged = ({ path }: ZipEntry, cause?: unknown): ZipError =>
  new ZipError(`${JSON.stringify(path)} is damaged, or not of the size that is declared`, { cause })

/** Where the list of files is: between the files and the end record, with nothing before, between or after. */
function findList(bytes: Buffer): { count: number; start: number; end: number } {
  const last = bytes.length - endRecord.length
  for (let at = last; at >= Math.max(0, last - endRecord.longestComment); at--) {
    if (bytes.readUInt32LE(at) !== endRecord.signature) continue
    if (at + endRecord.length + bytes.readUInt16LE(at + 20) !== bytes.length) continue
    const [disk, listDisk] = [bytes.readUInt16LE(at + 4), bytes.readUInt16LE(at + 6)]
    const [here, count] = [bytes.readUInt16LE(at + 8), bytes.readUInt16LE(at + 10)]
    const [size, start] = [bytes.readUInt32LE(at + 12), bytes.readUInt32LE(at + 16)]
    if (disk !== 0 || listDisk !== 0 || here !== count) throw new ZipError('it is one of several volumes')
    if (start + size !== at) throw new ZipError('its list of files is not where it says, or it is a Zip64 archive')
    return { count, start, end: at }
  }
  throw new ZipError('it is no zip archive, or is cut off')
}

/** One line of the list. */
interface Header {
  name: Buffer
  method: number
  flags: number
  crc: number
  packedSize: number
  size: number
  mode: number
  offset: number
  next: number
}

function readHeader(bytes: Buffer, at: number, end: number): Header {
  if (at + centralHeader.length > end || bytes.readUInt32LE(at) !== centralHeader.signature) {
    throw new ZipError('its list of files is damaged')
  }
  const [nameLength, extraLength, commentLength] = [28, 30, 32].map((field) => bytes.readUInt16LE(at + field))
  const nameEnd = at + centralHeader.length + (nameLength ?? 0)
  const next = nameEnd + (extraLength ?? 0) + (commentLength ?? 0)
  if (next > end) throw new ZipError('its list of files is damaged')
  const header: Header = {
    name: bytes.subarray(at + centralHeader.length, nameEnd),
    flags: bytes.readUInt16LE(at + 8),
    method: bytes.readUInt16LE(at + 10),
    crc: bytes.readUInt32LE(at + 16),
    packedSize: bytes.readUInt32LE(at + 20),
    size: bytes.readUInt32LE(at + 24),
    mode: bytes.readUInt16LE(at + 40),
    offset: bytes.readUInt32LE(at + 42),
    next,
  }
  if ([header.packedSize, header.size, header.offset].includes(zip64)) throw new ZipError('it is a Zip64 archive')
  if ((header.flags & flags.encrypted) !== 0) throw new ZipError('it is encrypted')
  if (header.method !== methods.stored && header.method !== methods.deflated) {
    throw new ZipError(`it is packed by method ${header.method}; only deflate is understood`)
  }
  return header
}

/** The packed bytes. What stands before them must say the same as the list: readers differ in which they believe. */
function findPacked(bytes: Buffer, header: Header, filesEnd: number): Buffer {
  const { offset, name, packedSize } = header
  if (offset + localHeader.length > filesEnd || bytes.readUInt32LE(offset) !== localHeader.signature) {
    throw new ZipError('a file is not where its list says')
  }
  const nameEnd = offset + localHeader.length + bytes.readUInt16LE(offset + 26)
  const from = nameEnd + bytes.readUInt16LE(offset + 28)
  const to = from + packedSize
  if (to > filesEnd) throw new ZipError('a file is cut off')
  const local = {
    flags: bytes.readUInt16LE(offset + 6),
    method: bytes.readUInt16LE(offset + 8),
    crc: bytes.readUInt32LE(offset + 14),
    packedSize: bytes.readUInt32LE(offset + 18),
    size: bytes.readUInt32LE(offset + 22),
  }
  const sizesAgree =
    (local.flags & flags.sizesFollow) !== 0 ||
    (local.crc === header.crc && local.packedSize === packedSize && local.size === header.size)
  const named = bytes.subarray(offset + localHeader.length, nameEnd).equals(name)
  if (!named || !sizesAgree || local.method !== header.method || (local.flags & flags.encrypted) !== 0) {
    throw new ZipError('a file is described twice, and not alike')
  }
  if (header.method === methods.stored && packedSize !== header.size) throw new ZipError('a file has two sizes')
  return bytes.subarray(from, to)
}

/** Where an entry goes. A path that leads out of its folder on any system is none, here as well. */
function placeOf(header: Header): { parts: string[]; folder: boolean } {
  const name = decoded(header.name)
  const shown = JSON.stringify(name.slice(0, 200))
  if (name === '' || name.includes('\0')) throw new ZipError(`${shown} is no name`)
  if (/^[/\\]|^[A-Za-z]:/.test(name)) throw new ZipError(`${shown} is an absolute path`)
  if (name.split(/[/\\]/).includes('..')) throw new ZipError(`${shown} leads out of its folder`)
  const parts = name.split('/').filter((part) => part !== '' && part !== '.')
  if (name.length > longest.path || parts.some((part) => Buffer.byteLength(part) > longest.part)) {
    throw new ZipError(`the name ${shown} is too long`)
  }
  const folder = name.endsWith('/')
  const type = header.mode & fileType.mask
  if (type !== 0 && type !== (folder ? fileType.folder : fileType.regular)) {
    throw new ZipError(`${shown} is a link or a device, not a file`)
  }
  if (folder ? header.size !== 0 : parts.length === 0) throw new ZipError(`${shown} is no name of a file`)
  return { parts, folder }
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function decoded(name: Buffer): string {
  try {
    return utf8.decode(name)
  } catch (error) {
    throw new ZipError('a name is not UTF-8', { cause: error })
  }
}

/** What has been placed so far. */
class Tree {
  readonly #most: number
  /** Files and named folders are final, folders that a path implied may still be named. */
  readonly #kinds = new Map<string, 'file' | 'folder' | 'implied'>()

  constructor(most: number) {
    this.#most = most
  }

  add(parts: readonly string[], folder: boolean): void {
    let path = ''
    for (const part of parts.slice(0, -1)) {
      path += part
      const kind = this.#kinds.get(path)
      if (kind === 'file') throw new ZipError(`${JSON.stringify(path)} is a file and a folder`)
      if (kind === undefined) this.#put(path, 'implied')
      path += '/'
    }
    path += parts.at(-1) ?? ''
    const known = this.#kinds.get(path)
    if (known !== undefined && !(folder && known === 'implied')) {
      throw new ZipError(`it holds ${JSON.stringify(path)} twice`)
    }
    this.#put(path, folder ? 'folder' : 'file')
  }

  #put(path: string, kind: 'file' | 'folder' | 'implied'): void {
    this.#kinds.set(path, kind)
    if (this.#kinds.size > this.#most) throw new ZipError(`it holds more than ${this.#most} files and folders`)
  }
}

/** Files that share bytes are how a small archive becomes a large one. */
function requireApart(taken: [from: number, to: number][]): void {
  let end = 0
  for (const [from, to] of taken.sort(([a], [b]) => a - b)) {
    if (from < end) throw new ZipError('its files overlap')
    end = to
  }
}
