import { arnOfDistribution } from '../aws/arns.ts'
import { edgeRegion } from '../aws/names.ts'
import type { Account } from '../resources/account.ts'
import type { Bucket } from '../resources/s3/bucket.ts'
import type { OriginAccess } from '../resources/cloudfront/distribution-config.ts'
import type { LiveDistribution } from '../resources/cloudfront/live-distribution.ts'
import type { Tags } from '../resources/tags.ts'

/** What policies are written for. */
export interface PermissionScope {
  readonly accountId: string
  readonly bucket: string
  readonly access: OriginAccess['kind']
  /** What the commands will be told to tag what they make with. */
  readonly tags?: Tags | undefined
  /** ARN of the permissions boundary that they will be told to give the role. */
  readonly boundary?: string | undefined
}

/*
 * Stand-ins for what a run looks up or makes: patterns where only AWS knows the id, and nothing else, since what a step
 * needs follows from ids alone.
 */

export const anyAccount = (id: string): Account => ({ id, caller: '', partition: 'aws' })

export const anyBucket = (name: string): Bucket => ({
  name,
  region: edgeRegion,
  encryption: 'AES256',
  kmsKey: undefined,
  ownership: '',
})

export const anyDistribution = (accountId: string): LiveDistribution => ({
  id: '*',
  arn: arnOfDistribution(accountId),
  domain: '',
  status: '',
  etag: '',
  config: {
    CallerReference: undefined,
    Origins: undefined,
    DefaultCacheBehavior: undefined,
    Comment: undefined,
    Enabled: undefined,
  },
})

export const anyCachePolicy = { id: '', etag: '', config: { Name: undefined, MinTTL: undefined } }

export const anyOriginAccessControl = {
  id: '',
  etag: '',
  config: {
    Name: undefined,
    SigningProtocol: undefined,
    SigningBehavior: undefined,
    OriginAccessControlOriginType: undefined,
  },
}
