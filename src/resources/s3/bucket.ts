import {
  GetBucketEncryptionCommand,
  GetBucketOwnershipControlsCommand,
  HeadBucketCommand,
  S3Client,
  type ServerSideEncryptionByDefault,
} from '@aws-sdk/client-s3'

import { arnOfBucket } from '../../aws/arns.ts'
import { absentAs, nameOf } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { statusOf } from '../../aws/denial.ts'
import { edgeRegion } from '../../aws/names.ts'
import { CtlError } from '../../errors.ts'
import { nearBuckets } from './near-buckets.ts'
import type { Need } from '../resource.ts'

/** What CloudFront needs to know of the operator's bucket. pc-ctl changes nothing of it but statements of its policy. */
export interface Bucket {
  readonly name: string
  readonly region: string
  /** Default encryption: `AES256`, `aws:kms` or `aws:kms:dsse`. */
  readonly encryption: string
  /** Key of the default encryption, if it names one. */
  readonly kmsKey: string | undefined
  /**
   * Headers that say what the bucket does by itself where they are missing: policies may demand that it is said. Undefined
   * where it has no default.
   */
  readonly encryptionHeaders?: Readonly<Record<string, string>> | undefined
  /** `BucketOwnerEnforced` where ACLs are off. */
  readonly ownership: string
}

/** A bucket of which only the name is known, and maybe where it should be. */
export const anyBucket = (name: string, region: string = edgeRegion): Bucket => ({
  name,
  region,
  encryption: 'AES256',
  kmsKey: undefined,
  ownership: '',
})

export const bucketNeeds = (bucket: string): Need => ({
  access: 'read',
  actions: ['s3:ListBucket', 's3:GetEncryptionConfiguration', 's3:GetBucketOwnershipControls'],
  resources: [arnOfBucket(bucket)],
})

/**
 * Regions that existed before opt-in regions, where CloudFront can still fetch as an origin access identity.
 *
 * Source: Amazon CloudFront Developer Guide, "Restrict access to an Amazon S3 origin": OAI does not support opt-in
 * regions nor regions launched after December 2022.
 */
const regionsWithIdentity = new Set([
  'us-east-1',
  'us-east-2',
  'us-west-1',
  'us-west-2',
  'ap-south-1',
  'ap-northeast-1',
  'ap-northeast-2',
  'ap-northeast-3',
  'ap-southeast-1',
  'ap-southeast-2',
  'ca-central-1',
  'eu-central-1',
  'eu-west-1',
  'eu-west-2',
  'eu-west-3',
  'eu-north-1',
  'sa-east-1',
])

/** Why an origin access identity can't read the bucket, if it can't. */
export function whyNoIdentity(bucket: Bucket): string | undefined {
  if (bucket.encryption.startsWith('aws:kms')) {
    return `the bucket ${bucket.name} is encrypted with KMS, which an origin access identity can't read`
  }
  if (!regionsWithIdentity.has(bucket.region)) {
    return `CloudFront has no origin access identities for buckets in ${bucket.region}`
  }
  return undefined
}

/**
 * @param otherwise - what the operator may do to have the objects read in another way, if anything
 * @throws CtlError of kind `refused` where an origin access control can't read the objects of the bucket
 */
export function assertReadableByControl({ name, ownership }: Bucket, otherwise?: string): void {
  if (ownership !== 'ObjectWriter') return
  const why = `objects in ${name} belong to whoever wrote them, and an origin access control can't read those`
  const ownerships = '"Bucket owner preferred" or "Bucket owner enforced"'
  throw new CtlError('refused', `Refused: ${why}.`, {
    hint: `Set the bucket's object ownership to ${ownerships}${otherwise === undefined ? '' : `, or ${otherwise}`}.`,
  })
}

/**
 * @param name - checked against the rules for DNS-compatible names that CloudFront's S3 origins need
 * @param word - of the command line, where the name is from there and not from the settings
 * @throws CtlError of kind `configuration`; of kind `usage` for a word of the command line
 */
export function assertDnsCompatible(name: string, word?: string): void {
  const why =
    name.length < 3 || name.length > 63
      ? 'it must have 3 to 63 characters'
      : /[A-Z_]/.test(name)
        ? 'upper-case letters and underscores are not allowed'
        : !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name)
          ? 'only a-z, 0-9, - and . are allowed, with a letter or digit at both ends'
          : /\.\.|\.-|-\./.test(name)
            ? 'each part between dots must begin and end with a letter or digit'
            : /^\d+\.\d+\.\d+\.\d+$/.test(name)
              ? 'it looks like an IP address'
              : undefined
  if (why !== undefined) {
    const from = word === undefined ? '' : `, given as ${word},`
    throw new CtlError(
      word === undefined ? 'configuration' : 'usage',
      `The bucket name "${name}"${from} can't be used with CloudFront: ${why}.`,
      {
        hint: "CloudFront needs a DNS-compatible bucket name; a bucket can't be renamed, only copied to a new one.",
      },
    )
  }
}

/**
 * Looks at a bucket, wherever it is.
 *
 * @param word - of the command line, where the name is from there and not from the settings
 * @throws CtlError as {@link assertDnsCompatible} and {@link regionOf}; other errors as AWS answers them
 */
