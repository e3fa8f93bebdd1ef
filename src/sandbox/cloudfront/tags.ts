import type { CloudFrontOperation } from './config-resource.ts'
import { tagKeys, tags as tagsShape } from '../contracts/distribution-shape.ts'
import type { DistributionParts } from './parts.ts'
import { distributionArn, noContent, respond, type DistributionDocument } from './documents.ts'
import { readDocument } from '../contracts/shape.ts'
import { parseXml } from '../wire/xml.ts'
import { AwsError, type AwsRequest } from '../contracts/service.ts'

/** Checks tags. Throws InvalidTagging. */
export function tagMap(list: readonly { Key: string; Value?: string | undefined }[]): Record<string, string> {
  const invalid = (message: string): AwsError => new AwsError(400, 'InvalidTagging', message)
  if (list.length > 50) throw invalid('A resource can have at most 50 tags.')
  for (const { Key, Value = '' } of list) {
    const allowed = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(Key + Value)
    if (Key === '' || Key.length > 128 || Value.length > 256 || !allowed) throw invalid(`The tag ${Key} is not valid.`)
    if (/^aws:/i.test(Key)) throw invalid('Tag keys must not begin with aws:.')
  }
  if (new Set(list.map(({ Key }) => Key)).size < list.length) throw invalid('Tag keys must be unique.')
  return Object.fromEntries(list.map(({ Key, Value = '' }) => [Key, Value]))
}

/** ListTagsForResource, TagResource and UntagResource. */
export function taggingOperations(parts: DistributionParts): Record<string, CloudFrontOperation> {
  const { context, distributions } = parts
  const find = (request: AwsRequest): DistributionDocument => {
    const arn = request.query.get('Resource') ?? ''
    const prefix = distributionArn(context, '')
    const distribution = arn.startsWith(prefix) ? distributions.get(arn.slice(prefix.length)) : undefined
    if (distribution === undefined)
      throw new AwsError(404, 'NoSuchResource', `The specified resource does not exist: ${arn}`)
    return distribution
  }
  const save = (distribution: DistributionDocument, tags: [string, string][]): void => {
    const checked = tagMap(tags.map(([Key, Value]) => ({ Key, Value })))
    distributions.put(distribution.id, { ...distribution, tags: checked })
  }
  return {
    ListTagsForResource(request) {
      const { tags } = find(request)
      const Items = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
      return respond(request, 'Tags', tagsShape.write({ Items }))
    },
    async TagResource(request) {
      const given = readDocument(parseXml(await request.buffer()), 'Tags', tagsShape)
      const distribution = find(request)
      save(distribution, Object.entries({ ...distribution.tags, ...tagMap(given.Items ?? []) }))
      return noContent(request)
    },
    async UntagResource(request) {
      const given = readDocument(parseXml(await request.buffer()), 'TagKeys', tagKeys)
      const distribution = find(request)
      const removed = given.Items ?? []
      save(
        distribution,
        Object.entries(distribution.tags).filter(([key]) => !removed.includes(key)),
      )
      return noContent(request)
    },
  }
}
