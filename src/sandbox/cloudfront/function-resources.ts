import type { CloudFrontOperation } from './config-resource.ts'
import { functionArn, functionAtEdge, functionByArn, storesOf, type FunctionDocument } from './function-documents.ts'
import { functionOperations } from './functions.ts'
import {
  keyValueStoreOperations,
  keyValueStores,
  storeArn,
  storeByArn,
  storeForFunction,
  type KeyValueStoreDocument,
} from './key-value-stores.ts'
import { taggedIn, type Tagged } from './tags.ts'
import type { DistributionUsers } from './users.ts'
import type { EdgeFunctions, FunctionsRuntime } from '../contracts/cloudfront-functions.ts'
import type { KeyValueStores } from '../contracts/key-value-stores.ts'
import type { Context } from '../contracts/service.ts'

/** CloudFront Functions and their stores, as the rest of CloudFront has to do with them. */
interface FunctionResources {
  operations: Record<string, CloudFrontOperation>
  /** Whether a function, by its ARN, was published. */
  isLive: (arn: string) => boolean
  /** All of them, with tags or without. */
  tagged(): Tagged[]
  /** What the requests of these are about, by what the API calls them. */
  arns: { functionArn: (name: string) => string; storeArn: (name: string) => string | undefined }
  peers: EdgeFunctions & KeyValueStores
}

/** @param users - the distributions that have a function, by its ARN */
export function functionResources(
  context: Context,
  runtime: FunctionsRuntime,
  users: DistributionUsers,
): FunctionResources {
  const functions = context.store.collection<FunctionDocument>('cloudfront-function')
  const stores = context.store.collection<KeyValueStoreDocument>('cloudfront-key-value-store')
  const isUsed = (arn: string): boolean => functions.list().some((document) => storesOf(document).includes(arn))
  return {
    operations: {
      ...functionOperations({
        ...{ context, functions, stores, runtime },
        associated: (arn) => users.using(arn),
        published: (arn) => users.changed(arn),
      }),
      ...keyValueStoreOperations(context, stores, isUsed),
    },
    isLive: (arn) => functionByArn(context, functions, arn)?.live !== undefined,
    tagged: () => [
      ...taggedIn(
        'cloudfront:function',
        functions,
        ({ name }) => name,
        (name) => functionArn(context, name),
      ),
      ...taggedIn(
        'cloudfront:key-value-store',
        stores,
        ({ id }) => id,
        (id) => storeArn(context, id),
      ),
    ],
    arns: {
      functionArn: (name) => functionArn(context, name),
      storeArn(name) {
        const id = stores.list().find((store) => store.name === name)?.id
        return id === undefined ? undefined : storeArn(context, id)
      },
    },
    peers: {
      ...keyValueStores(context, stores),
      liveFunction: (arn) => functionAtEdge(context, functions, arn),
      storeAtEdge(arn) {
        const store = storeByArn(context, stores, arn)
        return store === undefined ? undefined : storeForFunction(context, store, 'an edge')
      },
    },
  }
}
