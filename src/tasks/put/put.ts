import { Readable } from 'node:stream'

import { arnOfBucket } from '../../aws/arns.ts'
import { encodePath } from '../../edge/path.ts'
import type { Aws } from '../../aws/connect.ts'
import { regionOf } from '../../resources/s3/bucket.ts'
import { fileSource, type ObjectSource, streamSource } from '../../resources/s3/object-source.ts'
import {
  objectUpload,
  type ObjectHeaders,
  type UploadedObject,
  type UploadWant,
} from '../../resources/s3/object-upload.ts'
import { aclSettings, assertPublicAclCounts, publicAclNeeds } from '../../resources/s3/public-acl.ts'
import type { Need } from '../../resources/resource.ts'
import { type Block, labelled, type Say, type Verbatim, verbatim, warning } from '../../text.ts'
import { type Chain, check, compute, ensure } from '../chain/chain.ts'
import { commandLine } from '../../shell.ts'
import { headersOf, type HeaderWishes } from './headers.ts'
import { type FileToPut, readFolders, readPutWords } from './target.ts'

export interface PutWishes extends HeaderWishes {
  /** Whether everybody may read the objects, by their ACL. */
  readonly isPublic: boolean
  /** Whether folders stand for all files below them. */
  readonly recursive?: boolean
}

/** A file that is to be uploaded. */
export interface PlannedPut extends FileToPut {
  readonly bucket: string
  readonly source: ObjectSource
  readonly headers: ObjectHeaders
}

/** What the steps hand on: the bucket's region, and each object under its place in the command line. */
export interface Put {
  region: string
  [object: `object ${number}`]: UploadedObject
}

const bucketNeeds = (bucket: string): Need => ({
  access: 'read',
  actions: ['s3:ListBucket'],
  resources: [arnOfBucket(bucket)],
})

/**
 * What `put FILE… s3://BUCKET[/KEY|/PREFIX/]` comes to.
 *
 * @param say - is told what is left out
 * @throws CtlError of kind `usage` for words or headers that make no sense, or a file that can't be read
 */
export async function planPut(
  words: readonly string[],
  wishes: PutWishes,
  input: AsyncIterable<Uint8Array>,
  say: Say,
): Promise<PlannedPut[]> {
  const { bucket, files, leftOut } = wishes.recursive === true ? await readFolders(words) : readPutWords(words)
  const planned: PlannedPut[] = []
  // One after the other: each is opened to see whether it can be read, and there may be very many.
  for (const one of files) {
    const headers = headersOf(one, wishes)
    const source = one.file === '-' ? streamSource(input) : await fileSource(one.file)
    planned.push({ ...one, bucket, source, headers })
  }
  if (leftOut.length > 0) say(aboutLeftOut(leftOut))
  return planned
}

/** A link may be all that somebody knows a package by. */
function aboutLeftOut(paths: readonly string[]): Block {
  const named = paths.slice(0, mostNamed).join(', ')
  const more = paths.length > mostNamed ? ` and ${paths.length - mostNamed} more` : ''
  return labelled('Note', `left out, being links or otherwise no files: ${named}${more}.`)
}

/** Whichever file of a bucket: what `permissions` tells the needs of. */
export const anyPut = (bucket: string): PlannedPut => ({
  file: '',
  key: '*',
  bucket,
  source: streamSource(Readable.from([])),
  headers: {},
})

/** Steps that upload, one file after the other. */
export function put(aws: Aws, planned: readonly PlannedPut[], { isPublic }: PutWishes): Chain<Put> {
  const bucket = planned[0]?.bucket ?? ''
  const resource = objectUpload(aws)
  return [
    compute('Find the bucket', {
      from: () => regionOf(aws, bucket, `s3://${bucket}`),
      as: 'region',
      tell: (region) => `${bucket} in ${region}`,
      needs: () => [bucketNeeds(bucket)],
      suppose: () => '*',
    }),
    ...(isPublic
      ? [
          check<Put>('Look whether ACLs can make objects public', {
            needs: () => [publicAclNeeds(bucket)],
            that: async ({ region }) => {
              assertPublicAclCounts(bucket, await aclSettings(aws, bucket, region))
              return undefined
            },
          }),
        ]
      : []),
    ...planned.map(({ file, key, source, headers }, index) =>
      ensure<Put, `object ${number}`, UploadWant>(`Upload ${nameOfFile(file)} to s3://${bucket}/${key}`, {
        resource,
        want: ({ region }) => ({ bucket, region, key, source, headers, isPublic }),
        as: `object ${index}`,
      }),
    ),
  ]
}

