import type { Aws } from '../aws/connect.ts'
import { anyBucket, type Bucket, bucketNeeds, lookUpBucket } from '../resources/s3/bucket.ts'
import { need, optional, type Settings } from '../settings/settings.ts'
import { compute, type Step } from './chain/chain.ts'

/** The step that looks at the bucket of the settings, and hands it on. */
export const configuredBucket = (
  aws: Aws,
  settings: Settings,
  tell = ({ name, region }: Bucket): string => `${name} in ${region}`,
): Step<{ bucket: Bucket }> =>
  compute('Bucket', {
    from: () => lookUpBucket(aws, need(settings, 'bucket')),
    as: 'bucket',
    ahead: true,
    tell,
    needs: ({ bucket }) => [bucketNeeds(bucket.name)],
    suppose: () => anyBucket(need(settings, 'bucket')),
    likely: () => likelyBucket(settings),
  })

/** The bucket as it most likely is, where the settings say in which region; only what lies at its name is asked by it. */
function likelyBucket(settings: Settings): Bucket | undefined {
  const region = optional(settings, 'region')
  return region === undefined ? undefined : anyBucket(need(settings, 'bucket'), region)
}
