/** A repository as the scan found it, and its objects as the journal has them. */
import type { Digests, Format, IndexedPackage, StoredObject } from '../../repositories/format.ts'
import type { Content, Journal, Stretch } from '../journal/journal.ts'
import type { Row } from '../journal/row.ts'
import { roleOf } from '../role.ts'
import type { About } from './read-package.ts'

/** A repository as the scan found it. */
export interface FoundRepository {
  readonly format: Format
  readonly root: string
  /** Where its objects are: below its root, but not below another one's. */
  readonly stretches: readonly Stretch[]
  /** Keys of packages below another one's root that its index lists, too; each is a stretch of its own. */
  readonly guests?: readonly string[]
  /** Some of its packages were left out: an index without them would lose them. */
  readonly isPartlyExcluded?: boolean
  /** Objects of its index that are not there, and to be taken for empty lists: by key, what they would say. */
  readonly created?: ReadonlyMap<string, Uint8Array>
}

/** The objects that its index consists of. */
export function* indexRows({ format, stretches }: FoundRepository, journal: Journal): Generator<Row> {
  for (const stretch of stretches) {
    for (const row of journal.unusual(stretch)) if (roleOf(format, row) === 'index') yield row
  }
}

/** The objects that may be its packages, with what was read of them. */
export function* packageContents({ format, stretches }: FoundRepository, journal: Journal): Generator<Content> {
  for (const stretch of stretches) {
    for (const content of journal.contents(stretch, format.name))
      if (format.roleOf(content.key) === 'package') yield content
  }
}

export const storedObject = ({
  key,
  size,
  etag,
  first,
}: Pick<Row, 'key' | 'size' | 'etag' | 'first'>): StoredObject => ({
  key,
  size,
  etag,
  modified: first * 1000,
})

/** Its packages, as far as they could be read. */
export function* packagesOf(found: FoundRepository, journal: Journal): Generator<IndexedPackage> {
  for (const content of packageContents(found, journal)) {
    if (content.about !== null) yield new JournalledPackage(content, content.about)
  }
}

/** A package whose facts are only looked up where they are wanted: they are most of what is known of it. */
class JournalledPackage implements IndexedPackage {
  readonly key: string
  readonly size: number
  readonly etag: string
  readonly modified: number
  readonly digests: Digests
  readonly identity: string
  readonly note: string | undefined
  readonly #facts: Content['facts']

  constructor(content: Content, about: string) {
    const { key, size, etag, modified } = storedObject(content)
    const { digests, identity, note } = JSON.parse(about) as About
    this.key = key
    this.size = size
    this.etag = etag
    this.modified = modified
    this.digests = digests
    this.identity = identity
    this.note = note
    this.#facts = content.facts
  }

  get facts(): Uint8Array {
    return this.#facts() ?? new Uint8Array()
  }
}
