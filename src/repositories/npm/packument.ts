/**
 * What npm calls a packument: all that is known of one package, as JSON.
 *
 * @see https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md
 */
import { promisify } from 'node:util'
import { gunzip } from 'node:zlib'

import { isObject, type JsonObject } from '../../json-object.ts'
import { isTooDeep } from '../json-depth.ts'

/** A packument and how it is written down. */
export interface Packument {
  readonly content: JsonObject
  readonly versions: Readonly<Record<string, JsonObject>>
  /** What one level is indented with; undefined where all is in one line. */
  readonly indent: string | undefined
  /** What stands after its end. */
  readonly end: string
  /** It is stored as it is sent, with gzip. */
  readonly isPacked: boolean
}

/** Unpacked; those of the packages with most versions have 30 MiB. */
const largest = 128 * 1024 * 1024

/** @returns undefined for what is no packument. One that was stored as it is sent, with gzip, is read too. */
export async function readPackument(bytes: Uint8Array): Promise<Packument | undefined> {
  try {
    const isPacked = bytes[0] === 0x1f && bytes[1] === 0x8b
    const plain = isPacked ? await promisify(gunzip)(bytes, { maxOutputLength: largest }) : bytes
    if (plain.length > largest) return undefined
    const text = new TextDecoder('utf-8', { fatal: true }).decode(plain)
    if (isTooDeep(text)) return undefined
    const content = parseExactly(text)
    if (!isObject(content) || !isObject(content['versions'])) return undefined
    const versions = Object.entries(content['versions'])
    if (!versions.every((entry): entry is [string, JsonObject] => isObject(entry[1]))) return undefined
    const indent = /^\{\r?\n([ \t]{1,10})"/.exec(text)?.[1]
    return { content, versions: Object.fromEntries(versions), indent, end: /\s*$/.exec(text)?.[0] ?? '', isPacked }
  } catch {
    // Neither gzip nor JSON, or deeper than anybody reads.
    return undefined
  }
}

export const printPackument = ({ content, indent, end }: Omit<Packument, 'versions' | 'isPacked'>): Uint8Array =>
  Buffer.from(JSON.stringify(content, null, indent) + end)

const longNumber = /[-:[,\s]\d{16}|\d\.\d{16}/

/** In the standard (ECMA-262, JSON.parse source text access) and in Node 22, but not in TypeScript's library yet. */
interface ExactJson {
  parse(text: string, revive: (key: string, value: unknown, context: { readonly source?: string }) => unknown): unknown
  rawJSON(text: string): unknown
}

/** Numbers that JavaScript can't hold stay as they are written. */
function parseExactly(text: string): unknown {
  if (!longNumber.test(text)) return JSON.parse(text)
  const exact = JSON as unknown as ExactJson
  return exact.parse(text, (_key, value, { source }) =>
    typeof value === 'number' && source !== undefined && String(value) !== source ? exact.rawJSON(source) : value,
  )
}
