import { accountArn, originAccessIdentityArn } from '../contracts/arns.ts'
import { isObject } from '../../json-object.ts'
import { invalidSyntax, malformed, type PolicyScope, textsOf } from './bucket-policy-parts.ts'
import { isServicePrincipal } from '../policy/service-principals.ts'
import type { AwsError } from '../contracts/service.ts'

const oaiArn = /^arn:aws:iam::cloudfront:user\/CloudFront[ _]Origin[ _]Access[ _]Identity[ _]([A-Z0-9]+)$/

/** IAM User Guide, "AWS JSON policy elements: Principal": the providers of web identities that have no ARN. */
const webIdentityProviders = ['accounts.google.com', 'cognito-identity.amazonaws.com', 'graph.facebook.com']

const invalidPrincipal = (): AwsError => malformed('Invalid principal in policy')

/**
 * Checks a statement's principal and returns it as S3 rewrites it: a canonical user of an origin access identity becomes
 * its ARN, an account id the ARN of its root. Throws MalformedPolicy.
 */
export function acceptPrincipal(principal: unknown, scope: PolicyScope): unknown {
  if (principal === '*') return principal
  // S3 User Guide, "Principals for bucket policies": anyone is the only principal without a kind.
  if (typeof principal === 'string') throw invalidSyntax()
  if (!isObject(principal) || Object.keys(principal).length === 0) throw invalidPrincipal()
  const aws: string[] = []
  const rest: Record<string, unknown> = {}
  for (const [kind, value] of Object.entries(principal)) {
    const names = textsOf(value, 'Invalid principal in policy')
    if (names.length === 0) throw invalidPrincipal()
    if (kind === 'AWS') aws.push(...names.map((name) => acceptAwsPrincipal(name, scope)))
    else if (kind === 'CanonicalUser') aws.push(...names.map((name) => acceptCanonicalUser(name, scope)))
    else if (kind === 'Service' && names.every(isServicePrincipal)) rest[kind] = value
    else if (kind === 'Federated' && names.every((name) => isProvider(name, scope))) rest[kind] = value
    else throw invalidPrincipal()
  }
  return aws.length === 0 ? rest : { ...rest, AWS: aws.length === 1 ? aws[0] : aws }
}

function acceptCanonicalUser(id: string, scope: PolicyScope): string {
  if (id === scope.owner) return accountArn(scope.context.accountId)
  for (const identity of scope.peers.originAccessIdentities()) {
    if (identity.s3CanonicalUserId === id && isKnown(identity.createdAt, scope))
      return originAccessIdentityArn(identity.id)
  }
  throw invalidPrincipal()
}

function acceptAwsPrincipal(name: string, scope: PolicyScope): string {
  if (name === '*') return name
  const oai = oaiArn.exec(name)?.[1]
  if (oai !== undefined) {
    for (const identity of scope.peers.originAccessIdentities()) {
      if (identity.id === oai && isKnown(identity.createdAt, scope)) return originAccessIdentityArn(oai)
    }
    throw invalidPrincipal()
  }
  if (/^\d{12}$/.test(name)) return accountArn(name)
  // No groups, and no wildcards in a name: "You cannot use a wildcard to match part of a principal name or ARN."
  const arn =
    /^arn:aws:(?:iam::(\d{12}):(?:root|(?:user|role)\/[\w+=,.@/-]+)|sts::(\d{12}):(?:assumed-role\/[\w+=,.@-]+|federated-user)\/[\w+=,.@-]+)$/.exec(
      name,
    )
  if (arn === null) throw invalidPrincipal()
  // Other accounts' users and roles cannot be looked up here; S3 could, but nothing in a rehearsal depends on it.
  const own = (arn[1] ?? arn[2]) === scope.context.accountId
  if (own && !name.includes(':federated-user/') && !scope.peers.principalExists(name)) throw invalidPrincipal()
  return name
}

/** This account has no SAML or OpenID Connect providers; another's cannot be looked up. */
function isProvider(name: string, { context }: PolicyScope): boolean {
  const account = /^arn:aws:iam::(\d{12}):(?:saml|oidc)-provider\/.+$/.exec(name)?.[1]
  return account === undefined ? webIdentityProviders.includes(name) : account !== context.accountId
}

/** S3 learns of a new identity only some time after CloudFront has made it. */
const isKnown = (createdAt: number, { context }: PolicyScope): boolean =>
  context.now() - createdAt >= context.timing.principal
