import { GetBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3'

import { arnOfBucket, arnOfObject } from '../../aws/arns.ts'
import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { textsOf } from '../../aws/policy-match.ts'
import { isObject } from '../../json-object.ts'
import { parseDocument, type PolicyDocument, type PolicyStatement } from '../../aws/policy.ts'
import { matchesWildcards } from '../../aws/wildcards.ts'
import { regionOf } from './bucket.ts'

const patienceMs = 15_000

/**
 * Whether a bucket's policy denies all requests that do not come by TLS.
 *
 * @throws errors as AWS answers them, and of 15 s without an answer; CtlError for a bucket that does not exist
 */
export async function refusesPlainHttp(aws: Aws, bucket: string): Promise<boolean> {
  const s3 = aws.client(S3Client, await regionOf(aws, bucket))
  const abortSignal = AbortSignal.timeout(patienceMs)
  const found = await absentAs('NoSuchBucketPolicy', () =>
    s3.send(new GetBucketPolicyCommand({ Bucket: bucket }), { abortSignal }),
  )
  return found?.Policy !== undefined && deniesPlainHttp(parseDocument(found.Policy), bucket)
}

/** The statement that does, as AWS's documentation has it ("Amazon S3 security best practices"). */
export const tlsOnlyStatement = (bucket: string): PolicyStatement => ({
  Sid: 'TlsOnly',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: [arnOfBucket(bucket), arnOfObject(bucket)],
  Condition: { Bool: { 'aws:SecureTransport': 'false' } },
})

/**
 * Pure. Of the bucket and of its objects, by one statement or by several. A statement with exceptions, for some callers,
 * actions or under further conditions, does not count: what it leaves out comes through.
 */
export function deniesPlainHttp({ Statement }: PolicyDocument, bucket: string): boolean {
  const denied = Statement.filter(deniesAllPlainHttp).flatMap(({ Resource }) => textsOf(Resource))
  return [arnOfBucket(bucket), arnOfObject(bucket, "7/any object's key.deb")].every((each) =>
    denied.some((pattern) => matchesWildcards(pattern, each)),
  )
}

const deniesAllPlainHttp = ({ Effect, Principal, Action, Condition }: PolicyStatement): boolean =>
  Effect === 'Deny' && isEverybody(Principal) && textsOf(Action).some(isEverything) && isPlainHttp(Condition)

const isEverybody = (principal: unknown): boolean =>
  principal === '*' ||
  (isObject(principal) && Object.keys(principal).length === 1 && textsOf(principal['AWS']).includes('*'))

const isEverything = (action: string): boolean => action === '*' || action.toLowerCase() === 's3:*'

/** The key is in every request, so that `IfExists` makes no difference. */
const operators = /^(bool|string(equals|equalsignorecase|like))(ifexists)?$/i

function isPlainHttp(condition: unknown): boolean {
  const [only, ...others] = isObject(condition) ? Object.entries(condition) : []
  if (only === undefined || others.length > 0 || !operators.test(only[0]) || !isObject(only[1])) return false
  const [tested, ...more] = Object.entries(only[1])
  if (tested === undefined || more.length > 0) return false
  const [key, value] = tested
  return key.toLowerCase() === 'aws:securetransport' && textsOf(value).includes('false')
}
