/** What the realm of a function has of the container: texts in, texts out. Bytes go over as texts of one byte a character. */
export interface RealmBridge {
  /** Bytes of a text in an encoding. */
  readonly decoded: (text: string, encoding: string) => string
  /** The text of bytes in an encoding. */
  readonly encoded: (bytes: string, encoding: string) => string
  /** Digest of bytes; with a key, their HMAC. */
  readonly digest: (algorithm: string, key: string | undefined, bytes: string) => string
}

/** The Buffer of a realm, with what other modules need of it. */
export interface RealmBuffers {
  Buffer: unknown
  /** Bytes of what a module was given: a text in an encoding, or a view of bytes. */
  readonly bytesOf: (value: unknown, encoding?: unknown) => string
  /** A Buffer of bytes, or their text in an encoding. */
  readonly result: (bytes: string, encoding: unknown) => unknown
}

/**
 * Buffer as CloudFront Functions have it. Developer guide, "JavaScript runtime 2.0 features", Buffer. It goes over into
 * the realm as its own source text, so it must not use anything from outside its body.
 *
 * @param charge - adds to what the run has cost
 */
export function realmBuffers(bridge: RealmBridge, charge: (cost: number) => void): RealmBuffers {
  'use strict'
  const encodings = ['utf8', 'utf-8', 'hex', 'base64', 'base64url']
  const encodingOf = (encoding: unknown): string => {
    const name = encoding === undefined ? 'utf8' : (encoding as string).toLowerCase()
    if (!encodings.includes(name)) throw new TypeError(`"${name}" encoding is not supported`)
    return name
  }
  const isView = (value: unknown): value is ArrayBufferView => ArrayBuffer.isView(value)
  const viewed = (value: ArrayBufferView): Uint8Array =>
    value instanceof Uint8Array ? value : new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
  const textOf = (bytes: Uint8Array): string => {
    let text = ''
    for (const byte of bytes) text += String.fromCharCode(byte)
    return text
  }
  const bytesOf = (value: unknown, encoding?: unknown): string => {
    const bytes =
      typeof value === 'string'
        ? bridge.decoded(value, encodingOf(encoding))
        : value instanceof ArrayBuffer
          ? textOf(new Uint8Array(value))
          : isView(value)
            ? textOf(viewed(value))
            : undefined
    if (bytes === undefined) throw new TypeError('data is not a string or Buffer-like object')
    charge(4 + bytes.length / 16)
    return bytes
  }

  class Buffer extends Uint8Array {
    static alloc(size: number, fill?: unknown, encoding?: unknown): Buffer {
      if (typeof size !== 'number') throw new TypeError('argument size is not a number')
      charge(4 + size / 64)
      const made = new Buffer(size)
      return fill === undefined ? made : made.fill(fill, 0, size, encoding)
    }
    static allocUnsafe(size: number): Buffer {
      return Buffer.alloc(size)
    }
    static byteLength(value: unknown, encoding?: unknown): number {
      return bytesOf(value, encoding).length
    }
    static compare(first: Uint8Array, second: Uint8Array): number {
      if (!(first instanceof Uint8Array && second instanceof Uint8Array)) {
        throw new TypeError('argument is not a Buffer-like object')
      }
      const [a, b] = [textOf(first), textOf(second)]
      charge(4 + (a.length + b.length) / 16)
      return a === b ? 0 : a < b ? -1 : 1
    }
    static concat(list: readonly Uint8Array[], total?: number): Buffer {
      const bytes = list.map((one) => bytesOf(one)).join('')
      const made = bufferOf(bytes.slice(0, total ?? bytes.length))
      return total === undefined || total <= made.length ? made : made.extended(total)
    }
    // @ts-expect-error -- The arguments are Buffer's, not those of typed arrays.
    static from(value: unknown, second?: unknown, length?: unknown): Buffer {
      if (typeof value === 'string') return bufferOf(bytesOf(value, second))
      if (value instanceof ArrayBuffer) return new Buffer(value, second as number, length as number)
      if (isView(value)) return bufferOf(bytesOf(value))
      if (typeof value !== 'object' || value === null) {
        throw new TypeError('first argument is not a string or Buffer-like object')
      }
      const plain: unknown = value.valueOf()
      if (plain !== value) return Buffer.from(plain, second, length)
      const { data, type } = value as { data?: unknown; type?: unknown }
      const list = type === 'Buffer' && Array.isArray(data) ? data : value
      const made = new Buffer(Number((list as { length?: unknown }).length ?? 0))
      for (let position = 0; position < made.length; position++) {
        made[position] = Number((list as Record<number, unknown>)[position])
      }
      return made
    }
    static isBuffer(value: unknown): boolean {
      return value instanceof Buffer
    }
    static isEncoding(encoding: unknown): boolean {
      return typeof encoding === 'string' && encodings.includes(encoding.toLowerCase())
    }

    extended(size: number): Buffer {
      const made = new Buffer(size)
      made.set(this)
      return made
    }
    compare(target: Uint8Array, from = 0, to = target.length, start = 0, end = this.length): number {
      return Buffer.compare(this.subarray(start, end), target.subarray(from, to))
    }
    copy(target: Uint8Array, at = 0, start = 0, end = this.length): number {
      const part = this.subarray(start, Math.min(end, start + target.length - at))
      target.set(part, at)
      return part.length
    }
    equals(other: Uint8Array): boolean {
      return Buffer.compare(this, other) === 0
    }
    // @ts-expect-error -- As above; this one takes texts too.
    fill(value: unknown, offset = 0, end = this.length, encoding?: unknown): this {
      if (typeof value === 'number') return super.fill(value, offset, end)
      const bytes = bufferOf(bytesOf(value, typeof offset === 'string' ? offset : encoding))
      for (let position = offset; position < end; position++) {
        this[position] = bytes.length === 0 ? 0 : (bytes[(position - offset) % bytes.length] ?? 0)
      }
      return this
    }
    // @ts-expect-error -- As above.
    includes(value: unknown, offset?: number, encoding?: unknown): boolean {
      return this.indexOf(value, offset, encoding) !== -1
    }
    // @ts-expect-error -- As above.
    indexOf(value: unknown, offset = 0, encoding?: unknown): number {
      return textOf(this).indexOf(soughtIn(value, encoding), offset)
    }
    // @ts-expect-error -- As above.
    lastIndexOf(value: unknown, offset = this.length, encoding?: unknown): number {
      return textOf(this).lastIndexOf(soughtIn(value, encoding), offset)
    }
    toJSON(): object {
      return { type: 'Buffer', data: Array.of(...this) }
    }
    override toString(encoding?: unknown, start = 0, end = this.length): string {
      const bytes = textOf(this.subarray(start, end))
      charge(4 + bytes.length / 16)
      return bridge.encoded(bytes, encodingOf(encoding))
    }
    write(text: unknown, offset: unknown = 0, length?: unknown, encoding?: unknown): number {
      const at = typeof offset === 'number' ? offset : 0
      const named = [offset, length, encoding].find((one) => typeof one === 'string')
      const room = Math.min(this.length - at, typeof length === 'number' ? length : this.length)
      const bytes = bufferOf(bytesOf(text, named)).subarray(0, room)
      this.set(bytes, at)
      return bytes.length
    }
  }
  const bufferOf = (bytes: string): Buffer => {
    const made = new Buffer(bytes.length)
    for (let position = 0; position < bytes.length; position++) made[position] = bytes.charCodeAt(position)
    return made
  }
  const soughtIn = (value: unknown, encoding: unknown): string =>
    typeof value === 'number' ? String.fromCharCode(value & 255) : bytesOf(value, encoding)
  const define = (name: string, value: unknown): void => {
    Object.defineProperty(Buffer.prototype, name, { value, writable: true, configurable: true })
  }
  // A view, as of Node's Buffer, not a copy.
  define('slice', function (this: Uint8Array, start?: number, end?: number) {
    return this.subarray(start, end)
  })
  const viewOf = (buffer: Uint8Array): DataView => new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength)
  type Access = Record<string, (...numbers: unknown[]) => number>
  for (const [name, method] of [
    ...[['Int8', 'Int8'] as const, ['UInt8', 'Uint8'] as const, ['Int16', 'Int16'] as const],
    ...[['UInt16', 'Uint16'] as const, ['Int32', 'Int32'] as const, ['UInt32', 'Uint32'] as const],
    ...[['Float', 'Float32'] as const, ['Double', 'Float64'] as const],
  ]) {
    for (const order of method.endsWith('8') ? [''] : ['BE', 'LE']) {
      const bytes = Number(/\d+/.exec(method)?.[0]) / 8
      define(`read${name}${order}`, function (this: Uint8Array, offset = 0) {
        return (viewOf(this) as unknown as Access)[`get${method}`]?.call(viewOf(this), offset, order === 'LE')
      })
      define(`write${name}${order}`, function (this: Uint8Array, value: number, offset = 0) {
        ;(viewOf(this) as unknown as Access)[`set${method}`]?.call(viewOf(this), offset, value, order === 'LE')
        return offset + bytes
      })
    }
  }
  for (const order of ['BE', 'LE']) {
    const positions = (offset: number, length: number): number[] => {
      if (!(length >= 1 && length <= 6)) throw new RangeError('"byteLength" is out of range')
      const all: number[] = []
      for (let position = 0; position < length; position++) all.push(offset + position)
      return order === 'BE' ? all : all.reverse()
    }
    const read = (buffer: Uint8Array, offset: number, length: number): number =>
      positions(offset, length).reduce((sum, position) => {
        const byte = buffer[position]
        if (byte === undefined) throw new RangeError('index is out of range')
        return sum * 256 + byte
      }, 0)
    define(`readUInt${order}`, function (this: Uint8Array, offset: number, length: number) {
      return read(this, offset, length)
    })
    define(`readInt${order}`, function (this: Uint8Array, offset: number, length: number) {
      const value = read(this, offset, length)
      return value >= 2 ** (8 * length - 1) ? value - 2 ** (8 * length) : value
    })
    const write = function (this: Uint8Array, value: number, offset: number, length: number): number {
      let rest = value < 0 ? value + 2 ** (8 * length) : value
      for (const position of positions(offset, length).reverse()) {
        if (position >= this.length) throw new RangeError('index is out of range')
        this[position] = rest % 256
        rest = Math.floor(rest / 256)
      }
      return offset + length
    }
    define(`writeUInt${order}`, write)
    define(`writeInt${order}`, write)
  }
  for (const size of [2, 4, 8]) {
    define(`swap${size * 8}`, function (this: Uint8Array) {
      if (this.length % size !== 0) throw new RangeError(`Buffer size must be a multiple of ${size * 8}-bits`)
      for (let start = 0; start < this.length; start += size) this.subarray(start, start + size).reverse()
      return this
    })
  }
  return {
    Buffer,
    bytesOf,
    result: (bytes, encoding) =>
      encoding === undefined ? bufferOf(bytes) : bridge.encoded(bytes, encodingOf(encoding)),
  }
}
