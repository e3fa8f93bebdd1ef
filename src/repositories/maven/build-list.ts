/** The list of a snapshot version's builds. */
import { type Document, fieldOf, listOf, textIn, withField } from './document.ts'
import type { ArtifactFile, Build } from './keys.ts'

const versioning = ['versioning']

/** The newest build of each kind of file of a snapshot version: one upload need not have all of them. */
export class Builds {
  readonly #version: string
  readonly #newest = new Map<string, BuiltFile>()
  #latest: Build | undefined

  /** @param version - such as `1.0-SNAPSHOT` */
  constructor(version: string) {
    this.#version = version
  }

  get latest(): Build | undefined {
    return this.#latest
  }

  /** In the order of extensions and classifiers. */
  get files(): readonly BuiltFile[] {
    return [...this.#newest].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, file]) => file)
  }

  take({ classifier, extension, build }: ArtifactFile): void {
    if (build === undefined) return
    const id = idOf(classifier, extension)
    const before = this.#newest.get(id)
    if (before === undefined || isNewer(build, before.build)) {
      const value = this.#version.replace(/SNAPSHOT$/, `${build.timestamp}-${build.number}`)
      this.#newest.set(id, { classifier, extension, build, value })
    }
    if (this.#latest === undefined || isNewer(build, this.#latest)) this.#latest = build
  }
}

interface BuiltFile extends Pick<ArtifactFile, 'classifier' | 'extension'> {
  readonly build: Build
  /** The version as the file has it in its name. */
  readonly value: string
}

const idOf = (classifier: string, extension: string): string => `${extension}\n${classifier}`

const isNewer = (one: Build, other: Build): boolean =>
  one.timestamp === other.timestamp ? one.number > other.number : one.timestamp > other.timestamp

/**
 * The document with just these builds; the same one if it has them already. The dates are those of the builds.
 *
 * @param builds - with one at least
 */
export function withBuilds(document: Document, builds: Builds): Document {
  const { latest, files } = builds
  if (latest === undefined) return document
  const before = listOf(document, ['versioning', 'snapshotVersions'], 'snapshotVersion').map((element) => ({
    id: idOf(textIn(element, 'classifier'), textIn(element, 'extension')),
    value: textIn(element, 'value'),
    updated: textIn(element, 'updated'),
  }))
  const same =
    fieldOf(document, 'versioning', 'snapshot', 'timestamp') === latest.timestamp &&
    fieldOf(document, 'versioning', 'snapshot', 'buildNumber') === String(latest.number)
  // Without a list, as Maven 2 wrote it, clients take the latest of everything.
  const asListed =
    before.length === 0
      ? files.every(({ build }) => !isNewer(latest, build))
      : before.length === files.length &&
        files.every(({ classifier, extension, value }) =>
          before.some((entry) => entry.id === idOf(classifier, extension) && entry.value === value),
        )
  if (same && asListed) return document
  const entries = files.map(({ classifier, extension, build, value }) => {
    const old = before.find((entry) => entry.id === idOf(classifier, extension) && entry.value === value)
    return { classifier, extension, value, updated: old?.updated ?? build.timestamp.replace('.', '') }
  })
  const place = new Map(before.map(({ id }, index) => [id, index]))
  const rank = (entry: (typeof entries)[number]): number =>
    place.get(idOf(entry.classifier, entry.extension)) ?? before.length
  entries.sort((one, other) => rank(one) - rank(other))
  const updated = entries.map((entry) => entry.updated).reduce((one, other) => (one > other ? one : other), '')
  return [
    [
      'snapshot',
      [['timestamp', [latest.timestamp]] as const, ['buildNumber', [String(latest.number)]] as const],
    ] as const,
    ['lastUpdated', [updated]] as const,
    [
      'snapshotVersions',
      entries.map(
        (entry) =>
          [
            'snapshotVersion',
            [
              ...(entry.classifier === '' ? [] : [['classifier', [entry.classifier]] as const]),
              ['extension', [entry.extension]] as const,
              ['value', [entry.value]] as const,
              ['updated', [entry.updated]] as const,
            ],
          ] as const,
      ),
    ] as const,
  ].reduce<Document>((made, [name, content]) => withField(made, versioning, name, content), document)
}
