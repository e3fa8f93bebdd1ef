import type { Names } from '../../aws/names.ts'
import { type Exported, given } from '../exported.ts'
import type { FunctionContent } from './function-stage.ts'

/** A function as edges run it, or as it would be. */
interface Deployed {
  readonly arn: string
  readonly target: FunctionContent
}

/**
 * The function, with its code: that is short, and holds no secret. pc-ctl goes on writing it, so Terraform is told to leave
 * it alone.
 */
export function exportedFunction({ functionName }: Names, { arn, target }: Deployed): Exported {
  const { comment, runtime, stores, code } = target
  return {
    terraform: [
      {
        type: 'aws_cloudfront_function',
        id: functionName,
        body: {
          name: functionName,
          comment: given(comment),
          runtime,
          key_value_store_associations: stores,
          publish: true,
          code,
        },
        ignored: ['code', 'publish'],
        known: { [arn]: 'arn' },
      },
    ],
    cloudFormation: [
      {
        type: 'AWS::CloudFront::Function',
        identifier: { FunctionARN: arn },
        properties: {
          Name: functionName,
          AutoPublish: true,
          FunctionCode: code,
          FunctionConfig: {
            Comment: comment,
            Runtime: runtime,
            KeyValueStoreAssociations: stores.map((KeyValueStoreARN) => ({ KeyValueStoreARN })),
          },
        },
        known: { [arn]: 'FunctionARN' },
      },
    ],
    leftOut: ['the tags of the CloudFront function'],
  }
}

/** The store without what is in it: a secret belongs into no state file, and not into a template either. */
export function exportedStore(
  { functionName }: Names,
  { arn, comment }: { readonly arn: string; readonly comment: string },
): Exported {
  return {
    terraform: [
      {
        type: 'aws_cloudfront_key_value_store',
        id: functionName,
        body: { name: functionName, comment: given(comment) },
        known: { [arn]: 'arn' },
      },
    ],
    cloudFormation: [
      {
        type: 'AWS::CloudFront::KeyValueStore',
        identifier: { Name: functionName },
        properties: { Name: functionName, Comment: given(comment) },
        known: { [arn]: 'Arn' },
      },
    ],
    leftOut: ['the tags of the key value store'],
  }
}
