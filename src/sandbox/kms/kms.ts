import { aliasArn, keyArn } from '../contracts/arns.ts'
import { type ConditionContext, judge } from '../policy/authorization.ts'
import { parsePolicy } from '../policy/policy-document.ts'
import type { KmsPeers } from '../contracts/kms-peers.ts'
import { aliasOperations } from './aliases.ts'
import { cipherOperations, keyOfCiphertext } from './cipher.ts'
import { keyOperations, keysOf, tagsIn } from './keys.ts'
import { checkUsable, findKey, mapIn, textIn, type Alias, type Key, type KmsOperation, type KmsState } from './state.ts'
import type { TaggedResources } from '../contracts/lambda-peers.ts'
import { tagConditionKeys } from '../policy/tag-keys.ts'
import type { JsonObject } from '../../json-object.ts'
import { json11Error, json11Response, readJson, targetOperation } from '../wire/json.ts'
import {
  AwsError,
  type AwsRequest,
  type Caller,
  type Context,
  type Permission,
  type Service,
} from '../contracts/service.ts'

/** KMS as the other services see it. */
export interface Kms extends Service, TaggedResources {
  /** May the caller use a key so? `keyId` undefined stands for the AWS managed key of the account, such as `aws/s3`. */
  mayUseKey(
    caller: Caller,
    action: string,
    keyId: string | undefined,
    region: string,
    context: ConditionContext,
  ): boolean
  /** The ARN of a key. Throws what S3 answers where it is not there, or disabled: KMS's error with a prefix. */
  requireKey(keyId: string, region: string): string
}

const operations: Readonly<Record<string, KmsOperation>> = {
  ...keyOperations,
  ...aliasOperations,
  ...cipherOperations,
}

/** AWS Key Management Service, API version 2014-11-01. */
export function createKms(context: Context, iam: KmsPeers): Kms {
  const allows = (
    caller: Caller,
    action: string,
    policy: string,
    resource: string,
    context: ConditionContext = {},
  ): boolean =>
    judge({
      caller,
      action,
      resource,
      context,
      identityPolicies: iam.identityPolicies(caller),
      resourcePolicies: [parsePolicy(policy)],
      resourcePolicyDecides: true,
    }) === 'allowed'
  const state: KmsState = {
    context,
    keys: context.store.collection<Key>('kms-key'),
    aliases: context.store.collection<Alias>('kms-alias'),
    principalExists: (principal) => iam.principalExists(principal, true),
    allows,
  }

  return {
    names: ['kms'],
    operations: Object.keys(operations),
    operation(request) {
      const operation = targetOperation(request, 'TrentService')
      if (operation in operations) return operation
      throw new AwsError(400, 'UnknownOperationException', '')
    },
    permissions: async (request, operation) => permissionsOf(state, request, operation, await readJson(request)),
    async handle(request, operation) {
      const run = operations[operation]
      if (run === undefined) throw new AwsError(400, 'UnknownOperationException', '')
      return json11Response(request, run(state, await readJson(request), request))
    },
    error: (error, request) => json11Error(error, request),
    mayUseKey(caller, action, keyId, region, context) {
      // Managed keys are for the account's own callers, through the service they belong to.
      if (keyId === undefined) return 'accountId' in caller
      try {
        const key = findKey(state, keyId, region, true)
        return key.state === 'Enabled' && allows(caller, action, key.policy, key.arn, context)
      } catch (error) {
        if (error instanceof AwsError) return false
        throw error
      }
    },
    requireKey(keyId, region) {
      try {
        return checkUsable(findKey(state, keyId, region, true)).arn
      } catch (error) {
        if (!(error instanceof AwsError)) throw error
        throw new AwsError(400, `KMS.${error.code}`, error.message)
      }
    },
    taggedResources: (region) => keysOf(state, region).map(({ arn, tags }) => ({ arn, tags, type: 'kms:key' })),
  }
}

const withoutResource = new Set(['ListKeys', 'ListAliases'])

/** Actions have the operations' names; a key's own policy decides, "Determining access to AWS KMS keys". */
function permissionsOf(
  state: KmsState,
  request: AwsRequest,
  operation: string,
  input: JsonObject,
): readonly Permission[] {
  const action = `kms:${operation}`
  if (operation === 'CreateKey') return creation(state, request, input)
  if (withoutResource.has(operation)) return [{ action, resource: '*' }]
  const alias = textIn(input, 'AliasName')
  const ofAlias: Permission[] =
    alias === undefined ? [] : [{ action, resource: aliasArn(request.region, state.context.accountId, alias) }]
  const key = keyAskedFor(state, request, operation, input)
  if (key === undefined) return ofAlias
  const encryptionContext = Object.entries(mapIn(input, 'EncryptionContext'))
  const context = {
    'kms:CallerAccount': state.context.accountId,
    ...(encryptionContext.length === 0 ? {} : { 'kms:EncryptionContextKeys': encryptionContext.map(([name]) => name) }),
    ...Object.fromEntries(encryptionContext.map(([name, value]) => [`kms:EncryptionContext:${name}`, value])),
    ...tagConditionKeys('aws:ResourceTag', key.tags),
    ...(operation === 'TagResource' ? tagConditionKeys('aws:RequestTag', tagsIn(input)) : {}),
    ...(textIn(input, 'KeyId')?.startsWith('alias/') === true
      ? { 'kms:RequestAlias': textIn(input, 'KeyId') ?? '' }
      : {}),
  }
  const ofKey = { action, resource: key.arn, resourcePolicy: key.policy, resourcePolicyDecides: true, context }
  return [...ofAlias, ofKey]
}

/** Tags in the call that makes a key need a permission of their own, on a key that has no id yet. */
function creation(state: KmsState, request: AwsRequest, input: JsonObject): readonly Permission[] {
  const context = tagConditionKeys('aws:RequestTag', tagsIn(input))
  const anyKey = keyArn(request.region, state.context.accountId, '*')
  const tagging = { action: 'kms:TagResource', resource: anyKey, context }
  return [{ action: 'kms:CreateKey', resource: '*', context }, ...(Object.keys(context).length === 0 ? [] : [tagging])]
}

/** Undefined where the operation will say what is wrong with the id. */
function keyAskedFor(state: KmsState, request: AwsRequest, operation: string, input: JsonObject): Key | undefined {
  if (operation === 'Decrypt') return keyOfCiphertext(state, input, request.region)
  const keyId = textIn(input, 'TargetKeyId') ?? textIn(input, 'KeyId')
  return keyId === undefined ? undefined : findKey(state, keyId, request.region, true)
}
