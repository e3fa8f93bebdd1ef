import { createHash } from 'node:crypto'

import type { Bucket } from './buckets.ts'
import type { Encryption } from './index.ts'
import { AwsError } from '../contracts/service.ts'

type Headers = Readonly<Record<string, string>>

const customer = 'server-side-encryption-customer-'

/** MD5 of the key that came with a request (SSE-C). Throws InvalidArgument for one that can't be. */
function customerKeyOf(headers: Headers, prefix: string): string | undefined {
  const name = `${prefix}${customer}algorithm`
  const algorithm = headers[name]
  if (algorithm === undefined) {
    if (headers[`${prefix}${customer}key`] === undefined && headers[`${prefix}${customer}key-md5`] === undefined) {
      return undefined
    }
    const message =
      'Requests specifying Server Side Encryption with Customer provided keys must provide a valid encryption algorithm.'
    throw new AwsError(400, 'InvalidArgument', message, { fields: { ArgumentName: name } })
  }
  const key = Buffer.from(headers[`${prefix}${customer}key`] ?? '', 'base64')
  const md5 = createHash('md5').update(key).digest('base64')
  if (algorithm === 'AES256' && key.length === 32 && headers[`${prefix}${customer}key-md5`] === md5) return md5
  throw new AwsError(
    400,
    'InvalidArgument',
    'The calculated MD5 hash of the key did not match the hash that was provided.',
    {
      fields: { ArgumentName: name },
    },
  )
}

/**
 * Throws unless a request brings the key that an object is encrypted with.
 *
 * Source: Amazon S3 User Guide, "Using server-side encryption with customer-provided keys (SSE-C)".
 */
export function checkCustomerKey(headers: Headers, { customerKey }: Encryption): void {
  const prefix = headers['x-amz-copy-source'] === undefined ? 'x-amz-' : 'x-amz-copy-source-'
  const sent = customerKeyOf(headers, prefix)
  if (sent === customerKey) return
  if (sent !== undefined && customerKey !== undefined) throw new AwsError(403, 'AccessDenied', 'Access Denied')
  throw new AwsError(
    400,
    'InvalidRequest',
    customerKey === undefined
      ? 'The encryption parameters are not applicable to this object.'
      : 'The object was stored using a form of Server Side Encryption. The correct parameters must be provided to retrieve the object.',
  )
}

/** Every part of an upload comes with the key that the upload was begun with, or with none. Throws InvalidRequest. */
export function checkPartKey(headers: Headers, { customerKey }: Encryption): void {
  const sent = customerKeyOf(headers, 'x-amz-')
  if (sent === customerKey) return
  throw new AwsError(
    400,
    'InvalidRequest',
    sent !== undefined && customerKey !== undefined
      ? 'The provided encryption parameters did not match the ones used originally.'
      : 'The multipart upload initiate requested encryption. Subsequent part requests must include the appropriate encryption parameters.',
  )
}

/** Encryption from headers, else the bucket's default. */
export function encryptionOf(headers: Headers, bucket: Bucket): Encryption {
  const customerKey = customerKeyOf(headers, 'x-amz-')
  if (customerKey !== undefined) return { algorithm: 'AES256', customerKey }
  const algorithm = headers['x-amz-server-side-encryption']
  const keyId = headers['x-amz-server-side-encryption-aws-kms-key-id']
  const bucketKey = flagIn(headers, 'x-amz-server-side-encryption-bucket-key-enabled')
  if (algorithm === undefined) {
    if (keyId !== undefined) throw invalidEncryption('The encryption method specified is not supported')
    return bucketKey === undefined || bucket.encryption.algorithm === 'AES256'
      ? bucket.encryption
      : { ...bucket.encryption, bucketKey }
  }
  if (algorithm === 'AES256') {
    if (keyId !== undefined) {
      throw invalidEncryption(
        'Server Side Encryption with AWS KMS managed key requires HTTP header x-amz-server-side-encryption : aws:kms',
      )
    }
    return { algorithm }
  }
  if (algorithm !== 'aws:kms' && algorithm !== 'aws:kms:dsse') {
    throw invalidEncryption('The encryption method specified is not supported')
  }
  return {
    algorithm,
    ...(keyId === undefined ? {} : { keyId }),
    bucketKey: bucketKey ?? bucket.encryption.bucketKey === true,
  }
}

function flagIn(headers: Headers, name: string): boolean | undefined {
  const value = headers[name]?.toLowerCase()
  if (value === undefined || value === 'true' || value === 'false')
    return value === undefined ? undefined : value === 'true'
  throw new AwsError(400, 'InvalidArgument', `The value of ${name} must be true or false.`, {
    fields: { ArgumentName: name, ArgumentValue: value },
  })
}

const invalidEncryption = (message: string): AwsError =>
  new AwsError(400, 'InvalidArgument', message, { fields: { ArgumentName: 'x-amz-server-side-encryption' } })

export function encryptionHeaders(encryption: Encryption): Record<string, string> {
  if (encryption.customerKey !== undefined) {
    return { [`x-amz-${customer}algorithm`]: 'AES256', [`x-amz-${customer}key-md5`]: encryption.customerKey }
  }
  return {
    'x-amz-server-side-encryption': encryption.algorithm,
    ...(encryption.keyId === undefined ? {} : { 'x-amz-server-side-encryption-aws-kms-key-id': encryption.keyId }),
    ...(encryption.bucketKey === true ? { 'x-amz-server-side-encryption-bucket-key-enabled': 'true' } : {}),
  }
}
