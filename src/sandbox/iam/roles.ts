import { roleArn } from '../contracts/arns.ts'
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
import { parseIdentityPolicy, parseTrustPolicy } from '../policy/identity-policy.ts'
import { uniqueId, type IamOperation, type IamState, type Role } from './state.ts'
import type { QueryParameters } from '../wire/query.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import { AwsError } from '../contracts/service.ts'
import { uriEncode } from '../wire/signature.ts'

const largestTrustPolicy = 2048
const largestInlinePolicies = 10_240

/** Operations on roles, IAM API reference. */
export const roleOperations: Readonly<Record<string, IamOperation>> = {
  CreateRole(state, parameters) {
    const name = nameIn(parameters, 'RoleName', 64)
    const trustPolicy = trustPolicyIn(state, parameters, 'AssumeRolePolicyDocument')
    if (state.roles.get(name.toLowerCase()) !== undefined) {
      throw alreadyExists(`Role with name ${name} already exists.`)
    }
    const role = newRole(state, {
      name,
      path: pathIn(parameters),
      description: descriptionIn(parameters),
      maxSessionDuration: sessionDurationIn(parameters),
      trustPolicy,
      boundary: boundaryIn(state, parameters),
      tags: mergedTags([], tagsIn(parameters)),
    })
    return { Role: { ...shown(role), ...shownBoundary(role), Tags: shownTags(role.tags) } }
  },
  GetRole(state, parameters) {
    const role = findRole(state, parameters)
    return { Role: { ...shown(role), ...shownBoundary(role), Tags: shownTags(role.tags), RoleLastUsed: {} } }
  },
  ListRoles(state, parameters) {
    const prefix = parameters.text('PathPrefix') ?? '/'
    const roles = state.roles.list().filter((role) => role.path.startsWith(prefix))
    return page(parameters, roles, 'Roles', shown)
  },
  UpdateRole(state, parameters) {
    const role = findRole(state, parameters)
    put(state, {
      ...role,
      description: descriptionIn(parameters) ?? role.description,
      maxSessionDuration: sessionDurationIn(parameters, role.maxSessionDuration),
    })
    return {}
  },
  DeleteRole(state, parameters) {
    const role = findRole(state, parameters)
    if (Object.keys(role.policies).length > 0) {
      throw new AwsError(409, 'DeleteConflict', 'Cannot delete entity, must delete policies first.')
    }
    state.roles.delete(role.name.toLowerCase())
    return undefined
  },
  TagRole(state, parameters) {
    const role = findRole(state, parameters)
    put(state, { ...role, tags: mergedTags(role.tags, tagsIn(parameters)) })
    return undefined
  },
  UntagRole(state, parameters) {
    const role = findRole(state, parameters)
    const dropped = new Set(parameters.list('TagKeys').map((key) => key.toLowerCase()))
    put(state, { ...role, tags: role.tags.filter(({ Key }) => !dropped.has(Key.toLowerCase())) })
    return undefined
  },
  ListRoleTags: (state, parameters) =>
    page(parameters, findRole(state, parameters).tags, 'Tags', (tag) => ({ ...tag })),
  UpdateAssumeRolePolicy(state, parameters) {
    const role = findRole(state, parameters)
    const trustPolicy = trustPolicyIn(state, parameters, 'PolicyDocument')
    const trustedAt = trustPolicy === role.trustPolicy ? role.trustedAt : state.context.now()
    put(state, { ...role, trustPolicy, trustedAt })
    return undefined
  },
  PutRolePermissionsBoundary(state, parameters) {
    const role = findRole(state, parameters)
    parameters.required('PermissionsBoundary')
    put(state, { ...role, boundary: boundaryIn(state, parameters) })
    return undefined
  },
  DeleteRolePermissionsBoundary(state, parameters) {
    const { boundary, ...role } = findRole(state, parameters)
    if (boundary === undefined) {
      throw noSuchEntity(`The role with name ${role.name} does not have a permissions boundary.`)
    }
    put(state, role)
    return undefined
  },
  PutRolePolicy(state, parameters) {
    const role = findRole(state, parameters)
    const name = nameIn(parameters, 'PolicyName', 128)
    const document = parameters.required('PolicyDocument')
    checkedPolicy(() => parseIdentityPolicy(document))
    const policies = { ...role.policies, [name]: document }
    // White space does not count against the quota.
    if (Object.values(policies).join('').replace(/\s/g, '').length > largestInlinePolicies) {
      const message = `Maximum policy size of ${largestInlinePolicies} bytes exceeded for role ${role.name}`
      throw new AwsError(409, 'LimitExceeded', message)
    }
    put(state, { ...role, policies })
    return undefined
  },
  GetRolePolicy(state, parameters) {
    const role = findRole(state, parameters)
    const name = nameIn(parameters, 'PolicyName', 128)
    return { RoleName: role.name, PolicyName: name, PolicyDocument: uriEncode(rolePolicy(role, name)) }
  },
  ListRolePolicies: (state, parameters) =>
    page(parameters, Object.keys(findRole(state, parameters).policies).sort(), 'PolicyNames', (name) => name),
  DeleteRolePolicy(state, parameters) {
    const role = findRole(state, parameters)
    const name = nameIn(parameters, 'PolicyName', 128)
    rolePolicy(role, name)
    const policies = Object.entries(role.policies).filter(([present]) => present !== name)
    put(state, { ...role, policies: Object.fromEntries(policies) })
    return undefined
  },
  /** The sandbox knows no managed policies. */
  ListAttachedRolePolicies(state, parameters) {
    findRole(state, parameters)
    return page(parameters, [], 'AttachedPolicies', () => ({}))
  },
  ListInstanceProfilesForRole(state, parameters) {
    findRole(state, parameters)
    return page(parameters, [], 'InstanceProfiles', () => ({}))
  },
  CreateServiceLinkedRole(state, parameters) {
    const service = parameters.required('AWSServiceName')
    const name = serviceLinkedName(service)
    if (state.roles.get(name.toLowerCase()) !== undefined) {
      const message = `Service role name ${name} has been taken in this account, please try a different suffix.`
      throw new AwsError(400, 'InvalidInput', message)
    }
    const statement = { Effect: 'Allow', Principal: { Service: service }, Action: 'sts:AssumeRole' }
    const role = newRole(state, {
      name,
      path: `/aws-service-role/${service}/`,
      description: descriptionIn(parameters),
      maxSessionDuration: 3600,
      trustPolicy: JSON.stringify({ Version: '2012-10-17', Statement: [statement] }),
      tags: [],
    })
    return { Role: shown(role) }
  },
}

