import type { LeanS3 } from '../../aws/s3-lean.ts'
import { grantHeaders } from './acl.ts'
import { hasAnnotations } from './annotations.ts'
import { reasons, type Rewrite } from './attributes.ts'
import { textOf } from '../../aws/s3-answer.ts'
import { abortUpload, copyInParts, sourceOf, type UploadNotes } from './copy-in-parts.ts'
import { PublicGrants } from './public-grants.ts'
import { etagOf, modifiedOf } from './version-headers.ts'

/** What a rewritten object is now. */
interface Rewritten {
  readonly etag: string
  /** Seconds since the epoch. */
  readonly modified: number
}

/** Why an object was left alone after all. */
interface Skipped {
  readonly skip: string
}

/** Carries out what was planned, one object after the other: on this host, or in a function that many of them run in. */
export interface RewriteEngine {
  /**
   * @param signal - once it is aborted nothing more is written
   * @throws what S3 answers; with status 412 or 409 where the object is no longer what was planned for; the reason of
   * the signal
   */
  rewrite(rewrite: Rewrite, signal: AbortSignal): Promise<Rewritten | Skipped>
  /** Ends what a killed run left half done. */
  tidy(): Promise<void>
}

export interface CopyOptions {
  readonly s3: LeanS3
  readonly journal: UploadNotes
  /** Canonical id of the bucket's owner where objects have access control lists; else undefined. */
  readonly aclOwner: string | undefined
  /** Bytes up to which S3 copies in one call, and of a part of a larger one. */
  readonly copyLimit?: number
  readonly partSize?: number
}

type Headers = Record<string, string>

const gibibyte = 1024 ** 3

/** Rewrites by copying objects onto themselves. */
export function copyEngine({
  s3,
  journal,
  aclOwner,
  copyLimit = 5 * gibibyte,
  partSize = gibibyte,
}: CopyOptions): RewriteEngine {
  const publicGrants = new PublicGrants(s3)

  const copyWhole = async (rewrite: Rewrite, grants: Headers): Promise<Rewritten> => {
    const { body } = await s3.send({
      method: 'PUT',
      action: 's3:CopyObject',
      key: rewrite.key,
      headers: {
        ...rewrite.headers,
        ...grants,
        ...sourceOf(s3.bucket, rewrite),
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

  const copyLarge = async (rewrite: Rewrite, grants: Headers, signal: AbortSignal): Promise<Rewritten | Skipped> => {
    if (await hasAnnotations(s3, rewrite.key)) return { skip: reasons.annotations }
    await copyInParts({ s3, journal, partSize, rewrite, grants, signal })
    const { headers } = await s3.send({ method: 'HEAD', action: 's3:GetObject', key: rewrite.key })
    return { etag: etagOf(headers), modified: modifiedOf(headers) }
  }

  return {
    async rewrite(rewrite, signal) {
      let grants: Headers | undefined = {}
      if (aclOwner !== undefined) {
        const acl = await s3.send({ method: 'GET', action: 's3:GetObjectAcl', key: rewrite.key, query: { acl: '' } })
        grants = grantHeaders(acl.body.toString('utf8'), aclOwner)
        if (grants === undefined) return { skip: reasons.owner }
        signal.throwIfAborted()
      }
      try {
        return await (rewrite.size > copyLimit ? copyLarge(rewrite, grants, signal) : copyWhole(rewrite, grants))
      } catch (error) {
        if (await publicGrants.wereRefused(error, grants)) return { skip: reasons.publicAcl }
        throw error
      }
    },
    async tidy() {
      for (const { id, key } of journal.copies.uploads()) await abortUpload(s3, journal, id, key)
    },
  }
}
