import { createHash } from 'node:crypto'

import type { Aws } from '../../aws/connect.ts'
import { statusOf } from '../../aws/denial.ts'
import { bodyOf, connectLean, type LeanS3 } from '../../aws/s3-lean.ts'
import { CtlError, messageOf } from '../../errors.ts'
import { GunzipFront } from '../../repositories/compression/gunzip-front.ts'
import { BadPackageError } from '../../repositories/format.ts'
import { inParallel } from '../../repositories/in-parallel.ts'
import { regionEvenIfDenied } from '../../resources/s3/bucket.ts'
import { kept } from '../../text.ts'
import { packageSource } from '../indexes/package-source.ts'
import { decodeKey } from '../listing/list-page.ts'
import { type InventoryColumns, type InventoryFile, readManifest } from './manifest.ts'
import { type InventoryPlace, unusable } from './place.ts'
import { BadRowError, InventoryRows } from './rows.ts'
import { cutsAmong, KeySample } from './sample.ts'

/** What an inventory tells of a bucket as it was: never what is in it now, which the listing alone does. */
export interface Hints {
  /** Where the order of keys may be cut into ranges of about one size. */
  readonly cuts: readonly string[]
  /** So many objects there were. */
  readonly objects: number
  /** When, in milliseconds since the epoch; undefined: it does not say. */
  readonly begun: number | undefined
}

export interface ReadInventoryOptions {
  /** What the inventory must be of. */
  readonly bucket: string
  /** What is of interest of it. */
  readonly prefix: string
  readonly signal: AbortSignal
  /** Told of so many more objects. */
  readonly seen: (objects: number) => void
}

/** A request for each of these would be no gain. */
const leastOfRange = 10_000
const mostRanges = 256
/** Files at a time: while one is unpacked, another one comes. */
const filesAtOnce = 4
const mostOfManifest = 16 * 1024 * 1024

/**
 * Reads an inventory of a bucket, to divide its listing by. It may be in another bucket, of another account and in another
 * region. Memory stays the same however many rows it has.
 *
 * @throws CtlError for one that can't be used; as AWS answers
 */
export async function readInventory(aws: Aws, place: InventoryPlace, options: ReadInventoryOptions): Promise<Hints> {
  const region = await regionEvenIfDenied(aws, place.bucket, place.word)
  const s3 = await connectLean(aws, place.bucket, region, { slowDown: nothing, retry: nothing })
  try {
    const manifest = readManifest(await manifestText(s3, place), place, options.bucket)
    const sample = new KeySample()
    let objects = 0
    const take = (encoded: string): void => {
      if (!decodeKey(encoded).startsWith(options.prefix)) return
      objects++
      sample.offer(encoded)
    }
    const reading = { s3, place, columns: manifest.columns, take, ...options }
    await inParallel(manifest.files, filesAtOnce, async (file) => {
      const before = objects
      await readFile(file, reading)
      options.seen(objects - before)
    })
    if (options.signal.aborted) throw new CtlError('interrupted', 'Interrupted.', { hint: 'Nothing was done yet.' })
    const parts = Math.min(mostRanges, Math.floor(objects / leastOfRange))
    return { cuts: cutsAmong(sample.keys().map(decodeKey), parts), objects, begun: manifest.begun }
  } finally {
    s3.close()
  }
}

const nothing = (): void => undefined

/** Asked for at once: an answer that has a body says why something is denied. */
async function manifestText(s3: LeanS3, place: InventoryPlace): Promise<string> {
  const { key } = place
  const message = await orMissing(s3.open({ method: 'GET', action: 's3:GetObject', key }), key, place)
  const size = Number(message.headers['content-length'])
  if (size <= mostOfManifest) return (await bodyOf(message)).toString('utf8')
  message.destroy()
  throw unusable(place, `its manifest has ${size} bytes, as none has`)
}

async function orMissing<T>(answer: Promise<T>, key: string, place: InventoryPlace): Promise<T> {
  try {
    return await answer
  } catch (error) {
    if (statusOf(error) !== 404) throw error
    throw unusable(place, `there is no ${kept(key)} in ${place.bucket}`, {
      hint: key === place.key ? [] : [missingFile],
      cause: error,
    })
  }
}

/** S3 takes a destination prefix for what stands before a slash of its own. */
const missingFile =
  'A lifecycle rule may have expired it: take the newest inventory. Or the prefix in its configuration ends with /, and S3 ' +
  'writes two of them, but names one in the manifest.'

interface Reading extends ReadInventoryOptions {
  readonly s3: LeanS3
  readonly place: InventoryPlace
  readonly columns: InventoryColumns
  readonly take: (key: string) => void
}

async function readFile({ key, size, md5 }: InventoryFile, reading: Reading): Promise<void> {
  const { s3, place, columns, bucket, take, signal } = reading
  const { headers } = await orMissing(s3.send({ method: 'HEAD', action: 's3:GetObject', key }), key, place)
  const [length, etag] = [Number(headers['content-length']), (headers['etag'] ?? '').replaceAll('"', '')]
  if (length !== size) {
    throw unusable(place, `${kept(key)} has ${length} bytes, and not ${size} as its manifest says`)
  }
  const hash = createHash('md5')
  const rows = new InventoryRows(columns, bucket, take)
  let unpacked = 0
  const gunzip = new GunzipFront((bytes) => {
    unpacked += bytes.length
    if (unpacked > mostOf(size)) throw new BadRowError('it unpacks to far more than a list of keys does')
    rows.push(bytes)
    return true
  })
  try {
    for await (const piece of packageSource(s3, { key, size, etag, first: 0 }, {}).stream()) {
      if (signal.aborted) return
      hash.update(piece)
      await gunzip.push(piece)
    }
    await gunzip.end()
    rows.end()
  } catch (error) {
    throw whyBroken(error, key, place)
  } finally {
    gunzip.close()
  }
  if (hash.digest('hex') === md5) return
  throw unusable(place, `${kept(key)} is not as it was written: its MD5 is another one than its manifest says`)
}

/** Lists of real buckets are packed to a fifth up to a thirtieth. */
const mostOf = (size: number): number => Math.max(64 * 1024 * 1024, size * 200)

function whyBroken(error: unknown, key: string, place: InventoryPlace): unknown {
  const why = (what: string): CtlError => unusable(place, `${kept(key)} can't be read: ${what}`, { cause: error })
  if (error instanceof BadRowError || error instanceof BadPackageError) return why(messageOf(error))
  if (error instanceof URIError) return why('it has keys that are not percent-encoded')
  if (statusOf(error) === 412) return why('it was written anew meanwhile')
  const isPacked = error instanceof Error && 'code' in error && /^Z_/.test(String(error.code))
  return isPacked ? why(`it is damaged or cut off (${messageOf(error)})`) : error
}
