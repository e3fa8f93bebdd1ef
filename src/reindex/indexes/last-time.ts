/** What a repository's indexes were made of last time: if that is so again, nothing needs to be read. */
import { isArchived } from '../attributes/attributes.ts'
import { createHash, createPublicKey } from 'node:crypto'

import type { FormatOptions } from '../../repositories/format.ts'
import type { OpenedSigner } from '../../repositories/openpgp.ts'
import type { Journal } from '../journal/journal.ts'
import { withGuests } from './guests.ts'
import type { IndexFinding } from './read-packages.ts'
import { roleOf } from '../role.ts'
import type { FoundRepository } from './repository-objects.ts'

export interface LastTimeOptions {
  readonly journal: Journal
  readonly signer: OpenedSigner | undefined
  readonly formatOptions: FormatOptions
  /** Milliseconds since the epoch. */
  readonly now: number
}

/** Changes when the same packages lead to other indexes than before. */
const generation = 4

/** What its making came to. */
export interface Summary {
  readonly packages: number
  readonly objects: number
  readonly renew?: number
  readonly guests?: readonly string[] | undefined
}

const idOf = ({ format, root }: FoundRepository): string => `${format.name} ${root}`

/** What was found when the indexes were made. */
export function* findingsOf(found: FoundRepository, journal: Journal): Generator<IndexFinding> {
  for (const json of journal.findings.of(idOf(found))) yield JSON.parse(json) as IndexFinding
}

/** What the last run made of exactly the same. */
export function lastTime(found: FoundRepository, options: LastTimeOptions): Summary | undefined {
  const published = options.journal.published(idOf(found))
  if (published === undefined) return undefined
  const summary = JSON.parse(published.summary) as Summary
  if (published.hash !== hashOf(withGuests(found, summary.guests ?? []), options)) return undefined
  return summary.renew !== undefined && summary.renew <= options.now ? undefined : summary
}

/** A hash of everything that the indexes are made of, and of the indexes themselves. */
function hashOf(
  { format, root, stretches, created }: FoundRepository,
  { journal, signer, formatOptions }: LastTimeOptions,
): string {
  const hash = createHash('sha256').update(
    JSON.stringify([generation, signer?.keys.map(({ fingerprint }) => fingerprint).sort() ?? null, root]),
  )
  const told = textOf(formatOptions)
  if (told !== '{}') hash.update(told)
  if (created !== undefined) hash.update(JSON.stringify([...created.keys()]))
  for (const stretch of stretches) {
    for (const row of journal.stretch(stretch)) {
      const { key, size, etag } = row
      const role = roleOf(format, row)
      if (role !== undefined) hash.update(JSON.stringify([role, key, size, etag, isArchived(row)]))
    }
  }
  return hash.digest('hex')
}

/** What an operator tells is part of what indexes are made of; of keys no more than what is public. */
const textOf = ({ baseUrl, apkKeys }: FormatOptions): string =>
  JSON.stringify({
    baseUrl,
    apkKeys: apkKeys?.map(({ prefix, name, privateKey }) => [
      prefix,
      name,
      createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }),
    ]),
  })

/** Notes what was made, and what there is to be told of it each time until something changes. */
export function noteMade(
  found: FoundRepository,
  summary: Summary,
  findings: readonly IndexFinding[],
  options: LastTimeOptions,
): void {
  const { journal } = options
  journal.findings.forget(idOf(found))
  for (const finding of findings) {
    if (finding.once !== true) journal.findings.add(idOf(found), JSON.stringify(finding))
  }
  journal.notePublished(idOf(found), { hash: hashOf(found, options), summary: JSON.stringify(summary) })
}
