import type { IncomingHttpHeaders } from 'node:http'

import { nameOf } from '../../aws/absent.ts'
import { statusOf } from '../../aws/denial.ts'
import { asksForCustomerKey } from '../../aws/s3-answer.ts'
import { bodyOf, type LeanS3 } from '../../aws/s3-lean.ts'
import type { Digests, PackageSource } from '../../repositories/format.ts'
import { BadPackageError } from '../../repositories/format.ts'
import { reasons } from '../attributes/attributes.ts'

const breaks = 5

/** The content that a listing showed. */
interface Content {
  readonly key: string
  readonly size: number
  readonly etag: string
  /** Seconds since the epoch. */
  readonly first: number
}

/** A source that also learns from what S3 answers. */
export interface S3PackageSource extends PackageSource {
  /** The MD5, where an answer has shown that the ETag is one. */
  digestsSeen(): Digests
}

/** How a format reads one object, and always the content that the listing showed. */
export function packageSource(s3: LeanS3, { key, size, etag, first }: Content, known: Digests): S3PackageSource {
  let seen: Digests = {}
  const look = (headers: IncomingHttpHeaders | Readonly<Record<string, string>>): void => {
    if (isMd5(etag, headers)) seen = { md5: etag }
  }
  const range = async (start: number, end: number): Promise<Uint8Array> => {
    if (start >= Math.min(end, size)) return new Uint8Array()
    const headers = { range: `bytes=${start}-${Math.min(end, size) - 1}`, 'if-match': `"${etag}"` }
    const { headers: answered, body } = await readable(() =>
      s3.send({ method: 'GET', action: 's3:GetObject', key, headers }),
    )
    look(answered)
    return body
  }
  /** A connection that breaks in the middle is gone on with where it broke. */
  async function* stream(): AsyncGenerator<Uint8Array> {
    let offset = 0
    for (let broken = 0; offset < size || size === 0;) {
      const headers = { 'if-match': `"${etag}"`, ...(offset === 0 ? {} : { range: `bytes=${offset}-` }) }
      const message = await readable(() => s3.open({ method: 'GET', action: 's3:GetObject', key, headers }))
      look(message.headers)
      try {
        for await (const chunk of message as AsyncIterable<Buffer>) {
          offset += chunk.length
          yield chunk
        }
        if (offset >= size) return
      } catch (error) {
        if (++broken === breaks) throw error
      } finally {
        message.destroy()
      }
    }
  }
  return { key, size, etag, modified: first * 1000, known, range, stream, digestsSeen: () => seen }
}

/** It may be restored without becoming another version: what is known of it now may not be true the next time. */
export class ArchivedPackageError extends BadPackageError {}

/** What can't be read because it is archived is no failure of the network: its old entry is kept. */
async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (asksForCustomerKey(error)) throw new BadPackageError(`it is ${reasons.customerKey}, and so can not be read`)
    if (nameOf(error) === 'InvalidObjectState') throw new ArchivedPackageError('it is archived, and so can not be read')
    throw error
  }
}

/** The digests that S3 keeps of an object: its checksum, and its ETag where that is one. */
export async function digestsAtS3(s3: LeanS3, { key, etag }: Pick<Content, 'key' | 'etag'>): Promise<Digests> {
  const { headers } = await s3.send({
    method: 'HEAD',
    action: 's3:GetObject',
    key,
    headers: { 'if-match': `"${etag}"`, 'x-amz-checksum-mode': 'ENABLED' },
  })
  const digests: { -readonly [name in keyof Digests]: Digests[name] } = isMd5(etag, headers) ? { md5: etag } : {}
  if ((headers['x-amz-checksum-type'] ?? 'FULL_OBJECT') !== 'FULL_OBJECT') return digests
  for (const [name, length] of checksums) {
    const checksum = headers[`x-amz-checksum-${name}`] ?? ''
    const bytes = Buffer.from(checksum, 'base64')
    // Of an upload in parts it is one of the parts' checksums, with their number.
    if (!checksum.includes('-') && bytes.length === length) digests[name] = bytes.toString('hex')
  }
  return digests
}

/** Those of S3's checksums that are digests, and how many bytes they have. */
const checksums = [
  ['sha1', 20],
  ['sha256', 32],
  ['sha512', 64],
] as const

/** Is this ETag the MD5 of the content? Not for uploads in parts, and not for what KMS encrypts. */
export const isMd5 = (etag: string, headers: IncomingHttpHeaders | Readonly<Record<string, string>>): boolean =>
  /^[\da-f]{32}$/.test(etag) && !String(headers['x-amz-server-side-encryption']).startsWith('aws:kms')

/** The content of an object; undefined if it is not there. */
export async function readObject(s3: LeanS3, key: string): Promise<Uint8Array | undefined> {
  try {
    return await bodyOf(await s3.open({ method: 'GET', action: 's3:GetObject', key }))
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}
