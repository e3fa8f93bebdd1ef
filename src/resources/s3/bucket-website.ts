import { GetBucketWebsiteCommand, S3Client } from '@aws-sdk/client-s3'

import { arnOfBucket } from '../../aws/arns.ts'
import { absentAs } from '../../aws/absent.ts'
import type { Aws } from '../../aws/connect.ts'
import { regionOf } from './bucket.ts'
import type { Need } from '../resource.ts'

export const websiteNeeds = (bucket: string): Need => ({
  access: 'read',
  actions: ['s3:ListBucket', 's3:GetBucketWebsite'],
  resources: [arnOfBucket(bucket)],
})

/** The name of the object that a bucket's website serves for a folder, if the bucket is a website. */
export async function indexDocument(aws: Aws, bucket: string): Promise<string | undefined> {
  const s3 = aws.client(S3Client, await regionOf(aws, bucket))
  const found = await absentAs('NoSuchWebsiteConfiguration', () =>
    s3.send(new GetBucketWebsiteCommand({ Bucket: bucket })),
  )
  return found?.IndexDocument?.Suffix
}
