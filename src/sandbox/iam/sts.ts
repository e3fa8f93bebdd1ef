import { randomBytes } from 'node:crypto'

import { judge } from '../policy/authorization.ts'
import { parsePolicy } from '../policy/policy-document.ts'
import { timeText } from './input.ts'
import type { Role } from './state.ts'
import { accessKeyId, secretAccessKey } from './state.ts'
import type { Iam } from './iam.ts'
import type { FunctionRoles, SessionCredentials } from '../contracts/lambda-peers.ts'
import { wordingOf } from '../wire/errors.ts'
import { queryParameters, queryProtocol, validationError, type QueryParameters } from '../wire/query.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import { AwsError, type AwsRequest, type Caller, type Context, type Service } from '../contracts/service.ts'
import type { Secret } from '../wire/signature-check.ts'

/** STS as the other services see it. */
export interface Sts extends Service, Pick<FunctionRoles, 'startSession'> {
  /** What belongs to a session's access key. */
  secret(accessKeyId: string): Secret | undefined
}

interface Session extends SessionCredentials {
  roleArn: string
  /** `AROA…:session-name` */
  assumedRoleId: string
  arn: string
  /** A service has it, or gave it to a function. */
  inside: boolean
  /** 1 for tokens of the global endpoint. */
  tokenVersion?: 1 | 2
}

/**
 * The path of the endpoint that plays `sts.amazonaws.com`, whose tokens are of version 1 as accounts have it who did not
 * change that. A region's endpoint gives tokens of version 2.
 */
const globalPath = /^\/sts\.amazonaws\.com\/?$/
const globalHost = 'sts.amazonaws.com'

const operations = new Set(['GetCallerIdentity', 'AssumeRole'])

/** AWS Security Token Service, API version 2011-06-15. */
export function createSts(context: Context, iam: Iam): Sts {
  const protocol = queryProtocol('https://sts.amazonaws.com/doc/2011-06-15/', '2011-06-15')
  const sessions = context.store.collection<Session>('sts-session')
  const usedCodes = new Set<string>()

  function start(role: Role, sessionName: string, seconds: number, inside: boolean, tokenVersion: 1 | 2 = 2): Session {
    const session: Session = {
      accessKeyId: accessKeyId('ASIA'),
      secretAccessKey: secretAccessKey(),
      sessionToken: randomBytes(96).toString('base64'),
      expiresAt: context.now() + seconds * 1000,
      roleArn: role.arn,
      assumedRoleId: `${role.id}:${sessionName}`,
      arn: `arn:aws:sts::${context.accountId}:assumed-role/${role.name}/${sessionName}`,
      inside,
      tokenVersion,
    }
    sessions.put(session.accessKeyId, session)
    return session
  }

  function assumeRole(request: AwsRequest, parameters: QueryParameters): XmlContent {
    const roleArn = parameters.required('RoleArn')
    const sessionName = sessionNameIn(parameters)
    const seconds = Number(parameters.text('DurationSeconds') ?? 3600)
    const role = iam.role(roleArn)
    const hasCode = takeCode(parameters)
    if (role === undefined || !mayAssume(iam, request.caller, role, hasCode)) {
      throw notAuthorized(request.caller, roleArn)
    }
    if (!Number.isInteger(seconds) || seconds < 900 || seconds > role.maxSessionDuration) {
      const message = 'The requested DurationSeconds exceeds the MaxSessionDuration set for this role.'
      throw new AwsError(400, 'ValidationError', message)
    }
    const isGlobal = globalPath.test(request.rawPath) || request.headers['host'] === globalHost
    const session = start(role, sessionName, seconds, request.caller.kind === 'service', isGlobal ? 1 : 2)
    return {
      Credentials: {
        AccessKeyId: session.accessKeyId,
        SecretAccessKey: session.secretAccessKey,
        SessionToken: session.sessionToken,
        Expiration: timeText(session.expiresAt),
      },
      AssumedRoleUser: { AssumedRoleId: session.assumedRoleId, Arn: session.arn },
    }
  }

  /** Whether a code of an MFA device was given. Every device is taken for one of the caller's; each code is good once. */
  function takeCode(parameters: QueryParameters): boolean {
    const [device, code] = [parameters.text('SerialNumber'), parameters.text('TokenCode')]
    if (device === undefined && code === undefined) return false
    if (!/^\d{6}$/.test(code ?? '') || usedCodes.has(`${device ?? ''} ${code ?? ''}`)) {
      const message = 'MultiFactorAuthentication failed with invalid MFA one time pass code.'
      throw new AwsError(403, 'AccessDenied', message)
    }
    usedCodes.add(`${device ?? ''} ${code ?? ''}`)
    return true
  }

  return {
    names: ['sts'],
    operations: [...operations],
    operation: async (request) => {
      const operation = await protocol.operation(request)
      if (operations.has(operation)) return operation
      throw new AwsError(400, 'InvalidAction', `Could not find operation ${operation} for version 2011-06-15`)
    },
    // GetCallerIdentity needs no permission; AssumeRole is judged with the role's trust policy.
    permissions: () => [],
    async handle(request, operation) {
      const result =
        operation === 'AssumeRole'
          ? assumeRole(request, await queryParameters(request))
          : identityOf(request.caller, iam, (id) => sessions.get(id))
      return protocol.respond(request, operation, result)
    },
    error: (error, request) => protocol.error(error, request),
    startSession(roleArn, sessionName) {
      const role = iam.role(roleArn)
      if (role === undefined) throw new AwsError(403, 'AccessDenied', `The role ${roleArn} does not exist.`)
      return start(role, sessionName, role.maxSessionDuration, true)
    },
    secret(id) {
      const session = sessions.get(id)
      if (session === undefined) return undefined
      const { secretAccessKey: secret, sessionToken, expiresAt, arn, roleArn, inside, tokenVersion = 2 } = session
      const caller: Caller = { kind: 'role', accountId: context.accountId, arn, accessKeyId: id, roleArn, inside }
      return { secretAccessKey: secret, sessionToken, expiresAt, tokenVersion, caller }
    },
  }
}

