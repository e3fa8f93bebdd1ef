import {
  distributionConfig,
  distributionConfigWithTags,
  type DistributionConfig,
} from '../contracts/distribution-shape.ts'
import { readAround, readConfig, type Kept } from './unknown.ts'
import { parseXml } from '../wire/xml.ts'
import type { AwsRequest } from '../contracts/service.ts'

/** What CreateDistribution and UpdateDistribution are given. Throws as `readConfig`. */
export const readDistribution = async (request: AwsRequest): Promise<Kept<DistributionConfig>> =>
  readConfig(parseXml(await request.buffer()), 'DistributionConfig', distributionConfig)

/** What CreateDistributionWithTags is given. Throws as `readConfig`. */
export async function readTaggedDistribution(
  request: AwsRequest,
): Promise<Kept<DistributionConfig> & { tags: readonly { Key: string; Value?: string | undefined }[] }> {
  const root = parseXml(await request.buffer())
  const name = 'DistributionConfigWithTags'
  const { config: asked, unknown } = readAround(root, name, distributionConfigWithTags, 'DistributionConfig')
  return { config: asked.DistributionConfig, unknown, tags: asked.Tags.Items ?? [] }
}
