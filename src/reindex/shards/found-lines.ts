/** What a host has found out, in the form in which it tells others: a line an object, as JSON, in objects of the bucket. */
import { pipeline } from 'node:stream/promises'
import { StringDecoder } from 'node:string_decoder'
import { promisify } from 'node:util'
import { createGunzip, gunzip, gzip } from 'node:zlib'

import { isObject, type JsonObject } from '../../json-object.ts'
import type { PackageFacts } from '../../repositories/format.ts'
import { formats } from '../../repositories/formats.ts'
import type { Attended } from '../attributes/attend.ts'
import type { Known } from '../journal/shared.ts'
import { journalVersion, type Row } from '../journal/row.ts'

/** All that a journal knows of one version of an object. */
export interface Found {
  readonly row: Row
  readonly packages: readonly FoundPackage[]
  /** Another content is at its key than edges may hold: for sure, or perhaps; undefined: nobody knows of any. */
  readonly republished?: 'surely' | 'perhaps' | undefined
  /** Where it was put right just now: what it was before, and the Cache-Control that it should have. */
  readonly rewritten?: Pick<Extract<Attended, { kind: 'rewritten' }>, 'before' | 'wanted'>
}

/** What a format has read of it. */
export interface FoundPackage {
  readonly format: string
  readonly bad: string | null
  readonly about: string | null
  /** In base64. */
  readonly facts: string | null
  /** Digests of what was at the key before, by each that knows some, where this was read without the journal that does. */
  readonly before?: readonly (readonly string[])[]
}

const gzipped = promisify(gzip)
const gunzipped = promisify(gunzip)

/** Fast: what is said of one package is much like what is said of the next. */
const level = 1

/** Packs lines of JSON. */
export const packLines = (lines: readonly unknown[]): Promise<Buffer> => gzipped(lines.map(lineOf).join(''), { level })

const lineOf = (value: unknown): string => `${JSON.stringify(value)}\n`

/**
 * Unpacks lines of JSON.
 *
 * @throws where they are none
 */
export async function unpackLines(packed: Uint8Array): Promise<unknown[]> {
  const text = (await gunzipped(packed)).toString('utf8')
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown]))
}

/** Before all lines: what another version has read of packages is no use to this one. */
const head = { version: journalVersion }

/** Of one object: a megabyte or so once it is packed, unless packages have very many files. */
const enough = { lines: 5000, characters: 32 * 1024 ** 2 }
/** What is longer was written by none of us. */
const longestLine = 32 * 1024 ** 2

/** What was found out, in pieces that are large enough for an object each. */
export class FoundLines {
  #lines: string[] = []
  #characters = 0

  get length(): number {
    return this.#lines.length
  }

  get isFull(): boolean {
    return this.length >= enough.lines || this.#characters >= enough.characters
  }

  add(found: Found): void {
    const whole = lineOf(found)
    // Whoever is told reads such a package by itself.
    const line = whole.length > longestLine ? lineOf({ ...found, packages: [] }) : whole
    this.#lines.push(line)
    this.#characters += line.length
  }

  /** Packs what was added, and begins anew. */
  pack(): Promise<Buffer> {
    const lines = this.#lines
    this.#lines = []
    this.#characters = 0
    return gzipped(lineOf(head) + lines.join(''), { level })
  }
}

/** Why what others have found out can't be believed. */
export class FoundUnreadable extends Error {
  readonly isOtherVersion: boolean

  constructor({ isOtherVersion = false, cause }: { readonly isOtherVersion?: boolean; readonly cause?: unknown } = {}) {
    super('it is none of what hosts and functions write', { cause })
    this.isOtherVersion = isOtherVersion
  }
}

/** So many, or so much, is held at a time. */
const piece = { lines: 1000, characters: 16 * 1024 ** 2 }

/**
 * Reads what {@link FoundLines} has packed, some at a time: whoever can write to the bucket can write anything there, and
 * of any size.
 *
 * @throws FoundUnreadable once there is something else; what reading it throws
 */
export async function* readFound(packed: AsyncIterable<Uint8Array>): AsyncGenerator<readonly Found[]> {
  let found: Found[] = []
  let [number, characters] = [0, 0]
  for await (const line of linesIn(packed)) {
    const told = parsed(line)
    if (number++ === 0) {
      if (!isObject(told)) throw new FoundUnreadable()
      if (told['version'] !== head.version) throw new FoundUnreadable({ isOtherVersion: true })
      continue
    }
    if (!isFound(told)) throw new FoundUnreadable()
    found.push(told)
    characters += line.length
    if (found.length < piece.lines && characters < piece.characters) continue
    yield found
    found = []
    characters = 0
  }
  if (found.length > 0) yield found
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch (cause) {
    throw new FoundUnreadable({ cause })
  }
}

