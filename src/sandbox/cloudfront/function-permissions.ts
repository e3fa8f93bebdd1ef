import { createFunctionRequest, createKeyValueStoreRequest } from './function-shape.ts'
import { cloudFrontRoute } from './routes.ts'
import type { Tagged } from './tags.ts'
import { tagConditionKeys } from '../policy/tag-keys.ts'
import { readDocument } from '../contracts/shape.ts'
import { parseXml } from '../wire/xml.ts'
import type { AwsRequest, Permission } from '../contracts/service.ts'

/** What permissions of functions and key value stores are told by. */
export interface FunctionPermissionParts {
  tagged: () => readonly Tagged[]
  functionArn: (name: string) => string
  /** Undefined: no store is called so. */
  storeArn: (name: string) => string | undefined
}

/** Whether an operation is one on functions or key value stores. */
export const isOfFunctions = (operation: string): boolean => /(?:Function|KeyValueStore)s?$/.test(operation)

/** Tags of a resource, by its ARN, as condition keys. */
export const resourceTags = (
  { tagged }: Pick<FunctionPermissionParts, 'tagged'>,
  arn: string,
): Record<string, string> => tagConditionKeys('aws:ResourceTag', tagged().find((one) => one.arn === arn)?.tags ?? {})

/**
 * What a caller must be allowed. Creating is of no resource, and needs TagResource too where tags are given.
 * Source: Service Authorization Reference, "Actions, resources, and condition keys for Amazon CloudFront".
 */
export async function functionPermissions(
  parts: FunctionPermissionParts,
  request: AwsRequest,
  operation: string,
): Promise<Permission[]> {
  const action = `cloudfront:${operation}`
  if (operation.startsWith('List')) return [{ action }]
  const { id } = cloudFrontRoute(request)
  const ofStores = operation.endsWith('KeyValueStore')
  if (!operation.startsWith('Create')) {
    // Here IAM calls a store by its name; where its keys are concerned, by its id, as everybody else does.
    const resource = ofStores ? namedStore(parts, id) : parts.functionArn(id)
    return [{ action, resource, context: resourceTags(parts, ofStores ? (parts.storeArn(id) ?? '') : resource) }]
  }
  const document = parseXml(await request.buffer())
  const { Name, Tags } = ofStores
    ? readDocument(document, 'CreateKeyValueStoreRequest', createKeyValueStoreRequest)
    : readDocument(document, 'CreateFunctionRequest', createFunctionRequest)
  // It has no id yet.
  const resource = ofStores ? namedStore(parts, '*') : parts.functionArn(Name)
  const tags = Object.fromEntries((Tags?.Items ?? []).map(({ Key, Value = '' }) => [Key, Value]))
  const context = tagConditionKeys('aws:RequestTag', tags)
  return [
    { action, resource: '*', context },
    ...(Object.keys(tags).length === 0 ? [] : [{ action: 'cloudfront:TagResource', resource, context }]),
  ]
}

const namedStore = ({ functionArn }: FunctionPermissionParts, name: string): string =>
  functionArn(name).replace(':function/', ':key-value-store/')
