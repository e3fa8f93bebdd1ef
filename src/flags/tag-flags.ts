import { repeatable } from './repeatable.ts'
import { Flags } from '@oclif/core'

import { CtlError } from '../errors.ts'

/** Flag of commands that make what takes tags. */
export const tagFlag = {
  tag: Flags.string({
    description: 'tag to set (repeatable)',
    ...repeatable,
    helpValue: 'KEY=VALUE',
  }),
}

/** What IAM, Lambda, KMS and CloudFront take in keys and values alike (IAM User Guide, "Tagging IAM resources"). */
const tagText = /^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$/u

/** Keys that AWS keeps for itself, and those that mark what is ours. */
const reserved = /^(aws|packagecloud|pc-ctl):/i

/**
 * @param words - each `KEY=VALUE`
 * @throws CtlError of kind `usage` for what is no tag, a key that is not the operator's to set, or one that comes twice
 */
export function readTags(words: readonly string[]): Record<string, string> {
  const tags = new Map<string, readonly [key: string, value: string]>()
  for (const word of words) {
    const [, key = '', value = ''] = /^([^=]+)=(.*)$/s.exec(word) ?? []
    const why = whyNoTag(key, value)
    if (why !== undefined) {
      throw new CtlError('usage', `--tag ${JSON.stringify(word)} ${why}.`, { hint: 'Write it as KEY=VALUE.' })
    }
    // IAM does not tell upper from lower case in keys.
    const same = tags.get(key.toLowerCase())
    if (same !== undefined && (same[0] !== key || same[1] !== value)) {
      throw new CtlError('usage', `--tag gives ${same[0]} two values.`, { hint: 'Give each key once.' })
    }
    tags.set(key.toLowerCase(), [key, value])
  }
  return Object.fromEntries(tags.values())
}

function whyNoTag(key: string, value: string): string | undefined {
  if (reserved.test(key)) return 'begins with what is not yours to set'
  if (key === '') return 'is not a tag'
  if (key.length > 128) return 'has a key of more than 128 characters'
  if (value.length > 256) return 'has a value of more than 256 characters'
  return tagText.test(key + value) ? undefined : 'has characters that tags may not have'
}

/** The flags that set these tags, for a command that is printed. */
export const tagWords = (tags: Readonly<Record<string, string>>): string[] =>
  Object.entries(tags).flatMap(([key, value]) => ['--tag', `${key}=${value}`])
