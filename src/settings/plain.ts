import type { RailsKey } from '../options.ts'
import type { Note } from './ruby/note.ts'

/** A key of packagecloud.rb that is set to something other than nil. */
export interface Found {
  readonly key: RailsKey
  readonly line: number
  /** Undefined where it is not known, or of a Ruby type that has no place here. */
  readonly value: string | boolean | undefined
  /** Its Ruby type with an article. */
  readonly type: string
  /** Why it is not known, if so. */
  readonly unknown: string | undefined
  /** Whether the file may set some keys that are not known, and this one is only as likely as any other. */
  readonly isDoubtful: boolean
}

/** What a file sets. */
export interface Told {
  readonly notes: readonly Note[]
  /** What a key of `packagecloud_rails` is set to. */
  find(key: RailsKey): Found | undefined
}

/** Hashes whose keys are set. Of others, Ruby's parser knows whether they may be. */
const owner = '(packagecloud_rails|mysql|nginx|redis|resque|unicorn)'
const key = String.raw`\[(?:'(\w+)'|"(\w+)")\]`
const text = String.raw`(?:'([^'\\]*)'|"([^"\\#]*)")`
const value = String.raw`(?:${text}|(true|false|nil)|(?:0|[1-9]\d*))`
const statement = String.raw`(?:${owner}${key}[ \t]*=[ \t]*${value}|external_url[ \t]+(?:'[^'\\]*'|"[^"\\#]*"))`
const line = new RegExp(String.raw`^[ \t]*(?:${statement}[ \t]*)?(?:#.*)?$`)

/**
 * Reads a packagecloud.rb in which each line sets one key, or `external_url`, to a plain value (text in quotes, true, false,
 * nil or a number), or nothing: what that sets is clear without Ruby's parser, which takes longer to load than all else that is read.
 *
 * @returns `undefined` for a file that has anything else in it
 */
export function readPlain(content: Buffer): Told | undefined {
  const file = content.toString('latin1')
  // A comment may name the encoding, or how Ruby is to be started.
  if (/[^\n\t -~]|^#!|coding/i.test(file)) return undefined
  const all = new Map<string, Omit<Found, 'key'> | undefined>()
  for (const [index, one] of file.split('\n').entries()) {
    const parts = line.exec(one)
    if (parts === null) return undefined
    const [, of, single, double, quoted, doublyQuoted, word] = parts
    if (of !== 'packagecloud_rails') continue
    all.set(
      single ?? double ?? '',
      word === 'nil' ? undefined : { line: index + 1, ...valueOf({ text: quoted ?? doublyQuoted, word }) },
    )
  }
  return {
    notes: [],
    find(key) {
      const found = all.get(key)
      return found && { ...found, key }
    },
  }
}

/** A value as {@link Found} has it; what is neither text nor a word is a number. */
function valueOf({ text, word }: { text: string | undefined; word: string | undefined }): Omit<Found, 'key' | 'line'> {
  const known = { unknown: undefined, isDoubtful: false }
  if (text !== undefined) return { ...known, value: text, type: 'a String' }
  if (word === undefined) return { ...known, value: undefined, type: 'an Integer' }
  return { ...known, value: word === 'true', type: `a ${word}` }
}
