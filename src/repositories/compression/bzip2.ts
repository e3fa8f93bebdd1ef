/**
 * The `.bz2` format: streams of blocks of at most 900,000 bytes, each sorted (Burrows and Wheeler), moved to front and
 * Huffman-coded, with a CRC-32. The libraries that read it are LGPL in parts, or take one stream only (pbzip2 writes many),
 * or neither bound what comes out nor notice where it is cut off.
 */
import type { Sink } from './lzma-alone.ts'

const blockMagic = 0x314159265359
const endMagic = 0x177245385090
const groupLength = 50
const longestCode = 20
const pieceLength = 256 * 1024

/**
 * Decodes all of it.
 *
 * @throws Error where it is damaged or cut off; what the sink throws
 */
export function decodeBzip2(bytes: Uint8Array, sink: Sink): void {
  const bits = new BitReader(bytes)
  const output = new Output(sink)
  do {
    const blockLength = blockLengthOf(bits)
    let sum = 0
    for (let magic = bits.read(48); magic !== endMagic; magic = bits.read(48)) {
      if (magic !== blockMagic) throw damaged()
      const wanted = bits.read(32)
      writeBlock(readBlock(bits, blockLength), output)
      const found = output.endOfBlock()
      if (found !== wanted) throw damaged()
      sum = (((sum << 1) | (sum >>> 31)) ^ found) >>> 0
    }
    if (bits.read(32) !== sum) throw damaged()
    bits.align()
  } while (!bits.atEnd)
  output.flush()
}

const damaged = (): Error => new Error('it is damaged')

function blockLengthOf(bits: BitReader): number {
  if (bits.read(24) !== 0x425a68) throw new Error('it does not begin as bzip2 does')
  const level = bits.read(8) - 0x30
  if (level < 1 || level > 9) throw damaged()
  return level * 100_000
}

