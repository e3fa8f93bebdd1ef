import { randomBytes } from 'node:crypto'

import { annotationOperations } from './annotations.ts'
import { accessDenied, S3Access } from './access.ts'
import { Bodies } from './bodies.ts'
import { createBucket } from './bucket-creation.ts'
import { bucketOperations, listBuckets } from './bucket.ts'
import { bucketSettingOperations } from './bucket-settings.ts'
import { type Bucket, Buckets } from './buckets.ts'
import { notModelled } from './answers.ts'
import type { Handler, S3State } from './call.ts'
import { copyOperations } from './copy.ts'
import { deletionOperations } from './deletion.ts'
import { type Attributes, ObjectIndex } from './index.ts'
import { listOperations } from './list.ts'
import { listObjectVersions } from './list-versions.ts'
import { completeUpload } from './completion.ts'
import { listParts, listUploads } from './multipart-lists.ts'
import { multipartOperations } from './multipart.ts'
import { keptDocumentOperations } from './kept-documents.ts'
import { documentOf, refuseUnmodelled } from './modelled.ts'
import { verifyDocument } from './receiving.ts'
import { objectOperations } from './object.ts'
import { objectSettingOperations } from './object-settings.ts'
import type { EdgeS3 } from '../contracts/edge-peers.ts'
import type { S3Peers } from '../contracts/s3-peers.ts'
import { actionOf, addressOf, arnOf, operationOf } from './route.ts'
import { UploadIndex } from './uploads.ts'
import { readWebsite } from './website.ts'
import { field } from './xml.ts'
import { AwsError, type AwsRequest, type AwsResponse, type Context, type Service } from '../contracts/service.ts'

export interface S3 extends Service, EdgeS3 {
  /**
   * Changes attributes of an object as only time (archive tiers, retention that has passed), other accounts (owner) and
   * other protocols (metadata that is no header) can.
   *
   * @param size - bytes that it is said to have, where an object of gigabytes is to be looked at and never read
   */
  amend(
    bucket: string,
    key: string,
    attributes: Pick<Attributes, 'archive' | 'owner' | 'missing' | 'lock'>,
    size?: number,
  ): void
}

/** These may be sent to any region: SDKs look a bucket's region up with them. */
const regionless = new Set(['GetBucketLocation'])

/** Amazon S3. Buckets, objects and multipart uploads as the S3 API reference and user guide describe them. */
export function createS3(context: Context, peers: S3Peers): S3 {
  const index = new ObjectIndex(context.store.database)
  const buckets = new Buckets(context)
  const state: S3State = {
    context,
    index,
    uploads: new UploadIndex(context.store.database),
    buckets,
    bodies: new Bodies(context.folder),
    access: new S3Access(context, peers, index, buckets.owner),
  }
  const handlers: Readonly<Record<string, Handler>> = {
    ...bucketOperations(peers),
    ...bucketSettingOperations,
    ...keptDocumentOperations,
    ...objectOperations,
    ...objectSettingOperations,
    ...annotationOperations,
    ...copyOperations,
    ...deletionOperations,
    ...listOperations,
    ...multipartOperations,
    CompleteMultipartUpload: completeUpload,
    ListParts: listParts,
    ListMultipartUploads: listUploads,
    ListObjectVersions: listObjectVersions,
  }
  const answer = async (request: AwsRequest, operation: string): Promise<AwsResponse> => {
    const response = await perform(state, handlers, request, operation)
    const date = new Date(context.now()).toUTCString()
    return { ...response, headers: { ...requestIds(request), date, ...response.headers } }
  }
  return {
    names: ['s3'],
    operations: ['ListBuckets', 'CreateBucket', ...Object.keys(handlers)],
    operation: operationOf,
    resource: (request) => arnOf(addressOf(request)),
    // S3 judges its callers itself: bucket policies, ACLs and Block Public Access have a say.
    permissions: () => [],
    async handle(request, operation) {
      refuseUnmodelled(request, operation)
      return answer(request, operation)
    },
    error: errorDocument,
    async serve(request) {
      try {
        return await answer(request, operationOf(request))
      } catch (error) {
        if (error instanceof AwsError) return errorDocument(error, request)
        throw error
      }
    },
    amend(bucket, key, attributes, size) {
      const object = index.get(bucket, key)
      if (object === undefined) throw new Error(`there is no ${key} in ${bucket}`)
      index.put({ ...object, size: size ?? object.size, attributes: { ...object.attributes, ...attributes } })
    },
    bucket: (name) => state.buckets.find(name),
  }
}

