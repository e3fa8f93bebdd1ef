import type { Origin } from '@aws-sdk/client-cloudfront'

import { arnOfIdentity } from '../../aws/arns.ts'
import type { Possible } from '../../aws/policy-condition.ts'
import { absent, type Context, fromWithinAws, is, none, oneOf } from '../../aws/policy-context.ts'
import type { KnownRequest } from '../../aws/policy-match.ts'
import type { Reader } from './bucket-policy.ts'

/** What makes up the requests that CloudFront sends to S3 for objects of a bucket. */
export interface Fetching {
  readonly reader: Reader
  /** Account of the distribution. */
  readonly accountId: string
  /** Region of the bucket. */
  readonly region: string
  readonly origin: Pick<Origin, 'CustomHeaders'> | undefined
  /** Whether an origin request policy may pass headers of clients on. */
  readonly passesHeaders: boolean
  /** In milliseconds of Unix time. */
  readonly now: number
}

const service = 'cloudfront.amazonaws.com'

/** A name in an account of CloudFront's own, that no policy of a customer has; or none. */
const ofCloudFront: readonly Possible[] = [undefined, ['(of CloudFront)']]
/**
 * What S3 sees of CloudFront's own request, as AWS's documents have it; what they leave open is left out.
 *
 * Sources: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference, "Condition keys for
 * Amazon S3"; Amazon CloudFront Developer Guide, "Restrict access to an Amazon S3 origin" and "Request and response
 * behavior for Amazon S3 origins".
 *
 * @param action - `s3:GetObject`, or `s3:ListBucket` by which S3 tells what is missing from what is forbidden
 */
export const originRequest = (fetching: Fetching, action: string): KnownRequest => ({
  names: namesOfReader(fetching.reader),
  action,
  context: new Map(
    Object.entries({
      ...ofRequest(fetching),
      ...ofHeaders(fetching),
      ...(fetching.reader.kind === 'oac' ? ofService(fetching) : ofIdentity(fetching.reader.id)),
    }).map(([key, possible]) => [key.toLowerCase(), possible]),
  ),
})

/** What a policy may call who reads. */
export const namesOfReader = (reader: Reader): KnownRequest['names'] =>
  reader.kind === 'oac'
    ? { Service: [service] }
    : { AWS: [arnOfIdentity(reader.id)], CanonicalUser: [reader.s3CanonicalUserId] }

/** In requests of both kinds. */
const ofRequest = ({ region, now }: Fetching): Context => ({
  // Clients must come by HTTPS, so CloudFront does too.
  ...fromWithinAws({ region, now }),
  // It comes by no session, and asks for the newest version of one object.
  ...none(
    ...['aws:TagKeys', 'aws:TokenIssueTime', 'aws:AssumedRoot', 's3:AccessGrantsInstanceArn'],
    ...['s3:prefix', 's3:delimiter', 's3:max-keys'],
    ...['s3:x-amz-server-side-encryption', 's3:x-amz-server-side-encryption-aws-kms-key-id'],
  ),
  's3:signatureAge': oneOf('0', '60000'),
})

/** Without a policy that passes headers on, S3 gets CloudFront's own and those that the origin adds. */
function ofHeaders({ origin, passesHeaders }: Fetching): Context {
  const own = (name: string): string | undefined =>
    origin?.CustomHeaders?.Items?.find(({ HeaderName }) => HeaderName?.toLowerCase() === name)?.HeaderValue
  const referer = own('referer')
  const agent = own('user-agent')
  return {
    ...(referer === undefined ? (passesHeaders ? {} : { 'aws:Referer': absent }) : { 'aws:Referer': is(referer) }),
    ...(agent === undefined && passesHeaders ? {} : { 'aws:UserAgent': is(agent ?? 'Amazon CloudFront') }),
  }
}

/** By an origin access control CloudFront asks as a service, on behalf of the distribution. */
const ofService = ({ reader, accountId }: Fetching): Context => ({
  'aws:PrincipalIsAWSService': is('true'),
  'aws:PrincipalServiceName': is(service),
  'aws:PrincipalServiceNamesList': is(service),
  'aws:SourceArn': is(reader.kind === 'oac' ? reader.distributionArn : ''),
  'aws:SourceAccount': is(accountId),
  'aws:ViaAWSService': [undefined, ['false']],
  ...none('aws:PrincipalOrgID', 'aws:PrincipalOrgPaths'),
  'aws:PrincipalArn': ofCloudFront,
  'aws:PrincipalAccount': ofCloudFront,
  'aws:userid': ofCloudFront,
  'aws:username': ofCloudFront,
  's3:signatureversion': is('AWS4-HMAC-SHA256'),
})

/** An origin access identity is a user in an account of CloudFront's own. */
const ofIdentity = (id: string): Context => ({
  'aws:PrincipalIsAWSService': [undefined, ['false']],
  ...none('aws:PrincipalServiceName', 'aws:PrincipalServiceNamesList'),
  ...none('aws:SourceArn', 'aws:SourceAccount', 'aws:SourceOrgID', 'aws:SourceOrgPaths'),
  'aws:ViaAWSService': [undefined, ['false']],
  'aws:PrincipalOrgID': ofCloudFront,
  'aws:PrincipalOrgPaths': ofCloudFront,
  'aws:PrincipalArn': [undefined, [arnOfIdentity(id)]],
  'aws:PrincipalAccount': ofCloudFront,
  'aws:userid': ofCloudFront,
  'aws:username': ofCloudFront,
})
