/** The list of an artifact's versions. */
import { type Document, fieldOf, listOf, textIn, withField } from './document.ts'
import { isSnapshot } from './keys.ts'
import { compareVersions } from './version-order.ts'

const versioning = ['versioning']

/** The versions that a document lists. */
export const versionsIn = (document: Document): string[] => [
  ...new Set(listOf(document, ['versioning', 'versions'], 'version').map((element) => textIn(element))),
]

/**
 * The document with just these versions; the same one if it has them already. A list in order stays in order, any other
 * keeps its own and gets new ones at its end. What is the latest, and the latest release, is what it says itself, as
 * Maven puts there what was uploaded last, unless something newer has come or it is gone.
 *
 * @param now - milliseconds since the epoch
 */
export function withVersions(document: Document, present: ReadonlySet<string>, now: number): Document {
  const before = versionsIn(document)
  const listed = new Set(before)
  const kept = before.filter((version) => present.has(version))
  const added = [...present].filter((version) => !listed.has(version)).sort(byOrder)
  const isSorted = before.every(
    (version, index) => index === 0 || compareVersions(before[index - 1] ?? '', version) <= 0,
  )
  const versions = isSorted ? [...kept, ...added].sort(compareVersions) : [...kept, ...added]
  const isNew = before.length === 0
  const latest = leaderOf(fieldOf(document, 'versioning', 'latest'), { versions, added, isNew })
  const release = leaderOf(fieldOf(document, 'versioning', 'release'), {
    versions: versions.filter((version) => !isSnapshot(version)),
    added: added.filter((version) => !isSnapshot(version)),
    isNew,
  })
  const changed = [
    ['latest', latest],
    ['release', release],
  ].reduce<Document>(
    (made, [name = '', version]) =>
      fieldOf(made, 'versioning', name) === version
        ? made
        : withField(made, versioning, name, version === undefined ? undefined : [version]),
    versions.join('\n') === before.join('\n')
      ? document
      : withField(
          document,
          versioning,
          'versions',
          versions.map((version) => ['version', [version]] as const),
        ),
  )
  return changed === document ? document : withField(changed, versioning, 'lastUpdated', [momentOf(now)])
}

/** The same versions in one order, whatever the order that they were found in. */
const byOrder = (one: string, other: string): number => compareVersions(one, other) || (one < other ? -1 : 1)

interface Among {
  /** All that it may be. */
  readonly versions: readonly string[]
  readonly added: readonly string[]
  /** Nothing was listed: then it is said although it was not. */
  readonly isNew: boolean
}

function leaderOf(before: string | undefined, { versions, added, isNew }: Among): string | undefined {
  if (before === undefined && !isNew) return undefined
  if (before === undefined || !versions.includes(before)) return newestOf(versions)
  return newestOf([before, ...added])
}

const newestOf = (versions: readonly string[]): string | undefined =>
  versions.reduce<string | undefined>(
    (newest, version) => (newest === undefined || compareVersions(version, newest) > 0 ? version : newest),
    undefined,
  )

/** UTC as Maven writes it, such as `20240131235959`. */
const momentOf = (time: number): string => new Date(time).toISOString().replaceAll(/[-:T]|\..*/g, '')
