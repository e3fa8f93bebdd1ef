import type { PolicyDocument } from '../contracts/policy-document.ts'
import { parsePolicy, syntax } from './policy-document.ts'
import { isServicePrincipal } from './service-principals.ts'

/** Checks an identity policy: `Resource`, and no `Principal`. Throws PolicySyntaxError with IAM's messages. */
export function parseIdentityPolicy(json: string): PolicyDocument {
  const policy = parsePolicy(json)
  if (policy.version !== '2012-10-17') throw syntax('Policy document must be version 2012-10-17 or greater.')
  checkSids(policy)
  for (const statement of policy.statements) {
    if (statement.principal !== undefined || statement.notPrincipal !== undefined) {
      throw syntax('Policy document should not specify a principal.')
    }
    const resources = statement.resources ?? statement.notResources
    if (resources === undefined) throw syntax('Policy statement must contain resources.')
    for (const resource of resources) checkResource(resource)
  }
  return policy
}

function checkSids({ statements }: PolicyDocument): void {
  if (statements.every(({ sid = '' }) => /^[0-9A-Za-z]*$/.test(sid))) return
  throw syntax(
    'Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression [0-9A-Za-z]*',
  )
}

/** What the ARNs of IAM's own resources may begin with. */
const iamPaths = [
  ...['user/', 'federated-user/', 'role/', 'group/', 'instance-profile/', 'mfa/', 'server-certificate/', 'policy/'],
  ...['sms-mfa/', 'saml-provider/', 'oidc-provider/', 'report/', 'access-report/'],
]

/** "IAM JSON policy elements: Resource": an ARN, in which the service is spelled out, or `*`. */
function checkResource(resource: string): void {
  if (resource === '*') return
  const [arn, partition = '', vendor = '', region = '', , ...rest] = resource.split(':')
  if (!resource.includes(':')) throw syntax(`Resource ${resource} must be in ARN format or "*".`)
  if (partition !== '*' && !/^aws(-[a-z]+)*$/.test(partition)) {
    const shown = [...resource.split(':'), '*', '*', '*', '*'].slice(2)
    const tail = [...shown.slice(0, 3), shown.slice(3, Math.max(4, shown.length - 4)).join(':')].join(':')
    throw syntax(`Partition "${partition}" is not valid for resource "arn:${partition}:${tail}".`)
  }
  if (arn !== 'arn' || !/^[a-z0-9-]+$/.test(vendor)) {
    throw syntax('Resource vendor must be fully qualified and cannot contain regexes.')
  }
  if (rest.length === 0) throw syntax('The policy failed legacy parsing')
  const path = rest.join(':')
  if (vendor === 'iam' && region !== '') throw syntax(`IAM resource ${resource} cannot contain region information.`)
  if (vendor === 's3' && region !== '' && !/^(?:accesspoint|job|async-request|storage-lens)/.test(path)) {
    throw syntax(`Resource ${resource} can not contain region information.`)
  }
  if (vendor === 'iam' && !/^[*]|^root$/.test(path) && !iamPaths.some((start) => path.startsWith(start))) {
    throw syntax(`IAM resource path must either be "*" or start with ${iamPaths.join(', ')}.`)
  }
}

/**
 * Checks a role's trust policy: principals that exist, and no `Resource`.
 *
 * @param exists - does a user, role or account with this ARN or id exist?
 * @throws PolicySyntaxError
 */
export function parseTrustPolicy(json: string, exists: (principal: string) => boolean): PolicyDocument {
  const policy = parsePolicy(json)
  checkSids(policy)
  for (const { principal, notPrincipal, resources, notResources, actions, notActions } of policy.statements) {
    if (resources !== undefined || notResources !== undefined) throw syntax('Has prohibited field Resource')
    if (notPrincipal !== undefined) throw syntax('Has prohibited field NotPrincipal')
    if (principal === undefined) throw syntax('Missing required field Principal')
    const foreign = [...(actions ?? []), ...(notActions ?? [])].find((action) => !/^(\*|sts:.+)$/i.test(action))
    if (foreign !== undefined) throw syntax('AssumeRole policy may only specify STS AssumeRole actions.')
    for (const name of principal['Service'] ?? []) {
      if (!isServicePrincipal(name)) throw syntax(`Invalid principal in policy: "SERVICE":"${name}"`)
    }
    for (const who of principal['AWS'] ?? []) {
      if (who !== '*' && !exists(who)) throw syntax(`Invalid principal in policy: "AWS":"${who}"`)
    }
    for (const who of principal['CanonicalUser'] ?? []) {
      throw syntax(`Invalid principal in policy: "CANONICALUSER":"${who}"`)
    }
  }
  return policy
}
