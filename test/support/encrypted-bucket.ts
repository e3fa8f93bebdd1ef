import { CreateKeyCommand, GetKeyPolicyCommand, KMSClient } from '@aws-sdk/client-kms'
import { GetBucketEncryptionCommand, PutBucketEncryptionCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import type { PolicyDocument } from '../../src/aws/policy.ts'
import { bucket, type Clients, type Installation, objectBody, objectKey } from './installation.ts'

/** KMS where the bucket is. */
export async function kmsOf({
  sandbox,
  clients: { s3 },
}: Pick<Installation, 'sandbox' | 'clients'>): Promise<KMSClient> {
  const { endpoint, accessKeyId, secretAccessKey } = sandbox
  const credentials = { accessKeyId, secretAccessKey }
  return new KMSClient({ endpoint, credentials, region: await s3.config.region(), maxAttempts: 1 })
}

/** Names a key in the bucket's default encryption; objects that are there keep theirs. */
export const encryptWith = (
  { s3 }: Pick<Clients, 's3'>,
  KMSMasterKeyID: string | undefined,
  SSEAlgorithm: 'aws:kms' | 'aws:kms:dsse' = 'aws:kms',
) =>
  s3.send(
    new PutBucketEncryptionCommand({
      Bucket: bucket,
      ServerSideEncryptionConfiguration: {
        Rules: [{ ApplyServerSideEncryptionByDefault: { SSEAlgorithm, KMSMasterKeyID } }],
      },
    }),
  )

/** Has the bucket encrypted with a key of the operator's own, and the object in it written so; returns the key's ARN. */
export async function encryptBucket(
  place: Installation,
  {
    named = (arn: string) => arn,
    algorithm,
  }: {
    /** How the bucket names the key. */
    readonly named?: (arn: string) => Promise<string> | string
    readonly algorithm?: 'aws:kms' | 'aws:kms:dsse'
  } = {},
): Promise<string> {
  const { KeyMetadata } = await (await kmsOf(place)).send(new CreateKeyCommand({ Description: 'of the bucket' }))
  const arn = KeyMetadata?.Arn ?? ''
  await encryptWith(place.clients, await named(arn), algorithm)
  await place.put(objectKey, objectBody)
  return arn
}

/** The policy of a key as KMS tells it. */
export async function keyPolicyText(place: Installation, KeyId: string): Promise<string> {
  const kms = await kmsOf(place)
  const { Policy = '' } = await kms.send(new GetKeyPolicyCommand({ KeyId, PolicyName: 'default' }))
  return Policy
}

export const keyPolicyOf = async (place: Installation, arn: string): Promise<PolicyDocument> =>
  JSON.parse(await keyPolicyText(place, arn)) as PolicyDocument

/** Downloads the object by a signed URL. */
export async function download(place: Installation, key = objectKey): Promise<{ status: number; body: string }> {
  const answer = await fetch((await place.succeed(['sign-url', key])).trim())
  return { status: answer.status, body: await answer.text() }
}

export async function expectServed(place: Installation): Promise<void> {
  expect(await download(place)).to.deep.equal({ status: 200, body: objectBody })
}

/** The policy of the key that the bucket names by its ARN. */
export async function policyOfBucketKey(place: Installation): Promise<string> {
  const found = await place.clients.s3.send(new GetBucketEncryptionCommand({ Bucket: bucket }))
  const [rule] = found.ServerSideEncryptionConfiguration?.Rules ?? []
  return keyPolicyText(place, rule?.ApplyServerSideEncryptionByDefault?.KMSMasterKeyID ?? '')
}
