import { userArn } from '../contracts/arns.ts'
import {
  alreadyExists,
  checkedPolicy,
  mergedTags,
  nameIn,
  noSuchEntity,
  page,
  pathIn,
  tagsIn,
  timeText,
  type Tag,
} from './input.ts'
import { parseIdentityPolicy } from '../policy/identity-policy.ts'
import {
  accessKeyId,
  secretAccessKey,
  uniqueId,
  type AccessKey,
  type IamOperation,
  type IamState,
  type User,
} from './state.ts'
import { validationError, type QueryParameters } from '../wire/query.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import { AwsError, type AwsRequest } from '../contracts/service.ts'
import { uriEncode } from '../wire/signature.ts'

/** Operations on users, IAM API reference: enough to make callers who may do some things and not others. */
export const userOperations: Readonly<Record<string, IamOperation>> = {
  CreateUser(state, parameters) {
    const name = nameIn(parameters, 'UserName', 64)
    if (state.users.get(name.toLowerCase()) !== undefined) {
      throw alreadyExists(`User with name ${name} already exists.`)
    }
    const user = newUser(state, name, pathIn(parameters), mergedTags([], tagsIn(parameters)))
    put(state, user)
    return { User: shown(user) }
  },
  GetUser(state, parameters, request) {
    if (parameters.text('UserName') === undefined && request.caller.kind === 'root') {
      const { accountId, arn } = request.caller
      return { User: { Path: '/', UserId: accountId, Arn: arn, CreateDate: timeText(0) } }
    }
    return { User: shown(findUser(state, parameters, request)) }
  },
  ListUsers(state, parameters) {
    const prefix = parameters.text('PathPrefix') ?? '/'
    return page(
      parameters,
      state.users.list().filter((user) => user.path.startsWith(prefix)),
      'Users',
      shown,
    )
  },
  DeleteUser(state, parameters, request) {
    const user = findUser(state, parameters, request)
    const keys = accessKeysOf(state, user.name)
    if (keys.length > 0 || Object.keys(user.policies).length > 0) {
      const first = keys.length > 0 ? 'access keys' : 'policies'
      throw new AwsError(409, 'DeleteConflict', `Cannot delete entity, must delete ${first} first.`)
    }
    state.users.delete(user.name.toLowerCase())
    return undefined
  },
  PutUserPolicy(state, parameters, request) {
    const user = findUser(state, parameters, request)
    const document = parameters.required('PolicyDocument')
    checkedPolicy(() => parseIdentityPolicy(document))
    put(state, { ...user, policies: { ...user.policies, [nameIn(parameters, 'PolicyName', 128)]: document } })
    return undefined
  },
  GetUserPolicy(state, parameters, request) {
    const user = findUser(state, parameters, request)
    const name = nameIn(parameters, 'PolicyName', 128)
    return { UserName: user.name, PolicyName: name, PolicyDocument: uriEncode(userPolicy(user, name)) }
  },
  ListUserPolicies: (state, parameters, request) =>
    page(parameters, Object.keys(findUser(state, parameters, request).policies).sort(), 'PolicyNames', (name) => name),
  DeleteUserPolicy(state, parameters, request) {
    const user = findUser(state, parameters, request)
    const name = nameIn(parameters, 'PolicyName', 128)
    userPolicy(user, name)
    const policies = Object.entries(user.policies).filter(([present]) => present !== name)
    put(state, { ...user, policies: Object.fromEntries(policies) })
    return undefined
  },
  /** The sandbox knows no managed policies. */
  ListAttachedUserPolicies(state, parameters, request) {
    findUser(state, parameters, request)
    return page(parameters, [], 'AttachedPolicies', () => ({}))
  },
  CreateAccessKey(state, parameters, request) {
    const user = findUser(state, parameters, request)
    if (accessKeysOf(state, user.name).length >= 2) {
      throw new AwsError(409, 'LimitExceeded', 'Cannot exceed quota for AccessKeysPerUser: 2')
    }
    const key = newKey(state, user.name)
    return { AccessKey: { ...shownKey(key), SecretAccessKey: key.secretAccessKey } }
  },
  ListAccessKeys: (state, parameters, request) =>
    page(parameters, accessKeysOf(state, findUser(state, parameters, request).name), 'AccessKeyMetadata', shownKey),
  DeleteAccessKey(state, parameters, request) {
    const user = findUser(state, parameters, request)
    const id = parameters.required('AccessKeyId')
    if (state.accessKeys.get(id)?.userName !== user.name) {
      throw noSuchEntity(`The Access Key with id ${id} cannot be found.`)
    }
    state.accessKeys.delete(id)
    return undefined
  },
}

const put = (state: IamState, user: User): void => state.users.put(user.name.toLowerCase(), user)

/** The named user, or the caller. */
function findUser(state: IamState, parameters: QueryParameters, request: AwsRequest): User {
  const { caller } = request
  if (parameters.text('UserName') === undefined && caller.kind !== 'user') {
    throw validationError(['Must specify userName when calling with non-User credentials'])
  }
  const name =
    caller.kind === 'user' ? (parameters.text('UserName') ?? caller.userName) : nameIn(parameters, 'UserName', 128)
  const user = state.users.get(name.toLowerCase())
  if (user === undefined) throw noSuchEntity(`The user with name ${name} cannot be found.`)
  return user
}

function userPolicy(user: User, name: string): string {
  const document = user.policies[name]
  if (document === undefined) throw noSuchEntity(`The user policy with name ${name} cannot be found.`)
  return document
}

export const accessKeysOf = (state: IamState, userName: string): AccessKey[] =>
  state.accessKeys.list().filter((key) => key.userName === userName)

/** Makes sure of a user with exactly these policies (JSON) and an access key, and answers the key. */
export function enrol(state: IamState, name: string, policies: readonly string[]): AccessKey {
  const user = state.users.get(name.toLowerCase()) ?? newUser(state, name, '/', [])
  put(state, {
    ...user,
    policies: Object.fromEntries(policies.map((policy, index) => [`policy-${index + 1}`, policy])),
  })
  return accessKeysOf(state, user.name)[0] ?? newKey(state, user.name)
}

function newUser(state: IamState, name: string, path: string, tags: Tag[]): User {
  const { accountId } = state.context
  const createdAt = state.context.now()
  const id = uniqueId('AIDA', `${name} ${createdAt}`)
  return { name, path, id, arn: userArn(accountId, path, name), tags, policies: {}, createdAt }
}

function newKey(state: IamState, userName: string): AccessKey {
  const createdAt = state.context.now()
  const key: AccessKey = { id: accessKeyId('AKIA'), secretAccessKey: secretAccessKey(), userName, createdAt }
  state.accessKeys.put(key.id, key)
  return key
}

function shown(user: User): XmlContent {
  const { path, name, id, arn, createdAt, tags } = user
  return {
    Path: path,
    UserName: name,
    UserId: id,
    Arn: arn,
    CreateDate: timeText(createdAt),
    Tags: tags.length === 0 ? undefined : { member: tags.map((tag) => ({ ...tag })) },
  }
}

const shownKey = (key: AccessKey): { readonly [member: string]: XmlContent } => ({
  UserName: key.userName,
  AccessKeyId: key.id,
  Status: 'Active',
  CreateDate: timeText(key.createdAt),
})
