/** The two buckets of a run: made, or found again by their tags. */
import {
  type BucketLocationConstraint,
  CreateBucketCommand,
  GetBucketTaggingCommand,
  HeadBucketCommand,
  PutBucketTaggingCommand,
  S3Client,
} from '@aws-sdk/client-s3'

import { absentAs } from '../../src/aws/absent.ts'
import { explainError } from '../../src/aws/denial.ts'
import { tagKey } from '../../src/aws/names.ts'
import { CtlError } from '../../src/errors.ts'
import { askFor, hasAskedFor, type Live } from './place.ts'

const runTag = 'pc-ctl-live-run'

/**
 * Looks whether both buckets are free or ours.
 *
 * @returns whether there are any yet
 * @throws CtlError of kind `refused` for one that is somebody else's, or another run's
 */
export async function lookAtBuckets(live: Live): Promise<boolean> {
  const found = await Promise.all([live.bucket, live.site].map((bucket) => isThere(live, bucket)))
  return found.includes(true)
}

/** Makes those that are not there. */
export async function makeBuckets(live: Live): Promise<void> {
  for (const bucket of [live.bucket, live.site]) await makeBucket(live, bucket)
}

async function isThere(live: Live, Bucket: string): Promise<boolean> {
  const s3 = live.aws.client(S3Client, live.region)
  const owner = { Bucket, ExpectedBucketOwner: live.account.id }
  const doing = `Look at the bucket ${Bucket}`
  try {
    if ((await absentAs('NotFound', () => s3.send(new HeadBucketCommand(owner)))) === undefined) return false
    const tags = await absentAs('NoSuchTagSet', () => s3.send(new GetBucketTaggingCommand(owner)))
    const tagged = (key: string): string | undefined => tags?.TagSet?.find(({ Key }) => Key === key)?.Value
    if (tagged(runTag) === live.run && tagged(tagKey) === live.names.installation) return true
    if (tags === undefined && (await hasAskedFor(live, Bucket))) return true
    throw notOurs(live, Bucket, tagged(tagKey) === live.names.installation)
  } catch (error) {
    throw explainError(error, doing)
  }
}

const notOurs = ({ folder, names }: Live, bucket: string, ofAnother: boolean): CtlError =>
  ofAnother
    ? new CtlError('refused', `The bucket ${bucket} was made by a run with another folder than ${folder}.`, {
        hint: `Go on with that folder (--folder), or give another --installation, such as ${names.installation}-again.`,
      })
    : new CtlError('refused', `There is a bucket ${bucket}, which no run of this suite has made.`, {
        hint: `Nothing of it is touched. Give another --installation, such as ${names.installation}-again.`,
      })

async function makeBucket(live: Live, Bucket: string): Promise<void> {
  const s3 = live.aws.client(S3Client, live.region)
  try {
    if (!(await isThere(live, Bucket))) {
      await askFor(live, Bucket)
      const elsewhere = { CreateBucketConfiguration: { LocationConstraint: live.region as BucketLocationConstraint } }
      await s3.send(new CreateBucketCommand({ Bucket, ...(live.region === 'us-east-1' ? {} : elsewhere) }))
    }
    const TagSet = [
      { Key: tagKey, Value: live.names.installation },
      { Key: runTag, Value: live.run },
    ]
    await s3.send(new PutBucketTaggingCommand({ Bucket, Tagging: { TagSet } }))
  } catch (error) {
    throw explainError(error, `Make the bucket ${Bucket}`)
  }
}
