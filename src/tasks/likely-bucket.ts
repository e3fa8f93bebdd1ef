import { anyBucket, type Bucket } from '../resources/s3/bucket.ts'
import { need, optional, type Settings } from '../settings/settings.ts'

/** The bucket as it most likely is, where the settings say in which region; only what lies at its name is asked by it. */
export function likelyBucket(settings: Settings): Bucket | undefined {
  const region = optional(settings, 'region')
  return region === undefined ? undefined : anyBucket(need(settings, 'bucket'), region)
}
