import type { CloudFrontOperation } from './config-resource.ts'
import { tagKeys, tags as tagsShape } from '../contracts/distribution-shape.ts'
import { noContent, respond } from './documents.ts'
import { readDocument } from '../contracts/shape.ts'
import { parseXml } from '../wire/xml.ts'
import { AwsError, type AwsRequest } from '../contracts/service.ts'
import type { Collection } from '../contracts/store.ts'

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

/** What has tags. */
export interface Tagged {
  arn: string
  /** As in ResourceTypeFilters of the Resource Groups Tagging API. */
  type: string
  tags: Readonly<Record<string, string>>
  save(tags: Record<string, string>): void
}

/** All that has tags in a collection, each of which can be given others. */
export const taggedIn = <T extends { tags: Record<string, string> }>(
  type: string,
  collection: Pick<Collection<T>, 'list' | 'put'>,
  idOf: (document: T) => string,
  arnOf: (id: string) => string,
): Tagged[] =>
  collection.list().map((document) => ({
    arn: arnOf(idOf(document)),
    type,
    tags: document.tags,
    save: (tags) => collection.put(idOf(document), { ...document, tags }),
  }))

/** ListTagsForResource, TagResource and UntagResource. */
export function taggingOperations(tagged: () => readonly Tagged[]): Record<string, CloudFrontOperation> {
  const find = (request: AwsRequest): Tagged => {
    const arn = request.query.get('Resource') ?? ''
    const resource = tagged().find((one) => one.arn === arn)
    if (resource === undefined)
      throw new AwsError(404, 'NoSuchResource', `The specified resource does not exist: ${arn}`)
    return resource
  }
  const save = (resource: Tagged, tags: [string, string][]): void =>
    resource.save(tagMap(tags.map(([Key, Value]) => ({ Key, Value }))))
  return {
    ListTagsForResource(request) {
      const { tags } = find(request)
      const Items = Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))
      return respond(request, 'Tags', tagsShape.write({ Items }))
    },
    async TagResource(request) {
      const given = readDocument(parseXml(await request.buffer()), 'Tags', tagsShape)
      const resource = find(request)
      save(resource, Object.entries({ ...resource.tags, ...tagMap(given.Items ?? []) }))
      return noContent(request)
    },
    async UntagResource(request) {
      const given = readDocument(parseXml(await request.buffer()), 'TagKeys', tagKeys)
      const resource = find(request)
      const removed = given.Items ?? []
      save(
        resource,
        Object.entries(resource.tags).filter(([key]) => !removed.includes(key)),
      )
      return noContent(request)
    },
  }
}
