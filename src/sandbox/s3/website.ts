import { s3Arn } from '../contracts/arns.ts'
import type { S3Call } from './call.ts'
import { objectOperations } from './object.ts'
import { AwsError, type AwsResponse } from '../contracts/service.ts'

const documentOf = (markup: string, outer: string, inner: string): string | undefined =>
  new RegExp(`<${outer}><${inner}>([^<]*)</${inner}></${outer}>`).exec(markup)?.[1]

/**
 * A GET or HEAD on the website endpoint: index documents for folders, the error document for errors. Redirect rules
 * are not carried out.
 */
export async function readWebsite(call: S3Call): Promise<AwsResponse> {
  const website = call.bucket.documents['Website']
  if (website === undefined) {
    throw new AwsError(
      404,
      'NoSuchWebsiteConfiguration',
      'The specified bucket does not have a website configuration',
      { fields: { BucketName: call.bucket.name } },
    )
  }
  const index = documentOf(website, 'IndexDocument', 'Suffix') ?? 'index.html'
  const key = call.key === '' || call.key.endsWith('/') ? call.key + index : call.key
  try {
    return await read({ ...call, key })
  } catch (error) {
    const errorKey = documentOf(website, 'ErrorDocument', 'Key')
    if (!(error instanceof AwsError) || errorKey === undefined || error.status < 400) throw error
    const page = await read({ ...call, key: errorKey })
    return { ...page, status: error.status }
  }
}

async function read(call: S3Call): Promise<AwsResponse> {
  const { state, request, bucket, key } = call
  state.access.check(request, bucket, 's3:GetObject', s3Arn(bucket.name, key))
  const handler = objectOperations[request.method === 'HEAD' ? 'HeadObject' : 'GetObject']
  if (handler === undefined) throw new AwsError(405, 'MethodNotAllowed', 'The specified method is not allowed.')
  return handler(call)
}
