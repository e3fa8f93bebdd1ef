import type { XmlElement } from '../contracts/xml-document.ts'
import { current } from './bucket.ts'
import { noContent, xml } from './answers.ts'
import type { Handler, S3Call } from './call.ts'
import { checkCors, checkLifecycle, checkLogging, checkWebsite } from './documents.ts'
import { tagSetMarkup, tagsInDocument } from './tags.ts'
import { markupOf, parseDocument } from './xml.ts'
import { AwsError } from '../contracts/service.ts'

/** A configuration that the sandbox keeps for its readers and does not act upon. */
interface KeptDocument {
  noun: string
  root: string
  /** What a bucket without one answers: an error, or an empty document with this markup. */
  missing: { code: string; message: string } | { markup: string }
  /** Throws what S3 says to a document that it does not take. */
  check?: (root: XmlElement, call: S3Call) => void
  operations: { get: string; put?: string; delete?: string }
}

const keptDocuments: readonly KeptDocument[] = [
  {
    noun: 'Website',
    root: 'WebsiteConfiguration',
    missing: {
      code: 'NoSuchWebsiteConfiguration',
      message: 'The specified bucket does not have a website configuration',
    },
    check: checkWebsite,
    operations: { get: 'GetBucketWebsite', put: 'PutBucketWebsite', delete: 'DeleteBucketWebsite' },
  },
  {
    noun: 'Cors',
    root: 'CORSConfiguration',
    missing: { code: 'NoSuchCORSConfiguration', message: 'The CORS configuration does not exist' },
    check: checkCors,
    operations: { get: 'GetBucketCors', put: 'PutBucketCors', delete: 'DeleteBucketCors' },
  },
  {
    noun: 'Lifecycle',
    root: 'LifecycleConfiguration',
    missing: { code: 'NoSuchLifecycleConfiguration', message: 'The lifecycle configuration does not exist' },
    check: checkLifecycle,
    operations: {
      get: 'GetBucketLifecycleConfiguration',
      put: 'PutBucketLifecycleConfiguration',
      delete: 'DeleteBucketLifecycle',
    },
  },
  {
    noun: 'Tagging',
    root: 'Tagging',
    missing: { code: 'NoSuchTagSet', message: 'The TagSet does not exist' },
    operations: { get: 'GetBucketTagging', delete: 'DeleteBucketTagging' },
  },
  {
    noun: 'Replication',
    root: 'ReplicationConfiguration',
    missing: {
      code: 'ReplicationConfigurationNotFoundError',
      message: 'The replication configuration was not found',
    },
    operations: { get: 'GetBucketReplication' },
  },
  {
    noun: 'Logging',
    root: 'BucketLoggingStatus',
    missing: { markup: '' },
    check: (root, { state, bucket }) => checkLogging(root, bucket.region, (name) => state.buckets.find(name)?.region),
    operations: { get: 'GetBucketLogging', put: 'PutBucketLogging' },
  },
  {
    noun: 'Notification',
    root: 'NotificationConfiguration',
    missing: { markup: '' },
    operations: { get: 'GetBucketNotificationConfiguration' },
  },
  {
    noun: 'RequestPayment',
    root: 'RequestPaymentConfiguration',
    missing: { markup: '<Payer>BucketOwner</Payer>' },
    operations: { get: 'GetBucketRequestPayment' },
  },
  {
    noun: 'Accelerate',
    root: 'AccelerateConfiguration',
    missing: { markup: '' },
    operations: { get: 'GetBucketAccelerateConfiguration' },
  },
]

const without = (documents: Readonly<Record<string, string>>, noun: string): Record<string, string> =>
  Object.fromEntries(Object.entries(documents).filter(([name]) => name !== noun))

/** A set without tags is none. */
const putTagging: Handler = async ({ state, request, bucket }) => {
  const tags = tagsInDocument(await request.buffer(), 'bucket')
  const latest = current(state, bucket)
  const { documents } = latest
  state.buckets.put({
    ...latest,
    documents: tags.length === 0 ? without(documents, 'Tagging') : { ...documents, Tagging: tagSetMarkup(tags) },
  })
  return noContent()
}

function keptOperations({ noun, root, missing, check, operations }: KeptDocument): [string, Handler][] {
  const handlers: [string, Handler][] = [
    [
      operations.get,
      ({ bucket }) => {
        const kept = bucket.documents[noun]
        if (kept !== undefined) return xml(root, kept)
        if ('markup' in missing) return xml(root, missing.markup)
        throw new AwsError(404, missing.code, missing.message, { fields: { BucketName: bucket.name } })
      },
    ],
  ]
  if (operations.put !== undefined) {
    handlers.push([
      operations.put,
      async (call) => {
        const { state, request, bucket } = call
        const document = parseDocument(await request.buffer(), root)
        check?.(document, call)
        const latest = current(state, bucket)
        state.buckets.put({ ...latest, documents: { ...latest.documents, [noun]: markupOf(document) } })
        return { status: 200 }
      },
    ])
  }
  if (operations.delete !== undefined) {
    handlers.push([
      operations.delete,
      ({ state, bucket }) => {
        state.buckets.put({ ...bucket, documents: without(bucket.documents, noun) })
        return noContent()
      },
    ])
  }
  return handlers
}

/** The configurations of a bucket that are given back as they came. */
export const keptDocumentOperations: Readonly<Record<string, Handler>> = {
  ...Object.fromEntries(keptDocuments.flatMap(keptOperations)),
  PutBucketTagging: putTagging,
}
