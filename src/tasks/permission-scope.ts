import type { Engine } from '../edge/engine.ts'
import type { InventoryPlace } from '../reindex/inventory/place.ts'
import type { OriginAccess } from '../resources/cloudfront/distribution-config.ts'
import type { Tags } from '../resources/tags.ts'

/** What policies are written for. */
export interface PermissionScope {
  readonly accountId: string
  readonly bucket: string
  readonly access: OriginAccess['kind']
  /** ARN of the KMS key that the bucket is encrypted with, whose policy they are to change. */
  readonly bucketKey?: string | undefined
  /** What the commands will be told to tag what they make with. */
  readonly tags?: Tags | undefined
  /** Which engine the commands are for, told them or in use; `undefined`: the default one. */
  readonly engine?: Engine | undefined
  /** What reindex-everything will be told to divide its listing by. */
  readonly inventory?: InventoryPlace | undefined
  /** ARN of the permissions boundary that they will be told to give the role. */
  readonly boundary?: string | undefined
}
