/* eslint max-lines: off -- one class, since its loops are as fast as what they call can be inlined into them */
/**
 * The front of an `.xz` (xz-file-format 1.2.0): as much of its content as is wanted, and not more, since the time that it
 * takes to decode LZMA is that of its output. Nothing checks what was decoded: the checksum is at the end.
 */
import { blockStart, NotDecoded } from './xz-block.ts'

/** Places of the models in one array. */
const isMatch = 0
const isRepeat = isMatch + (12 << 4)
const isRepeat0 = isRepeat + 12
const isRepeat1 = isRepeat0 + 12
const isRepeat2 = isRepeat1 + 12
const isRepeat0Long = isRepeat2 + 12
const slots = isRepeat0Long + (12 << 4)
const special = slots + (4 << 6)
const align = special + 128
const matchLengths = align + 16
const lengthModels = 2 + 128 + 128 + 256
const repeatLengths = matchLengths + lengthModels
const literals = repeatLengths + lengthModels
/** LZMA2 allows for no more than four bits of context. */
const modelCount = literals + (0x300 << 4)

/** A match may be this long. */
const longest = 273
/** Of the output that stays for the next one. */
const keptRoom = 1024 * 1024

const damaged = (): NotDecoded => new NotDecoded('it is damaged')

/** Decodes one `.xz` after another: setting it up takes as long as a small archive. */
export class XzFront {
  #input: Uint8Array = new Uint8Array()
  #at = 0
  #end = 0
  #output = Buffer.allocUnsafeSlow(64 * 1024)
  /** How much of the output is there, and where in it the dictionary begins. */
  #length = 0
  #start = 0
  /** Of the present chunk: what is still to be decoded, and how. */
  #left = 0
  #isStored = false
  #isAtEnd = false
  #lacksProperties = true
  readonly #models = new Uint16Array(modelCount)
  /** Of the range decoder. Numbers of 32 bits in fields of their own would be boxed. */
  readonly #coder = new Uint32Array(2)
  /** The last four distances, the latest first. */
  readonly #distances = new Uint32Array(4)
  #state = 0
  #literalContext = 0
  #literalMask = 0
  #positionMask = 0

