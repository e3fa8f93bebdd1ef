import { type Ruby, RubyDay, RubyHash, RubyMarshalled, RubyObject, RubyString, RubySymbol } from './ruby.ts'

/**
 * Values as Ruby's Marshal writes them, byte for byte. An object that comes again is a link to where it came first: two
 * equal strings are written twice, one string twice is written once.
 *
 * Source: Ruby's documentation, "Marshal format" (doc/marshal.rdoc), version 4.8.
 */
export function marshal(value: Ruby): Buffer {
  const writer = new Writer()
  writer.value(value)
  return Buffer.concat([version, writer.bytes()])
}

/** The bytes of an object whose class has a `_dump`. */
export function marshalDumped(className: string, dump: Uint8Array): Buffer {
  const writer = new Writer()
  writer.userDefined(className, dump)
  return Buffer.concat([version, writer.bytes()])
}

const version = Buffer.from([4, 8])

class Writer {
  #buffer = Buffer.allocUnsafe(1024)
  #length = 0
  readonly #symbols = new Map<string, number>()
  readonly #objects = new Map<object, number>()

  bytes(): Uint8Array {
    return this.#buffer.subarray(0, this.#length)
  }

  value(value: Ruby): void {
    if (value === null) this.#byte('0')
    else if (typeof value === 'boolean') this.#byte(value ? 'T' : 'F')
    else if (typeof value === 'number') {
      this.#byte('i')
      this.#long(value)
    } else if (value instanceof RubySymbol) this.#symbol(value.name)
    else this.#object(value)
  }

  userDefined(className: string, dump: Uint8Array): void {
    this.#byte('u')
    this.#symbol(className)
    this.#counted(dump)
  }

  #object(value: Exclude<Ruby, null | boolean | number | RubySymbol>): void {
    const known = this.#objects.get(value)
    if (known !== undefined) {
      this.#byte('@')
      this.#long(known)
      return
    }
    // A time counts behind what it consists of.
    if (!(value instanceof RubyDay)) this.#remember(value)
    if (value instanceof RubyString) this.#string(value)
    else if (Array.isArray(value)) {
      this.#byte('[')
      this.#long(value.length)
      for (const one of value) this.value(one)
    } else if (value instanceof RubyHash) {
      this.#byte('{')
      this.#long(value.entries.length)
      for (const entry of value.entries) for (const one of entry) this.value(one)
    } else if (value instanceof RubyMarshalled) {
      this.#byte('U')
      this.#symbol(value.className)
      this.value(value.dump())
    } else if (value instanceof RubyObject) {
      this.#byte('o')
      this.#symbol(value.className)
      this.#long(value.variables.size)
      for (const [name, one] of value.variables) {
        this.#symbol(`@${name}`)
        this.value(one)
      }
    } else {
      this.#day(value)
      this.#remember(value)
    }
  }

  #remember(value: object): void {
    this.#objects.set(value, this.#objects.size)
  }

  #string({ text, encoding }: RubyString): void {
    this.#byte('I')
    this.#byte('"')
    this.#counted(Buffer.from(text))
    this.#long(1)
    this.#encoding(encoding)
  }

  #encoding(encoding: RubyString['encoding']): void {
    this.#symbol('E')
    this.#byte(encoding === 'utf8' ? 'T' : 'F')
  }

  /** `Time#_dump`: two words of bits, the first marked as this form and as UTC. (time.c, time_mdump) */
  #day({ year, month, day }: RubyDay): void {
    const dump = Buffer.alloc(8)
    const utc = 1 << 30
    dump.writeUInt32LE(((1 << 31) | utc | ((year - 1900) << 14) | ((month - 1) << 10) | (day << 5)) >>> 0, 0)
    this.#byte('I')
    this.userDefined('Time', dump)
    this.#long(1)
    this.#symbol('zone')
    const zone = new RubyString('UTC', 'ascii')
    this.#remember(zone)
    this.#string(zone)
  }

  #symbol(name: string): void {
    const known = this.#symbols.get(name)
    if (known === undefined) {
      this.#symbols.set(name, this.#symbols.size)
      this.#byte(':')
      this.#counted(Buffer.from(name))
    } else {
      this.#byte(';')
      this.#long(known)
    }
  }

  #counted(bytes: Uint8Array): void {
    this.#long(bytes.length)
    this.#room(bytes.length)
    this.#buffer.set(bytes, this.#length)
    this.#length += bytes.length
  }

  /** Small numbers in one byte, others with their count of bytes before them. */
  #long(value: number): void {
    if (value === 0) this.#raw(0)
    else if (value > 0 && value < 123) this.#raw(value + 5)
    else if (value < 0 && value > -124) this.#raw((value - 5) & 0xff)
    else {
      const bytes: number[] = []
      for (let rest = value; rest !== 0 && rest !== -1; rest >>= 8) bytes.push(rest & 0xff)
      this.#raw(value < 0 ? -bytes.length & 0xff : bytes.length)
      for (const byte of bytes) this.#raw(byte)
    }
  }

  #byte(sign: string): void {
    this.#raw(sign.charCodeAt(0))
  }

  #raw(byte: number): void {
    this.#room(1)
    this.#buffer[this.#length++] = byte
  }

  #room(more: number): void {
    if (this.#length + more <= this.#buffer.length) return
    const larger = Buffer.allocUnsafe(Math.max(this.#buffer.length * 2, this.#length + more))
    larger.set(this.#buffer.subarray(0, this.#length))
    this.#buffer = larger
  }
}