/** The trust policy must allow it, by itself or, naming the account, together with the caller's policies. */
function mayAssume(iam: Iam, caller: Caller, role: Role, hasCode: boolean): boolean {
  const verdict = judge({
    caller,
    action: 'sts:AssumeRole',
    resource: undefined,
    // Long-term keys: without a code, the key is not there at all ("AWS global condition context keys").
    ...(hasCode ? { context: { 'aws:MultiFactorAuthPresent': 'true' } } : {}),
    identityPolicies: iam.identityPolicies(caller),
    resourcePolicies: [parsePolicy(role.trustPolicy)],
    resourcePolicyDecides: true,
  })
  return verdict === 'allowed' && caller.kind !== 'root'
}

function notAuthorized(caller: Caller, roleArn: string): AwsError {
  if (caller.kind === 'root') return new AwsError(403, 'AccessDenied', 'Roles may not be assumed by root accounts.')
  const who = 'arn' in caller ? caller.arn : 'anonymous'
  return new AwsError(
    403,
    'AccessDenied',
    `User: ${who} is not authorized to perform: sts:AssumeRole on resource: ${roleArn}`,
  )
}

function sessionNameIn(parameters: QueryParameters): string {
  const name = parameters.required('RoleSessionName')
  if (/^[\w+=,.@-]{2,64}$/.test(name)) return name
  throw validationError([
    `Value '${name}' at 'roleSessionName' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*`,
  ])
}

/** "GetCallerIdentity", STS API reference: the id is the account's, the user's, or the role's with the session's name. */
function identityOf(caller: Caller, iam: Iam, session: (id: string) => Session | undefined): XmlContent {
  if (!('arn' in caller)) throw wordingOf('sts').missing()
  const { arn, accountId, accessKeyId: id } = caller
  const userId = {
    root: () => accountId,
    user: () => iam.userId('userName' in caller ? caller.userName : ''),
    role: () => session(id)?.assumedRoleId,
  }[caller.kind]()
  return { Arn: arn, UserId: userId ?? id, Account: accountId }
}
