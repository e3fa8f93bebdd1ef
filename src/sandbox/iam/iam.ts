import { accountArn, roleArn, serviceLinkedRoleArn, userArn } from '../contracts/arns.ts'
import { tagsIn } from './input.ts'
import type { PolicyDocument } from '../contracts/policy-document.ts'
import { parsePolicy } from '../policy/policy-document.ts'
import { policyOperations } from './policies.ts'
import { roleOperations } from './roles.ts'
import { simulationOperations } from './simulation.ts'
import type { AccessKey, IamOperation, IamState, Role } from './state.ts'
import { accessKeysOf, enrol, userOperations } from './users.ts'
import { tagConditionKeys } from '../policy/tag-keys.ts'
import { queryParameters, queryProtocol, type QueryParameters } from '../wire/query.ts'
import { AwsError, type Caller, type Context, type Permission, type Service } from '../contracts/service.ts'
import type { Secret } from '../wire/signature-check.ts'

/** IAM as the other services see it. */
export interface Iam extends Service {
  /** Does the role exist, trust the service, and did both happen long enough ago for AWS to have noticed? */
  assumableBy(roleArn: string, servicePrincipal: string): boolean
  role(roleArn: string): Role | undefined
  /** The unique id of a user, `AIDA…`. */
  userId(userName: string): string | undefined
  /** A user, role, role session, account id or account root; `settled` asks that AWS has had time to notice it. */
  principalExists(principal: string, settled?: boolean): boolean
  identityPolicies(caller: Caller): readonly PolicyDocument[]
  /** What belongs to a user's access key. */
  secret(accessKeyId: string): Secret | undefined
  /** Makes sure of a user with exactly these policies (JSON) and an access key, and answers the key. */
  enrol(userName: string, policies: readonly string[]): Credentials
  /** All access keys of a user. */
  accessKeys(userName: string): readonly Credentials[]
}

export interface Credentials {
  readonly accessKeyId: string
  readonly secretAccessKey: string
}

const everything = parsePolicy('{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}')
const operations: Readonly<Record<string, IamOperation>> = {
  ...roleOperations,
  ...userOperations,
  ...policyOperations,
  ...simulationOperations,
  ListAccountAliases: () => ({ AccountAliases: {}, IsTruncated: false }),
}

/** AWS Identity and Access Management, API version 2010-05-08. */
export function createIam(context: Context): Iam {
  const protocol = queryProtocol('https://iam.amazonaws.com/doc/2010-05-08/', '2010-05-08')
  const state: IamState = {
    context,
    roles: context.store.collection('iam-role'),
    users: context.store.collection('iam-user'),
    accessKeys: context.store.collection('iam-access-key'),
    principalExists: (principal) => principalExists(principal),
  }

  const findRole = (arn: string): Role | undefined => {
    const role = state.roles.get(lastPart(arn).toLowerCase())
    return role?.arn === arn ? role : undefined
  }
  const principalExists = (principal: string, settled = false): boolean => {
    const { accountId, timing } = context
    if (principal === accountId || principal === accountArn(accountId)) return true
    const session = /^arn:aws:sts::\d{12}:assumed-role\/([^/]+)\/[^/]+$/.exec(principal)
    if (session !== null) return state.roles.get((session[1] ?? '').toLowerCase()) !== undefined
    const found = findRole(principal) ?? state.users.list().find((user) => user.arn === principal)
    return found !== undefined && (!settled || context.now() - found.createdAt >= timing.principal)
  }

  return {
    names: ['iam'],
    operations: Object.keys(operations),
    operation: async (request) => {
      const operation = await protocol.operation(request)
      if (operation in operations) return operation
      throw new AwsError(400, 'InvalidAction', `Could not find operation ${operation} for version 2010-05-08`)
    },
    permissions: async (request, operation) => permissionsOf(state, operation, await queryParameters(request)),
    async handle(request, operation) {
      const run = operations[operation]
      if (run === undefined) throw new AwsError(400, 'InvalidAction', `Could not find operation ${operation}`)
      return protocol.respond(request, operation, run(state, await queryParameters(request), request))
    },
    error: (error, request) => protocol.error(error, request),
    role: findRole,
    userId: (userName) => state.users.get(userName.toLowerCase())?.id,
    principalExists,
    assumableBy(roleArn, servicePrincipal) {
      const role = findRole(roleArn)
      if (role === undefined || context.now() - role.trustedAt < context.timing.roleAssumable) return false
      return trusts(role, servicePrincipal)
    },
    identityPolicies(caller) {
      if (caller.kind === 'root') return [everything]
      if (caller.kind === 'role') return Object.values(findRole(caller.roleArn)?.policies ?? {}).map(parsePolicy)
      if (caller.kind === 'user') {
        return Object.values(state.users.get(caller.userName.toLowerCase())?.policies ?? {}).map(parsePolicy)
      }
      return []
    },
    secret(accessKeyId) {
      const key = state.accessKeys.get(accessKeyId)
      const user = key === undefined ? undefined : state.users.get(key.userName.toLowerCase())
      if (key === undefined || user === undefined) return undefined
      const { accountId } = context
      const caller: Caller = { kind: 'user', accountId, arn: user.arn, accessKeyId, userName: user.name }
      return { secretAccessKey: key.secretAccessKey, caller }
    },
    enrol: (userName, policies) => credentialsOf(enrol(state, userName, policies)),
    accessKeys: (userName) => accessKeysOf(state, userName).map(credentialsOf),
  }
}

