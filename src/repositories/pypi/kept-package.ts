/** What the journal keeps of a package: what pages tell of it in words, and of a wheel its METADATA, packed. */
import { createHash } from 'node:crypto'
import { deflateRawSync, inflateRawSync } from 'node:zlib'

import { inflateAll } from '../compression/inflate-all.ts'
import type { IndexedPackage } from '../format.ts'
import type { CoreMetadata } from './core-metadata.ts'
import { largestFile } from './zip-tail.ts'

/** The file that is served beside a wheel. */
interface MetadataFile {
  /** Bytes. */
  readonly size: number
  /** Lower-case hex. */
  readonly md5: string
  readonly sha256: string
}

export interface KeptPackage extends Partial<CoreMetadata> {
  readonly metadata?: MetadataFile
}

/**
 * @param said - undefined for what can't be looked into
 * @param metadata - of a wheel
 */
export function packPackage(said: CoreMetadata | undefined, metadata: Uint8Array | undefined): Uint8Array {
  const kept: KeptPackage = { ...said, ...(metadata === undefined ? {} : { metadata: fileOf(metadata) }) }
  const words = Buffer.from(JSON.stringify(kept))
  const length = Buffer.alloc(4)
  length.writeUInt32BE(words.length)
  return Buffer.concat([length, words, ...(metadata === undefined ? [] : [deflateRawSync(metadata, { level: 9 })])])
}

const fileOf = (bytes: Uint8Array): MetadataFile => ({
  size: bytes.length,
  md5: createHash('md5').update(bytes).digest('hex'),
  sha256: createHash('sha256').update(bytes).digest('hex'),
})

export function unpackPackage({ facts }: Pick<IndexedPackage, 'facts'>): KeptPackage {
  const bytes = Buffer.from(facts.buffer, facts.byteOffset, facts.byteLength)
  return JSON.parse(bytes.toString('utf8', 4, 4 + bytes.readUInt32BE(0))) as KeptPackage
}

/** METADATA, byte for byte. */
export function metadataOf({ facts }: Pick<IndexedPackage, 'facts'>): Uint8Array {
  const bytes = Buffer.from(facts.buffer, facts.byteOffset, facts.byteLength)
  return inflateRawSync(bytes.subarray(4 + bytes.readUInt32BE(0)))
}

/** Does METADATA, which a wheel has and nothing else, stand behind the words as they tell it? */
export function isMetadata(facts: Uint8Array, isWheel: boolean, told: MetadataFile | undefined): boolean {
  const end = 4 + Buffer.from(facts.buffer, facts.byteOffset, facts.byteLength).readUInt32BE(0)
  if (!isWheel) return told === undefined && facts.length === end
  const file = fileOf(inflateAll(facts.subarray(end), 'raw', largestFile))
  return Object.entries(file).every(([name, value]) => told?.[name as keyof MetadataFile] === value)
}
