import type { Digests, Finding, OldIndexes, Repository, StoredObject } from '../format.ts'
import { inParallel } from '../in-parallel.ts'
import { readHtml } from './html-page.ts'
import { readJson } from './json-page.ts'
import { folderOf, type Form, isPackagesPlace, pageOf } from './keys.ts'
import { type Target, targetsOf } from './links.ts'
import { isDistribution, normalized } from './names.ts'
import type { Page } from './page.ts'

/** Pages that are read at once. */
export const atOnce = 16
const largestPage = 64 * 1024 * 1024

/** A file that a page lists. */
export interface OldEntry {
  readonly file: string
  /** What the link may mean; none: something elsewhere. */
  readonly targets: readonly Target[]
  readonly sha256: string | undefined
  readonly md5: string | undefined
  readonly yanked: string | true | undefined
}

/** A page as it is now. */
export interface OldPage {
  readonly key: string
  /** Normalised; undefined: of all projects. */
  readonly project: string | undefined
  /** As its key has it. */
  readonly called: string | undefined
  readonly form: Form
  readonly isJson: boolean
  readonly entries: readonly OldEntry[]
}

/** What the present indexes of a repository say. */
export interface OldPages extends OldIndexes {
  readonly pages: readonly OldPage[]
  readonly stored: ReadonlyMap<string, StoredObject>
  readonly findings: readonly Finding[]
}

/** A page that is read, or why it can't be. */
export type ReadPage = { readonly page: Page; readonly isJson: boolean } | { readonly broken: string }

/** JSON is told by its content: some serve it where others have HTML. */
export function readPage(key: string, bytes: Uint8Array): ReadPage {
  if (bytes.length > largestPage) return { broken: `it has ${bytes.length} bytes` }
  const first = Buffer.from(bytes.buffer, bytes.byteOffset, Math.min(64, bytes.length))
    .toString('latin1')
    .trimStart()[0]
  if (first !== '{' && !key.endsWith('json')) return { page: readHtml(bytes), isJson: false }
  const page = readJson(bytes)
  return page === undefined ? { broken: 'it is no JSON of an index' } : { page, isJson: true }
}

/** @throws only what {@link Repository.read} throws */
export async function openPages(repository: Repository): Promise<OldPages> {
  const { root } = repository
  const stored = new Map(repository.indexes.map((object) => [object.key, object]))
  const named = [...stored.values()].flatMap(({ key, size }) => {
    const name = pageOf(key, root)
    // What is empty is a folder that somebody made.
    return name === undefined || (size === 0 && key.endsWith('/')) ? [] : [{ key, ...name }]
  })
  const findings: Finding[] = []
  const pages = await inParallel(named, atOnce, async ({ key, project, form }): Promise<OldPage> => {
    const read = readPage(key, (await repository.read(key)) ?? new Uint8Array())
    if ('broken' in read) findings.push({ key, what: `can not be read: ${read.broken}` })
    return {
      key,
      project: project === undefined ? undefined : normalized(project),
      called: project,
      form,
      isJson: 'broken' in read ? key.endsWith('json') : read.isJson,
      entries: 'broken' in read || project === undefined ? [] : entriesOf(read.page, root, project),
    }
  })
  findings.sort((one, other) => (one.key < other.key ? -1 : 1))
  const placed = new Map<string, OldEntry[]>()
  for (const entry of pages.flatMap(({ entries }) => entries)) {
    for (const { key } of entry.targets) {
      const others = placed.get(key)
      if (others === undefined) placed.set(key, [entry])
      else others.push(entry)
    }
  }
  return {
    ...{ pages, stored, findings },
    signatures: [],
    digestsOf: (object) => digestsOf(placed.get(object.key) ?? [], object),
    listed: (key) => [...new Set((placed.get(key) ?? []).flatMap(({ sha256 }) => sha256 ?? []))],
    *places() {
      for (const key of placed.keys()) if (isPackagesPlace(key, root)) yield key
    },
  }
}

export function entriesOf({ entries, base }: Page, root: string, project: string): OldEntry[] {
  const from = { folder: folderOf(root, project), base }
  return entries.map(({ name, url, sha256, md5, yanked }) => ({
    file: name,
    targets: isDistribution(name) ? targetsOf(url, root, from) : [],
    ...{ sha256, md5, yanked },
  }))
}

/** Of this content for sure: its MD5 is the ETag, or its place is named after it. */
function digestsOf(entries: readonly OldEntry[], { key, etag }: StoredObject): Digests | undefined {
  const found = entries.find(
    ({ sha256, md5 }) => sha256 !== undefined && ((md5 !== undefined && md5 === etag) || key.includes(sha256)),
  )
  return found?.sha256 === undefined ? undefined : { sha256: found.sha256 }
}
