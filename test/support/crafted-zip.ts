import { crc32, deflateRawSync } from 'node:zlib'

/** A file of a zip archive, with anything that can be wrong about it. */
export interface CraftedFile {
  name: string | Buffer
  body?: Buffer | string
  /** The packed bytes, if they are not to be the body's. */
  packed?: Buffer
  method?: number
  flags?: number
  /** st_mode, and the system that made it. */
  mode?: number
  system?: number
  /** What the list says; the truth by default. */
  size?: number
  crc?: number
  /** What stands before the file, if it is not to be what the list says. */
  local?: { name?: string; size?: number; method?: number; flags?: number }
  /** Where its bytes are, if it has none of its own. */
  offset?: number
}

/** Writes a zip archive as it is told, right or wrong. */
export function craftedZip(
  files: readonly CraftedFile[],
  end: { count?: number; start?: number; comment?: string; disk?: number; after?: Buffer } = {},
): Buffer {
  const pieces: Buffer[] = []
  const list: Buffer[] = []
  let at = 0
  for (const file of files) {
    const body = Buffer.from(file.body ?? '')
    const method = file.method ?? 8
    const packed = file.packed ?? (method === 8 ? deflateRawSync(body) : body)
    const name = Buffer.from(file.name)
    const common = (local: NonNullable<CraftedFile['local']>): Buffer => {
      const fields = Buffer.alloc(26)
      fields.writeUInt16LE(20, 0)
      fields.writeUInt16LE(local.flags ?? file.flags ?? 0, 2)
      fields.writeUInt16LE(local.method ?? method, 4)
      fields.writeUInt32LE(file.crc ?? crc32(body), 10)
      fields.writeUInt32LE(packed.length, 14)
      fields.writeUInt32LE(local.size ?? file.size ?? body.length, 18)
      fields.writeUInt16LE(local.name === undefined ? name.length : Buffer.byteLength(local.name), 22)
      return fields
    }
    const offset = file.offset ?? at
    if (file.offset === undefined) {
      const local = file.local ?? {}
      const header = [Buffer.from('PK\x03\x04'), common(local), Buffer.from(local.name ?? name), packed]
      pieces.push(...header)
      at += header.reduce((sum, { length }) => sum + length, 0)
    }
    const rest = Buffer.alloc(14)
    rest.writeUInt32LE(((file.mode ?? 0) << 16) >>> 0, 6)
    rest.writeUInt32LE(offset, 10)
    list.push(Buffer.from('PK\x01\x02'), Buffer.from([20, file.system ?? 3]), common({}), rest, name)
  }
  const listed = Buffer.concat(list)
  const comment = Buffer.from(end.comment ?? '')
  const record = Buffer.alloc(22)
  record.write('PK\x05\x06', 'latin1')
  record.writeUInt16LE(end.disk ?? 0, 4)
  for (const field of [8, 10]) record.writeUInt16LE(end.count ?? files.length, field)
  record.writeUInt32LE(listed.length, 12)
  record.writeUInt32LE(end.start ?? at, 16)
  record.writeUInt16LE(comment.length, 20)
  return Buffer.concat([...pieces, listed, record, comment, end.after ?? Buffer.alloc(0)])
}
