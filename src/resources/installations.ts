import { paginateGetResources, ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'

import type { Aws } from '../aws/connect.ts'
import { edgeRegion, ownerOf, tagKey } from '../aws/names.ts'

/** The installations of the account: whose mark something in us-east-1 has, where the edge's parts live. */
export async function installationNames(aws: Aws): Promise<string[]> {
  const client = aws.client(ResourceGroupsTaggingAPIClient, edgeRegion)
  const names = new Set<string>()
  for await (const page of paginateGetResources({ client }, { TagFilters: [{ Key: tagKey }] })) {
    for (const { Tags } of page.ResourceTagMappingList ?? []) {
      const name = ownerOf((Tags ?? []).map(({ Key, Value }) => ({ Key, Value })))
      if (name !== undefined) names.add(name)
    }
  }
  return [...names].sort()
}
