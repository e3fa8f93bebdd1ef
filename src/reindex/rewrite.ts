import { nameOf } from '../aws/absent.ts'
import type { LeanS3 } from '../aws/s3-lean.ts'
import { encodePath } from '../aws/signature-v4.ts'
import { grantHeaders } from './acl.ts'
import { reasons, type Rewrite } from './attributes.ts'
import type { Journal } from './journal.ts'

/** What a rewritten object is now. */
export interface Rewritten {
  readonly etag: string
  /** Seconds since the epoch. */
  readonly modified: number
}

/** Carries out what was planned. One object at a time here; S3 Batch Operations would take many. */
export interface RewriteEngine {
  /**
   * @param signal - once it is aborted nothing more is written
   * @throws what S3 answers; with status 412 or 409 where the object is no longer what was planned for; the reason of
   * the signal
   */
  carryOut(rewrite: Rewrite, signal: AbortSignal): Promise<Rewritten | { readonly skip: string }>
  /** Ends what a killed run left half done. */
  tidy(): Promise<void>
}

export interface CopyOptions {
  readonly s3: LeanS3
  readonly journal: Journal
  /** Canonical id of the bucket's owner where objects have access control lists; else undefined. */
  readonly aclOwner: string | undefined
  /** Bytes up to which S3 copies in one call, and of a part of a larger one. */
  readonly copyLimit?: number
  readonly partSize?: number
}

const gibibyte = 1024 ** 3
const partsAtOnce = 4

/** Rewrites by copying objects onto themselves. */
export function copyEngine({
  s3,
  journal,
  aclOwner,
  copyLimit = 5 * gibibyte,
  partSize = gibibyte,
}: CopyOptions): RewriteEngine {
  const sourceOf = ({ key, etag }: Rewrite): Record<string, string> => ({
    'x-amz-copy-source': encodePath(`/${s3.bucket}/${key}`),
    'x-amz-copy-source-if-match': `"${etag}"`,
  })

  const copyWhole = async (rewrite: Rewrite, grants: Record<string, string>): Promise<Rewritten> => {
    const { body } = await s3.send({
      method: 'PUT',
      action: 's3:CopyObject',
      key: rewrite.key,
      headers: {
        ...rewrite.headers,
        ...grants,
        ...sourceOf(rewrite),
        'x-amz-metadata-directive': 'REPLACE',
        'x-amz-tagging-directive': 'COPY',
        'if-match': `"${rewrite.etag}"`,
      },
    })
    const xml = body.toString('utf8')
    const etag = textOf(xml, 'ETag')?.replaceAll(/&quot;|"|&#34;/g, '')
    const modified = Math.floor(Date.parse(textOf(xml, 'LastModified') ?? '') / 1000)
    if (etag === undefined || Number.isNaN(modified)) throw new Error('S3 answered a copy without its result.')
    return { etag, modified }
  }

  /** Copies what is too large for one call. Nobody sees the new object until all of it is there. */
  const copyInParts = async (
    rewrite: Rewrite,
    grants: Record<string, string>,
    signal: AbortSignal,
  ): Promise<Rewritten> => {
    const { key, size } = rewrite
    const tagging: Record<string, string> = rewrite.tagged ? { 'x-amz-tagging': await tagsOf(s3, key) } : {}
    const created = await s3.send({
      method: 'POST',
      action: 's3:CreateMultipartUpload',
      key,
      query: { uploads: '' },
      headers: { ...rewrite.headers, ...grants, ...tagging },
    })
    const uploadId = textOf(created.body.toString('utf8'), 'UploadId')
    if (uploadId === undefined) throw new Error('S3 began a copy in parts without an id.')
    journal.uploadBegun(uploadId, key)
    try {
      // At most 10,000 parts; an object has at most 50 TB, a part 5 GiB.
      const step = Math.max(partSize, Math.ceil(size / 10_000))
      const starts = Array.from({ length: Math.ceil(size / step) }, (_part, index) => index * step)
      const etags: string[] = []
      let next = 0
      const worker = async (): Promise<void> => {
        for (let index = next++; index < starts.length; index = next++) {
          signal.throwIfAborted()
          const start = index * step
          const { body } = await s3.send({
            method: 'PUT',
            action: 's3:UploadPartCopy',
            key,
            query: { partNumber: String(index + 1), uploadId },
            headers: {
              ...sourceOf(rewrite),
              'x-amz-copy-source-range': `bytes=${start}-${Math.min(size, start + step) - 1}`,
            },
          })
          etags[index] = textOf(body.toString('utf8'), 'ETag') ?? ''
        }
      }
      await Promise.all(Array.from({ length: partsAtOnce }, worker))
      signal.throwIfAborted()
      const parts = etags.map((etag, index) => `<Part><PartNumber>${index + 1}</PartNumber><ETag>${etag}</ETag></Part>`)
      await s3.send({
        method: 'POST',
        action: 's3:CompleteMultipartUpload',
        key,
        query: { uploadId },
        headers: { 'if-match': `"${rewrite.etag}"`, 'content-type': 'application/xml' },
        body: Buffer.from(`<CompleteMultipartUpload>${parts.join('')}</CompleteMultipartUpload>`),
      })
    } catch (error) {
      await abort(uploadId, key).catch(() => undefined)
      throw error
    }
    journal.uploadEnded(uploadId)
    const { headers } = await s3.send({ method: 'HEAD', action: 's3:GetObject', key })
    return {
      etag: (headers['etag'] ?? '').replaceAll('"', ''),
      modified: Math.floor(Date.parse(headers['last-modified'] ?? '') / 1000),
    }
  }

  const abort = async (uploadId: string, key: string): Promise<void> => {
    try {
      await s3.send({ method: 'DELETE', action: 's3:AbortMultipartUpload', key, query: { uploadId } })
    } catch (error) {
      if (nameOf(error) !== 'NoSuchUpload') throw error
    }
    journal.uploadEnded(uploadId)
  }

  return {
    async carryOut(rewrite, signal) {
      let grants: Record<string, string> | undefined = {}
      if (aclOwner !== undefined) {
        const acl = await s3.send({ method: 'GET', action: 's3:GetObjectAcl', key: rewrite.key, query: { acl: '' } })
        grants = grantHeaders(acl.body.toString('utf8'), aclOwner)
        if (grants === undefined) return { skip: reasons.owner }
        signal.throwIfAborted()
      }
      return rewrite.size > copyLimit ? copyInParts(rewrite, grants, signal) : copyWhole(rewrite, grants)
    },
    async tidy() {
      for (const { id, key } of journal.uploads()) await abort(id, key)
    },
  }
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

const textOf = (xml: string, name: string): string | undefined =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(xml)?.[1]
