import { boolean, integer, list, oneOf, required, structure, text, type Of, type Shape } from '../contracts/shape.ts'

export const namespace = 'http://awss3control.amazonaws.com/doc/2018-08-20/'

/** Text of a certain length, that has a certain form. */
const bounded = (least: number, most: number, pattern?: RegExp): Shape<string> => ({
  read(element, at, problems) {
    const value = text.read(element, at, problems)
    const refuse = (rule: string): void =>
      void problems.constraints.push(`Value '${value}' at '${at}' failed to satisfy constraint: Member must ${rule}`)
    if (value.length < least) refuse(`have length greater than or equal to ${least}`)
    if (value.length > most) refuse(`have length less than or equal to ${most}`)
    if (pattern?.test(value) === false) refuse(`satisfy regular expression pattern: ${pattern.source}`)
    return value
  },
  write: (value) => value,
})

const between = (least: number, most: number): Shape<number> => ({
  read(element, at, problems) {
    const value = integer.read(element, at, problems)
    const refuse = (rule: string): void =>
      void problems.constraints.push(`Value '${value}' at '${at}' failed to satisfy constraint: Member must ${rule}`)
    if (value < least) refuse(`have value greater than or equal to ${least}`)
    if (value > most) refuse(`have value less than or equal to ${most}`)
    return value
  },
  write: (value) => value,
})

/** An element that is looked at no further. */
const anything: Shape<true> = { read: () => true, write: () => '' }

const bucketArn = bounded(1, 128, /^arn:[^:]+:s3:.*$/)

const lambdaInvoke = structure({
  FunctionArn: bounded(1, 1024),
  InvocationSchemaVersion: bounded(1, 64),
  UserArguments: list('entry', structure({ key: required(bounded(1, 64)), value: required(bounded(0, 1024)) })),
})

const checksumAlgorithms = [
  ...(['CRC32', 'CRC32C', 'CRC64NVME', 'MD5', 'SHA1', 'SHA256', 'SHA512', 'XXHASH64', 'XXHASH3', 'XXHASH128'] as const),
] as const

const computeObjectChecksum = structure({
  ChecksumAlgorithm: oneOf(...checksumAlgorithms),
  ChecksumType: oneOf('FULL_OBJECT', 'COMPOSITE'),
})

/** What a job can be made to do, here and on AWS. */
const operation = structure({
  LambdaInvoke: lambdaInvoke,
  S3PutObjectCopy: anything,
  S3PutObjectAcl: anything,
  S3PutObjectTagging: anything,
  S3DeleteObjectTagging: anything,
  S3InitiateRestoreObject: anything,
  S3PutObjectLegalHold: anything,
  S3PutObjectRetention: anything,
  S3ReplicateObject: anything,
  S3ComputeObjectChecksum: computeObjectChecksum,
  S3UpdateObjectEncryption: anything,
})

const manifest = structure({
  Spec: required(
    structure({
      Format: required(oneOf('S3BatchOperations_CSV_20180820', 'S3InventoryReport_CSV_20161130')),
      Fields: list('member', oneOf('Ignore', 'Bucket', 'Key', 'VersionId')),
    }),
  ),
  Location: required(
    structure({
      ObjectArn: required(bounded(1, 2000, /^arn:[^:]+:s3:.*$/)),
      ObjectVersionId: bounded(1, 2000),
      ETag: required(bounded(1, 1024)),
    }),
  ),
})

const report = structure({
  Bucket: bucketArn,
  Format: oneOf('Report_CSV_20180820'),
  Enabled: required(boolean),
  Prefix: bounded(1, 512),
  ReportScope: oneOf('AllTasks', 'FailedTasksOnly'),
  ExpectedBucketOwner: bounded(12, 12, /^\d{12}$/),
})

const letters = /^([\p{L}\p{Z}\p{N}_.:/=+\-@]*)$/u
const tags = list(
  'member',
  structure({ Key: required(bounded(1, 128, letters)), Value: required(bounded(0, 256, letters)) }),
)

/** CreateJob, S3 API reference. */
export const createJobRequest = structure({
  ConfirmationRequired: boolean,
  Operation: required(operation),
  Report: required(report),
  ClientRequestToken: required(bounded(1, 64)),
  Manifest: manifest,
  Description: bounded(1, 256),
  Priority: required(between(0, 2_147_483_647)),
  RoleArn: required(bounded(1, 2048, /^arn:[^:]+:iam::\d{12}:role\/.*$/)),
  Tags: tags,
  ManifestGenerator: anything,
})
type CreateJobRequest = Of<typeof createJobRequest>

export const putJobTaggingRequest = structure({ Tags: required(tags) })

/** What a job was created with, where the sandbox can do it. */
export interface JobRequest extends Omit<CreateJobRequest, 'Manifest' | 'Tags' | 'ManifestGenerator'> {
  Manifest: NonNullable<CreateJobRequest['Manifest']>
}

/** How the parts of a request are told again. */
export const written = { manifest, operation, report, tags }
