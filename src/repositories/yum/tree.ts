import { createHash } from 'node:crypto'
import type { Finding, OldIndexes, Repository, StoredObject } from '../format.ts'
import { messageOf } from '../../errors.ts'
import { OldEntries } from './old-entries.ts'
import { entryOf, isCarriable, oldElements, UnreadableIndex } from './old-primary.ts'
import { parseRepomd, type Repomd } from './repomd.ts'

/** One `repodata` folder as it is in the bucket: what a client's `baseurl` points to. */
export interface Tree {
  /** The prefix that `repodata/` and the packages' places are below. */
  readonly root: string
  /** Keys and sizes of the objects in the folder. */
  readonly stored: ReadonlyMap<string, StoredObject>
  readonly repomd: Uint8Array
  /** The signature over repomd.xml. */
  readonly signature?: Uint8Array
  /** Missing if the document is none. */
  readonly parsed?: Repomd
  /** Undefined if the present list of packages cannot be read. */
  readonly entries?: OldEntries
  /** Whether entries can be put into our lists as they are. */
  readonly isCarriable?: boolean
  readonly findings: readonly Finding[]
}

/** What the present indexes of a repository say. */
export interface OldRepodata extends OldIndexes {
  readonly trees: readonly Tree[]
}

/** The folders, by their roots, of all `repodata/repomd.xml` among some objects. */
export const treeRoots = (objects: readonly StoredObject[]): string[] =>
  objects.flatMap(({ key }) => treeRootOf(key) ?? [])

export const treeRootOf = (key: string): string | undefined => /^(|.*\/)repodata\/repomd\.xml$/.exec(key)?.[1]

/**
 * Reads what the present index of a tree says. What is broken becomes a finding.
 *
 * @throws only what {@link Repository.read} throws
 */
export async function openTree(repository: Repository, root: string): Promise<Tree | undefined> {
  const key = `${root}repodata/repomd.xml`
  const repomd = await repository.read(key)
  if (repomd === undefined) return undefined
  const stored = new Map(
    repository.indexes
      .filter((object) => object.key.startsWith(`${root}repodata/`))
      .map((object) => [object.key, object]),
  )
  const signature = stored.has(`${key}.asc`) ? await repository.read(`${key}.asc`) : undefined
  const parsed = parseRepomd(new TextDecoder().decode(repomd))
  return {
    root,
    stored,
    repomd,
    ...(signature === undefined ? {} : { signature }),
    ...(parsed === undefined
      ? { findings: [{ key, what: 'is no repomd.xml: nothing of it is carried over' }] }
      : { parsed, ...(await readEntries(repository, root, parsed)) }),
  }
}

async function readEntries(
  repository: Repository,
  root: string,
  { data }: Repomd,
): Promise<Pick<Tree, 'entries' | 'isCarriable' | 'findings'>> {
  const primary = data.find(({ type }) => type === 'primary')
  if (primary === undefined) return unreadable(`${root}repodata/repomd.xml`, 'it names no primary')
  const key = root + primary.href
  const body = await repository.read(key)
  if (body === undefined) return unreadable(key, 'it is not there')
  if (primary.checksumType === 'sha256' && primary.checksum !== createHash('sha256').update(body).digest('hex')) {
    return unreadable(key, 'it is not what repomd.xml says')
  }
  try {
    const entries = new OldEntries(root)
    let carriable = true
    for await (const xml of oldElements(
      primary.href,
      body,
      'metadata',
      (opening) => (carriable = isCarriable(opening)),
    )) {
      const entry = entryOf(xml)
      if (entry !== undefined) entries.add(entry)
    }
    return { entries, isCarriable: carriable, findings: [] }
  } catch (error) {
    if (error instanceof UnreadableIndex) return unreadable(key, messageOf(error))
    throw error
  }
}

const unreadable = (key: string, why: string): Pick<Tree, 'findings'> => ({
  findings: [{ key, what: `cannot be read as the list of packages: ${why}` }],
})
