import {
  AbortMultipartUploadCommand,
  type CompletedPart,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  HeadObjectCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'

import { arnOfObject } from '../../aws/arns.ts'
import { nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { statusOf } from '../../aws/denial.ts'
import { interruption, type Talk } from '../../aws/patience.ts'
import { CtlError, messageOf } from '../../errors.ts'
import type { ObjectSource, Piece } from './object-source.ts'
import { aclsOff, publicAclDenied } from './public-acl.ts'
import { create, type Resource } from '../resource.ts'

/** Headers of an object that its uploader chooses. */
export type ObjectHeaders = Pick<
  PutObjectCommandInput,
  'CacheControl' | 'ContentDisposition' | 'ContentEncoding' | 'ContentLanguage' | 'ContentType' | 'Expires' | 'Metadata'
>

export interface UploadWant {
  readonly bucket: string
  /** Of the bucket. */
  readonly region: string
  readonly key: string
  readonly source: ObjectSource
  readonly headers: ObjectHeaders
  /** Whether everybody may read it, by a canned ACL. */
  readonly isPublic: boolean
}

export interface UploadedObject {
  readonly bucket: string
  readonly key: string
  /** Bytes. */
  readonly size: number
  readonly etag: string
  /** Empty where what is there has none; `undefined` where none is known. */
  readonly cacheControl: string | undefined
  /** The Cache-Control of another content that was there before, if any was; empty where it had none. */
  readonly replaced?: string | undefined
}

const mebibyte = 1024 ** 2
/** What is larger goes in parts: more than one at a time, and what fails is sent again by the part. */
const pieceSize = 16 * mebibyte
/** S3's limit (Amazon S3 User Guide, "Amazon S3 multipart upload limits"). */
const mostPieces = 10_000
/** Parts that are on their way at the same time, and the memory that they may take. */
const mostParallel = 4
const mostMemory = 256 * mebibyte

/** An object, written anew each time and then complete, or not at all. */
export function objectUpload(aws: Aws): Resource<UploadWant, UploadedObject> {
  return {
    kind: 'S3 object',
    name: ({ bucket, key }) => `s3://${bucket}/${key}`,
    id: ({ bucket, key }) => arnOfObject(bucket, key),
    needs: ({ bucket, key, isPublic }) => [
      { access: 'read', actions: ['s3:GetObject'], resources: [arnOfObject(bucket, key)] },
      {
        access: 'write',
        actions: ['s3:PutObject', 's3:AbortMultipartUpload', ...(isPublic ? ['s3:PutObjectAcl'] : [])],
        resources: [arnOfObject(bucket, key)],
      },
    ],
    pattern: planned,
    describe: (want) => lookAtObject(aws.client(S3Client, want.region), want),
    // As `cp` does, it overwrites.
    decide: (want, live) => create({ ...planned(want), replaced: live?.cacheControl }),
    async apply(want, live, talk) {
      const uploaded = await upload(aws.client(S3Client, want.region), want, talk)
      return live === undefined || live.etag === uploaded.etag ? uploaded : { ...uploaded, replaced: live.cacheControl }
    },
  }
}

const planned = ({ bucket, key, source: { size }, headers }: UploadWant): UploadedObject => ({
  bucket,
  key,
  size: size ?? 0,
  etag: '',
  cacheControl: headers.CacheControl,
})

/**
 * An object that is there before; one of which nothing is known where we may not look: uploading takes no such
 * permission.
 */
async function lookAtObject(s3: S3Client, { bucket, key }: UploadWant): Promise<UploadedObject | undefined> {
  try {
    const found = await s3.send(new HeadObjectCommand({ Bucket: bucket, Key: key }))
    return {
      bucket,
      key,
      size: found.ContentLength ?? 0,
      etag: found.ETag ?? '',
      cacheControl: found.CacheControl ?? '',
    }
  } catch (error) {
    if (statusOf(error) === 404) return undefined
    if (statusOf(error) === 403) return { bucket, key, size: 0, etag: '', cacheControl: undefined }
    throw error
  }
}

async function upload(s3: S3Client, want: UploadWant, talk: Talk): Promise<UploadedObject> {
  const { bucket, key, source, headers, isPublic } = want
  const target = { Bucket: bucket, Key: key, ...headers, ...(isPublic ? { ACL: 'public-read' as const } : {}) }
  const size = pieceSizeFor(source.size ?? 0)
  const pieces = source.pieces(size)
  try {
    const first = (await nextPiece(pieces)) ?? { number: 1, bytes: new Uint8Array() }
    if (first.bytes.length < size || source.size === size) {
      const { ETag } = await s3.send(new PutObjectCommand({ ...target, Body: first.bytes }), {
        abortSignal: talk.signal,
      })
      return { bucket, key, size: first.bytes.length, etag: ETag ?? '', cacheControl: headers.CacheControl }
    }
    return await uploadParts(s3, target, { source, size, first, pieces }, talk)
  } catch (error) {
    if (talk.signal.aborted) throw interruption(error)
    if (isPublic && nameOf(error) === 'AccessControlListNotSupported') throw aclsOff(bucket, error)
    if (isPublic && nameOf(error) === 'AccessDenied') throw publicAclDenied(bucket, key, error)
    throw error
  } finally {
    await pieces.return(undefined)
  }
}

/** Whole mebibytes, so that the largest object that S3 takes fits into its number of parts. */
const pieceSizeFor = (size: number): number => Math.max(pieceSize, Math.ceil(size / mostPieces / mebibyte) * mebibyte)

interface Parts {
  readonly source: ObjectSource
  readonly size: number
  readonly first: Piece
  readonly pieces: AsyncGenerator<Piece>
}

async function uploadParts(
  s3: S3Client,
  target: { Bucket: string; Key: string } & ObjectHeaders,
  parts: Parts,
  talk: Talk,
): Promise<UploadedObject> {
  const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ ...target, ChecksumAlgorithm: 'CRC32' }))
  const { Bucket, Key } = target
  const id = { Bucket, Key, UploadId }
  try {
    const { completed, sent } = await sendParts(s3, id, parts, talk)
    const { ETag } = await s3.send(new CompleteMultipartUploadCommand({ ...id, MultipartUpload: { Parts: completed } }))
    return { bucket: Bucket, key: Key, size: sent, etag: ETag ?? '', cacheControl: target.CacheControl }
  } catch (error) {
    // Parts of an upload that is never completed are stored, unseen and billed.
    await s3.send(new AbortMultipartUploadCommand(id)).catch((failure: unknown) => {
      talk.tell(`the parts of the upload ${UploadId ?? ''} stay in ${Bucket}: ${messageOf(failure)}`)
    })
    throw error
  }
}

