/** What of a bucket's policy keeps S3 Batch Operations, its function, or this host from what they are to do for a run. */
import { GetBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3'

import { absentAs } from '../../aws/absent.ts'
import { arnOfBucket, arnOfObject } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import type { Possible } from '../../aws/policy-condition.ts'
import { absent, type Context, fromWithinAws, is, none } from '../../aws/policy-context.ts'
import { both, isAbout, isAboutResource, type KnownRequest, textsOf, type Verdict } from '../../aws/policy-match.ts'
import { parseDocument, type PolicyDocument, type PolicyStatement } from '../../aws/policy.ts'
import { isObject } from '../../json-object.ts'

/** What is about to be done in a bucket, and by whom. */
export interface BatchWork {
  readonly bucket: string
  readonly region: string
  /** Of the bucket, the roles and the caller. */
  readonly accountId: string
  /** `AES256`, `aws:kms` or `aws:kms:dsse`: what most of its objects have. */
  readonly encryption: string
  readonly jobRoleArn: string
  /** Of the function; undefined for a job that has none, and reads objects itself. */
  readonly functionRoleArn: string | undefined
  /** Keys: what keeps other runs out, what the job reads, something that S3 writes of it, something that the function writes. */
  readonly lock: string
  readonly manifest: string
  readonly report: string
  readonly result: string
  /** Some of the packages and indexes. */
  readonly objects: readonly string[]
  /** In milliseconds of Unix time. */
  readonly now: number
}

/** In the order in which they come. */
const acts = {
  'write lock': 'this host can not keep other runs out',
  'write manifest': 'this host can not write what is to be done',
  'read manifest': 'S3 can not read the manifest of its job',
  'write report': 'S3 can not report what became of its job',
  'read objects': 'packages can not be read',
  'write objects': 'objects can not be put right',
  'write results': 'the function can not write down what it has found out',
} as const
export type BatchAct = keyof typeof acts

/** What can't be done, as a clause. */
export const clauseOf = (act: BatchAct): string => acts[act]

/** A statement of the policy that is in the way. */
export interface BatchDenial {
  readonly statement: PolicyStatement
  /** Its Sid, or its place in the policy. */
  readonly called: string
  /** What it denies. */
  readonly denies: readonly BatchAct[]
  /** What it may deny as well: that hangs on something that is not known before. */
  readonly mayDeny: readonly BatchAct[]
  /** What it denies of all that there is to do so with, and not of some objects only. */
  readonly never: readonly BatchAct[]
  /** The condition keys that it goes by, such as `aws:SourceIp`. */
  readonly by: readonly string[]
}

/**
 * The statements of the bucket's policy that are in the way of some work, or may be.
 *
 * @throws errors as AWS answers them
 */
export async function findBatchDenials(aws: Aws, work: BatchWork): Promise<BatchDenial[]> {
  const s3 = aws.client(S3Client, work.region)
  const read = () => s3.send(new GetBucketPolicyCommand({ Bucket: work.bucket }))
  const found = await absentAs('NoSuchBucketPolicy', read)
  return found?.Policy === undefined ? [] : batchDenials(parseDocument(found.Policy), work)
}

/** Pure. The statements that are in the way of some work, or may be, in the policy's order. */
export const batchDenials = ({ Statement }: PolicyDocument, work: BatchWork): BatchDenial[] =>
  Statement.flatMap((statement, index) => {
    if (statement.Effect !== 'Deny') return []
    const by = keysOf(statement)
    const found = requestsOf(work)
      // What this host is let do, the policy has let it do already, but for how it is done.
      .filter(({ act }) => !isOwn(act) || isDemand({ by }))
      .map(({ act, request, arns }) => ({ act, ...verdictOn(statement, request, arns) }))
    const where = (is: (one: (typeof found)[number]) => boolean): BatchAct[] => [
      ...new Set(found.filter(is).map(({ act }) => act)),
    ]
    const those = (verdict: Verdict['is']): BatchAct[] => where(({ is }) => is === verdict)
    const denies = those('yes')
    const mayDeny = those('unknown').filter((act) => !isOwn(act) && !denies.includes(act))
    if (denies.length + mayDeny.length === 0) return []
    return [{ statement, called: nameOf(statement, index), denies, mayDeny, never: where(({ ofAll }) => ofAll), by }]
  })

/** What this host does itself. */
const isOwn = (act: BatchAct): boolean => act === 'write lock' || act === 'write manifest'

const nameOf = ({ Sid }: PolicyStatement, index: number): string =>
  Sid === undefined || Sid === '' ? `number ${index + 1}, which has no Sid` : Sid

const keysOf = ({ Condition }: PolicyStatement): string[] => [
  ...new Set(
    Object.values(isObject(Condition) ? Condition : {}).flatMap((keys) => Object.keys(isObject(keys) ? keys : {})),
  ),
]

interface Asked {
  readonly act: BatchAct
  readonly request: KnownRequest
  /** Of one of them is enough. */
  readonly arns: readonly string[]
}

/**
 * What is true of all of the account is true of the caller, too, whom the policy lets look at the bucket: such a statement
 * is not about those roles.
 */
const ofAccount = new Set([
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:resourceorgid',
  'aws:resourceorgpaths',
  'aws:sourceorgid',
])

/** On a request; `ofAll`: whichever of the resources it is of. */
function verdictOn(
  statement: PolicyStatement,
  request: KnownRequest,
  arns: readonly string[],
): { readonly is: Verdict['is']; readonly ofAll: boolean } {
  const about = isAbout(statement, request)
  if (about.is === 'no') return { is: 'no', ofAll: false }
  const each = arns.map((arn) => both(about, isAboutResource(statement, arn)))
  const ofAll = each.every(({ is }) => is === 'yes')
  if (each.some(({ is }) => is === 'yes')) return { is: 'yes', ofAll }
  const open = each.flatMap((verdict) => (verdict.is === 'unknown' ? verdict.open : []))
  const isNothing = open.length === 0 || open.every((key) => ofAccount.has(key.toLowerCase()))
  return { is: isNothing ? 'no' : 'unknown', ofAll }
}

/** What S3 Batch Operations encrypts reports with; whether it says so or leaves it to the bucket, AWS does not tell. */
const ofReport: readonly Possible[] = [undefined, ['AES256']]

/** The requests that are made for a run. */
function requestsOf(work: BatchWork): Asked[] {
  const { bucket, lock, manifest, report, result, objects, jobRoleArn, functionRoleArn, encryption } = work
  const arns = (...keys: readonly string[]): string[] => keys.map((key) => arnOfObject(bucket, key))
  const reader = functionRoleArn ?? jobRoleArn
  const ofObjects = arns(...objects, ...strangers)
  const asked = (act: BatchAct, role: string, action: string, on: readonly string[], more: Context = {}): Asked => ({
    act,
    request: { names: namesOf(role, work), action, context: inLowerCase({ ...byRole(role, work), ...more }) },
    arns: on,
  })
  return [
    // The first time, and with each sign of life.
    ...[ifNew, ifSame].map((condition): Asked => ({
      act: 'write lock',
      request: ownRequest(work, is(encryption), condition),
      arns: arns(lock),
    })),
    { act: 'write manifest', request: ownRequest(work, is('AES256'), ifNew), arns: arns(manifest) },
    asked('read manifest', jobRoleArn, 's3:GetObject', arns(manifest)),
    asked('write report', jobRoleArn, 's3:PutObject', arns(report), writing(ofReport, { 's3:if-none-match': absent })),
    asked('read objects', reader, 's3:GetObject', ofObjects),
    ...(functionRoleArn === undefined
      ? []
      : [
          asked('read objects', functionRoleArn, 's3:ListBucket', [arnOfBucket(bucket)], { 's3:prefix': [[result]] }),
          asked('write objects', functionRoleArn, 's3:PutObject', ofObjects, {
            ...writing(is(encryption), ifSame),
          }),
          asked('write results', functionRoleArn, 's3:PutObject', arns(result), {
            ...writing(is(encryption), ifNew),
          }),
        ]),
  ]
}

const ifNew: Context = { 's3:if-none-match': is('*') }
const ifSame: Context = { 's3:if-match': is('etag'), 's3:if-none-match': absent }

/** Keys that have nothing in common: a statement about one of them is about most. */
const strangers = ['7/11/debian/package_files/42136.deb', 'É/ø x']

const writing = (encryption: readonly Possible[], conditions: Context): Context => ({
  ...none('s3:if-match', 's3:x-amz-server-side-encryption-customer-algorithm', 's3:x-amz-copy-source'),
  ...conditions,
  's3:x-amz-server-side-encryption': encryption,
  's3:ObjectCreationOperation': is('true'),
})

const inLowerCase = (context: Context): KnownRequest['context'] =>
  new Map(Object.entries(context).map(([key, possible]) => [key.toLowerCase(), possible]))

/** What a policy may call a role: sessions have names that nobody knows. */
const namesOf = (roleArn: string, { accountId }: BatchWork): KnownRequest['names'] => ({
  AWS: [roleArn, accountId, `arn:aws:iam::${accountId}:root`],
})

/**
 * What S3 sees of a role of S3 Batch Operations, or of a function outside of any VPC.
 *
 * Source: IAM User Guide, "AWS global condition context keys"; Service Authorization Reference, "Condition keys for
 * Amazon S3".
 */
const byRole = (roleArn: string, { accountId, region, now }: BatchWork): Context => ({
  'aws:PrincipalArn': is(roleArn),
  'aws:PrincipalAccount': is(accountId),
  'aws:PrincipalType': is('AssumedRole'),
  'aws:PrincipalIsAWSService': is('false'),
  'aws:ViaAWSService': is('false'),
  'aws:ResourceAccount': is(accountId),
  's3:ResourceAccount': is(accountId),
  's3:signatureversion': is('AWS4-HMAC-SHA256'),
  ...fromWithinAws({ region, now }),
  ...none(
    ...['aws:username', 'aws:SourceArn', 'aws:SourceAccount', 'aws:Referer'],
    ...['aws:PrincipalServiceName', 'aws:PrincipalServiceNamesList'],
  ),
})

/**
 * Our own: of who asks and from where nothing is said, for the same has looked at the bucket just now. What the policy
 * demands of what is written is all that can be in the way.
 */
function ownRequest(work: BatchWork, encryption: readonly Possible[], condition: Context): KnownRequest {
  const { accountId, jobRoleArn } = work
  const others = byRole(jobRoleArn, work)
  const known = ['aws:SecureTransport', 's3:TlsVersion', 'aws:RequestedRegion', 's3:x-amz-acl'] as const
  return {
    names: { AWS: [accountId] },
    action: 's3:PutObject',
    context: inLowerCase({
      ...Object.fromEntries(known.map((key) => [key, others[key] ?? absent])),
      ...writing(encryption, condition),
    }),
  }
}

/** What statements demand of objects that are written: for those no exception for somebody helps. */
const demands = /^s3:(x-amz-server-side-encryption|if-(none-)?match|x-amz-)/i

/** Whether it is about how something is written, and not about who does. */
export const isDemand = ({ by }: Pick<BatchDenial, 'by'>): boolean => by.some((key) => demands.test(key))

/**
 * The statement with an exception for the roles, for whoever it belongs to; `undefined` where it is about how something is
 * written.
 *
 * A negated operator also holds for requests without the key, so that all others stay denied.
 */
export function exceptRoles(
  denial: BatchDenial,
  { jobRoleArn, functionRoleArn }: BatchWork,
): PolicyStatement | undefined {
  if (isDemand(denial)) return undefined
  const { statement } = denial
  const roles = [jobRoleArn, ...(functionRoleArn === undefined ? [] : [functionRoleArn])]
  const conditions = isObject(statement.Condition) ? statement.Condition : {}
  const keysIn = (operator: string) => (isObject(conditions[operator]) ? conditions[operator] : {})
  const own = Object.keys(conditions).find(
    (operator) =>
      /^(arn|string)not(like|equals)$/i.test(operator) &&
      Object.keys(keysIn(operator)).some((key) => key.toLowerCase() === 'aws:principalarn'),
  )
  const operator = own ?? 'ArnNotEquals'
  const key =
    Object.keys(keysIn(operator)).find((one) => one.toLowerCase() === 'aws:principalarn') ?? 'aws:PrincipalArn'
  const names = [...textsOf(keysIn(operator)[key]), ...roles]
  return { ...statement, Condition: { ...conditions, [operator]: { ...keysIn(operator), [key]: names } } }
}
