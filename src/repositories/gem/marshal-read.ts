/**
 * Reads the lists of gems that Ruby's Marshal has written: arrays, texts, versions, and links between them. Nothing else is
 * read, and nothing is made of what is read but texts.
 *
 * Source: Ruby's documentation, "Marshal format" (doc/marshal.rdoc), version 4.8.
 */
import type { GemName } from './kept-gem.ts'

/** No list of gems, or a damaged one. */
export class UnreadableList extends Error {
  override readonly name = 'UnreadableList'
}

type Value = null | boolean | number | string | Value[] | { readonly version: string }

/** @throws UnreadableList */
export function readSpecs(bytes: Uint8Array): GemName[] {
  const list = new Reader(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).document()
  if (!Array.isArray(list)) throw new UnreadableList('it is no list')
  return list.map((one) => {
    const [name, version, platform] = Array.isArray(one) ? one : []
    if (typeof name !== 'string' || typeof platform !== 'string') throw new UnreadableList('it lists something else')
    if (typeof version !== 'object' || version === null || Array.isArray(version)) {
      throw new UnreadableList('it lists something else')
    }
    return { name, version: version.version, platform }
  })
}

const deepest = 16

class Reader {
  readonly #bytes: Buffer
  readonly #symbols: string[] = []
  readonly #objects: Value[] = []
  #at = 0

  constructor(bytes: Buffer) {
    this.#bytes = bytes
  }

  document(): Value {
    if (this.#byte() !== 4 || this.#byte() !== 8) throw new UnreadableList('it is not of version 4.8')
    return this.#value(0)
  }

  #value(depth: number): Value {
    if (depth > deepest) throw new UnreadableList('it is nested too deeply')
    const type = String.fromCharCode(this.#byte())
    switch (type) {
      case '0':
        return null
      case 'T':
        return true
      case 'F':
        return false
      case 'i':
        return this.#long()
      case ':':
      case ';':
        // Names of encodings.
        this.#symbol(type)
        return null
      case '@':
        return this.#linked()
      case 'I':
        return this.#withEncoding(depth)
      case '"':
        return this.#remembered(this.#counted().toString('latin1'))
      case '[':
        return this.#list(depth)
      case 'U':
        return this.#version(depth)
      default:
        throw new UnreadableList(`it holds something of type ${JSON.stringify(type)}`)
    }
  }

  #symbol(type: string): string {
    if (type === ':') {
      const made = this.#counted().toString('latin1')
      this.#symbols.push(made)
      return made
    }
    const found = this.#symbols[this.#long()]
    if (found === undefined) throw new UnreadableList('a name in it leads nowhere')
    return found
  }

  #linked(): Value {
    const found = this.#objects[this.#long()]
    if (found === undefined) throw new UnreadableList('a link in it leads nowhere')
    return found
  }

  #withEncoding(depth: number): Value {
    if (this.#byte() !== 0x22) throw new UnreadableList('it holds something else than texts')
    const text = this.#remembered(this.#counted().toString('utf8'))
    for (let left = this.#count(2); left > 0; left--) {
      this.#value(depth + 1)
      this.#value(depth + 1)
    }
    return text
  }

  #list(depth: number): Value[] {
    const list: Value[] = []
    this.#remembered(list)
    for (let left = this.#count(1); left > 0; left--) list.push(this.#value(depth + 1))
    return list
  }

  #version(depth: number): Value {
    const type = String.fromCharCode(this.#byte())
    const name = type === ':' || type === ';' ? this.#symbol(type) : undefined
    if (name !== 'Gem::Version') throw new UnreadableList('it holds something else than versions')
    const place = this.#objects.push(null) - 1
    const dumped = this.#value(depth + 1)
    const [version] = Array.isArray(dumped) ? dumped : []
    if (typeof version !== 'string') throw new UnreadableList('a version in it is no text')
    const made = { version }
    this.#objects[place] = made
    return made
  }

  #remembered<T extends Value>(value: T): T {
    this.#objects.push(value)
    return value
  }

  #counted(): Buffer {
    const length = this.#count(1)
    const bytes = this.#bytes.subarray(this.#at, this.#at + length)
    this.#at += length
    return bytes
  }

  /** How many come, each of so many bytes at least. */
  #count(bytes: number): number {
    const count = this.#long()
    if (count < 0 || count * bytes > this.#bytes.length - this.#at) throw new UnreadableList('it ends too early')
    return count
  }

  #long(): number {
    const first = (this.#byte() << 24) >> 24
    if (first === 0) return 0
    if (first > 4) return first - 5
    if (first < -4) return first + 5
    let value = first < 0 ? -1 : 0
    for (let index = 0; index < Math.abs(first); index++) {
      value &= ~(0xff << (8 * index))
      value |= this.#byte() << (8 * index)
    }
    return value
  }

  #byte(): number {
    const byte = this.#bytes[this.#at++]
    if (byte === undefined) throw new UnreadableList('it ends too early')
    return byte
  }
}
