import type { S3Peers } from './s3-peers.ts'
import { AwsError, type Context } from './service.ts'

/** Bucket policies may hold 20 KB. */
const sizeLimit = 20 * 1024

const oaiArn = /^arn:aws:iam::cloudfront:user\/CloudFront Origin Access Identity ([A-Z0-9]+)$/
const oaiArnOf = (id: string): string => `arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ${id}`

type Json = Readonly<Record<string, unknown>>
export interface BucketPolicy extends Json {
  Statement: Json[]
}

const malformed = (message: string): AwsError => new AwsError(400, 'MalformedPolicy', message)

const isObject = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : value === undefined ? [] : [value])

const textsOf = (value: unknown, message: string): string[] => {
  const list = listOf(value)
  if (!list.every((item): item is string => typeof item === 'string')) throw malformed(message)
  return list
}

/** What a bucket policy is checked against. */
interface Scope {
  bucket: string
  /** Canonical user id of the account. */
  owner: string
  context: Context
  peers: S3Peers
}

/**
 * Checks a bucket policy as PutBucketPolicy does and returns it as GetBucketPolicy will: with every principal in the
 * form that S3 rewrites it to (a canonical user of an origin access identity becomes its ARN, an account id the ARN of
 * its root). Throws MalformedPolicy with S3's messages.
 */
export function acceptPolicy(text: string, scope: Scope): BucketPolicy {
  if (Buffer.byteLength(text) > sizeLimit) throw malformed('Policy exceeds the maximum allowed document size.')
  const document = parse(text)
  const version = document['Version']
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17') {
    throw malformed('The policy must contain a valid version string')
  }
  rejectUnknown(document, ['Version', 'Id', 'Statement'])
  if (document['Statement'] === undefined) throw malformed('Missing required field Statement')
  const statements = listOf(document['Statement'])
  if (statements.length === 0) throw malformed('Could not parse the policy: Statement is empty!')
  const seen = new Set<string>()
  return {
    ...document,
    Statement: statements.map((statement) => {
      if (!isObject(statement)) throw malformed("Policies must be valid JSON and the first byte must be '{'")
      const sid = statement['Sid']
      if (typeof sid === 'string' && sid !== '') {
        if (seen.has(sid)) throw malformed('Statement IDs (SID) in a single policy must be unique.')
        seen.add(sid)
      }
      return acceptStatement(statement, scope)
    }),
  }
}

function parse(text: string): Json {
  let document: unknown
  try {
    document = JSON.parse(text)
  } catch {
    document = undefined
  }
  if (!isObject(document)) throw malformed("Policies must be valid JSON and the first byte must be '{'")
  return document
}

const statementFields = [
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
]

function rejectUnknown(object: Json, known: readonly string[]): void {
  for (const name of Object.keys(object)) if (!known.includes(name)) throw malformed(`Unknown field ${name}`)
}

function acceptStatement(statement: Json, scope: Scope): Json {
  rejectUnknown(statement, statementFields)
  const effect = statement['Effect']
  if (effect === undefined) throw malformed('Missing required field Effect')
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed(`Invalid effect: ${JSON.stringify(effect)}`)
  const principalField = statement['NotPrincipal'] === undefined ? 'Principal' : 'NotPrincipal'
  if (statement[principalField] === undefined) throw malformed('Missing required field Principal')
  acceptActionsAndResources(statement, scope.bucket)
  if (statement['Condition'] !== undefined) acceptCondition(statement['Condition'])
  return { ...statement, [principalField]: acceptPrincipal(statement[principalField], scope) }
}

/** Actions that are about the bucket itself; all others that S3 knows are about objects, or about neither. */
const isBucketAction = (action: string): boolean =>
  /^s3:(?:ListBucket|GetBucket|PutBucket|DeleteBucket|CreateBucket|GetEncryption|PutEncryption|GetLifecycle|PutLifecycle|GetReplication|PutReplication|GetInventory|PutInventory|GetAccelerate|PutAccelerate|GetMetrics|PutMetrics|GetAnalytics|PutAnalytics)/i.test(
    action,
  )
const isObjectAction = (action: string): boolean =>
  /^s3:(?:(?:Get|Put|Delete|Restore|Bypass|Replicate)(?:Object|Governance|Delete|Tags)|AbortMultipartUpload|ListMultipartUploadParts)/i.test(
    action,
  ) && !action.includes('*')

function acceptActionsAndResources(statement: Json, bucket: string): void {
  const actions = textsOf(statement['Action'] ?? statement['NotAction'], 'Policy has invalid action')
  if (actions.length === 0) throw malformed('Missing required field Action')
  if (!actions.every((action) => action === '*' || /^s3:[A-Za-z*?]+$/i.test(action))) {
    throw malformed('Policy has invalid action')
  }
  const resources = textsOf(statement['Resource'] ?? statement['NotResource'], 'Policy has invalid resource')
  if (resources.length === 0) throw malformed('Missing required field Resource')
  const own = `arn:aws:s3:::${bucket}`
  const isOwn = (resource: string): boolean =>
    resource === own || resource.startsWith(`${own}/`) || resource === `${own}*`
  if (!resources.every(isOwn)) throw malformed('Policy has invalid resource')
  if (statement['Action'] === undefined || statement['Resource'] === undefined) return
  const namesBucket = resources.some((resource) => !resource.startsWith(`${own}/`))
  const namesObjects = resources.some((resource) => resource !== own)
  for (const action of actions) {
    if (
      (isObjectAction(action) && !namesObjects) ||
      (isBucketAction(action) && !action.includes('*') && !namesBucket)
    ) {
      throw malformed('Action does not apply to any resource(s) in statement')
    }
  }
}