const nameOfFile = (file: string): string => (file === '-' ? '<stdin>' : file)

/** An uploaded object as `--json` gives it. */
export interface PutReport {
  /** `-` for standard input. */
  readonly file: string
  readonly uri: string
  /** Bytes. */
  readonly size: number
  readonly contentType: string
  readonly cacheControl: string | null
  /** Where everybody can read it; `null` without `--acl-public`. */
  readonly url: string | null
  /** The Cache-Control of another content that was there before; `null` if there was none, as far as we may look. */
  readonly replaced: string | null
}

/** @param done - what {@link put} has handed on, or only its region under `--dry-run` */
export const putReports = (planned: readonly PlannedPut[], done: Put, { isPublic }: PutWishes): PutReport[] =>
  planned.map(({ file, bucket, key, headers, source }, index) => ({
    file,
    uri: `s3://${bucket}/${key}`,
    size: done[`object ${index}`]?.size ?? source.size ?? 0,
    contentType: headers.ContentType ?? '',
    cacheControl: headers.CacheControl ?? null,
    url: isPublic ? publicUrl(bucket, done.region, key) : null,
    replaced: done[`object ${index}`]?.replaced ?? null,
  }))

/** Lines as s3cmd prints them, with the type in place of the speed. */
export const putText = (reports: readonly PutReport[]): Verbatim =>
  verbatim(
    ...reports.flatMap(({ file, uri, size, contentType, url }) => [
      `upload: '${nameOfFile(file)}' -> '${uri}' (${size} bytes, ${contentType})`,
      ...(url === null ? [] : [`Public URL of the object is: ${url}`]),
    ]),
  )

/** So many are named in one command or line; of more it would be unwieldy. */
const mostNamed = 10

/** What edges may still hold of what was replaced: whatever was not forbidden to be kept. */
export function staleAtEdges(reports: readonly PutReport[]): Block[] {
  const stale = reports.filter(({ replaced }) => replaced !== null && !/\bno-(?:store|cache)\b/i.test(replaced))
  const [first] = stale
  if (first === undefined) return []
  const what = stale.length === 1 ? `${first.uri} replaced` : `${stale.length} of these objects replaced`
  const hold =
    first.replaced === ''
      ? 'without Cache-Control: edges may hold that for as long as their cache policy says, clients as they please'
      : `with Cache-Control ${first.replaced ?? ''}: edges and clients may hold that for as long`
  const command =
    stale.length <= mostNamed
      ? ['To have them drop it:', verbatim(commandLine(['pc-ctl', 'cfinval', ...stale.map(({ uri }) => uri)]))]
      : ['To have them drop all of it, upload once more with --cf-invalidate.']
  return [warning(`${what} another content under the same key, ${hold}.`), ...command]
}

/**
 * The URL of an object, by the regional host: the global one answers redirects for new buckets. A name with dots has no
 * certificate in front of S3's host, so it is part of the path.
 */
export function publicUrl(bucket: string, region: string, key: string, environment = process.env): string {
  const endpoint = environment['AWS_ENDPOINT_URL_S3'] ?? environment['AWS_ENDPOINT_URL']
  const path = encodePath(`/${key}`)
  if (endpoint !== undefined) return `${endpoint.replace(/\/+$/, '')}/${bucket}${path}`
  const host = `s3.${region}.amazonaws.com`
  return bucket.includes('.') ? `https://${host}/${bucket}${path}` : `https://${bucket}.${host}${path}`
}
