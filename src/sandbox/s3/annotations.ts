import { createHash } from 'node:crypto'

import { invalidArgument, isoTime, noContent, wholeSeconds, xml } from './answers.ts'
import type { Handler, S3Call } from './call.ts'
import { requireMatch } from './conditions.ts'
import { encryptionHeaders } from './encryption.ts'
import type { Annotation, StoredObject } from './index.ts'
import { changeAttributes } from './object-settings.ts'
import { arnOf } from './route.ts'
import { findObject } from './version.ts'
import { element, field } from './xml.ts'
import { AwsError } from '../contracts/service.ts'

/* Source: the SDK's model of PutObjectAnnotation and its siblings; Amazon S3 User Guide, "Annotating your objects". */
const limits = { annotations: 1000, nameBytes: 512, payloadBytes: 1024 ** 2 }

const annotationsOf = ({ attributes }: StoredObject): readonly Annotation[] => attributes.annotations ?? []

/** What all four answer with where the bucket has versions. */
const versionHeader = ({ bucket }: S3Call, { versionId }: StoredObject): Record<string, string> =>
  bucket.versioning === undefined ? {} : { 'x-amz-object-version-id': versionId }

/** The name that a request gives. Throws AnnotationNameTooLong, InvalidAnnotationName. */
function nameIn({ request }: S3Call): string {
  const name = request.query.get('annotationName') ?? ''
  if (Buffer.byteLength(name) > limits.nameBytes) {
    throw new AwsError(400, 'AnnotationNameTooLong', 'The annotation name exceeds 512 bytes.')
  }
  if (!/^[\p{L}\p{N}_.-]+$/u.test(name) || /^(aws|s3)/i.test(name)) {
    throw new AwsError(400, 'InvalidAnnotationName', 'The annotation name you provided is invalid.')
  }
  return name
}

/** The object, if it is what `x-amz-object-if-match` says. */
function matchingObject(call: S3Call): StoredObject {
  const object = findObject(call, true)
  const match = call.request.headers['x-amz-object-if-match']
  if (match !== undefined) requireMatch(match, object, call.key)
  return object
}

function payloadOf(body: Buffer): string {
  if (body.length === 0 || body.length > limits.payloadBytes) {
    throw invalidArgument('An annotation has from 1 byte to 1 MiB', 'AnnotationPayload')
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(body)
  } catch {
    throw new AwsError(415, 'UnsupportedMediaType', 'The annotation payload is not valid UTF-8 encoded text.')
  }
}

const putAnnotation: Handler = async (call) => {
  const name = nameIn(call)
  const body = await call.request.buffer()
  const payload = payloadOf(body)
  const object = matchingObject(call)
  if (object.attributes.encryption.customerKey !== undefined) {
    throw new AwsError(400, 'InvalidRequest', 'Objects encrypted with SSE-C cannot have annotations.')
  }
  const others = annotationsOf(object).filter((one) => one.name !== name)
  if (others.length >= limits.annotations) {
    const message = 'The request would exceed the maximum number of annotations allowed per object.'
    throw new AwsError(400, 'AnnotationLimitExceeded', message)
  }
  const etag = createHash('md5').update(body).digest('hex')
  const annotation: Annotation = { name, payload, etag, modified: wholeSeconds(call.state.context.now()) }
  const annotations = [...others, annotation].sort((a, b) => Buffer.from(a.name).compare(Buffer.from(b.name)))
  changeAttributes(call, object, { annotations })
  return xml('PutObjectAnnotationResult', field('Key', call.key) + field('AnnotationName', name), {
    etag: `"${etag}"`,
    ...encryptionHeaders(object.attributes.encryption),
    ...versionHeader(call, object),
  })
}

