import { createHash } from 'node:crypto'

import { statusOf } from '../../aws/denial.ts'
import type { LeanS3, S3Response } from '../../aws/s3-lean.ts'
import { cacheControl } from '../../repositories/cache-control.ts'
import type { IndexObject } from '../../repositories/format.ts'
import { formatOf } from '../../repositories/layout.ts'
import { CtlError } from '../../errors.ts'
import { grantHeaders } from '../attributes/acl.ts'
import { reasons, remedyOf } from '../attributes/attributes.ts'
import type { Journal } from '../journal/journal.ts'
import type { Row } from '../journal/row.ts'
import { isLost } from '../lock.ts'
import type { Pace } from '../pace.ts'
import { isMd5, readObject } from './package-source.ts'
import { PublicGrants } from '../attributes/public-grants.ts'
import { etagOf, modifiedOf } from '../attributes/version-headers.ts'

/** Somebody else has published the same repository in between. */
export class WriteConflict extends CtlError {
  constructor(key: string) {
    super('refused', `somebody else has published it meanwhile (${key})`, {
      hint: 'Run the same command again: it takes in what they have changed.',
      code: 'WriteConflict',
    })
  }
}

export interface Publisher {
  /**
   * Writes what is not there yet. A group is begun when the one before it is there.
   *
   * @param expected - the index objects that the plan was made from
   * @throws WriteConflict where a top object is no longer as expected; what S3 answers
   */
  publish(
    groups: readonly (readonly IndexObject[])[],
    expected: ReadonlyMap<string, Row>,
    signal: AbortSignal,
  ): Promise<{ written: number; unchanged: number }>
}

export interface PublisherOptions {
  readonly s3: LeanS3
  readonly journal: Journal
  readonly pace: Pace
  /** Canonical id of the bucket's owner where objects have access control lists. */
  readonly aclOwner: string | undefined
}

/** What a new index object takes over from the one that it replaces, or from its neighbour. */
const inherited = [
  'x-amz-server-side-encryption',
  'x-amz-server-side-encryption-aws-kms-key-id',
  'x-amz-server-side-encryption-bucket-key-enabled',
]

export function createPublisher(options: PublisherOptions): Publisher {
  const { s3, journal, pace } = options
  const publicGrants = new PublicGrants(s3)

  const write = async (
    object: IndexObject,
    row: Row | undefined,
    template: Headers,
    signal: AbortSignal,
  ): Promise<void> => {
    const { key, body, contentType, top } = object
    const condition: Headers =
      top === undefined ? {} : row === undefined ? { 'if-none-match': '*' } : { 'if-match': `"${row.etag}"` }
    const headers = {
      ...template,
      ...(row === undefined ? {} : await inheritFrom(key, options)),
      ...condition,
      'content-type': contentType,
      'cache-control': cacheControl.metadata,
    }
    if (isLost(signal)) signal.throwIfAborted()
    try {
      await s3.send({ method: 'PUT', action: 's3:PutObject', key, headers, body })
    } catch (error) {
      if (await publicGrants.wereRefused(error, headers)) throw publicIndex()
      if (top === undefined || ![404, 409, 412].includes(statusOf(error) ?? 0)) throw error
      // Or it was ours, and only the answer was lost.
      const there = await readObject(s3, key)
      if (there === undefined || !Buffer.from(there).equals(body)) throw new WriteConflict(key)
    }
    await note(object)
  }

  /** The listing of the next run must find it as it is in the journal. */
  const note = async ({ key, body }: IndexObject): Promise<void> => {
    const { headers } = await s3.send({ method: 'HEAD', action: 's3:GetObject', key })
    const modified = modifiedOf(headers)
    journal.put({
      key,
      size: body.length,
      etag: etagOf(headers),
      modified,
      class: 'metadata',
      why: null,
      format: formatOf(key),
      cacheControl: headers['cache-control'] ?? '',
      contentType: headers['content-type'] ?? '',
      encoding: null,
      skip: null,
      todo: false,
      first: modified,
    })
  }

  const isThere = async ({ key, body }: IndexObject, row: Row | undefined): Promise<boolean> => {
    if (row?.size !== body.length) return false
    const same = row.etag === createHash('md5').update(body).digest('hex')
    if (row.cacheControl !== null && row.cacheControl !== cacheControl.metadata) return false
    if (same && row.cacheControl !== null) return true
    const { headers } = await s3.send({ method: 'HEAD', action: 's3:GetObject', key })
    if (etagOf(headers) !== row.etag || headers['cache-control'] !== cacheControl.metadata) return false
    // Only where the ETag is no digest of the content does it have to be read.
    if (same || isMd5(row.etag, headers)) return same
    const there = await readObject(s3, key)
    return there !== undefined && Buffer.from(there).equals(body)
  }

  return {
    async publish(groups, expected, signal) {
      const written = { written: 0, unchanged: 0 }
      const missing: IndexObject[][] = []
      for (const group of groups) {
        const there = await Promise.all(
          group.map((object) => pace.run(() => isThere(object, expected.get(object.key)))),
        )
        missing.push(group.filter((_object, index) => there[index] === false))
      }
      written.unchanged = groups.flat().length - missing.flat().length
      // Seen before anything is written: mostly a conflict is noticed here, and nothing is half done.
      await Promise.all(missing.flat().map((object) => checkTop(s3, object, expected.get(object.key))))
      const neighbour =
        [...expected.keys()].find((key) => /(InRelease|Release|repomd\.xml)$/.test(key)) ?? [...expected.keys()][0]
      const template =
        missing.flat().length === 0 || neighbour === undefined ? {} : await inheritFrom(neighbour, options)
      for (const [index, group] of missing.entries()) {
        // The first group is asked for by nobody yet. What comes then belongs together and is soon done: an operator
        // who stops a run must not leave clients with half of it.
        if (index < 2) signal.throwIfAborted()
        await Promise.all(
          group.map((object) => pace.run(() => write(object, expected.get(object.key), template, signal))),
        )
        written.written += group.length
      }
      return written
    },
  }
}

/** Without the grant, those who go to the bucket and not to CloudFront would lose the repository. */
const publicIndex = (): CtlError =>
  new CtlError('refused', `its index is ${reasons.publicAcl}`, {
    hint: remedyOf(reasons.publicAcl),
    code: 'PublicGrant',
  })

type Headers = Record<string, string>

async function checkTop(s3: LeanS3, { key, top }: IndexObject, row: Row | undefined): Promise<void> {
  if (top === undefined) return
  const now = await headOf(s3, key)
  if (now === undefined ? row !== undefined : etagOf(now.headers) !== row?.etag) throw new WriteConflict(key)
}

/** Encryption and grants: a public repository must not become private because its index is new. */
async function inheritFrom(key: string, { s3, aclOwner }: PublisherOptions): Promise<Headers> {
  const head = await headOf(s3, key)
  if (head === undefined) return {}
  const headers: Headers = {}
  for (const name of inherited) if (head.headers[name] !== undefined) headers[name] = head.headers[name]
  if (aclOwner === undefined) return headers
  const acl = await s3.send({ method: 'GET', action: 's3:GetObjectAcl', key, query: { acl: '' } })
  return { ...headers, ...grantHeaders(acl.body.toString('utf8'), aclOwner) }
}

async function headOf(s3: LeanS3, key: string): Promise<S3Response | undefined> {
  try {
    return await s3.send({ method: 'HEAD', action: 's3:GetObject', key })
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    throw error
  }
}
