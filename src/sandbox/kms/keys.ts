import { randomBytes, randomUUID } from 'node:crypto'

import { accountArn, keyArn } from '../contracts/arns.ts'
import type { Principals } from '../contracts/policy-document.ts'
import { parsePolicy, PolicySyntaxError } from '../policy/policy-document.ts'
import {
  checkNotPending,
  checkUsable,
  findKey,
  kmsError,
  numberIn,
  page,
  putKey,
  requiredIn,
  seconds,
  textIn,
  validationException,
  type Key,
  type KmsOperation,
  type KmsState,
} from './state.ts'
import { isObject, type JsonObject } from '../../json-object.ts'
import { isServicePrincipal } from '../policy/service-principals.ts'
import { isListed, type AwsRequest } from '../contracts/service.ts'

const day = 86_400_000
const longestPolicy = 32_768

/** Operations on keys as such, KMS API reference. */
export const keyOperations: Readonly<Record<string, KmsOperation>> = {
  CreateKey(state, input, request) {
    checkSymmetric(input)
    const id = randomUUID()
    const { accountId } = state.context
    const { region } = request
    const arn = keyArn(region, accountId, id)
    const key: Key = {
      id,
      arn,
      region,
      description: textIn(input, 'Description', 8192) ?? '',
      policy: policyIn(state, input, request, arn) ?? defaultPolicy(accountId),
      state: 'Enabled',
      deletionAt: undefined,
      rotationPeriod: undefined,
      tags: mergedTags({}, tagsIn(input)),
      material: randomBytes(32).toString('base64'),
      createdAt: state.context.now(),
    }
    putKey(state, key)
    return { KeyMetadata: metadata(state, key) }
  },
  DescribeKey: (state, input, { region }) => ({
    KeyMetadata: metadata(state, findKey(state, requiredIn(input, 'KeyId'), region, true)),
  }),
  ListKeys: (state, input, { region }) =>
    page(input, keysOf(state, region), 'Keys', (key) => ({ KeyId: key.id, KeyArn: key.arn })),
  UpdateKeyDescription(state, input, { region }) {
    const key = checkNotPending(named(state, input, region))
    putKey(state, { ...key, description: textIn(input, 'Description', 8192) ?? '' })
    return {}
  },
  EnableKey: (state, input, { region }) => setState(state, checkNotPending(named(state, input, region)), 'Enabled'),
  DisableKey: (state, input, { region }) => setState(state, checkNotPending(named(state, input, region)), 'Disabled'),
  ScheduleKeyDeletion(state, input, { region }) {
    const key = checkNotPending(named(state, input, region))
    const days = numberIn(input, 'PendingWindowInDays', 7, 30, 30)
    const deletionAt = state.context.now() + days * day
    putKey(state, { ...key, state: 'PendingDeletion', deletionAt })
    return {
      KeyId: key.arn,
      DeletionDate: seconds(deletionAt),
      KeyState: 'PendingDeletion',
      PendingWindowInDays: days,
    }
  },
  CancelKeyDeletion(state, input, { region }) {
    const key = named(state, input, region)
    if (key.state !== 'PendingDeletion') {
      throw kmsError('KMSInvalidStateException', `${key.arn} is not pending deletion.`)
    }
    putKey(state, { ...key, state: 'Disabled', deletionAt: undefined })
    return { KeyId: key.arn }
  },
  GetKeyRotationStatus(state, input, { region }) {
    const { arn, rotationPeriod, state: keyState } = named(state, input, region)
    // While deletion is pending it is off; a deletion that is cancelled brings it back.
    const rotates = rotationPeriod !== undefined && keyState !== 'PendingDeletion'
    return { KeyId: arn, KeyRotationEnabled: rotates, ...(rotates ? { RotationPeriodInDays: rotationPeriod } : {}) }
  },
  EnableKeyRotation(state, input, { region }) {
    const key = checkUsable(named(state, input, region))
    putKey(state, { ...key, rotationPeriod: numberIn(input, 'RotationPeriodInDays', 90, 2560, 365) })
    return {}
  },
  DisableKeyRotation(state, input, { region }) {
    putKey(state, { ...checkUsable(named(state, input, region)), rotationPeriod: undefined })
    return {}
  },
  GetKeyPolicy(state, input, { region }) {
    checkPolicyName(input)
    return { Policy: named(state, input, region).policy, PolicyName: 'default' }
  },
  PutKeyPolicy(state, input, request) {
    checkPolicyName(input)
    const key = checkNotPending(named(state, input, request.region))
    requiredIn(input, 'Policy', longestPolicy)
    putKey(state, { ...key, policy: policyIn(state, input, request, key.arn) ?? key.policy })
    return {}
  },
  ListKeyPolicies(state, input, { region }) {
    named(state, input, region)
    return page(input, ['default'], 'PolicyNames', (name) => name)
  },
  TagResource(state, input, { region }) {
    const key = checkNotPending(named(state, input, region))
    putKey(state, { ...key, tags: mergedTags(key.tags, tagsIn(input)) })
    return {}
  },
  UntagResource(state, input, { region }) {
    const key = checkNotPending(named(state, input, region))
    const dropped = new Set<unknown>(Array.isArray(input['TagKeys']) ? input['TagKeys'] : [])
    putKey(state, { ...key, tags: Object.fromEntries(Object.entries(key.tags).filter(([tag]) => !dropped.has(tag))) })
    return {}
  },
  ListResourceTags: (state, input, { region }) =>
    page(input, Object.entries(named(state, input, region).tags), 'Tags', ([TagKey, TagValue]) => ({
      TagKey,
      TagValue,
    })),
}

