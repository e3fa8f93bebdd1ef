import { paginateGetResources, ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'

import { distributionIdIn } from '../../aws/arns.ts'
import { isDenial } from '../../aws/aws-error.ts'
import type { Aws } from '../../aws/connect.ts'
import { edgeRegion, type Names, ownerOf } from '../../aws/names.ts'
import { getTagged, type TaggedDistribution } from './live-distribution.ts'

/**
 * The distributions that carry an installation's tag, whatever they serve. The index of tags knows some that are gone, so
 * each is looked at.
 *
 * @param named - ids that are looked at too
 * @returns those, and whether the index could be asked
 */
export async function taggedDistributions(
  aws: Aws,
  { tag, installation }: Names,
  named: readonly string[],
): Promise<{ readonly ours: readonly TaggedDistribution[]; readonly isWhole: boolean }> {
  const client = aws.client(ResourceGroupsTaggingAPIClient, edgeRegion)
  const filter = {
    ResourceTypeFilters: ['cloudfront:distribution'],
    TagFilters: [{ Key: tag.Key, Values: [tag.Value] }],
  }
  const ids = new Set(named)
  let isWhole = true
  try {
    for await (const page of paginateGetResources({ client }, filter)) {
      for (const { ResourceARN = '' } of page.ResourceTagMappingList ?? []) {
        const id = distributionIdIn(ResourceARN)
        if (id !== undefined) ids.add(id)
      }
    }
  } catch (error) {
    if (!isDenial(error)) throw error
    isWhole = false
  }
  const found = await Promise.all([...ids].map((id) => getTagged(aws, id)))
  const ours = found.filter((one) => one !== undefined).filter(({ tags }) => ownerOf(tags) === installation)
  return { ours, isWhole }
}