  /**
   * Begins with another one.
   *
   * @throws {@link NotDecoded} where it is none, or its first block is no plain LZMA2
   */
  begin(bytes: Uint8Array): void {
    this.#input = bytes
    this.#at = blockStart(bytes)
    this.#end = bytes.length
    this.#length = 0
    this.#start = 0
    this.#left = 0
    this.#isAtEnd = false
    this.#lacksProperties = true
    if (this.#output.length > keptRoom) this.#output = Buffer.allocUnsafeSlow(keptRoom)
  }

  /**
   * At least so many bytes of the content from its start on; fewer where its first block has no more. They hold until
   * the next call.
   *
   * @throws {@link NotDecoded} where it is damaged or cut off
   */
  upTo(length: number): Uint8Array {
    while (this.#length < length && (this.#left > 0 || this.#nextChunk())) {
      const wanted = Math.min(length - this.#length, this.#left)
      this.#makeRoom(this.#length + wanted + longest)
      const before = this.#length
      if (this.#isStored) this.#store(wanted)
      else this.#decode(this.#length + wanted)
      this.#left -= this.#length - before
      if (this.#left < 0) throw damaged()
    }
    return this.#output.subarray(0, this.#length)
  }

  #makeRoom(length: number): void {
    if (length <= this.#output.length) return
    const larger = Buffer.allocUnsafeSlow(Math.max(length, this.#output.length * 2))
    this.#output.copy(larger, 0, 0, this.#length)
    this.#output = larger
  }

  #next(): number {
    const byte = this.#at < this.#end ? this.#input[this.#at++] : undefined
    if (byte === undefined) throw new NotDecoded('it is cut off')
    return byte
  }

  /** Begins with the next chunk of LZMA2; false where there is none. */
  #nextChunk(): boolean {
    if (this.#isAtEnd) return false
    const control = this.#next()
    if (control === 0) {
      this.#isAtEnd = true
      return false
    }
    if (control === 1 || control >= 0xe0) {
      this.#start = this.#length
      this.#lacksProperties = true
    } else if (this.#length === 0) throw damaged()
    this.#isStored = control < 0x80
    if (this.#isStored) {
      if (control > 2) throw damaged()
      this.#left = this.#number() + 1
      return true
    }
    this.#left = ((control & 0x1f) << 16) + this.#number() + 1
    // How long it is compressed: whoever decodes it right ends there.
    this.#number()
    if (control >= 0xc0) this.#setProperties(this.#next())
    if (this.#lacksProperties) throw damaged()
    if (control >= 0xa0) this.#reset()
    if (this.#next() !== 0) throw damaged()
    this.#coder[0] = 0xffffffff
    this.#coder[1] = this.#number() * 0x10000 + this.#number()
    return true
  }

  #number(): number {
    return (this.#next() << 8) | this.#next()
  }

  #setProperties(properties: number): void {
    const rest = Math.floor(properties / 9)
    this.#literalContext = properties % 9
    const position = rest % 5
    if (properties >= 9 * 5 * 5 || this.#literalContext + position > 4) throw damaged()
    this.#lacksProperties = false
    this.#literalMask = (1 << position) - 1
    this.#positionMask = (1 << Math.floor(rest / 5)) - 1
  }

  #reset(): void {
    this.#models.fill(1024)
    this.#distances.fill(0)
    this.#state = 0
  }

  #store(length: number): void {
    if (this.#at + length > this.#end) throw new NotDecoded('it is cut off')
    this.#output.set(this.#input.subarray(this.#at, this.#at + length), this.#length)
    this.#at += length
    this.#length += length
  }

  #decode(target: number): void {
    while (this.#length < target) {
      const position = (this.#length - this.#start) & this.#positionMask
      const state = this.#state
      if (this.#bit(isMatch + (state << 4) + position) === 0) {
        this.#literal()
        continue
      }
      const length = this.#bit(isRepeat + state) === 0 ? this.#match(position) : this.#repeat(position)
      const distance = (this.#distances[0] ?? 0) + 1
      if (distance > this.#length - this.#start) throw damaged()
      const output = this.#output
      let at = this.#length
      for (const end = at + length; at < end; at++) output[at] = output[at - distance] ?? 0
      this.#length = at
    }
  }

  /** A bit with a model of 11 bits that adapts. */
  #bit(at: number): number {
    const models = this.#models
    const coder = this.#coder
    const model = models[at] ?? 0
    let range = coder[0] ?? 0
    let code = coder[1] ?? 0
    const bound = Math.imul(range >>> 11, model) >>> 0
    let bit = 0
    if (code < bound) {
      range = bound
      models[at] = model + ((2048 - model) >>> 5)
    } else {
      range -= bound
      code -= bound
      models[at] = model - (model >>> 5)
      bit = 1
    }
    if (range < 0x1000000) {
      range <<= 8
      code = (code << 8) | this.#next()
    }
    coder[0] = range
    coder[1] = code
    return bit
  }

  #literal(): void {
    const output = this.#output
    const length = this.#length
    const before = length > this.#start ? (output[length - 1] ?? 0) : 0
    const context =
      (((length - this.#start) & this.#literalMask) << this.#literalContext) + (before >>> (8 - this.#literalContext))
    const offset = literals + 0x300 * context
    let symbol = 1
    if (this.#state >= 7) {
      // Behind a match, the byte at its distance tells what this one is not.
      let other = output[length - (this.#distances[0] ?? 0) - 1] ?? 0
      for (let same = true; same && symbol < 0x100;) {
        const expected = (other >>> 7) & 1
        other <<= 1
        const bit = this.#bit(offset + ((1 + expected) << 8) + symbol)
        symbol = (symbol << 1) | bit
        same = bit === expected
      }
    }
    output[length] = this.#symbol(offset, symbol, 0x100)
    this.#length = length + 1
    this.#state = this.#state < 4 ? 0 : this.#state - (this.#state < 10 ? 3 : 6)
  }

  #match(position: number): number {
    const length = this.#readLength(matchLengths, position)
    this.#distances.copyWithin(1, 0, 3)
    this.#distances[0] = this.#distance(length)
    this.#state = this.#state < 7 ? 7 : 10
    return length
  }

  #repeat(position: number): number {
    const state = this.#state
    if (this.#bit(isRepeat0 + state) === 0) {
      if (this.#bit(isRepeat0Long + (state << 4) + position) === 0) {
        this.#state = state < 7 ? 9 : 11
        return 1
      }
    } else {
      const which = this.#bit(isRepeat1 + state) === 0 ? 1 : 2 + this.#bit(isRepeat2 + state)
      const distances = this.#distances
      const distance = distances[which] ?? 0
      distances.copyWithin(1, 0, which)
      distances[0] = distance
    }
    this.#state = state < 7 ? 8 : 11
    return this.#readLength(repeatLengths, position)
  }

  #readLength(at: number, position: number): number {
    if (this.#bit(at) === 0) return 2 + this.#tree(at + 2 + (position << 3), 3)
    if (this.#bit(at + 1) === 0) return 10 + this.#tree(at + 130 + (position << 3), 3)
    return 18 + this.#tree(at + 258, 8)
  }

  #distance(length: number): number {
    const slot = this.#tree(slots + (Math.min(length - 2, 3) << 6), 6)
    if (slot < 4) return slot
    const bits = (slot >>> 1) - 1
    const base = (2 | (slot & 1)) * 2 ** bits
    if (slot < 14) return base + this.#reverseTree(special + base - slot, bits)
    return base + this.#direct(bits - 4) * 16 + this.#reverseTree(align, 4)
  }

  /** A number of some bits, the highest first, each with a model that depends on those before. */
  #tree(at: number, bits: number): number {
    return this.#symbol(at, 1, 1 << bits) - (1 << bits)
  }

  /** {@link XzFront.#bit} for bit after bit until a limit is reached: most of all time goes by here. */
  #symbol(at: number, first: number, limit: number): number {
    const models = this.#models
    const coder = this.#coder
    let range = coder[0] ?? 0
    let code = coder[1] ?? 0
    let symbol = first
    while (symbol < limit) {
      const model = models[at + symbol] ?? 0
      const bound = Math.imul(range >>> 11, model) >>> 0
      if (code < bound) {
        range = bound
        models[at + symbol] = model + ((2048 - model) >>> 5)
        symbol <<= 1
      } else {
        range = (range - bound) >>> 0
        code = (code - bound) >>> 0
        models[at + symbol] = model - (model >>> 5)
        symbol = (symbol << 1) | 1
      }
      if (range >= 0x1000000) continue
      range = (range << 8) >>> 0
      code = ((code << 8) | this.#next()) >>> 0
    }
    coder[0] = range
    coder[1] = code
    return symbol
  }

  /** The same with the lowest bit first. */
  #reverseTree(at: number, bits: number): number {
    let symbol = 1
    let value = 0
    for (let i = 0; i < bits; i++) {
      const bit = this.#bit(at + symbol)
      symbol = (symbol << 1) | bit
      value |= bit << i
    }
    return value
  }

  /** Bits of even probability, the highest first. */
  #direct(count: number): number {
    let [range = 0, code = 0] = this.#coder
    let value = 0
    for (let i = 0; i < count; i++) {
      range >>>= 1
      const isOne = code >= range
      if (isOne) code -= range
      value = value * 2 + (isOne ? 1 : 0)
      if (range >= 0x1000000) continue
      range = (range << 8) >>> 0
      code = ((code << 8) | this.#next()) >>> 0
    }
    this.#coder[0] = range
    this.#coder[1] = code
    return value
  }
}