const conditionOperator =
  /^(?:For(?:Any|All)(?:Value|Values):)?(?:String(?:Not)?(?:Equals|EqualsIgnoreCase|Like)|Numeric(?:Not)?Equals|Numeric(?:Less|Greater)Than(?:Equals)?|Date(?:Not)?Equals|Date(?:Less|Greater)Than(?:Equals)?|Bool|BinaryEquals|(?:Not)?IpAddress|Arn(?:Not)?(?:Equals|Like))(?:IfExists)?$|^Null$/

function acceptCondition(condition: unknown): void {
  if (!isObject(condition)) throw malformed('Invalid policy syntax.')
  for (const [operator, keys] of Object.entries(condition)) {
    if (!conditionOperator.test(operator)) throw malformed(`Invalid Condition type : ${operator}`)
    if (!isObject(keys)) throw malformed('Invalid policy syntax.')
    for (const key of Object.keys(keys)) {
      if (!/^(?:aws|s3|kms|saml|sts|cognito-identity|accounts\.google\.com):./i.test(key)) {
        throw malformed('Policy has an invalid condition key')
      }
    }
  }
}

const invalidPrincipal = (): AwsError => malformed('Invalid principal in policy')

function acceptPrincipal(principal: unknown, scope: Scope): unknown {
  if (principal === '*') return principal
  if (!isObject(principal) || Object.keys(principal).length === 0) throw invalidPrincipal()
  const aws: string[] = []
  const rest: Record<string, unknown> = {}
  for (const [kind, value] of Object.entries(principal)) {
    const names = textsOf(value, 'Invalid principal in policy')
    if (names.length === 0) throw invalidPrincipal()
    if (kind === 'AWS') aws.push(...names.map((name) => acceptAwsPrincipal(name, scope)))
    else if (kind === 'CanonicalUser') aws.push(...names.map((name) => acceptCanonicalUser(name, scope)))
    else if (kind === 'Service') {
      if (!names.every((name) => /^[a-z0-9.-]+\.amazonaws\.com$/.test(name))) throw invalidPrincipal()
      rest[kind] = value
    } else if (kind === 'Federated') rest[kind] = value
    else throw invalidPrincipal()
  }
  return aws.length === 0 ? rest : { ...rest, AWS: aws.length === 1 ? aws[0] : aws }
}

function acceptCanonicalUser(id: string, scope: Scope): string {
  if (id === scope.owner) return `arn:aws:iam::${scope.context.accountId}:root`
  for (const identity of scope.peers.originAccessIdentities()) {
    if (identity.s3CanonicalUserId === id && isKnown(identity.createdAt, scope)) return oaiArnOf(identity.id)
  }
  throw invalidPrincipal()
}

function acceptAwsPrincipal(name: string, scope: Scope): string {
  if (name === '*') return name
  const oai = oaiArn.exec(name)?.[1]
  if (oai !== undefined) {
    for (const identity of scope.peers.originAccessIdentities()) {
      if (identity.id === oai && isKnown(identity.createdAt, scope)) return name
    }
    throw invalidPrincipal()
  }
  if (/^\d{12}$/.test(name)) return `arn:aws:iam::${name}:root`
  const arn = /^arn:aws:(?:iam|sts)::(\d{12}):(.+)$/.exec(name)
  if (arn === null) throw invalidPrincipal()
  // Other accounts' users and roles cannot be looked up here; S3 could, but nothing in a rehearsal depends on it.
  const own = arn[1] === scope.context.accountId
  if (own && arn[2] !== 'root' && !scope.peers.principalExists(name)) throw invalidPrincipal()
  return name
}

/** S3 learns of a new identity only some time after CloudFront has made it. */
const isKnown = (createdAt: number, { context }: Scope): boolean =>
  context.now() - createdAt >= context.timing.principal

/** Condition keys that, with fixed values, make a statement for everyone not public (S3 user guide). */
const narrowing = new Set([
  'aws:principalorgid',
  'aws:principalorgpaths',
  'aws:principalarn',
  'aws:principalaccount',
  'aws:sourceip',
  'aws:sourcearn',
  'aws:sourceaccount',
  'aws:sourceowner',
  'aws:sourcevpc',
  'aws:sourcevpce',
  'aws:sourceorgid',
  'aws:userid',
  's3:x-amz-server-side-encryption-aws-kms-key-id',
  's3:dataaccesspointarn',
  's3:dataaccesspointaccount',
])

/** Does a policy grant something to everyone, as Block Public Access understands it? */
export const isPublicPolicy = (policy: BucketPolicy): boolean =>
  policy.Statement.some(
    (statement) =>
      statement['Effect'] === 'Allow' && isEveryone(statement['Principal']) && !isNarrowed(statement['Condition']),
  )

function isEveryone(principal: unknown): boolean {
  if (principal === undefined || principal === '*') return true
  return isObject(principal) && listOf(principal['AWS']).includes('*')
}

const isNarrowed = (condition: unknown): boolean =>
  isObject(condition) &&
  Object.entries(condition).some(
    ([operator, keys]) =>
      !/Not|Null|IfExists/.test(operator) &&
      isObject(keys) &&
      Object.entries(keys).some(
        ([key, values]) =>
          narrowing.has(key.toLowerCase()) &&
          listOf(values).every((value) => typeof value === 'string' && value !== '0.0.0.0/0' && !/^\*+$/.test(value)),
      ),
  )
