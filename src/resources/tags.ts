import type { Names } from '../aws/names.ts'
import type { Change } from '../ui/plan.ts'
import { change, type Need } from './resource.ts'

/** Tags of a resource, by key. */
export type Tags = Readonly<Record<string, string>>

/** Our mark and what the operator wants beside it; tags that nobody asks for stay as they are. */
export interface TagsWant {
  readonly names: Names
  /** Such as an organisation demands of all that is made in its accounts. */
  readonly tags?: Tags | undefined
}

/** All tags that a resource must have. */
export const tagsWanted = ({ names, tags }: TagsWant): Tags => ({ ...tags, [names.tag.Key]: names.tag.Value })

/** The tags that differ, one change each. */
export const tagChanges = (live: Tags, wanted: Tags): Change[] =>
  Object.entries(wanted).flatMap(([key, value]) => change(`Tags.${key}`, live[key], value))

/** As most of AWS's APIs write them. */
export const tagList = (tags: Tags): { Key: string; Value: string }[] =>
  Object.entries(tags).map(([Key, Value]) => ({ Key, Value }))

/** As most of AWS's APIs answer them. */
export const tagsIn = (list: readonly { Key?: string | undefined; Value?: string | undefined }[] = []): Tags =>
  Object.fromEntries(list.map(({ Key = '', Value = '' }) => [Key, Value]))

/**
 * The condition that lets a call through only with these tags; IAM sees those of the request. So a call that tags sends
 * all of them, those that are there already too.
 */
export const requestedWith = (
  want: TagsWant,
  others: Readonly<Record<string, string>> = {},
): NonNullable<Need['condition']> => ({
  StringEquals: {
    ...Object.fromEntries(Object.entries(tagsWanted(want)).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
    ...others,
  },
})