async function* linesIn(packed: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const gunzip = createGunzip({ chunkSize: 65_536 })
  // Whoever goes along what comes out of it hears of all that goes wrong.
  const piped = pipeline(packed, gunzip).catch(() => undefined)
  const decoder = new StringDecoder('utf8')
  let pieces: string[] = []
  let length = 0
  try {
    for await (const bytes of gunzip as AsyncIterable<Buffer>) {
      const [first = '', ...more] = decoder.write(bytes).split('\n')
      pieces.push(first)
      length += first.length
      for (const next of more) {
        yield pieces.join('')
        pieces = [next]
        length = next.length
      }
      if (length > longestLine) throw new FoundUnreadable()
    }
  } catch (error) {
    throw isOfZlib(error) ? new FoundUnreadable({ cause: error }) : error
  } finally {
    gunzip.destroy()
    await piped
  }
  const last = pieces.join('') + decoder.end()
  if (last !== '') yield last
}

const isOfZlib = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^Z_/.test(String(error.code))

/** What a journal knows, as it is told. */
export const foundOf = ({ row, packages }: Known): Found => ({
  row,
  packages: packages.map(({ format, bad, about, facts }) => ({
    format,
    bad,
    about,
    facts: facts === null ? null : Buffer.from(facts).toString('base64'),
  })),
})

/** Is it what we write? Whoever can write to the bucket can say anything. */
export const isFound = (line: unknown): line is Found =>
  isObject(line) &&
  isObject(line['row']) &&
  isRow(line['row']) &&
  Array.isArray(line['packages']) &&
  isWhole(line['row'], line['packages']) &&
  [undefined, 'surely', 'perhaps'].some((word) => line['republished'] === word) &&
  (line['rewritten'] === undefined || isRewritten(line['rewritten']))

const isText = (value: unknown): value is string => typeof value === 'string'
const isTextOrNull = (value: unknown): boolean => value === null || isText(value)
const isTextOrMissing = (value: unknown): boolean => value === undefined || isText(value)

/** Source: Amazon S3 User Guide, "Object key naming guidelines". */
const isKey = (value: unknown): boolean => isText(value) && value !== '' && Buffer.byteLength(value) <= 1024

const isRow = (row: JsonObject): boolean =>
  isKey(row['key']) &&
  ['etag', 'class', 'format'].every((name) => isText(row[name])) &&
  ['size', 'modified', 'first'].every((name) => Number.isSafeInteger(row[name]) && Number(row[name]) >= 0) &&
  ['why', 'cacheControl', 'contentType', 'encoding', 'skip'].every((name) => isTextOrNull(row[name])) &&
  typeof row['todo'] === 'boolean'

/** @param row - {@link isRow} */
const isWhole = (row: JsonObject, packages: readonly unknown[]): boolean =>
  packages.every(
    (one) =>
      isObject(one) &&
      isFoundPackage(one) &&
      (one['bad'] !== null || isKept({ key: String(row['key']), size: Number(row['size']) }, one)),
  )

/** Is it what the format keeps of such a package? Else indexes would be made with something missing. */
function isKept(
  object: { readonly key: string; readonly size: number },
  { format, about, facts }: JsonObject,
): boolean {
  const kept = formats.find(({ name }) => name === format)
  if (kept?.roleOf(object.key) !== 'package') return false
  const { digests, identity } = JSON.parse(String(about)) as Pick<PackageFacts, 'digests' | 'identity'>
  try {
    const told = kept.identityIn(object, Buffer.from(String(facts), 'base64'))
    return told !== undefined && told === identity && kept.digests.every((name) => digests[name] !== undefined)
  } catch {
    return false
  }
}

const isFoundPackage = ({ format, bad, about, facts, before = [] }: JsonObject): boolean =>
  isText(format) &&
  [bad, facts].every(isTextOrNull) &&
  (about === null || isAbout(about)) &&
  // A package is known by both, and what is none by why.
  (bad === null) === (about !== null) &&
  (about === null) === (facts === null) &&
  Array.isArray(before) &&
  before.every((digests: unknown) => Array.isArray(digests) && digests.every(isText))

/** As `About` is written: what of it stands in indexes as it is can be nothing else than it should be. */
function isAbout(about: unknown): boolean {
  try {
    const told: unknown = JSON.parse(String(about))
    if (!isText(about) || !isObject(told) || !isObject(told['digests'])) return false
    return isText(told['identity']) && isTextOrMissing(told['note']) && Object.entries(told['digests']).every(isDigest)
  } catch {
    return false
  }
}

const digestLengths: Readonly<Record<string, number>> = { md5: 32, sha1: 40, sha256: 64, sha512: 128 }

const isDigest = ([name, digest]: readonly [string, unknown]): boolean =>
  isText(digest) && /^[\da-f]+$/.test(digest) && digest.length === digestLengths[name]

const isRewritten = (rewritten: unknown): boolean =>
  isObject(rewritten) &&
  isText(rewritten['wanted']) &&
  isObject(rewritten['before']) &&
  ['cacheControl', 'contentType'].every((name) => isText((rewritten['before'] as JsonObject)[name]))
