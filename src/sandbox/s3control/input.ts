import { createJobRequest, putJobTaggingRequest, type JobRequest } from './documents.ts'
import { badRequest } from './job.ts'
import { readDocument, type Shape } from '../contracts/shape.ts'
import { parseXml } from '../wire/xml.ts'
import { AwsError, type AwsRequest } from '../contracts/service.ts'

/** What the sandbox would only pretend to do. */
const notModelled = (what: string): AwsError =>
  new AwsError(501, 'NotImplemented', `The sandbox does not model ${what}.`)

async function read<T>(request: AwsRequest, name: string, shape: Shape<T>): Promise<T> {
  const root = parseXml(await request.buffer())
  try {
    return readDocument(root, name, shape)
  } catch (error) {
    if (error instanceof AwsError) throw badRequest(error.message)
    throw error
  }
}

/** A job as it is asked for, with its tags. Throws MalformedXML, BadRequestException, NotImplemented. */
export async function readJob(
  request: AwsRequest,
  accountId: string,
): Promise<{ asked: JobRequest; tags: Record<string, string> }> {
  const { Tags = [], Manifest, ManifestGenerator, ...rest } = await read(request, 'CreateJobRequest', createJobRequest)
  if (ManifestGenerator !== undefined) throw notModelled('generated manifests')
  if (Manifest === undefined) throw badRequest('A job needs a Manifest or a ManifestGenerator.')
  const asked = { ...rest, Manifest }
  checkOperation(asked, request.region, accountId)
  checkManifest(Manifest)
  checkReport(asked)
  if (asked.RoleArn.split(':')[4] !== accountId) throw badRequest(`The role ${asked.RoleArn} is another account's.`)
  return { asked, tags: tagsIn(Tags) }
}

/** Throws TooManyTagsException, BadRequestException. */
export async function readTags(request: AwsRequest): Promise<Record<string, string>> {
  return tagsIn((await read(request, 'PutJobTaggingRequest', putJobTaggingRequest)).Tags)
}

/** "Using tags" of the page on managing jobs: at most fifty. */
function tagsIn(tags: readonly { Key: string; Value: string }[]): Record<string, string> {
  if (tags.length > 50) throw new AwsError(400, 'TooManyTagsException', 'A job has at most 50 tags.')
  const keys = tags.map(({ Key }) => Key)
  if (new Set(keys).size < keys.length) throw badRequest('Cannot provide multiple tags with the same key.')
  if (keys.some((key) => /^aws:/i.test(key))) throw badRequest('Tag keys must not begin with aws:.')
  return Object.fromEntries(tags.map(({ Key, Value }) => [Key, Value]))
}

/** Checksums that the sandbox computes. */
const checksums = ['CRC32', 'MD5', 'SHA1', 'SHA256', 'SHA512'] as const

export interface Checksummed {
  ChecksumAlgorithm: (typeof checksums)[number]
}

/** What a job is to compute; undefined for one that does something else, or what the sandbox does not. */
export function checksumIn({ Operation }: Pick<JobRequest, 'Operation'>): Checksummed | undefined {
  const { ChecksumAlgorithm: asked, ChecksumType = 'FULL_OBJECT' } = Operation.S3ComputeObjectChecksum ?? {}
  const algorithm = checksums.find((one) => one === asked)
  return algorithm === undefined || ChecksumType !== 'FULL_OBJECT' ? undefined : { ChecksumAlgorithm: algorithm }
}

export const operationName = ({ Operation }: Pick<JobRequest, 'Operation'>): string => Object.keys(Operation)[0] ?? ''

function checkOperation(asked: JobRequest, region: string, accountId: string): void {
  const names = Object.keys(asked.Operation)
  const [name = ''] = names
  if (names.length !== 1) throw badRequest('A job has exactly one operation.')
  const { LambdaInvoke, S3ComputeObjectChecksum } = asked.Operation
  if (S3ComputeObjectChecksum !== undefined) {
    // "Compute checksums": whose bucket the report goes to must be said.
    if (asked.Report.ExpectedBucketOwner === undefined) throw badRequest('Report.ExpectedBucketOwner is required.')
    const { ChecksumAlgorithm: algorithm = 'CRC64NVME', ChecksumType: type = 'FULL_OBJECT' } = S3ComputeObjectChecksum
    if (checksumIn(asked) === undefined) throw notModelled(`checksums of ${algorithm} and type ${type}`)
    return
  }
  if (LambdaInvoke === undefined) throw notModelled(`jobs of the operation ${name}`)
  const { FunctionArn, InvocationSchemaVersion = '1.0', UserArguments } = LambdaInvoke
  const arn = /^arn:aws:lambda:([a-z0-9-]+):(\d{12}):function:[A-Za-z0-9_-]+(?::(?:\$LATEST|[A-Za-z0-9_-]+))?$/.exec(
    FunctionArn ?? '',
  )
  if (arn === null) throw badRequest(`LambdaInvoke.FunctionArn is not the ARN of a function: ${FunctionArn ?? ''}`)
  if (arn[1] !== region) throw badRequest(`The function ${arn[0]} is not in ${region}, where the job is.`)
  if (arn[2] !== accountId) throw notModelled("other accounts' functions")
  if (!['1.0', '2.0'].includes(InvocationSchemaVersion)) {
    throw badRequest(`InvocationSchemaVersion is 1.0 or 2.0, not ${InvocationSchemaVersion}.`)
  }
  if (UserArguments === undefined) return
  if (InvocationSchemaVersion !== '2.0') throw badRequest('UserArguments need InvocationSchemaVersion 2.0.')
  const keys = UserArguments.map(({ key }) => key)
  if (keys.length < 1 || keys.length > 10 || new Set(keys).size < keys.length) {
    throw badRequest('UserArguments are between one and ten, each with a key of its own.')
  }
}

/** "Specifying a manifest": a bucket and a key in each row, perhaps a version, nothing twice. */
function checkManifest({ Spec, Location }: JobRequest['Manifest']): void {
  if (Spec.Format !== 'S3BatchOperations_CSV_20180820') throw notModelled('manifests that are inventory reports')
  const fields = (Spec.Fields ?? []).filter((field) => field !== 'Ignore')
  if (!fields.includes('Bucket') || !fields.includes('Key') || new Set(fields).size < fields.length) {
    throw badRequest('Manifest.Spec.Fields must have Bucket and Key, and nothing but Ignore twice.')
  }
  if (bucketAndKey(Location.ObjectArn) === undefined) {
    throw badRequest(`Manifest.Location.ObjectArn is not the ARN of an object: ${Location.ObjectArn}`)
  }
}

/** Taken apart; undefined for what is no object's ARN. */
export function bucketAndKey(arn: string): { bucket: string; key: string } | undefined {
  const [, bucket, key] = /^arn:aws:s3:::([^/]+)\/(.+)$/s.exec(arn) ?? []
  return bucket === undefined || key === undefined ? undefined : { bucket, key }
}

function checkReport({ Report }: JobRequest): void {
  if (!Report.Enabled) return
  if (Report.Bucket === undefined || Report.Format === undefined || Report.ReportScope === undefined) {
    throw badRequest('A report that is enabled needs Bucket, Format and ReportScope.')
  }
  if (!/^arn:aws:s3:::[^/]+$/.test(Report.Bucket))
    throw badRequest(`Report.Bucket is no bucket's ARN: ${Report.Bucket}`)
}
