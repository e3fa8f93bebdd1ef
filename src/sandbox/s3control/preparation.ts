import { Readable } from 'node:stream'
import { buffer } from 'node:stream/consumers'

import { bucketAndKey } from './input.ts'
import type { Job, JobFailure, Task } from './job.ts'
import { errorIn, RoleRefused, type JobRoles } from './job-role.ts'
import { ManifestError, tasksIn } from './manifest.ts'
import { uriEncode } from '../wire/signature.ts'
import type { AwsResponse } from '../contracts/service.ts'

/** AWS does not document its codes: these are the sandbox's own. */
const failure = (FailureCode: string, reason: string): JobFailure => ({
  FailureCode,
  FailureReason: reason.slice(0, 256),
})

/** Reads the manifest of a job with the rights of its role. Rejects where a connection breaks. */
export async function prepare(job: Job, roles: JobRoles): Promise<{ tasks: Task[] } | { failure: JobFailure }> {
  const { Location, Spec } = job.request.Manifest
  try {
    const answer = await getManifest(job, roles)
    if (answer.status !== 200) {
      const code = errorIn(answer)
      const forbidden = answer.status === 403
      return {
        failure: forbidden
          ? failure('ManifestReadForbidden', `Reading the manifest is forbidden: ${code}`)
          : failure('ManifestNotReadable', `The manifest can't be read: ${code}`),
      }
    }
    const problem = objectionTo(answer, Location.ETag)
    if (problem !== undefined) return { failure: problem }
    return { tasks: tasksIn((await bytesIn(answer)).toString('utf8'), Spec.Fields ?? []) }
  } catch (error) {
    if (error instanceof RoleRefused) return { failure: failure('RoleNotAssumable', error.message) }
    if (error instanceof ManifestError) return { failure: failure('InvalidManifest', error.message) }
    throw error
  }
}

function getManifest(job: Job, roles: JobRoles): Promise<AwsResponse> {
  const { ObjectArn, ObjectVersionId } = job.request.Manifest.Location
  const { bucket, key } = bucketAndKey(ObjectArn) ?? { bucket: '', key: '' }
  return roles.ask(job, 's3', {
    method: 'GET',
    path: objectPath(bucket, key),
    ...(ObjectVersionId === undefined ? {} : { query: { versionId: ObjectVersionId } }),
  })
}

/** Path-style. */
export const objectPath = (bucket: string, key: string): string =>
  `/${bucket}/${key.split('/').map(uriEncode).join('/')}`

/** The ETag must be the one that was named, which has no quotes; a manifest of one's own must be SSE-S3. */
function objectionTo({ headers = {} }: AwsResponse, etag: string): JobFailure | undefined {
  if ((headers['x-amz-server-side-encryption'] ?? 'AES256') !== 'AES256') {
    return failure('InvalidManifest', 'A manifest that is encrypted with a key of KMS is not supported.')
  }
  const actual = (headers['etag'] ?? '').replaceAll('"', '')
  if (actual === etag) return undefined
  return failure('ManifestETagMismatch', `The manifest's ETag is ${actual}, and not ${etag}`)
}

async function bytesIn({ body }: AwsResponse): Promise<Buffer> {
  return body instanceof Readable ? buffer(body) : Buffer.from(body ?? '')
}
