import { s3Arn } from '../contracts/arns.ts'
import { isObject, type JsonObject } from '../../json-object.ts'
import { isConditionOperator, isGlobalKey } from '../policy/condition-keys.ts'
import { policyElements, statementElements } from '../policy/policy-document.ts'
import { actionsMatching, hasConditionKey, isConditionKey, type S3Resource } from './actions.ts'
import {
  type BucketPolicy,
  invalidSyntax,
  listOf,
  malformed,
  type PolicyScope,
  textsOf,
} from './bucket-policy-parts.ts'
import { acceptPrincipal } from './bucket-policy-principals.ts'

/** Bucket policies may hold 20 KB. */
const sizeLimit = 20 * 1024

/**
 * Checks a bucket policy as PutBucketPolicy does and returns it as GetBucketPolicy will: with every principal in the
 * form that S3 rewrites it to. Throws MalformedPolicy with S3's messages.
 */
export function acceptPolicy(text: string, scope: PolicyScope): BucketPolicy {
  if (Buffer.byteLength(text) > sizeLimit) throw malformed('Policy exceeds the maximum allowed document size.')
  const document = parse(text)
  const version = document['Version']
  if (version !== undefined && version !== '2012-10-17' && version !== '2008-10-17') {
    throw malformed('The policy must contain a valid version string')
  }
  rejectUnknown(document, policyElements)
  if (document['Statement'] === undefined) throw malformed('Missing required field Statement')
  if (document['Id'] !== undefined && typeof document['Id'] !== 'string') throw invalidSyntax()
  const statements = listOf(document['Statement'])
  if (statements.length === 0) throw malformed('Could not parse the policy: Statement is empty!')
  const seen = new Set<string>()
  return {
    ...document,
    Statement: statements.map((statement) => {
      if (!isObject(statement)) throw invalidSyntax()
      const sid = statement['Sid'] ?? ''
      if (typeof sid !== 'string') throw invalidSyntax()
      if (seen.has(sid)) throw malformed('Statement IDs (SID) in a single policy must be unique.')
      if (sid !== '') seen.add(sid)
      return acceptStatement(statement, scope)
    }),
  }
}

function parse(text: string): JsonObject {
  if (!text.startsWith('{')) throw malformed("Policies must be valid JSON and the first byte must be '{'")
  try {
    const document: unknown = JSON.parse(text)
    if (isObject(document)) return document
  } catch {
    // Said below.
  }
  throw malformed('This policy contains invalid Json')
}

function rejectUnknown(object: JsonObject, known: ReadonlySet<string>): void {
  for (const name of Object.keys(object)) if (!known.has(name)) throw malformed(`Unknown field ${name}`)
}

function acceptStatement(statement: JsonObject, scope: PolicyScope): JsonObject {
  rejectUnknown(statement, statementElements)
  for (const name of ['Principal', 'Action', 'Resource']) {
    // "You must use either the Action or NotAction element", and so on: never both.
    if (statement[name] !== undefined && statement[`Not${name}`] !== undefined) throw invalidSyntax()
  }
  const effect = statement['Effect']
  if (effect === undefined) throw malformed('Missing required field Effect')
  if (effect !== 'Allow' && effect !== 'Deny') throw malformed(`Invalid effect: ${JSON.stringify(effect)}`)
  const principalField = statement['NotPrincipal'] === undefined ? 'Principal' : 'NotPrincipal'
  if (statement[principalField] === undefined) throw malformed('Missing required field Principal')
  const actions = acceptActions(statement)
  const kinds = acceptResources(statement, scope.bucket)
  // NotAction is about all others, of which some always fit.
  const named = statement['Action'] === undefined ? [] : actions
  for (const action of named) requireResource(action, kinds)
  if (statement['Condition'] !== undefined) acceptCondition(statement['Condition'], named)
  return { ...statement, [principalField]: acceptPrincipal(statement[principalField], scope) }
}

/** Returns the patterns. Throws MalformedPolicy for one that no action of S3 fits. */
function acceptActions(statement: JsonObject): string[] {
  const actions = textsOf(statement['Action'] ?? statement['NotAction'], 'Policy has invalid action')
  if (actions.length === 0) throw malformed('Missing required field Action')
  if (!actions.every((action) => actionsMatching(action).size > 0)) throw malformed('Policy has invalid action')
  return actions
}

/** Returns what the resources are. Throws MalformedPolicy for a resource that is not the bucket or in it. */
function acceptResources(statement: JsonObject, bucket: string): ReadonlySet<S3Resource> {
  const resources = textsOf(statement['Resource'] ?? statement['NotResource'], 'Policy has invalid resource')
  if (resources.length === 0) throw malformed('Missing required field Resource')
  const own = s3Arn(bucket)
  const isOwn = (resource: string): boolean =>
    resource === own || resource.startsWith(`${own}/`) || resource === `${own}*`
  if (!resources.every(isOwn)) throw malformed('Policy has invalid resource')
  if (statement['Resource'] === undefined) return new Set(['bucket', 'object'])
  const ofResource = (resource: string): S3Resource[] =>
    resource === own ? ['bucket'] : resource === `${own}*` ? ['bucket', 'object'] : ['object']
  return new Set(resources.flatMap(ofResource))
}

/** Some action that a pattern stands for must be about one of the resources. */
function requireResource(pattern: string, resources: ReadonlySet<S3Resource>): void {
  const kinds = [...actionsMatching(pattern).values()]
  if (kinds.some((kind) => kind !== undefined && resources.has(kind))) return
  throw malformed('Action does not apply to any resource(s) in statement')
}

/** Prefixes of keys that other services bring along. */
const foreignKey = /^(?:kms|saml|sts|cognito-identity\.amazonaws\.com|accounts\.google\.com|www\.amazon\.com):./i

/**
 * Operators and keys must exist, and a key of S3's own must be one that each action of the statement has (S3 User Guide,
 * "Bucket policy examples using condition keys"); of a pattern's actions one.
 */
function acceptCondition(condition: unknown, actions: readonly string[]): void {
  if (!isObject(condition)) throw invalidSyntax()
  for (const [operator, keys] of Object.entries(condition)) {
    if (!isConditionOperator(operator)) throw malformed(`Invalid Condition type : ${operator}`)
    if (!isObject(keys)) throw invalidSyntax()
    for (const [key, values] of Object.entries(keys)) {
      if (!listOf(values).every((value) => ['string', 'number', 'boolean'].includes(typeof value)))
        throw invalidSyntax()
      acceptKey(key, actions)
    }
  }
}

function acceptKey(key: string, actions: readonly string[]): void {
  const [, prefix = '', name = ''] = /^([a-z0-9]+):(.+)$/i.exec(key) ?? []
  const isS3 = prefix.toLowerCase() === 's3'
  const known = isS3 ? isConditionKey(name) : prefix.toLowerCase() === 'aws' ? isGlobalKey(name) : foreignKey.test(key)
  if (!known) throw malformed('Policy has an invalid condition key')
  const applies = (pattern: string): boolean =>
    [...actionsMatching(pattern).keys()].some((action) => hasConditionKey(action, name))
  if (isS3 && !actions.every(applies)) {
    throw malformed('Conditions do not apply to combination of actions and resources in statement')
  }
}
