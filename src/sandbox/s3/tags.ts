import { childOf, childrenOf, element, field, malformedXml, parseDocument } from './xml.ts'
import type { XmlElement } from '../contracts/xml-document.ts'
import { AwsError } from '../contracts/service.ts'

export type S3Tag = [key: string, value: string]

/** 10 tags an object, 50 a bucket (S3 User Guide, "Object tags" and "Using cost allocation S3 bucket tags"). */
const limits = { object: 10, bucket: 50 }

const invalidTag = (message: string, TagKey: string, TagValue?: string): AwsError =>
  new AwsError(400, 'InvalidTag', message, { fields: { TagKey, ...(TagValue === undefined ? {} : { TagValue }) } })

const isTagText = (text: string): boolean => /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u.test(text)

/** Throws InvalidTag or BadRequest if S3 would not take these tags. */
export function checkTags(tags: S3Tag[], kind: keyof typeof limits): S3Tag[] {
  const seen = new Set<string>()
  for (const [key, value] of tags) {
    if (seen.has(key)) throw invalidTag('Cannot provide multiple Tags with the same key', key)
    seen.add(key)
    if (/^aws:/i.test(key)) {
      const own = 'System tags cannot be added/updated by requester'
      throw invalidTag(kind === 'bucket' ? own : 'Your TagKey cannot be prefixed with aws:', key)
    }
    if (key === '' || key.length > 128 || !isTagText(key)) {
      throw invalidTag('The TagKey you have provided is invalid', key)
    }
    if (value.length > 256 || !isTagText(value)) {
      throw invalidTag('The TagValue you have provided is invalid', key, value)
    }
  }
  if (tags.length <= limits[kind]) return tags
  const message =
    kind === 'bucket'
      ? `Bucket tag count cannot be greater than ${limits.bucket}`
      : `Object tags cannot be greater than ${limits.object}`
  throw new AwsError(400, 'BadRequest', message)
}

/** Tags of the `x-amz-tagging` header: a query string. Throws InvalidArgument, InvalidTag, BadRequest. */
export function tagsInHeader(header: string | undefined): S3Tag[] {
  if (header === undefined || header === '') return []
  const tags = [...new URLSearchParams(header)]
  if (header.includes(',') || new Set(tags.map(([key]) => key)).size < tags.length) {
    const message =
      "The header 'x-amz-tagging' shall be encoded as UTF-8 then URLEncoded URL query parameters without tag name duplicates."
    const fields = { ArgumentName: 'x-amz-tagging', ArgumentValue: header }
    throw new AwsError(400, 'InvalidArgument', message, { fields })
  }
  return checkTags(tags, 'object')
}

/** The `Tag` elements of a `TagSet` or `Tags`. Throws MalformedXML. */
export function tagsIn(parent: XmlElement | undefined): S3Tag[] {
  return (parent?.children ?? []).map((tag) => {
    const key = childOf(tag, 'Key')
    const value = childOf(tag, 'Value')
    if (tag.name !== 'Tag' || tag.children.length !== 2 || key === undefined || value === undefined)
      throw malformedXml()
    return [key.text, value.text]
  })
}

/** The body of PutObjectTagging and PutBucketTagging. Throws MalformedXML, InvalidTag, BadRequest. */
export function tagsInDocument(body: Buffer, kind: keyof typeof limits): S3Tag[] {
  const root = parseDocument(body, 'Tagging')
  const [set, ...more] = childrenOf(root, 'TagSet')
  if (set === undefined || more.length > 0 || root.children.length !== 1) throw malformedXml()
  return checkTags(tagsIn(set), kind)
}

export const tagSetMarkup = (tags: readonly S3Tag[]): string =>
  element('TagSet', tags.map(([key, value]) => element('Tag', field('Key', key) + field('Value', value))).join(''))
