/** The header of an rpm: numbered tags with typed values, once for the package and once for its signature (LSB 3.1, 22.2). */

/** A tag's value: a string (type 6), strings (8), translated strings (9), or integers of a width. */
type TagValue =
  | string
  | Uint8Array
  | readonly string[]
  | { readonly i18n: readonly string[] }
  | { readonly int16: readonly number[] }
  | { readonly int32: readonly number[] }
  | { readonly int64: readonly number[] }
  | { readonly raw: Uint8Array; readonly type: number; readonly count: number }

/** By their numbers. */
export type Tags = Readonly<Record<number, TagValue>>

/** Tags that say what of a header is signed: all of it. */
export const regions = { signature: 62, header: 63 } as const

/** Writes what stands before the headers and is read by nobody but `file`: the name, and that it is a package. */
export function lead(name: string, type = 0): Buffer {
  const bytes = Buffer.alloc(96)
  bytes.writeUInt32BE(0xedabeedb, 0)
  bytes.writeUInt8(3, 4)
  bytes.writeUInt16BE(type, 6)
  bytes.writeUInt16BE(1, 8)
  bytes.write(name.slice(0, 65), 10)
  bytes.writeUInt16BE(1, 76)
  bytes.writeUInt16BE(5, 78)
  return bytes
}

/** Writes a header: introduction, index sorted by tag, data aligned as its type asks; all of it one region, or none. */
export function header(tags: Tags, region: number | undefined): Buffer {
  const index: Buffer[] = []
  const data: Uint8Array[] = []
  let length = 0
  const append = (bytes: Uint8Array): void => {
    data.push(bytes)
    length += bytes.length
  }
  for (const [tag, value] of Object.entries(tags)) {
    const { type, count, bytes, align } = encoded(value)
    append(Buffer.alloc((align - (length % align)) % align))
    index.push(words(Number(tag), type, length, count))
    append(bytes)
  }
  if (region !== undefined) {
    index.unshift(words(region, 7, length, 16))
    append(words(region, 7, 2 ** 32 - index.length * 16, 16))
  }
  return Buffer.concat([words(0x8eade801, 0, index.length, length), ...index, ...data])
}

function words(...numbers: readonly number[]): Buffer {
  const bytes = Buffer.alloc(numbers.length * 4)
  numbers.forEach((number, at) => bytes.writeUInt32BE(number, at * 4))
  return bytes
}

function encoded(value: TagValue): { type: number; count: number; bytes: Uint8Array; align: number } {
  if (typeof value === 'string') return { type: 6, count: 1, bytes: zeroEnded([value]), align: 1 }
  if (value instanceof Uint8Array)
    return { type: 6, count: 1, bytes: Buffer.concat([value, Buffer.alloc(1)]), align: 1 }
  if ('raw' in value) return { type: value.type, count: value.count, bytes: value.raw, align: 1 }
  if ('i18n' in value) return { type: 9, count: value.i18n.length, bytes: zeroEnded(value.i18n), align: 1 }
  if ('int16' in value) return integers(value.int16, 2, 3)
  if ('int32' in value) return integers(value.int32, 4, 4)
  if ('int64' in value) return integers(value.int64, 8, 5)
  return { type: 8, count: value.length, bytes: zeroEnded(value), align: 1 }
}

const zeroEnded = (strings: readonly string[]): Buffer => Buffer.from(strings.map((text) => `${text}\0`).join(''))

function integers(numbers: readonly number[], size: number, type: number) {
  const bytes = Buffer.alloc(numbers.length * size)
  numbers.forEach((number, at) => {
    if (size === 8) bytes.writeBigUInt64BE(BigInt(number), at * size)
    else bytes.writeUIntBE(number, at * size, size)
  })
  return { type, count: numbers.length, bytes, align: size }
}
