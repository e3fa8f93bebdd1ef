import { randomUUID } from 'node:crypto'
import { Readable } from 'node:stream'

import type { Origin } from '../contracts/distribution-shape.ts'
import type { EdgeCloudFront, EdgeS3 } from '../contracts/edge-peers.ts'
import { AwsError, type AwsRequest, type AwsResponse, type Caller, type Timing } from '../contracts/service.ts'

/** What CloudFront asks an origin for. */
export interface OriginRequest {
  method: string
  /** Percent-encoded, without OriginPath. */
  path: string
  query: string
  headers: Readonly<Record<string, string>>
  body?: Readable
}

export interface OriginResponse {
  status: number
  headers: Record<string, string>
  body: Readable
}

/** The origin can't be reached. */
export class OriginUnreachable extends Error {}

/** What a distribution's origins are reached through. */
export interface OriginAccess {
  cloudfront: EdgeCloudFront
  s3: EdgeS3
  accountId: string
  distributionArn: string
  readonly timing: Pick<Timing, 'error'>
  now(): number
}

const restHost = /^([a-z0-9.-]+?)\.s3(?:\.dualstack)?(?:[.-]([a-z]{2}(?:-[a-z]+)+-\d))?\.amazonaws\.com$/
const websiteHost = /^([a-z0-9.-]+?)\.s3-website[.-]([a-z]{2}(?:-[a-z]+)+-\d)\.amazonaws\.com$/
const propagation = 24 * 3600 * 1000

/** Regions that opened after December 2022 know neither an OAI nor the signature it uses. */
const withoutIdentities = new Set([
  'ap-east-2',
  'ap-southeast-4',
  'ap-southeast-5',
  'ap-southeast-6',
  'ap-southeast-7',
  'ca-west-1',
  'il-central-1',
  'mx-central-1',
])

/**
 * Asks an origin. S3 is asked in-process, signed as the origin says: as an origin access identity, as CloudFront on
 * behalf of the distribution (origin access control), or not at all. Throws {@link OriginUnreachable} for an origin
 * that is not S3: the edge goes nowhere else.
 */
export async function askOrigin(access: OriginAccess, origin: Origin, asked: OriginRequest): Promise<OriginResponse> {
  const host = origin.DomainName.toLowerCase()
  const website = websiteHost.exec(host)
  const rest = website === null ? restHost.exec(host) : null
  const bucketName = website?.[1] ?? rest?.[1]
  if (bucketName === undefined) throw new OriginUnreachable(`CloudFront can't resolve ${origin.DomainName}`)
  const bucket = access.s3.bucket(bucketName)
  const caller = website === null ? callerOf(access, origin) : anonymous
  const region = website?.[2] ?? rest?.[2] ?? bucket?.region ?? 'us-east-1'
  const request = s3Request(origin, asked, { host, region, caller })

  if (asked.headers['host'] !== undefined && asked.headers['host'] !== host) {
    // S3 takes Host for the name of a bucket, and the signature does not fit it.
    return respond(access.s3.error(new AwsError(403, 'AccessDenied', 'Access Denied'), request))
  }
  if (rest !== null && rest[2] === undefined && bucket !== undefined && isYoungElsewhere(bucket, access.now())) {
    return respond(temporaryRedirect(access.s3, request, bucketName, bucket.region))
  }
  if (caller.kind === 'origin-access-identity' && bucket !== undefined && withoutIdentities.has(bucket.region)) {
    const message = 'The authorization mechanism you have provided is not supported. Please use AWS4-HMAC-SHA256.'
    return respond(access.s3.error(new AwsError(400, 'InvalidRequest', message), request))
  }
  return respond(await access.s3.serve(request))
}

const anonymous: Caller = { kind: 'anonymous' }

/** Until the name has spread, the global host sends requests for buckets of other regions on to the regional one. */
const isYoungElsewhere = (bucket: { region: string; createdAt: number }, now: number): boolean =>
  bucket.region !== 'us-east-1' && now - bucket.createdAt < propagation

function temporaryRedirect(s3: EdgeS3, request: AwsRequest, bucket: string, region: string): AwsResponse {
  const endpoint = `${bucket}.s3.${region}.amazonaws.com`
  const message =
    'Please re-send this request to the specified temporary endpoint. Continue to use the original request endpoint for future requests.'
  return s3.error(
    new AwsError(307, 'TemporaryRedirect', message, {
      fields: { Endpoint: endpoint, Bucket: bucket },
      headers: { location: `https://${endpoint}${request.rawPath}`, 'x-amz-bucket-region': region },
    }),
    request,
  )
}

function callerOf({ cloudfront, accountId, distributionArn }: OriginAccess, origin: Origin): Caller {
  const controlId = origin.OriginAccessControlId ?? ''
  const control = controlId === '' ? undefined : cloudfront.originAccessControl(controlId)
  // The viewers' own Authorization headers are not passed on, so `no-override` signs as `always` does.
  if (control !== undefined && control.SigningBehavior !== 'never') {
    return {
      kind: 'service',
      principal: 'cloudfront.amazonaws.com',
      sourceArn: distributionArn,
      sourceAccount: accountId,
    }
  }
  const identityId = origin.S3OriginConfig?.OriginAccessIdentity.split('/').at(-1) ?? ''
  const identity = identityId === '' ? undefined : cloudfront.originAccessIdentity(identityId)
  return identity === undefined ? anonymous : { kind: 'origin-access-identity', ...identity }
}

function s3Request(
  origin: Origin,
  asked: OriginRequest,
  target: { host: string; region: string; caller: Caller },
): AwsRequest {
  const body = asked.body ?? Readable.from([])
  const custom = (origin.CustomHeaders?.Items ?? []).map((header): [string, string] => [
    header.HeaderName.toLowerCase(),
    header.HeaderValue,
  ])
  let whole: Promise<Buffer> | undefined
  return {
    requestId: randomUUID(),
    service: 's3',
    region: target.region,
    method: asked.method,
    rawPath: (origin.OriginPath ?? '') + asked.path,
    query: new URLSearchParams(asked.query),
    headers: {
      ...asked.headers,
      'user-agent': 'Amazon CloudFront',
      ...Object.fromEntries(custom),
      host: target.host,
    },
    caller: target.caller,
    body,
    buffer: () => (whole ??= readAll(body)),
    trailers: {},
  }
}

export async function readAll(body: Readable): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks)
}

function respond(response: AwsResponse): OriginResponse {
  const { body = '' } = response
  const stream = body instanceof Readable ? body : Readable.from(body.length === 0 ? [] : [Buffer.from(body)])
  const headers = { ...response.headers }
  if (!(body instanceof Readable)) headers['content-length'] ??= String(Buffer.byteLength(body))
  return { status: response.status, headers, body: stream }
}
