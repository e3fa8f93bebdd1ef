/**
 * The ARNs of all that pc-ctl makes, uses or asks permission for, written and read.
 *
 * Written ones are of the standard partition, the only one that has CloudFront with `Lambda@Edge`; what is read may be of
 * any. An id is `*` where AWS chooses it.
 *
 * Source: AWS General Reference, "Amazon Resource Names (ARNs)"; Service Authorization Reference, resource types.
 */
import type { Engine } from '../edge/engine.ts'
import { edgeRegion, type Names } from './names.ts'

/** An ARN by its parts; `resource` is all that is behind the fifth colon, further colons included. */
export interface Arn {
  readonly partition: string
  readonly service: string
  /** Empty for services that have none, such as IAM. */
  readonly region: string
  /** Twelve digits, empty for S3, or a name such as `cloudfront`. */
  readonly accountId: string
  readonly resource: string
}

/** @returns `undefined` for a text that does not have the six parts of an ARN */
export function parseArn(text: string): Arn | undefined {
  const [prefix, partition = '', service = '', region = '', accountId = '', ...rest] = text.split(':')
  const resource = rest.join(':')
  if (prefix !== 'arn' || partition === '' || service === '' || resource === '') return undefined
  return { partition, service, region, accountId, resource }
}

const formatArn = ({ partition, service, region, accountId, resource }: Arn): string =>
  ['arn', partition, service, region, accountId, resource].join(':')

const write = (service: string, region: string, accountId: string, resource: string): string =>
  formatArn({ partition: 'aws', service, region, accountId, resource })

const iam = (accountId: string, resource: string): string => write('iam', '', accountId, resource)

export const arnOfRole = ({ rolePath, roleName }: Names, accountId: string): string =>
  iam(accountId, `role${rolePath}${roleName}`)

/** What IAM judges a read by while there is no such role: it can't know the path then. */
export const pathlessArnOfRole = ({ roleName }: Names, accountId: string): string => iam(accountId, `role/${roleName}`)

/** The services that get a role of their own in the account by the first association of a function. */
export const edgeServices: readonly string[] = ['replicator.lambda.amazonaws.com', 'logger.cloudfront.amazonaws.com']

/** Those roles. */
export const arnsOfServiceRoles = (accountId: string): string[] =>
  edgeServices.map((service) => iam(accountId, `role/aws-service-role/${service}/*`))

/** What policies call an origin access identity, and S3 shows in place of its canonical user. */
export const arnOfIdentity = (id: string): string => iam('cloudfront', `user/CloudFront Origin Access Identity ${id}`)

/** The account and role of somebody who has assumed one, as STS names the session; `undefined` for other callers. */
export function assumedRole(caller: string): { readonly roleName: string; readonly pathlessArn: string } | undefined {
  const session = parseArn(caller)
  const [kind, roleName, ...name] = session?.resource.split('/') ?? []
  if (session?.service !== 'sts' || kind !== 'assumed-role' || roleName === undefined || name.length === 0) {
    return undefined
  }
  return { roleName, pathlessArn: formatArn({ ...session, service: 'iam', resource: `role/${roleName}` }) }
}

export const arnOfKey = (accountId: string, id = '*', region = edgeRegion): string =>
  write('kms', region, accountId, `key/${id}`)

export const arnOfAlias = ({ keyAlias }: Names, accountId: string): string =>
  write('kms', edgeRegion, accountId, keyAlias)

/** What is behind the last slash: a key's or a distribution's id. */
export const lastPartOf = (arn: string): string => arn.slice(arn.lastIndexOf('/') + 1)

export const arnOfFunction = ({ functionName }: Names, accountId: string, region = edgeRegion): string =>
  write('lambda', region, accountId, `function:${functionName}`)

/** @param version - a number, or `*` for any */
export const arnOfVersion = (functionArn: string, version: number | string): string => `${functionArn}:${version}`

/** A function's ARN, of itself or of one of its versions. */
export const withoutVersion = (arn: string): string => arn.split(':').slice(0, 7).join(':')

/** The log group of a function that runs where it lives, and what is in it. */
export function arnsOfOwnLogs({ functionName }: Names, accountId: string, region: string): string[] {
  const group = write('logs', region, accountId, `log-group:/aws/lambda/${functionName}`)
  return [group, `${group}:*`]
}

/** Log groups of an edge function, and what is in them. `Lambda@Edge` logs where it ran, after the function's home region. */
export const arnsOfLogGroups = ({ functionName }: Names, accountId: string): string[] =>
  [
    write('logs', '*', accountId, `log-group:/aws/lambda/${edgeRegion}.${functionName}`),
    write('logs', edgeRegion, accountId, `log-group:/aws/lambda/${functionName}`),
  ].flatMap((group) => [group, `${group}:*`])

const cloudfront = (accountId: string, resource: string): string => write('cloudfront', '', accountId, resource)

export const arnOfDistribution = (accountId: string, id = '*'): string => cloudfront(accountId, `distribution/${id}`)

/** A CloudFront Function has no versions: its ARN is the same in both stages. */
export const arnOfCloudFrontFunction = ({ functionName }: Names, accountId: string): string =>
  cloudfront(accountId, `function/${functionName}`)

/** @param id - which AWS chooses, in contrast to its name */
export const arnOfKeyValueStore = (accountId: string, id = '*'): string =>
  cloudfront(accountId, `key-value-store/${id}`)

/** Which engine runs what has this ARN, that a distribution can run. */
export const engineOf = (arn: string): Engine => (parseArn(arn)?.service === 'cloudfront' ? 'function' : 'lambda')

/** The functions by which an installation checks requests, by engine; without a version. */
export const checksOf = (names: Names, accountId: string): Readonly<Record<Engine, string>> => ({
  lambda: arnOfFunction(names, accountId),
  function: arnOfCloudFrontFunction(names, accountId),
})

/** @returns the distribution's id, in any partition; `undefined` for what is no distribution's ARN */
export function distributionIdIn(arn: string): string | undefined {
  const { service, resource = '' } = parseArn(arn) ?? {}
  return service === 'cloudfront' ? /^distribution\/(.+)$/.exec(resource)?.[1] : undefined
}

/** @param kind - such as `cache-policy` */
export const arnOfPolicy = (accountId: string, kind: `${string}-policy`, id = '*'): string =>
  cloudfront(accountId, `${kind}/${id}`)

export const arnOfOriginAccessControl = (accountId: string, id = '*'): string =>
  cloudfront(accountId, `origin-access-control/${id}`)

/** Certificates that CloudFront may use. */
export const arnOfCertificate = (accountId: string, id = '*'): string =>
  write('acm', edgeRegion, accountId, `certificate/${id}`)

/** Whether it is the ARN of a certificate where CloudFront looks for them. */
export function isCertificateArn(arn: string): boolean {
  const { partition, service, region, accountId = '', resource = '' } = parseArn(arn) ?? {}
  return (
    partition === 'aws' &&
    service === 'acm' &&
    region === edgeRegion &&
    /^\d{12}$/.test(accountId) &&
    resource.startsWith('certificate/')
  )
}

export const arnOfBucket = (bucket: string): string => write('s3', '', '', bucket)

/** @param key - of one object, or a pattern; all, if it is left out */
export const arnOfObject = (bucket: string, key = '*'): string => `${arnOfBucket(bucket)}/${key}`

/** A job of S3 Batch Operations. */
export const arnOfJob = (accountId: string, region: string, id = '*'): string =>
  write('s3', region, accountId, `job/${id}`)