const credentialsOf = ({ id, secretAccessKey }: AccessKey): Credentials => ({ accessKeyId: id, secretAccessKey })

/** Does the trust policy let the service assume the role? */
function trusts(role: Role, servicePrincipal: string): boolean {
  return parsePolicy(role.trustPolicy).statements.some(
    ({ effect, actions, principal }) =>
      effect === 'Allow' &&
      actions?.some((action) => /^(\*|sts:(\*|AssumeRole))$/i.test(action)) === true &&
      (principal?.['Service'] ?? []).includes(servicePrincipal),
  )
}

const lastPart = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)

/** IAM's actions have the operations' names; resources as in the Service Authorization Reference. */
function permissionsOf(state: IamState, operation: string, parameters: QueryParameters): readonly Permission[] {
  const action = `iam:${operation}`
  const { accountId } = state.context
  const role = parameters.text('RoleName')
  const user = parameters.text('UserName')
  const path = parameters.text('Path') ?? '/'
  if (role !== undefined) {
    const found = state.roles.get(role.toLowerCase())
    const resource = found?.arn ?? roleArn(accountId, path, role)
    const boundary = parameters.text('PermissionsBoundary') ?? found?.boundary
    const asked = tagConditionKeys(
      'aws:RequestTag',
      Object.fromEntries(tagsIn(parameters).map(({ Key, Value }) => [Key, Value])),
    )
    const context = {
      ...asked,
      ...tagConditionKeys(
        'aws:ResourceTag',
        Object.fromEntries(found?.tags.map(({ Key, Value }) => [Key, Value]) ?? []),
      ),
      ...(boundary === undefined ? {} : { 'iam:PermissionsBoundary': boundary }),
    }
    const tagging = operation === 'CreateRole' && Object.keys(asked).length > 0
    return [{ action, resource, context }, ...(tagging ? [{ action: 'iam:TagRole', resource, context: asked }] : [])]
  }
  if (user !== undefined) {
    const resource = state.users.get(user.toLowerCase())?.arn ?? userArn(accountId, path, user)
    return [{ action, resource }]
  }
  if (operation === 'SimulatePrincipalPolicy') {
    return [{ action, resource: parameters.text('PolicySourceArn') ?? '*' }]
  }
  if (operation === 'CreateServiceLinkedRole') {
    const service = parameters.text('AWSServiceName') ?? ''
    const resource = serviceLinkedRoleArn(accountId, service, '*')
    return [{ action, resource, context: { 'iam:AWSServiceName': service } }]
  }
  return [{ action, resource: '*' }]
}
