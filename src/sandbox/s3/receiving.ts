import { createHash, randomBytes } from 'node:crypto'

import type { WrittenBody } from './bodies.ts'
import type { S3Call } from './call.ts'
import { type ChecksumAlgorithm, checksumHeader, createHasher, requestedChecksum } from './checksum.ts'
import type { Attributes, Encryption } from './index.ts'
import { AwsError, type AwsRequest } from '../contracts/service.ts'

const putLimit = 5 * 1024 ** 3

/** Stores the body of a request and verifies what the client said about it. Nothing is kept if it was wrong. */
export async function receiveBody(
  call: S3Call,
  algorithm: ChecksumAlgorithm,
): Promise<WrittenBody & { checksum: string }> {
  const { request, state } = call
  const { headers } = request
  const length = headers['x-amz-decoded-content-length'] ?? headers['content-length']
  if (length === undefined && headers['transfer-encoding'] !== undefined) {
    // S3 wants to know the size beforehand.
    const message = 'A header you provided implies functionality that is not implemented'
    throw new AwsError(501, 'NotImplemented', message, { fields: { Header: 'Transfer-Encoding' } })
  }
  const declared = Number(length ?? 0)
  if (declared > putLimit) {
    throw new AwsError(400, 'EntityTooLarge', 'Your proposed upload exceeds the maximum allowed size', {
      fields: { ProposedSize: String(declared), MaxSizeAllowed: String(putLimit) },
    })
  }
  // The client's checksum may be of another algorithm than the one that is kept.
  const sent = requestedChecksum(headers)?.algorithm ?? algorithm
  const hasher = createHasher(algorithm)
  const sentHasher = sent === algorithm ? hasher : createHasher(sent)
  const written = await state.bodies.write(request.body, sent === algorithm ? [hasher] : [hasher, sentHasher])
  try {
    const checksum = hasher.digest().toString('base64')
    const sentChecksum = sent === algorithm ? checksum : sentHasher.digest().toString('base64')
    verifyBody(request, sent, sentChecksum, written.md5)
    return { ...written, checksum }
  } catch (error) {
    state.bodies.remove(written.body)
    throw error
  }
}

function verifyBody(request: AwsRequest, algorithm: ChecksumAlgorithm, checksum: string, md5: Buffer): void {
  const { headers, trailers } = request
  verifyMd5(headers['content-md5'], md5)
  const name = checksumHeader(algorithm)
  if (headers['x-amz-trailer']?.toLowerCase() === name && trailers[name] === undefined) {
    const message =
      'The request contained trailing data that was not well-formed or did not conform to our published schema.'
    throw new AwsError(400, 'MalformedTrailerError', message)
  }
  const sent = headers[name] ?? trailers[name]
  if (sent !== undefined && sent !== checksum) throw badChecksum(algorithm)
}

const badChecksum = (algorithm: ChecksumAlgorithm): AwsError =>
  new AwsError(400, 'BadDigest', `The ${algorithm} you specified did not match the calculated checksum.`)

function verifyMd5(sent: string | undefined, md5: Buffer): void {
  if (sent === undefined) return
  if (Buffer.from(sent, 'base64').length !== 16) {
    throw new AwsError(400, 'InvalidDigest', 'The Content-MD5 you specified was invalid.', {
      fields: { 'Content-MD5': sent },
    })
  }
  if (sent === md5.toString('base64')) return
  throw new AwsError(400, 'BadDigest', 'The Content-MD5 you specified did not match what we received.', {
    fields: { ExpectedDigest: sent, CalculatedDigest: md5.toString('base64') },
  })
}

/**
 * Verifies what a request says about a document in its body. `required`: one of the checksums has to be there. Throws
 * InvalidRequest, InvalidDigest, BadDigest.
 */
export async function verifyDocument(request: AwsRequest, required: boolean): Promise<void> {
  const { headers, trailers } = request
  const checksum = requestedChecksum(headers)
  if (required && headers['content-md5'] === undefined && checksum === undefined) {
    const message = 'Missing required header for this request: Content-MD5 OR x-amz-checksum-*'
    throw new AwsError(400, 'InvalidRequest', message)
  }
  if (headers['content-md5'] === undefined && checksum === undefined) return
  const body = await request.buffer()
  verifyMd5(headers['content-md5'], createHash('md5').update(body).digest())
  if (checksum === undefined) return
  const { algorithm } = checksum
  const hasher = createHasher(algorithm)
  hasher.update(body)
  const sent = checksum.value ?? trailers[checksumHeader(algorithm)]
  if (sent !== undefined && sent !== hasher.digest().toString('base64')) throw badChecksum(algorithm)
}

/** Encrypted with S3's own keys: its ETag is the MD5 of its content. */
export const isPlain = ({ algorithm, customerKey }: Encryption): boolean =>
  algorithm === 'AES256' && customerKey === undefined

/** ETag of an object received in one piece: its MD5, except where KMS or a customer's key encrypts it. */
export const etagOf = (attributes: Attributes, md5: Buffer): string =>
  (isPlain(attributes.encryption) ? md5 : randomBytes(16)).toString('hex')
