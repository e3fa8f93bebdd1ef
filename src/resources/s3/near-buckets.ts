import { ListBucketsCommand, S3Client } from '@aws-sdk/client-s3'

import type { Aws } from '../../aws/connect.ts'
import { edgeRegion } from '../../aws/names.ts'
import { didYouMean } from '../../ui/near.ts'

/** The buckets of the account. */
export async function bucketNames(aws: Aws): Promise<string[]> {
  const { Buckets } = await aws.client(S3Client, edgeRegion).send(new ListBucketsCommand({}))
  return (Buckets ?? []).flatMap(({ Name }) => Name ?? [])
}

/** The question whether another bucket was meant; none where they may not be listed: nobody needs the right to be told. */
export const nearBuckets = async (aws: Aws, name: string): Promise<string[]> =>
  didYouMean(name, await bucketNames(aws).catch(() => []))
