import { attributesOf } from './attributes.ts'
import type { S3Call } from './call.ts'
import type { Attributes } from './index.ts'
import { arnOf } from './route.ts'

/**
 * What a header of a new object needs a permission of its own for.
 *
 * Source: Amazon S3 User Guide, "Required permissions for Amazon S3 API operations".
 */
const permissions: readonly (readonly [header: RegExp, action: string])[] = [
  [/^x-amz-(acl|grant-.+)$/, 's3:PutObjectAcl'],
  [/^x-amz-tagging$/, 's3:PutObjectTagging'],
  [/^x-amz-object-lock-(mode|retain-until-date|event-hold.*)$/, 's3:PutObjectRetention'],
  [/^x-amz-object-lock-legal-hold$/, 's3:PutObjectLegalHold'],
]

/** What the new object is to be, as its request says; throws AccessDenied unless the caller may make it so. */
export function newAttributes(call: S3Call): Attributes {
  const { state, request, bucket, key } = call
  const attributes = attributesOf(call)
  const names = Object.keys(request.headers)
  const resource = arnOf({ bucket: bucket.name, key })
  for (const [header, action] of permissions) {
    if (names.some((name) => header.test(name))) state.access.check(request, bucket, action, resource)
  }
  const keyArn = state.access.checkKey(request, bucket, 'kms:GenerateDataKey', attributes.encryption, key)
  return keyArn === undefined ? attributes : { ...attributes, encryption: { ...attributes.encryption, keyId: keyArn } }
}