async function sendParts(
  s3: S3Client,
  id: { Bucket: string; Key: string; UploadId: string | undefined },
  { source, size, first, pieces }: Parts,
  talk: Talk,
): Promise<{ completed: CompletedPart[]; sent: number }> {
  const completed: CompletedPart[] = []
  const failures: unknown[] = []
  let sent = 0
  // One that fails stops the others.
  const stop = new AbortController()
  const abortSignal = AbortSignal.any([talk.signal, stop.signal])
  const send = async ({ number, bytes }: Piece): Promise<void> => {
    if (number > mostPieces) throw tooLarge(source)
    const command = new UploadPartCommand({ ...id, PartNumber: number, Body: bytes, ChecksumAlgorithm: 'CRC32' })
    const { ETag, ChecksumCRC32 } = await s3.send(command, { abortSignal })
    completed.push({ PartNumber: number, ETag, ChecksumCRC32 })
    sent += bytes.length
    talk.tell(`${mebibytes(sent)}${source.size === undefined ? '' : ` of ${mebibytes(source.size)}`} MiB sent`)
  }
  const work = async (begin?: Piece): Promise<void> => {
    try {
      for (let piece = begin ?? (await nextPiece(pieces)); piece !== undefined; piece = await nextPiece(pieces)) {
        await send(piece)
      }
    } catch (error) {
      failures.push(error)
      stop.abort()
    }
  }
  const others = Math.min(mostParallel, Math.max(1, Math.floor(mostMemory / size))) - 1
  await Promise.all([work(first), ...Array.from({ length: others }, () => work())])
  if (failures.length > 0) throw failures[0]
  return { completed: completed.sort((a, b) => (a.PartNumber ?? 0) - (b.PartNumber ?? 0)), sent }
}

const mebibytes = (size: number): string => (size / mebibyte).toFixed(0)

const tooLarge = ({ name }: ObjectSource): CtlError =>
  new CtlError('usage', `${name} is larger than the ${(mostPieces * pieceSize) / mebibyte / 1024} GiB that fit.`)

async function nextPiece(pieces: AsyncGenerator<Piece>): Promise<Piece | undefined> {
  const next = await pieces.next()
  return next.done === true ? undefined : next.value
}
