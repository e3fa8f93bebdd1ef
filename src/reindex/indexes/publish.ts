import { createHash } from 'node:crypto'

import { statusOf } from '../../aws/denial.ts'
import type { LeanS3, S3Response } from '../../aws/s3-lean.ts'
import { cacheControl, cachingOf } from '../../repositories/cache-control.ts'
import type { IndexObject } from '../../repositories/format.ts'
import { companionOf } from '../../repositories/layout.ts'
import { inParallel } from '../../repositories/in-parallel.ts'
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
  readonly key: string

  constructor(key: string) {
    super('refused', `somebody else has published it meanwhile (${key})`, {
      hint: 'Run the same command again: it takes in what they have changed.',
      code: 'WriteConflict',
    })
    this.key = key
  }
}

export interface Publisher {
  /**
   * Writes what is not there yet. A group is begun when the one before it is there.
   *
   * @throws WriteConflict where a top object is no longer as expected; what S3 answers
   */
  publish(
    groups: readonly (readonly IndexObject[])[],
    over: Present,
    signal: AbortSignal,
  ): Promise<{ written: number; unchanged: number; conflicts: readonly WriteConflict[] }>
}

interface Present {
  /** The index objects that the plan was made from, by key. */
  readonly expected: ReadonlyMap<string, Row>
  /** The format's name. */
  readonly format: string
}

export interface PublisherOptions {
  readonly s3: LeanS3
  readonly journal: Journal
  readonly pace: Pace
  /** What new objects say of their encryption, where there is none that they could have theirs from. */
  readonly encryption?: Headers | undefined
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
    { expected, format }: Present,
    template: Headers,
    signal: AbortSignal,
  ): Promise<void> => {
    const { key, contentType, top } = object
    const row = expected.get(key)
    const condition: Headers =
      top === undefined ? {} : row === undefined ? { 'if-none-match': '*' } : { 'if-match': `"${row.etag}"` }
    const headers = {
      ...template,
      ...(row === undefined ? {} : await inheritFrom(key, options)),
      ...condition,
      'content-type': contentType,
      'cache-control': cachedAs(key).control,
    }
    const body = await object.body()
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
    await note(object, format)
  }

  /** The listing of the next run must find it as it is in the journal. */
  const note = async ({ key, size }: IndexObject, format: string): Promise<void> => {
    const { headers } = await s3.send({ method: 'HEAD', action: 's3:GetObject', key })
    const modified = modifiedOf(headers)
    journal.put({
      key,
      size,
      etag: etagOf(headers),
      modified,
      class: cachedAs(key).class,
      why: null,
      format,
      cacheControl: headers['cache-control'] ?? '',
      contentType: headers['content-type'] ?? '',
      encoding: null,
      skip: null,
      todo: false,
      first: modified,
    })
  }

  const isThere = async ({ key, size, md5 }: IndexObject, row: Row | undefined): Promise<boolean> => {
    if (row?.size !== size) return false
    const same = row.etag === md5
    if (row.cacheControl !== null && !isCachedRight(key, row.cacheControl)) return false
    if (same && row.cacheControl !== null) return true
    const { headers } = await s3.send({ method: 'HEAD', action: 's3:GetObject', key })
    if (etagOf(headers) !== row.etag || !isCachedRight(key, headers['cache-control'])) return false
    // Only where the ETag is no digest of the content does it have to be read.
    if (same || isMd5(row.etag, headers)) return same
    const there = await readObject(s3, key)
    return there !== undefined && createHash('md5').update(there).digest('hex') === md5
  }

  return {
    async publish(groups, over, signal) {
      const { expected } = over
      const missing: IndexObject[][] = []
      for (const group of groups) {
        const there = await inParallel(group, pace.cap, (object) =>
          isUnseen(object, expected) ? false : pace.run(() => isThere(object, expected.get(object.key))),
        )
        missing.push(group.filter((_object, index) => there[index] === false))
      }
      const all = missing.flat()
      // Seen before anything is written: mostly a conflict is noticed here, and nothing is half done.
      const tops = all.filter(({ top }) => top === true)
      await inParallel(tops, pace.cap, ({ key }) => pace.run(() => checkTop(s3, key, expected.get(key))))
      const neighbour = neighbourOf(groups, expected)
      const near = all.length === 0 || neighbour === undefined ? {} : await inheritFrom(neighbour, options)
      const template = { ...(inherited.some((name) => name in near) ? {} : options.encryption), ...near }
      const conflicts: WriteConflict[] = []
      for (const [index, group] of missing.entries()) {
        // The first group is asked for by nobody yet. What comes then belongs together and is soon done: an operator
        // who stops a run must not leave clients with half of it.
        if (index < 2) signal.throwIfAborted()
        await inParallel(group, pace.cap, async (object) => {
          if (index === 0 || object.top === 'itself') signal.throwIfAborted()
          try {
            await pace.run(() => write(object, over, template, signal))
          } catch (error) {
            if (object.top !== 'itself' || !(error instanceof WriteConflict)) throw error
            conflicts.push(error)
          }
        })
      }
      const written = all.length - conflicts.length
      return { written, unchanged: groups.flat().length - all.length, conflicts }
    },
  }
}

/**
 * Whatever is written is of an index; but what belongs to one file by its name, such as the METADATA beside a wheel, changes
 * no more than that, and is cached like it.
 */
function cachedAs(key: string): { class: 'metadata' | 'package' | 'overwritable'; control: string } {
  const { class: found, conditions, cacheControl: control } = cachingOf(key)
  const isOfPackage = (found === 'package' || found === 'overwritable') && companionOf(key) !== key
  return isOfPackage && conditions === undefined && control !== undefined
    ? { class: found, control }
    : { class: 'metadata', control: cacheControl.metadata }
}

/** What is seen to change is set apart later, and stays so. */
const isCachedRight = (key: string, present: string | undefined): boolean =>
  cachedAs(key).class === 'metadata'
    ? present === cacheControl.metadata
    : cachingOf(key, { cacheControl: present }).cacheControl === present

/** No request is needed to see that it is not there. */
const isUnseen = ({ key, size }: IndexObject, expected: Present['expected']): boolean =>
  expected.get(key)?.size !== size

/** What new objects are to be as readable as: what clients begin with, if that is there already. */
function neighbourOf(groups: readonly (readonly IndexObject[])[], expected: Present['expected']): string | undefined {
  const tops = groups.flat().filter(({ key, top }) => top !== undefined && expected.has(key))
  return tops.at(-1)?.key ?? expected.keys().next().value
}

/** Without the grant, those who go to the bucket and not to CloudFront would lose the repository. */
const publicIndex = (): CtlError =>
  new CtlError('refused', `its index is ${reasons.publicAcl}`, {
    hint: remedyOf(reasons.publicAcl),
    code: 'PublicGrant',
  })

type Headers = Readonly<Record<string, string>>

async function checkTop(s3: LeanS3, key: string, row: Row | undefined): Promise<void> {
  const now = await headOf(s3, key)
  if (now === undefined ? row !== undefined : etagOf(now.headers) !== row?.etag) throw new WriteConflict(key)
}

/** Encryption and grants: a public repository must not become private because its index is new. */
async function inheritFrom(key: string, { s3, aclOwner }: PublisherOptions): Promise<Headers> {
  const head = await headOf(s3, key)
  if (head === undefined) return {}
  const headers: Record<string, string> = {}
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