export async function lookUpBucket(aws: Aws, name: string, word?: string): Promise<Bucket> {
  assertDnsCompatible(name, word)
  const presumed = await presumedRegion(aws)
  // Mostly the bucket is where the settings say: then nobody waits to hear where it is.
  const early = presumed === undefined ? undefined : settingsOf(aws, name, presumed)
  early?.catch(() => undefined)
  const region = await regionOf(aws, name, word)
  const [encryption, ownership] = await ((region === presumed ? early : undefined) ?? settingsOf(aws, name, region))
  const rule = encryption?.ServerSideEncryptionConfiguration?.Rules?.[0]?.ApplyServerSideEncryptionByDefault
  return {
    name,
    region,
    encryption: rule?.SSEAlgorithm ?? 'AES256',
    kmsKey: rule?.KMSMasterKeyID,
    encryptionHeaders: rule?.SSEAlgorithm === undefined ? undefined : encryptionHeaders(rule),
    // Buckets older than the setting behave as ObjectWriter.
    ownership: ownership?.OwnershipControls?.Rules?.[0]?.ObjectOwnership ?? 'ObjectWriter',
  }
}

/** Without its id S3 would take another key for `aws:kms` than the bucket's. */
const encryptionHeaders = ({
  SSEAlgorithm = 'AES256',
  KMSMasterKeyID: key,
}: ServerSideEncryptionByDefault): Readonly<Record<string, string>> => ({
  'x-amz-server-side-encryption': SSEAlgorithm,
  ...(key === undefined ? {} : { 'x-amz-server-side-encryption-aws-kms-key-id': key }),
})

const settingsOf = (aws: Aws, Bucket: string, region: string) => {
  const s3 = aws.client(S3Client, region)
  return Promise.all([
    absentAs('ServerSideEncryptionConfigurationNotFoundError', () =>
      s3.send(new GetBucketEncryptionCommand({ Bucket })),
    ),
    absentAs('OwnershipControlsNotFoundError', () => s3.send(new GetBucketOwnershipControlsCommand({ Bucket }))),
  ])
}

/** The region that the settings name, if they do. */
const presumedRegion = (aws: Aws): Promise<string | undefined> =>
  aws
    .client(S3Client)
    .config.region()
    .catch(() => undefined)

/**
 * S3 tells a bucket's region in a header, even when it answers that another region was asked.
 *
 * @param word - of the command line, where the name is from there and not from the settings
 * @throws CtlError if the bucket does not exist: of kind `configuration`, or `failed` for a word of the command line
 */
export async function regionOf(aws: Aws, name: string, word?: string): Promise<string> {
  const s3 = aws.client(S3Client)
  const region = await presumedRegion(aws)
  try {
    const client = region === undefined ? aws.client(S3Client, 'us-east-1') : s3
    const { BucketRegion } = await client.send(new HeadBucketCommand({ Bucket: name }))
    return BucketRegion ?? region ?? 'us-east-1'
  } catch (error) {
    const elsewhere = regionHeader(error)
    // 301, or 400 where the signature's region is the trouble.
    if (elsewhere !== undefined && elsewhere !== region && [301, 400].includes(statusOf(error) ?? 0)) return elsewhere
    if (nameOf(error) === 'NotFound' || nameOf(error) === 'NoSuchBucket') {
      throw noBucket(name, word, await nearBuckets(aws, name), error)
    }
    throw error
  }
}

/**
 * As {@link regionOf}, of a bucket of which the caller may perhaps only read objects: S3 tells a region along with a
 * denial, too.
 */
export async function regionEvenIfDenied(aws: Aws, name: string, word?: string): Promise<string> {
  try {
    return await regionOf(aws, name, word)
  } catch (error) {
    const told = statusOf(error) === 403 ? regionHeader(error) : undefined
    if (told === undefined) throw error
    return told
  }
}

const noBucket = (name: string, word: string | undefined, near: readonly string[], cause: unknown): CtlError =>
  word === undefined
    ? new CtlError('configuration', `The bucket "${name}" does not exist.`, {
        hint: [
          ...near,
          'Check the name in packagecloud.rb or --bucket; `pc-ctl show-config` tells where it came from.',
        ],
        code: 'NoSuchBucket',
        cause,
      })
    : new CtlError('failed', `The bucket "${name}", given as ${word}, does not exist.`, {
        hint: near.length > 0 ? near : 'Check its name.',
        code: 'NoSuchBucket',
        cause,
      })

function regionHeader(error: unknown): string | undefined {
  if (typeof error !== 'object' || error === null || !('$response' in error)) return undefined
  const response = error.$response as { headers?: Record<string, string> } | undefined
  return response?.headers?.['x-amz-bucket-region']
}

/** The host that CloudFront must fetch from: the global one answers redirects for a new bucket outside us-east-1. */
export const regionalHost = (bucket: Bucket): string => `${bucket.name}.s3.${bucket.region}.amazonaws.com`

/** Every S3 REST host that reaches the bucket; older distributions use others than the regional one. */
export const hostsOf = (bucket: Bucket): readonly string[] => [
  regionalHost(bucket),
  `${bucket.name}.s3.amazonaws.com`,
  `${bucket.name}.s3-${bucket.region}.amazonaws.com`,
  `${bucket.name}.s3.dualstack.${bucket.region}.amazonaws.com`,
]
