/**
 * The ARNs that several services know: their own, and in policies and requests each other's.
 *
 * Source: Service Authorization Reference, resource types of each service; IAM User Guide, "IAM ARNs".
 */

/** The account itself, whose root user it is as well. */
export const accountArn = (accountId: string): string => iamArn(accountId, 'root')

/** @param path - begins and ends with a slash */
export const roleArn = (accountId: string, path: string, name: string): string =>
  iamArn(accountId, `role${path}${name}`)

/** The role that AWS makes for a service. */
export const serviceLinkedRoleArn = (accountId: string, service: string, name: string): string =>
  roleArn(accountId, `/aws-service-role/${service}/`, name)

/** @param path - begins and ends with a slash */
export const userArn = (accountId: string, path: string, name: string): string =>
  iamArn(accountId, `user${path}${name}`)

/** What a bucket's policy calls an origin access identity. */
export const originAccessIdentityArn = (id: string): string =>
  iamArn('cloudfront', `user/CloudFront Origin Access Identity ${id}`)

const iamArn = (accountId: string, resource: string): string => `arn:aws:iam::${accountId}:${resource}`

/** @param id - `*` for a key that has none yet */
export const keyArn = (region: string, accountId: string, id: string): string =>
  `arn:aws:kms:${region}:${accountId}:key/${id}`

/** @param name - with its `alias/` */
export const aliasArn = (region: string, accountId: string, name: string): string =>
  `arn:aws:kms:${region}:${accountId}:${name}`

/** A bucket's, or with a key one of its objects'. */
export const s3Arn = (bucket: string, key = ''): string => `arn:aws:s3:::${bucket}${key === '' ? '' : `/${key}`}`
