/**
 * The `.lzma` format of the LZMA SDK, which came before `.xz`: 13 bytes of header (properties, size of the dictionary, size
 * of the content or all ones), then one range-coded stream, without a checksum. No library that is kept up reads it piece
 * by piece, within bounds, and notices where it is cut off.
 */

/** Takes what was decoded, piece by piece; a piece holds until the next one. */
export type Sink = (piece: Uint8Array) => void

const headerLength = 13
/** `xz -9` takes 64 MiB. */
const largestDictionary = 128 * 1024 * 1024
const unknownSize = 2n ** 64n - 1n

/**
 * Decodes all of it.
 *
 * @throws Error where it is damaged or cut off, or asks for a dictionary that nothing real has; what the sink throws
 */
export function decodeLzma(bytes: Uint8Array, sink: Sink): void {
  if (bytes.length < headerLength) throw new Error('it ends within its header')
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const properties = view.getUint8(0)
  const dictionary = Math.max(view.getUint32(1, true), 4096)
  const size = view.getBigUint64(5, true)
  if (properties >= 9 * 5 * 5) throw new Error('its header is none of LZMA')
  if (dictionary > largestDictionary) throw new Error('it asks for an absurdly large dictionary')
  const window = new Window(dictionary, sink)
  new Decoder(new RangeDecoder(bytes, headerLength), window, properties).run(
    size === unknownSize ? Number.POSITIVE_INFINITY : Number(size),
  )
  window.flush()
}

/** Bits that were coded with adaptive probabilities of 11 bits. */
class RangeDecoder {
  readonly #bytes: Uint8Array
  #at: number
  #range = 0xffffffff
  #code = 0

  constructor(bytes: Uint8Array, at: number) {
    this.#bytes = bytes
    this.#at = at
    if (this.#next() !== 0) throw new Error('it is damaged')
    for (let i = 0; i < 4; i++) this.#code = ((this.#code << 8) | this.#next()) >>> 0
  }

  bit(models: Uint16Array, at: number): number {
    const model = models[at] ?? 0
    const bound = (this.#range >>> 11) * model
    if (this.#code < bound) {
      this.#range = bound
      models[at] = model + ((2048 - model) >>> 5)
      this.#normalise()
      return 0
    }
    this.#range -= bound
    this.#code -= bound
    models[at] = model - (model >>> 5)
    this.#normalise()
    return 1
  }

  /** Bits of even probability, the highest first. */
  direct(count: number): number {
    let value = 0
    for (let i = 0; i < count; i++) {
      this.#range >>>= 1
      const one = this.#code >= this.#range
      if (one) this.#code -= this.#range
      value = value * 2 + (one ? 1 : 0)
      this.#normalise()
    }
    return value
  }

  /** A number of some bits, the highest first, each with a model that depends on those before. */
  tree(models: Uint16Array, offset: number, bits: number): number {
    let symbol = 1
    for (let i = 0; i < bits; i++) symbol = symbol * 2 + this.bit(models, offset + symbol)
    return symbol - (1 << bits)
  }

  /** The same with the lowest bit first. */
  reverseTree(models: Uint16Array, offset: number, bits: number): number {
    let symbol = 1
    let value = 0
    for (let i = 0; i < bits; i++) {
      const bit = this.bit(models, offset + symbol)
      symbol = symbol * 2 + bit
      value |= bit << i
    }
    return value
  }

  #normalise(): void {
    if (this.#range >= 0x1000000) return
    this.#range = (this.#range << 8) >>> 0
    this.#code = ((this.#code << 8) | this.#next()) >>> 0
  }

  #next(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new Error('it is cut off')
    return byte
  }
}

/** What was decoded last, which what follows may repeat. */
class Window {
  readonly #buffer: Uint8Array
  readonly #sink: Sink
  #at = 0
  #flushed = 0
  total = 0

  constructor(size: number, sink: Sink) {
    this.#buffer = new Uint8Array(size)
    this.#sink = sink
  }

  put(byte: number): void {
    this.#buffer[this.#at++] = byte
    this.total++
    if (this.#at === this.#buffer.length) {
      this.flush()
      this.#at = 0
      this.#flushed = 0
    }
  }

  /** The byte that came so many before the next one. */
  back(distance: number): number {
    const at = this.#at - distance
    return this.#buffer[at < 0 ? at + this.#buffer.length : at] ?? 0
  }