const getAnnotation: Handler = (call) => {
  const name = nameIn(call)
  const object = findObject(call, true)
  const annotation = annotationsOf(object).find((one) => one.name === name)
  if (annotation === undefined) {
    throw new AwsError(404, 'NoSuchAnnotation', 'The specified annotation does not exist on this object.')
  }
  const body = Buffer.from(annotation.payload)
  return {
    status: 200,
    headers: {
      etag: `"${annotation.etag}"`,
      'last-modified': new Date(annotation.modified).toUTCString(),
      'content-length': String(body.length),
      ...encryptionHeaders(object.attributes.encryption),
      ...versionHeader(call, object),
    },
    body,
  }
}

const deleteAnnotation: Handler = (call) => {
  const name = nameIn(call)
  const object = matchingObject(call)
  changeAttributes(call, object, { annotations: annotationsOf(object).filter((one) => one.name !== name) })
  return noContent(versionHeader(call, object))
}

const listAnnotations: Handler = (call) => {
  const { request, bucket, key } = call
  const object = findObject(call, true)
  const prefix = request.query.get('annotation-prefix') ?? ''
  const asked = request.query.get('max-annotation-results') ?? String(limits.annotations)
  const most = Number(asked)
  if (!/^\d+$/.test(asked) || most === 0 || most > limits.annotations) {
    throw invalidArgument('Argument max-annotation-results must be from 1 to 1000', 'max-annotation-results', asked)
  }
  const token = request.query.get('continuation-token')
  const after = token === null ? '' : Buffer.from(token, 'base64url').toString()
  const all = annotationsOf(object).filter(({ name }) => name.startsWith(prefix))
  const rest = all.slice(token === null ? 0 : all.findIndex(({ name }) => name === after) + 1)
  const page = rest.slice(0, most)
  const last = rest.length > page.length ? page.at(-1)?.name : undefined
  const entries = page.map(({ name, payload, etag, modified }) =>
    element(
      'AnnotationEntry',
      field('AnnotationName', name) +
        field('LastModified', isoTime(modified)) +
        field('ETag', `"${etag}"`) +
        field('Size', Buffer.byteLength(payload)),
    ),
  )
  return xml(
    'ListObjectAnnotationsResult',
    element('Annotations', entries.join('')) +
      field('Bucket', bucket.name) +
      field('Key', key) +
      (prefix === '' ? '' : field('AnnotationPrefix', prefix)) +
      field('MaxAnnotationResults', most) +
      field('AnnotationCount', page.length) +
      field('ContinuationToken', token ?? undefined) +
      field('NextContinuationToken', last === undefined ? undefined : Buffer.from(last).toString('base64url')),
    versionHeader(call, object),
  )
}

/**
 * The annotations that a copy gets: those of its source, unless its request excludes them. Throws AccessDenied where
 * there are some and the caller may not read or write them.
 */
export function copiedAnnotations(call: S3Call, source: StoredObject): { annotations?: Annotation[] } {
  const { request, state, bucket, key } = call
  const asked = request.headers['x-amz-object-annotation-directive'] ?? 'COPY'
  if (asked !== 'COPY' && asked !== 'EXCLUDE') {
    throw invalidArgument('Unknown annotation directive.', 'x-amz-object-annotation-directive', asked)
  }
  const annotations = [...annotationsOf(source)]
  if (asked === 'EXCLUDE' || annotations.length === 0) return {}
  const from = state.buckets.get(source.bucket)
  state.access.check(request, from, 's3:GetObjectAnnotation', arnOf({ bucket: source.bucket, key: source.key }))
  state.access.check(request, bucket, 's3:PutObjectAnnotation', arnOf({ bucket: bucket.name, key }))
  return { annotations }
}

/** Named payloads beside an object, which are no part of it. */
export const annotationOperations: Readonly<Record<string, Handler>> = {
  PutObjectAnnotation: putAnnotation,
  GetObjectAnnotation: getAnnotation,
  DeleteObjectAnnotation: deleteAnnotation,
  ListObjectAnnotations: listAnnotations,
}
