/** Tables of what an index of hundreds of thousands of packages says, in a few large buffers instead of as many objects. */
import { randomInt } from 'node:crypto'

const chunkSize = 1024 * 1024
/** A place is the number of a chunk and an offset in it. */
const chunkFactor = 2 ** 32

/** Texts in UTF-8, one behind another. What is there never moves, so that growing does not take twice the memory. */
export class TextArena {
  readonly #chunks: Buffer[] = []
  #last = Buffer.alloc(0)
  #used = 0

  /** Where the text that was added last ends. */
  get end(): number {
    return (this.#chunks.length - 1) * chunkFactor + this.#used
  }

  /** Returns where the text begins. */
  add(text: string): number {
    // No code unit of a string takes more than three bytes.
    this.#makeRoom(text.length * 3)
    const start = this.end
    this.#used += this.#last.write(text, this.#used)
    return start
  }

  /** As {@link TextArena.add}, for text that is UTF-8 already. */
  addBytes(text: Uint8Array): number {
    this.#makeRoom(text.length)
    const start = this.end
    this.#last.set(text, this.#used)
    this.#used += text.length
    return start
  }

  #makeRoom(length: number): void {
    if (this.#used + length <= this.#last.length) return
    this.#last = Buffer.allocUnsafeSlow(Math.max(chunkSize, length))
    this.#chunks.push(this.#last)
    this.#used = 0
  }

  /** The bytes of a text, from where it begins to where it ends. */
  bytes(start: number, end: number): Buffer {
    const offset = start % chunkFactor
    return this.#chunks[(start - offset) / chunkFactor]?.subarray(offset, end % chunkFactor) ?? Buffer.alloc(0)
  }
}

/** Numbers that grow at their end. */
export class NumberColumn {
  #numbers = new Float64Array(256)
  #length = 0

  get length(): number {
    return this.#length
  }

  push(number: number): void {
    if (this.#length === this.#numbers.length) {
      const larger = new Float64Array(this.#length * 2)
      larger.set(this.#numbers)
      this.#numbers = larger
    }
    this.#numbers[this.#length++] = number
  }

  /** NaN where nothing was pushed. */
  at(index: number): number {
    return index < this.#length ? (this.#numbers[index] ?? Number.NaN) : Number.NaN
  }
}

/** Rows of a few short texts each, numbered from 0. */
export class TextRows {
  readonly #arena = new TextArena()
  readonly #starts = new NumberColumn()
  readonly #ends = new NumberColumn()

  get length(): number {
    return this.#starts.length
  }

  /** Returns the row's number. A NUL in a text is no divider: no key and no attribute may hold one. */
  add(texts: readonly string[]): number {
    const clean = texts.map((text) => (text.includes('\0') ? text.replaceAll('\0', '\ufffd') : text))
    this.#starts.push(this.#arena.add(clean.join('\0')))
    this.#ends.push(this.#arena.end)
    return this.length - 1
  }

  at(row: number): readonly string[] {
    return this.#arena.bytes(this.#starts.at(row), this.#ends.at(row)).toString('utf8').split('\0')
  }
}

/** No two processes have the same: nobody can make names that all fall together. */
const seed = randomInt(2 ** 32 - 1)

/** FNV-1a over UTF-16 code units. */
function hashOf(name: string): number {
  let hash = seed
  for (let at = 0; at < name.length; at++) hash = Math.imul(hash ^ name.charCodeAt(at), 0x01000193)
  return (hash ^ (hash >>> 15)) >>> 0
}

/** Numbers by names, holding the names' hashes alone: who looks one up has to compare what is found with the name. */
export class NameTable {
  #heads = new Int32Array(512).fill(-1)
  #nexts = new Int32Array(512)
  #hashes = new Uint32Array(512)
  #numbers = new Uint32Array(512)
  #length = 0

  add(name: string, number: number): void {
    if (this.#length === this.#heads.length) this.#grow()
    const hash = hashOf(name)
    const node = this.#length++
    this.#hashes[node] = hash
    this.#numbers[node] = number
    this.#link(node, hash)
  }

  /** The numbers that were added under a name, and perhaps under others, in the order in which they were added. */
  find(name: string): number[] {
    const hash = hashOf(name)
    const found: number[] = []
    for (let node = this.#heads[hash & (this.#heads.length - 1)] ?? -1; node >= 0; node = this.#nexts[node] ?? -1) {
      if (this.#hashes[node] === hash) found.push(this.#numbers[node] ?? 0)
    }
    return found.length > 1 ? found.reverse() : found
  }

  #link(node: number, hash: number): void {
    const slot = hash & (this.#heads.length - 1)
    this.#nexts[node] = this.#heads[slot] ?? -1
    this.#heads[slot] = node
  }

  #grow(): void {
    const size = this.#heads.length * 2
    const [hashes, numbers] = [this.#hashes, this.#numbers]
    this.#heads = new Int32Array(size).fill(-1)
    this.#nexts = new Int32Array(size)
    this.#hashes = new Uint32Array(size)
    this.#numbers = new Uint32Array(size)
    this.#hashes.set(hashes)
    this.#numbers.set(numbers)
    for (let node = 0; node < this.#length; node++) this.#link(node, hashes[node] ?? 0)
  }
}
