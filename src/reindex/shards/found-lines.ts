/** What a host has found out, in the form in which it tells others: a line an object, as JSON, in objects of the bucket. */
import { constants } from 'node:buffer'
import { promisify } from 'node:util'
import { gunzip, gzip } from 'node:zlib'

import { isObject, type JsonObject } from '../../json-object.ts'
import type { Attended } from '../attributes/attend.ts'
import type { Known } from '../journal/shared.ts'
import type { Row } from '../journal/row.ts'

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
  /** Digests of what was at the key before, where this was read without the journal that knows them. */
  readonly before?: readonly string[]
}

const gzipped = promisify(gzip)
const gunzipped = promisify(gunzip)

/** Fast: what is said of one package is much like what is said of the next. */
const level = 1

/** A text has no more, and what a few bytes unpack to is none of ours. */
const mostUnpacked = constants.MAX_STRING_LENGTH

/** Packs lines of JSON. */
export const packLines = (lines: readonly unknown[]): Promise<Buffer> =>
  gzipped(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), { level })

/**
 * Unpacks lines of JSON, which only those can have written who may write to the bucket.
 *
 * @throws where they are none
 */
export async function unpackLines(packed: Uint8Array, maxOutputLength = mostUnpacked): Promise<unknown[]> {
  const text = (await gunzipped(packed, { maxOutputLength })).toString('utf8')
  return text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as unknown]))
}

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

/** Is it what we write? Another version of pc-ctl may have written otherwise, and so may whoever can write to the bucket. */
export const isFound = (line: unknown): line is Found =>
  isObject(line) &&
  isObject(line['row']) &&
  isRow(line['row']) &&
  Array.isArray(line['packages']) &&
  line['packages'].every((one: unknown) => isObject(one) && isFoundPackage(one)) &&
  (line['rewritten'] === undefined || isRewritten(line['rewritten']))

const isText = (value: unknown): boolean => typeof value === 'string'
const isTextOrNull = (value: unknown): boolean => value === null || isText(value)

const isRow = (row: JsonObject): boolean =>
  ['key', 'etag', 'class', 'format'].every((name) => isText(row[name])) &&
  ['size', 'modified', 'first'].every((name) => Number.isSafeInteger(row[name])) &&
  ['why', 'cacheControl', 'contentType', 'encoding', 'skip'].every((name) => isTextOrNull(row[name])) &&
  typeof row['todo'] === 'boolean'

const isFoundPackage = ({ format, bad, about, facts, before = [] }: JsonObject): boolean =>
  isText(format) &&
  [bad, facts].every(isTextOrNull) &&
  (about === null || isAbout(about)) &&
  // A package is known by both, and what is none by why.
  (bad === null) === (about !== null) &&
  (about === null) === (facts === null) &&
  Array.isArray(before) &&
  before.every(isText)

function isAbout(about: unknown): boolean {
  try {
    const told: unknown = JSON.parse(String(about))
    return isText(about) && isObject(told) && isObject(told['digests']) && Object.values(told['digests']).every(isText)
  } catch {
    return false
  }
}

const isRewritten = (rewritten: unknown): boolean =>
  isObject(rewritten) && isText(rewritten['wanted']) && isObject(rewritten['before'])
