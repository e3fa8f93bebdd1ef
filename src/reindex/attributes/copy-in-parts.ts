import { nameOf } from '../../aws/absent.ts'
import { textOf } from '../../aws/s3-answer.ts'
import { type LeanS3, S3Error } from '../../aws/s3-lean.ts'
import { encodePath } from '../../aws/signature-v4.ts'
import type { Rewrite } from './attributes.ts'
import { writeOf } from './version-headers.ts'
import type { Copies } from '../journal/copies.ts'

type Headers = Record<string, string>

const partsAtOnce = 4
/** S3's limit. An object has at most 50 TB, a part 5 GiB. */
const mostParts = 10_000

/** The source of a copy of an object onto itself: the content that the copy was planned for and no other. */
export const sourceOf = (bucket: string, { key, etag }: Rewrite): Headers => ({
  'x-amz-copy-source': encodePath(`/${bucket}/${key}`),
  'x-amz-copy-source-if-match': `"${etag}"`,
})

/** Remembers copies in parts that have begun, so that a later run ends what a killed one left. */
export interface UploadNotes {
  readonly copies: Pick<Copies, 'uploadBegun' | 'uploadEnded' | 'uploads'>
}

export interface CopyInParts {
  readonly s3: LeanS3
  readonly journal: UploadNotes
  /** Bytes, at least. */
  readonly partSize: number
  readonly rewrite: Rewrite
  /** Headers that give the copy its access control list. */
  readonly grants: Headers
  readonly signal: AbortSignal
}

/**
 * Copies what is too large for one call. Nobody sees the new object until all of it is there.
 *
 * @throws what S3 answers, or the reason of the signal; nothing is left then
 */
export async function copyInParts(copy: CopyInParts): Promise<void> {
  const { s3, journal, rewrite, grants, signal } = copy
  const { key } = rewrite
  const tagging: Headers = rewrite.tagged ? { 'x-amz-tagging': await tagsOf(s3, key) } : {}
  const checksum = await checksumOf(s3, key)
  const created = await s3.send({
    method: 'POST',
    action: 's3:CreateMultipartUpload',
    key,
    query: { uploads: '' },
    headers: { ...rewrite.headers, ...grants, ...tagging, ...checksum },
  })
  const uploadId = textOf(created.body.toString('utf8'), 'UploadId')
  if (uploadId === undefined) throw new Error('S3 began a copy in parts without an id.')
  journal.copies.uploadBegun(uploadId, key)
  try {
    const parts = await copyParts(copy, uploadId, checksum['x-amz-checksum-algorithm'])
    signal.throwIfAborted()
    await assertUntouched(s3, rewrite)
    await s3.send({
      method: 'POST',
      action: 's3:CompleteMultipartUpload',
      key,
      query: { uploadId },
      headers: { 'if-match': `"${rewrite.etag}"`, 'content-type': 'application/xml' },
      body: Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`),
    })
  } catch (error) {
    await abortUpload(s3, journal, uploadId, key).catch(() => undefined)
    throw error
  }
  journal.copies.uploadEnded(uploadId)
}

/**
 * That it is still the write which was looked at: gigabytes take minutes, and the condition of the completion sees only
 * other content, not other metadata.
 *
 * @throws an error of status 412 if it is another
 */
async function assertUntouched(s3: LeanS3, { key, write }: Rewrite): Promise<void> {
  const { headers } = await s3.send({ method: 'HEAD', action: 's3:GetObject', key })
  if (writeOf(headers) !== write) throw new S3Error('PreconditionFailed', 412, 'The object was written meanwhile')
}

/** Returns the parts as CompleteMultipartUpload names them. */
async function copyParts(copy: CopyInParts, uploadId: string, algorithm: string | undefined): Promise<string[]> {
  const { s3, rewrite, partSize, signal } = copy
  const { key, size } = rewrite
  const step = Math.max(partSize, Math.ceil(size / mostParts))
  const parts = Array.from({ length: Math.ceil(size / step) }, () => '')
  let next = 0
  let failed = false
  const worker = async (): Promise<void> => {
    for (let index = next++; index < parts.length && !failed; index = next++) {
      signal.throwIfAborted()
      const start = index * step
      const range = `bytes=${start}-${Math.min(size, start + step) - 1}`
      const { body } = await s3.send({
        method: 'PUT',
        action: 's3:UploadPartCopy',
        key,
        query: { partNumber: String(index + 1), uploadId },
        headers: { ...sourceOf(s3.bucket, rewrite), 'x-amz-copy-source-range': range },
      })
      const names = ['ETag', ...(algorithm === undefined ? [] : [`Checksum${algorithm}`])]
      const fields = names.map((name) => `<${name}>${textOf(body.toString('utf8'), name) ?? ''}</${name}>`)
      parts[index] = `<Part><PartNumber>${index + 1}</PartNumber>${fields.join('')}</Part>`
    }
  }
  // No part may be under way any more when the upload is aborted: S3 would keep it, and have it paid for.
  const workers = Array.from({ length: partsAtOnce }, () =>
    worker().catch((error: unknown) => {
      failed = true
      throw error
    }),
  )
  for (const outcome of await Promise.allSettled(workers)) if (outcome.status === 'rejected') throw outcome.reason
  return parts
}

/** Ends an upload that will not be completed; one that is gone is no error. */
export async function abortUpload(s3: LeanS3, journal: UploadNotes, uploadId: string, key: string): Promise<void> {
  try {
    await s3.abortUpload(key, uploadId)
  } catch (error) {
    if (nameOf(error) !== 'NoSuchUpload') throw error
  }
  journal.copies.uploadEnded(uploadId)
}

/**
 * What gives a copy a checksum as its source has one: CopyObject would keep the algorithm, an upload does not know it.
 *
 * Source: Amazon S3 User Guide, "Checking object integrity": only CRCs of parts add up to one of the whole object.
 */
async function checksumOf(s3: LeanS3, key: string): Promise<Headers> {
  const asked = { 'x-amz-checksum-mode': 'ENABLED' }
  const { headers } = await s3.send({ method: 'HEAD', action: 's3:GetObject', key, headers: asked })
  const { 'x-amz-checksum-type': type, ...others } = headers
  const name = Object.keys(others).flatMap((header) => /^x-amz-checksum-([a-z0-9]+)$/.exec(header)?.[1] ?? [])[0]
  if (name === undefined) return {}
  const whole: Headers = name.startsWith('crc') && type !== undefined ? { 'x-amz-checksum-type': type } : {}
  return { 'x-amz-checksum-algorithm': name.toUpperCase(), ...whole }
}

/** The tags of an object in the form of a header. */
async function tagsOf(s3: LeanS3, key: string): Promise<string> {
  const { body } = await s3.send({ method: 'GET', action: 's3:GetObjectTagging', key, query: { tagging: '' } })
  const tags = [...body.toString('utf8').matchAll(/<Tag>[^]*?<Key>([^<]*)<\/Key>[^]*?<Value>([^<]*)<\/Value>/g)]
  return tags.map(([, name = '', value = '']) => [name, value].map(encodeXmlText).join('=')).join('&')
}

const encodeXmlText = (text: string): string =>
  encodeURIComponent(text.replace(/&(quot|apos|lt|gt|amp);/g, (_all, name: string) => entities[name] ?? ''))
const entities: Readonly<Record<string, string>> = { quot: '"', apos: "'", lt: '<', gt: '>', amp: '&' }