  repeat(distance: number, length: number): void {
    if (distance > this.total || distance > this.#buffer.length) throw new Error('it is damaged')
    for (let i = 0; i < length; i++) this.put(this.back(distance))
  }

  flush(): void {
    if (this.#at > this.#flushed) this.#sink(this.#buffer.subarray(this.#flushed, this.#at))
    this.#flushed = this.#at
  }
}

const models = (count: number): Uint16Array => new Uint16Array(count).fill(1024)

/** Lengths from 2 to 273, of matches and of repetitions apart. */
class Lengths {
  readonly #choice = models(2)
  readonly #low = models(16 << 3)
  readonly #middle = models(16 << 3)
  readonly #high = models(1 << 8)

  read(range: RangeDecoder, position: number): number {
    if (range.bit(this.#choice, 0) === 0) return 2 + range.tree(this.#low, position << 3, 3)
    if (range.bit(this.#choice, 1) === 0) return 10 + range.tree(this.#middle, position << 3, 3)
    return 18 + range.tree(this.#high, 0, 8)
  }
}

/** The stream's own end: a match at this distance. */
const endMarker = 0xffffffff + 1

class Decoder {
  readonly #range: RangeDecoder
  readonly #window: Window
  readonly #literalContext: number
  readonly #literalMask: number
  readonly #positionMask: number
  readonly #literals: Uint16Array
  readonly #isMatch = models(12 << 4)
  readonly #isRepeat = models(12)
  readonly #isRepeat0 = models(12)
  readonly #isRepeat1 = models(12)
  readonly #isRepeat2 = models(12)
  readonly #isRepeat0Long = models(12 << 4)
  readonly #slots = models(4 << 6)
  readonly #special = models(128)
  readonly #align = models(16)
  readonly #lengths = new Lengths()
  readonly #repeatLengths = new Lengths()
  /** What kinds of things came before: below 7 the last was a literal. */
  #state = 0
  /** The last four distances, the latest first. */
  #distances: [number, number, number, number] = [1, 1, 1, 1]

  constructor(range: RangeDecoder, window: Window, properties: number) {
    this.#range = range
    this.#window = window
    this.#literalContext = properties % 9
    const rest = Math.floor(properties / 9)
    this.#literalMask = (1 << (rest % 5)) - 1
    this.#positionMask = (1 << Math.floor(rest / 5)) - 1
    this.#literals = models(0x300 << (this.#literalContext + (rest % 5)))
  }

  /** @param size - of the content; infinite where the stream tells its end */
  run(size: number): void {
    while (this.#window.total < size) {
      const position = this.#window.total & this.#positionMask
      if (this.#range.bit(this.#isMatch, (this.#state << 4) + position) === 0) {
        this.#literal()
        continue
      }
      const length = this.#range.bit(this.#isRepeat, this.#state) === 0 ? this.#match(position) : this.#repeat(position)
      if (this.#distances[0] === endMarker) {
        if (size !== Number.POSITIVE_INFINITY) throw new Error('it holds less than its header says')
        return
      }
      this.#window.repeat(this.#distances[0], Math.min(length, size - this.#window.total))
    }
  }

  #literal(): void {
    const { total } = this.#window
    const before = total === 0 ? 0 : this.#window.back(1)
    const context = ((total & this.#literalMask) << this.#literalContext) + (before >>> (8 - this.#literalContext))
    const offset = 0x300 * context
    let symbol = 1
    if (this.#state >= 7) {
      // Behind a match, the byte at its distance tells what this one is not.
      let other = this.#window.back(this.#distances[0])
      for (let same = true; same && symbol < 0x100;) {
        const expected = (other >>> 7) & 1
        other <<= 1
        const bit = this.#range.bit(this.#literals, offset + ((1 + expected) << 8) + symbol)
        symbol = symbol * 2 + bit
        same = bit === expected
      }
    }
    while (symbol < 0x100) symbol = symbol * 2 + this.#range.bit(this.#literals, offset + symbol)
    this.#window.put(symbol - 0x100)
    this.#state = this.#state < 4 ? 0 : this.#state - (this.#state < 10 ? 3 : 6)
  }

  #match(position: number): number {
    const length = this.#lengths.read(this.#range, position)
    const [first, second, third] = this.#distances
    this.#distances = [this.#distance(length), first, second, third]
    this.#state = this.#state < 7 ? 7 : 10
    return length
  }

  #distance(length: number): number {
    const range = this.#range
    const slot = range.tree(this.#slots, Math.min(length - 2, 3) << 6, 6)
    if (slot < 4) return slot + 1
    const bits = (slot >>> 1) - 1
    const base = (2 + (slot & 1)) * 2 ** bits
    if (slot < 14) return base + range.reverseTree(this.#special, base - slot, bits) + 1
    return base + range.direct(bits - 4) * 16 + range.reverseTree(this.#align, 0, 4) + 1
  }

  #repeat(position: number): number {
    const range = this.#range
    const state = this.#state
    if (range.bit(this.#isRepeat0, state) === 0) {
      if (range.bit(this.#isRepeat0Long, (state << 4) + position) === 0) {
        this.#state = state < 7 ? 9 : 11
        return 1
      }
    } else {
      const [first, second, third, fourth] = this.#distances
      if (range.bit(this.#isRepeat1, state) === 0) this.#distances = [second, first, third, fourth]
      else if (range.bit(this.#isRepeat2, state) === 0) this.#distances = [third, first, second, fourth]
      else this.#distances = [fourth, first, second, third]
    }
    this.#state = state < 7 ? 8 : 11
    return this.#repeatLengths.read(range, position)
  }
}