type NewRole = Pick<Role, 'name' | 'path' | 'description' | 'maxSessionDuration' | 'trustPolicy' | 'boundary' | 'tags'>

function newRole(state: IamState, settings: NewRole): Role {
  const now = state.context.now()
  const role: Role = {
    ...settings,
    id: uniqueId('AROA', `${settings.name} ${now}`),
    arn: roleArn(state.context.accountId, settings.path, settings.name),
    policies: {},
    createdAt: now,
    trustedAt: now,
  }
  put(state, role)
  return role
}

/** Role names are unique whatever their case. */
const put = (state: IamState, role: Role): void => state.roles.put(role.name.toLowerCase(), role)

function findRole(state: IamState, parameters: QueryParameters): Role {
  const name = nameIn(parameters, 'RoleName', 64)
  const role = state.roles.get(name.toLowerCase())
  if (role === undefined) throw noSuchEntity(`The role with name ${name} cannot be found.`)
  return role
}

function rolePolicy(role: Role, name: string): string {
  const document = role.policies[name]
  if (document === undefined) throw noSuchEntity(`The role policy with name ${name} cannot be found.`)
  return document
}

function trustPolicyIn(state: IamState, parameters: QueryParameters, parameter: string): string {
  const document = parameters.required(parameter)
  checkedPolicy(() => parseTrustPolicy(document, (principal) => state.principalExists(principal)))
  if (document.replace(/\s/g, '').length <= largestTrustPolicy) return document
  throw new AwsError(409, 'LimitExceeded', `Cannot exceed quota for ACLSizePerRole: ${largestTrustPolicy}`)
}

/** The sandbox knows no managed policies: any of AWS's or of its own account's is as good as there, and bounds nothing. */
function boundaryIn({ context }: IamState, parameters: QueryParameters): string | undefined {
  const arn = parameters.text('PermissionsBoundary')
  if (arn === undefined) return undefined
  const [, owner] = /^arn:aws:iam::(aws|\d{12}):policy\/[\w+=,.@/-]+$/.exec(arn) ?? []
  if (owner === undefined) throw new AwsError(400, 'ValidationError', `ARN ${arn} is not valid.`)
  if (owner === 'aws' || owner === context.accountId) return arn
  throw noSuchEntity(`Scope ARN: ${arn} does not exist or is not attachable.`)
}

function descriptionIn(parameters: QueryParameters): string | undefined {
  const description = parameters.text('Description')
  if (description === undefined || /^[\t\n\r\x20-\x7e\xa1-\xff]{0,1000}$/.test(description)) return description
  throw new AwsError(
    400,
    'ValidationError',
    "1 validation error detected: Value at 'description' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u007E\\u00A1-\\u00FF]*",
  )
}

function sessionDurationIn(parameters: QueryParameters, otherwise = 3600): number {
  const seconds = Number(parameters.text('MaxSessionDuration') ?? otherwise)
  if (Number.isInteger(seconds) && seconds >= 3600 && seconds <= 43_200) return seconds
  const bound = seconds > 43_200 ? 'less than or equal to 43200' : 'greater than or equal to 3600'
  const message = `1 validation error detected: Value '${seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member must have value ${bound}`
  throw new AwsError(400, 'ValidationError', message)
}

/** `replicator.lambda.amazonaws.com` has AWSServiceRoleForLambdaReplicator. */
function serviceLinkedName(service: string): string {
  const label = /^([a-z0-9.-]+)\.amazonaws\.com$/.exec(service)?.[1]
  if (label === undefined) {
    throw new AwsError(400, 'InvalidInput', `AccountId: the service name ${service} is invalid.`)
  }
  const words: Readonly<Record<string, string>> = { cloudfront: 'CloudFront' }
  const spelled = label.split('.').reverse()
  return `AWSServiceRoleFor${spelled.map((word) => words[word] ?? word.charAt(0).toUpperCase() + word.slice(1)).join('')}`
}

const shownTags = (tags: readonly Tag[]): XmlContent =>
  tags.length === 0 ? undefined : { member: tags.map((tag) => ({ ...tag })) }

const shownBoundary = ({ boundary }: Role): { readonly [member: string]: XmlContent } =>
  boundary === undefined
    ? {}
    : { PermissionsBoundary: { PermissionsBoundaryType: 'Policy', PermissionsBoundaryArn: boundary } }

function shown(role: Role): { readonly [member: string]: XmlContent } {
  return {
    Path: role.path,
    RoleName: role.name,
    RoleId: role.id,
    Arn: role.arn,
    CreateDate: timeText(role.createdAt),
    AssumeRolePolicyDocument: uriEncode(role.trustPolicy),
    Description: role.description,
    MaxSessionDuration: role.maxSessionDuration,
  }
}
