import { isObject } from '../../json-object.ts'
import type { Digests } from '../../repositories/format.ts'
import type { Row } from '../journal/row.ts'
import { packLines, unpackLines } from '../shards/found-lines.ts'

/** What is to be done about one object. Plain data: it is told to a function. */
export interface Want {
  /** The object as the journal has it. */
  readonly row: Row
  /** Its headers are to be looked at, and put right. */
  readonly attributes: boolean
  /** Another content was found at its key before. */
  readonly seenToChange: boolean
  /** It is an index of npm's, which its key does not tell. */
  readonly isPackument: boolean
  readonly reads: readonly WantedRead[]
}

/** What a format is to read of it. */
export interface WantedRead {
  readonly format: string
  /** What is known of its content without reading it. */
  readonly known: Digests
  /** Digests of what was there before, by each that knows some. */
  readonly before: readonly (readonly string[])[]
}

/** What holds for all that is wanted in one object of wants. */
export interface WantedHead {
  /** Of this form. */
  readonly version: typeof version
  /** The text of the mapping that tells what objects are, and its name. */
  readonly mapping: { readonly file: string; readonly text: string } | undefined
  /** What results say of their encryption. */
  readonly encryption: Readonly<Record<string, string>>
  /** Canonical id of the bucket's owner where objects have access control lists. */
  readonly aclOwner: string | undefined
}

/** Goes up when a function of before could not do what is wanted now. */
export const version = 2

export const packWanted = (head: WantedHead, wants: readonly Want[]): Promise<Buffer> => packLines([head, ...wants])

/** @throws where it is not what {@link packWanted} of this version makes */
export async function unpackWanted(packed: Uint8Array): Promise<{ head: WantedHead; wants: readonly Want[] }> {
  const [head, ...wants] = await unpackLines(packed)
  if (!isObject(head) || head['version'] !== version) throw new Error('this is not what the function was made for')
  return { head: head as unknown as WantedHead, wants: wants as Want[] }
}

/** What a row of a manifest names. */
export interface Shard {
  readonly number: number
  /** Of what is wanted of it: S3 holds the manifest against what the job was made of, and this holds the shard against it. */
  readonly etag: string
}

/** As the key of a row in a manifest. */
export const rowOf = ({ number, etag }: Shard): string => encodeURIComponent(JSON.stringify({ s: number, e: etag }))

/** @returns undefined for what {@link rowOf} has not made */
export function shardIn(row: string): Shard | undefined {
  try {
    const told: unknown = JSON.parse(decodeURIComponent(row.replaceAll('+', ' ')))
    const { s: number, e: etag } = isObject(told) ? told : {}
    return typeof number === 'number' && Number.isSafeInteger(number) && typeof etag === 'string'
      ? { number, etag }
      : undefined
  } catch {
    return undefined
  }
}