async function perform(
  state: S3State,
  handlers: Readonly<Record<string, Handler>>,
  request: AwsRequest,
  operation: string,
): Promise<AwsResponse> {
  const { bucket: name, key, website } = addressOf(request)
  refuseOldSignature(request)
  if (operation === 'ListBuckets' || operation === 'CreateBucket') {
    // Nobody but the account can do these, so there is no bucket policy to ask.
    state.access.check(request, undefined, actionOf(request, operation), arnOf({ bucket: name, key }))
    return operation === 'ListBuckets' ? listBuckets(state, request) : createBucket(state, request, name)
  }
  const handler = handlers[operation]
  if (handler === undefined) throw notModelled(operation)
  const bucket = state.buckets.get(name)
  if (website) return readWebsite({ state, request, bucket, key })
  checkRegion(request, bucket, operation)
  checkOwner(request, state.context.accountId)
  if (operation !== 'DeleteObjects') {
    state.access.check(request, bucket, actionOf(request, operation), arnOf({ bucket: name, key }))
  } else if (request.caller.kind === 'anonymous') throw accessDenied()
  const document = documentOf(operation)
  if (document !== undefined) await verifyDocument(request, document.needsChecksum)
  return handler({ state, request, bucket, key })
}

/** Buckets are all this account's; who expects another's is told no more. */
function checkOwner({ headers }: AwsRequest, accountId: string): void {
  for (const name of ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner']) {
    if (headers[name] !== undefined && headers[name] !== accountId) throw accessDenied()
  }
}

/** Signature Version 2 is not known to buckets made since June 2020. */
function refuseOldSignature({ headers, query }: AwsRequest): void {
  if (query.has('AWSAccessKeyId') || headers['authorization']?.startsWith('AWS ') === true) {
    const message = 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.'
    throw new AwsError(400, 'InvalidRequest', message)
  }
}

function checkRegion(request: AwsRequest, bucket: Bucket, operation: string): void {
  // A request without a signature names no region, and CloudFront asks the bucket's own host.
  if (request.caller.kind === 'anonymous' || request.region === bucket.region || regionless.has(operation)) return
  throw new AwsError(
    301,
    'PermanentRedirect',
    'The bucket you are attempting to access must be addressed using the specified endpoint. Please send all future requests to this endpoint.',
    {
      fields: { Endpoint: `${bucket.name}.s3.${bucket.region}.amazonaws.com`, Bucket: bucket.name },
      headers: { 'x-amz-bucket-region': bucket.region },
    },
  )
}

const requestIds = (request: AwsRequest): Record<string, string> => ({
  'x-amz-request-id': request.requestId,
  'x-amz-id-2': randomBytes(48).toString('base64'),
  server: 'AmazonS3',
})

/** Error document of S3 ("REST error responses" in the API reference). HEAD has no body to write it in. */
function errorDocument(error: AwsError, request: AwsRequest): AwsResponse {
  const ids = requestIds(request)
  const headers = { ...ids, ...error.headers }
  if (request.method === 'HEAD' || error.status === 304) return { status: error.status, headers }
  const fields = Object.entries(error.fields).map(([name, value]) => field(name, value))
  return {
    status: error.status,
    headers: { ...headers, 'content-type': 'application/xml' },
    body:
      '<?xml version="1.0" encoding="UTF-8"?>\n<Error>' +
      field('Code', error.code) +
      field('Message', error.message) +
      fields.join('') +
      field('RequestId', request.requestId) +
      field('HostId', ids['x-amz-id-2']) +
      '</Error>',
  }
}
