/** What S3 has of that which edges are to drop: it is what they fetch next. */
import type { Aws } from '../../aws/connect.ts'
import { explainError } from '../../aws/denial.ts'
import { interruption } from '../../aws/patience.ts'
import { keysBeginning, namesBelow } from '../../resources/s3/names-below.ts'
import { storedObject } from '../../resources/s3/stored-object.ts'
import { nearPrefixes } from '../reindex/matching-nothing.ts'

/** Other objects that a wildcard names, which nobody asked for. */
interface AlsoHit {
  /** The path as CloudFront takes it. */
  readonly wildcard: string
  /** How many; of what a page of a thousand tells. */
  readonly objects: number
  /** Whether there are still more. */
  readonly more: boolean
  /** The first of them. */
  readonly examples: readonly string[]
}

/** What all below it was asked for, and S3 has nothing that begins so. */
interface NothingBelow {
  readonly prefix: string
  /** What may have been meant, as advice. */
  readonly near: readonly string[]
}

export interface AtOrigin {
  /** Keys that S3 still has: an invalidation does not block them. */
  readonly served: readonly string[]
  /** Keys that S3 has not. */
  readonly gone: readonly string[]
  readonly alsoHit: readonly AlsoHit[]
  readonly nothingBelow: readonly NothingBelow[]
  /** What could not be looked at, and why, as clauses. */
  readonly unknown: readonly string[]
}

/** What is looked at. */
export interface Question {
  readonly bucket: string
  /** Of those that are named one by one, this many are asked for. */
  readonly keys: readonly string[]
  /** Wildcards that were put in the place of paths, and the beginnings of keys that they name. */
  readonly wildcards: readonly { readonly path: string; readonly prefix: string }[]
  /** Beginnings of keys that were asked for themselves; of those, a few are looked for. */
  readonly prefixes: readonly string[]
  /** Keys that were asked for, also in a report. */
  readonly wanted: ReadonlySet<string>
}

/** More would be minutes of looking for somebody in a hurry. */
const mostKeys = 200
const mostPrefixes = 5
const atATime = 16
const examples = 3

/** Asks S3. Whatever it doesn't tell is part of the answer: nothing here keeps edges from being told. */
export async function lookAtOrigin(aws: Aws, question: Question, signal: AbortSignal): Promise<AtOrigin> {
  const { bucket, keys, wildcards, prefixes, wanted } = question
  const served: string[] = []
  const gone: string[] = []
  const unknown: string[] = []
  const trying = async (what: string, look: () => Promise<void>): Promise<void> => {
    try {
      await look()
    } catch (error) {
      unknown.push(explainError(error, `Look at ${what}`).message)
    }
  }
  const asked = keys.slice(0, mostKeys)
  for (let start = 0; start < asked.length; start += atATime) {
    if (signal.aborted) throw interruption()
    const look = (key: string) =>
      trying(key, async () => {
        const found = await storedObject(aws, bucket, key)
        ;(found === undefined ? gone : served).push(key)
      })
    await Promise.all(asked.slice(start, start + atATime).map(look))
  }
  if (keys.length > mostKeys) unknown.push(`only the first ${mostKeys} of ${keys.length} objects were looked at`)
  const alsoHit: AlsoHit[] = []
  for (const { path, prefix } of wildcards) {
    if (signal.aborted) throw interruption()
    await trying(prefix, async () => {
      const { keys: found, more } = await keysBeginning(aws, bucket, prefix)
      const others = found.filter((key) => !wanted.has(key))
      if (others.length === 0 && !more) return
      alsoHit.push({ wildcard: path, objects: others.length, more, examples: others.slice(0, examples) })
    })
  }
  const nothingBelow: NothingBelow[] = []
  for (const prefix of prefixes.slice(0, mostPrefixes)) {
    if (signal.aborted) throw interruption()
    await trying(prefix, async () => {
      if ((await keysBeginning(aws, bucket, prefix)).keys.length > 0) return
      nothingBelow.push({ prefix, near: await nearPrefixes(prefix, (folder) => namesBelow(aws, bucket, folder)) })
    })
  }
  return { served: served.sort(), gone: gone.sort(), alsoHit, nothingBelow, unknown }
}
