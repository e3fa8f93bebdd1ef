import { buffer } from 'node:stream/consumers'

import { nameOf } from '../aws/absent.ts'
import { statusOf } from '../aws/denial.ts'
import type { LeanS3 } from '../aws/s3-lean.ts'
import type { Digests, PackageSource } from '../repositories/format.ts'
import { BadPackageError } from '../repositories/format.ts'
import type { Row } from './journal.ts'

const breaks = 5

/** How a format reads one object, and always the content that the listing showed. */
export function packageSource(s3: LeanS3, row: Row, known: Digests): PackageSource {
  const { key, size, etag } = row
  const range = async (start: number, end: number): Promise<Uint8Array> => {
    if (start >= Math.min(end, size)) return new Uint8Array()
    const headers = { range: `bytes=${start}-${Math.min(end, size) - 1}`, 'if-match': `"${etag}"` }
    return (await readable(() => s3.send({ method: 'GET', action: 's3:GetObject', key, headers }))).body
  }
  /** A connection that breaks in the middle is gone on with where it broke. */
  async function* stream(): AsyncGenerator<Uint8Array> {
    let offset = 0
    for (let broken = 0; offset < size || size === 0;) {
      const headers = { 'if-match': `"${etag}"`, ...(offset === 0 ? {} : { range: `bytes=${offset}-` }) }
      const message = await readable(() => s3.open({ method: 'GET', action: 's3:GetObject', key, headers }))
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
  return { key, size, etag, modified: row.first * 1000, known, range, stream }
}

/** What can't be read because it is archived is no failure of the network: its old entry is kept. */
async function readable<T>(read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (error) {
    if (nameOf(error) === 'InvalidObjectState') throw new BadPackageError('is archived, and so can not be read')
    throw error
  }
}

/** The digests that S3 keeps of an object: its checksum, and its ETag where that is one. */
export async function digestsAtS3(s3: LeanS3, { key, etag }: Row): Promise<Digests> {
  const { headers } = await s3.send({
    method: 'HEAD',
    action: 's3:GetObject',
    key,
    headers: { 'if-match': `"${etag}"`, 'x-amz-checksum-mode': 'ENABLED' },
  })
  const checksum = headers['x-amz-checksum-sha256'] ?? ''
  const whole = (headers['x-amz-checksum-type'] ?? 'FULL_OBJECT') === 'FULL_OBJECT' && !checksum.includes('-')
  const sha256 = Buffer.from(checksum, 'base64')
  return {
    ...(whole && sha256.length === 32 ? { sha256: sha256.toString('hex') } : {}),
    ...(isMd5(etag, headers) ? { md5: etag } : {}),
  }
}

/** Is this ETag the MD5 of the content? Not for uploads in parts, and not for what KMS encrypts. */
export const isMd5 = (etag: string, headers: Readonly<Record<string, string>>): boolean =>
  /^[\da-f]{32}$/.test(etag) && headers['x-amz-server-side-encryption']?.startsWith('aws:kms') !== true

/** The content of an object; undefined if it is not there. */
export async function readObject(s3: LeanS3, key: string): Promise<Uint8Array | undefined> {
  try {
    return await buffer(await s3.open({ method: 'GET', action: 's3:GetObject', key }))
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}