/** Bits of bytes, the highest first. */
class BitReader {
  readonly #bytes: Uint8Array
  #at = 0
  #held = 0
  #count = 0

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  bit(): number {
    if (this.#count === 0) this.#fill()
    this.#count--
    return (this.#held >>> this.#count) & 1
  }

  /** Up to 48 of them. */
  read(count: number): number {
    let value = 0
    for (let left = count; left > 0;) {
      if (this.#count === 0) this.#fill()
      const taken = Math.min(left, this.#count)
      this.#count -= taken
      value = value * 2 ** taken + ((this.#held >>> this.#count) & ((1 << taken) - 1))
      left -= taken
    }
    return value
  }

  /** Leaves out what is left of a byte. */
  align(): void {
    this.#count = 0
  }

  #fill(): void {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new Error('it is cut off')
    this.#held = byte
    this.#count = 8
  }
}

/** A block before it is sorted back: its bytes, and where its first one is. */
interface Block {
  /** The byte of each place in the low eight bits. */
  readonly places: Uint32Array
  readonly length: number
  readonly first: number
  readonly counts: Uint32Array
}

function readBlock(bits: BitReader, most: number): Block {
  // So written before 1997.
  if (bits.bit() === 1) throw new Error('it is randomised, as no bzip2 of this century writes')
  const first = bits.read(24)
  const used = usedBytes(bits)
  const symbols = used.length + 2
  const groups = bits.read(3)
  const selectors = selectorsOf(bits, groups)
  const codes = Array.from({ length: groups }, () => codeOf(bits, symbols))
  const block = { places: new Uint32Array(most), length: 0, first, counts: new Uint32Array(256) }
  const read = symbolReader(bits, selectors, codes)
  const front = used
  const end = symbols - 1
  for (let symbol = read(); symbol !== end;) {
    let byte = front[0] ?? 0
    let times = 1
    if (symbol <= 1) {
      times = 0
      // The length of a run, in digits of 1 and 2.
      for (let digit = 1; symbol <= 1; digit *= 2, symbol = read()) {
        times += digit * (symbol + 1)
        if (times > most) throw damaged()
      }
    } else {
      byte = front[symbol - 1] ?? 0
      front.copyWithin(1, 0, symbol - 1)
      front[0] = byte
      symbol = read()
    }
    if (block.length + times > most) throw damaged()
    block.places.fill(byte, block.length, block.length + times)
    block.counts[byte] = (block.counts[byte] ?? 0) + times
    block.length += times
  }
  if (first >= block.length) throw damaged()
  return block
}

/** Which bytes occur, in a map of maps. */
function usedBytes(bits: BitReader): Uint8Array {
  const used: number[] = []
  const rows = bits.read(16)
  for (let row = 0; row < 16; row++) {
    if (((rows >>> (15 - row)) & 1) === 0) continue
    const columns = bits.read(16)
    for (let column = 0; column < 16; column++)
      if (((columns >>> (15 - column)) & 1) === 1) used.push(row * 16 + column)
  }
  if (used.length === 0) throw damaged()
  return Uint8Array.from(used)
}

/** Which code is used for each fifty symbols. */
function selectorsOf(bits: BitReader, groups: number): Uint8Array {
  const count = bits.read(15)
  if (groups < 2 || groups > 6 || count === 0) throw damaged()
  const front = Uint8Array.from({ length: groups }, (_, group) => group)
  return Uint8Array.from({ length: count }, () => {
    let at = 0
    while (bits.bit() === 1) if (++at >= groups) throw damaged()
    const group = front[at] ?? 0
    front.copyWithin(1, 0, at)
    front[0] = group
    return group
  })
}

/** A canonical Huffman code. */
interface Code {
  /** Symbols in the order of their codes. */
  readonly symbols: Uint16Array
  /** By length: how many codes there are. */
  readonly counts: Uint16Array
}

function codeOf(bits: BitReader, symbols: number): Code {
  const lengths = new Uint8Array(symbols)
  const counts = new Uint16Array(longestCode + 1)
  let length = bits.read(5)
  for (let symbol = 0; symbol < symbols; symbol++) {
    while (bits.bit() === 1) length += bits.bit() === 0 ? 1 : -1
    if (length < 1 || length > longestCode) throw damaged()
    lengths[symbol] = length
    counts[length] = (counts[length] ?? 0) + 1
  }
  const ordered = Array.from(lengths.keys()).sort((one, other) => (lengths[one] ?? 0) - (lengths[other] ?? 0))
  return { symbols: Uint16Array.from(ordered), counts }
}

function symbolReader(bits: BitReader, selectors: Uint8Array, codes: readonly Code[]): () => number {
  let group = 0
  let left = 0
  let code: Code | undefined
  return () => {
    if (left === 0) {
      code = codes[selectors[group++] ?? -1]
      left = groupLength
    }
    left--
    if (code === undefined) throw damaged()
    return symbolOf(bits, code)
  }
}

function symbolOf(bits: BitReader, { symbols, counts }: Code): number {
  let value = 0
  let first = 0
  let index = 0
  for (let length = 1; length <= longestCode; length++) {
    value = value * 2 + bits.bit()
    const count = counts[length] ?? 0
    if (value - first < count) return symbols[index + value - first] ?? 0
    index += count
    first = (first + count) * 2
  }
  throw damaged()
}

/** Sorts a block back and undoes its runs: four equal bytes, and how many more. */
function writeBlock({ places, length, first, counts }: Block, output: Output): void {
  const starts = new Uint32Array(256)
  for (let byte = 0, sum = 0; byte < 256; byte++) {
    starts[byte] = sum
    sum += counts[byte] ?? 0
  }
  for (let at = 0; at < length; at++) {
    const byte = (places[at] ?? 0) & 0xff
    const place = starts[byte] ?? 0
    starts[byte] = place + 1
    places[place] = ((places[place] ?? 0) | (at << 8)) >>> 0
  }
  let place = (places[first] ?? 0) >>> 8
  let run = 0
  let last = -1
  for (let at = 0; at < length; at++) {
    const entry = places[place] ?? 0
    const byte = entry & 0xff
    place = entry >>> 8
    if (run === 4) {
      output.put(last, byte)
      run = 0
      last = -1
      continue
    }
    run = byte === last ? run + 1 : 1
    last = byte
    output.put(byte, 1)
  }
}

/** CRC-32 with the highest bit first, which is not that of gzip. */
const crcTable = Uint32Array.from({ length: 256 }, (_, byte) => {
  let sum = byte << 24
  for (let bit = 0; bit < 8; bit++) sum = (sum << 1) ^ (sum < 0 ? 0x04c11db7 : 0)
  return sum
})

class Output {
  readonly #sink: Sink
  readonly #piece = new Uint8Array(pieceLength)
  #length = 0
  #crc = 0xffffffff

  constructor(sink: Sink) {
    this.#sink = sink
  }

  put(byte: number, times: number): void {
    for (let i = 0; i < times; i++) {
      this.#crc = (this.#crc << 8) ^ (crcTable[((this.#crc >>> 24) ^ byte) & 0xff] ?? 0)
      this.#piece[this.#length++] = byte
      if (this.#length === pieceLength) this.flush()
    }
  }

  /** The CRC-32 of what came since the last one. */
  endOfBlock(): number {
    const sum = ~this.#crc >>> 0
    this.#crc = 0xffffffff
    return sum
  }

  flush(): void {
    if (this.#length > 0) this.#sink(this.#piece.subarray(0, this.#length))
    this.#length = 0
  }
}