/** These operations take a key id or key ARN; an alias is not one. */
const named = (state: KmsState, input: JsonObject, region: string): Key =>
  findKey(state, requiredIn(input, 'KeyId'), region)

/** Keys of a region that lists show, oldest first. */
export const keysOf = (state: KmsState, region: string): Key[] =>
  state.keys
    .list()
    .filter((key) => key.region === region && isListed(state.context, key.createdAt))
    .sort((a, b) => a.createdAt - b.createdAt)

function setState(state: KmsState, key: Key, next: 'Enabled' | 'Disabled'): object {
  putKey(state, { ...key, state: next })
  return {}
}

function checkSymmetric(input: JsonObject): void {
  const spec = input['KeySpec'] ?? input['CustomerMasterKeySpec'] ?? 'SYMMETRIC_DEFAULT'
  const usage = input['KeyUsage'] ?? 'ENCRYPT_DECRYPT'
  const origin = input['Origin'] ?? 'AWS_KMS'
  if (spec === 'SYMMETRIC_DEFAULT' && usage === 'ENCRYPT_DECRYPT' && origin === 'AWS_KMS') return
  throw kmsError('UnsupportedOperationException', 'The sandbox has symmetric encryption keys of AWS_KMS origin only.')
}

function checkPolicyName(input: JsonObject): void {
  if ((textIn(input, 'PolicyName') ?? 'default') === 'default') return
  throw kmsError('NotFoundException', 'No such policy exists')
}

/** The policy that AWS gives a key created with none through the API ("Default key policy", KMS Developer Guide). */
function defaultPolicy(accountId: string): string {
  const statement = {
    Sid: 'Enable IAM User Permissions',
    Effect: 'Allow',
    Principal: { AWS: accountArn(accountId) },
    Action: 'kms:*',
    Resource: '*',
  }
  return JSON.stringify({ Version: '2012-10-17', Id: 'key-default-1', Statement: [statement] }, undefined, 2)
}

/** Checks syntax, principals, and that the caller is not locked out of changing the policy again. */
function policyIn(state: KmsState, input: JsonObject, request: AwsRequest, keyArn: string): string | undefined {
  const policy = textIn(input, 'Policy', longestPolicy)
  if (policy === undefined) return undefined
  if (!principalsOf(policy).every((principals) => areKnown(state, principals))) {
    throw malformed('Policy contains a statement with one or more invalid principals.')
  }
  const bypass = input['BypassPolicyLockoutSafetyCheck'] === true
  if (!bypass && !state.allows(request.caller, 'kms:PutKeyPolicy', policy, keyArn)) {
    throw malformed('The new key policy will not allow you to update the key policy in the future.')
  }
  return policy
}

const malformed = (message: string): Error => kmsError('MalformedPolicyDocumentException', message)

function principalsOf(policy: string): readonly Principals[] {
  try {
    return parsePolicy(policy).statements.map(({ principal, notPrincipal, resources, notResources }) => {
      const named = principal ?? notPrincipal
      if (named === undefined) throw new PolicySyntaxError('Policy contains a statement with no principal.')
      if ((resources ?? notResources) === undefined) {
        throw new PolicySyntaxError('Policy contains a statement with no resource.')
      }
      return named
    })
  } catch (error) {
    if (error instanceof PolicySyntaxError) throw malformed(error.message)
    throw error
  }
}

/** KMS Developer Guide, "Key policies in AWS KMS": accounts, users, roles and sessions; services. No canonical users. */
function areKnown(state: KmsState, principals: Principals): boolean {
  const { AWS: identities = [], Service: services = [], CanonicalUser: canonical = [] } = principals
  return (
    identities.every((principal) => principal === '*' || state.principalExists(principal)) &&
    services.every(isServicePrincipal) &&
    canonical.length === 0
  )
}

/** The tags that a request gives, as a map. */
export function tagsIn(input: JsonObject): Record<string, string> {
  const given = input['Tags'] ?? []
  if (!Array.isArray(given)) throw kmsError('SerializationException', 'Expected a list.')
  const tags: Record<string, string> = {}
  for (const tag of given as unknown[]) {
    const key = isObject(tag) ? tag['TagKey'] : undefined
    const value = isObject(tag) ? tag['TagValue'] : undefined
    if (typeof key !== 'string' || typeof value !== 'string' || key === '' || key.length > 128 || value.length > 256) {
      throw validationException(`Value at 'tags' failed to satisfy constraint: Member must be a valid tag`)
    }
    if (/^aws:/i.test(key))
      throw kmsError('TagException', 'aws: prefixed tag key names are not allowed for external use')
    if (key in tags) throw kmsError('TagException', 'Duplicate tag keys found.')
    tags[key] = value
  }
  return tags
}

function mergedTags(present: Record<string, string>, given: Record<string, string>): Record<string, string> {
  const tags = { ...present, ...given }
  if (Object.keys(tags).length > 50) throw kmsError('TagException', 'Too many tags')
  return tags
}

function metadata(state: KmsState, key: Key): object {
  return {
    AWSAccountId: state.context.accountId,
    KeyId: key.id,
    Arn: key.arn,
    CreationDate: seconds(key.createdAt),
    Enabled: key.state === 'Enabled',
    Description: key.description,
    KeyUsage: 'ENCRYPT_DECRYPT',
    KeyState: key.state,
    ...(key.deletionAt === undefined ? {} : { DeletionDate: seconds(key.deletionAt) }),
    Origin: 'AWS_KMS',
    KeyManager: 'CUSTOMER',
    CustomerMasterKeySpec: 'SYMMETRIC_DEFAULT',
    KeySpec: 'SYMMETRIC_DEFAULT',
    EncryptionAlgorithms: ['SYMMETRIC_DEFAULT'],
    MultiRegion: false,
  }
}
