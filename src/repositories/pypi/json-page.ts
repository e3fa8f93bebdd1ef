/**
 * Pages in JSON: members that we don't know stay where they are.
 *
 * @see https://packaging.python.org/en/latest/specifications/simple-repository-api/#json-based-simple-api-for-python-package-indexes
 */
import { isObject, type JsonObject } from '../../json-object.ts'
import { isTooDeep } from '../json-depth.ts'
import { nameIn } from './html-page.ts'
import {
  type AddedEntry,
  isSameText,
  type Page,
  type PageEdit,
  type PageEntry,
  placesAmong,
  type Told,
} from './page.ts'

const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined)

/** Reads a page; undefined if it is none. */
export function readJson(bytes: Uint8Array): Page | undefined {
  let text: string
  let document: unknown
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    if (isTooDeep(text)) return undefined
    document = JSON.parse(text)
  } catch {
    return undefined
  }
  if (!isObject(document)) return undefined
  const list = Array.isArray(document['files']) ? 'files' : 'projects'
  const files: unknown = document[list]
  if (!Array.isArray(files) || !files.every(isObject)) return undefined
  const entries = files.map(list === 'files' ? fileEntry : projectEntry)
  return { entries, edited: (edit) => edited(text, document, list, files, entries, edit) }
}

function fileEntry(file: JsonObject): PageEntry {
  const [url = ''] = (textOf(file['url']) ?? '').split('#', 1)
  const hashes = isObject(file['hashes']) ? file['hashes'] : {}
  const [sha256, md5] = [textOf(hashes['sha256']), textOf(hashes['md5'])]
  const yanked = file['yanked']
  return {
    name: textOf(file['filename']) ?? nameIn(url),
    url,
    ...(sha256 === undefined ? {} : { sha256: sha256.toLowerCase() }),
    ...(md5 === undefined ? {} : { md5: md5.toLowerCase() }),
    ...(yanked === true || (typeof yanked === 'string' && yanked !== '') ? { yanked } : {}),
  }
}

const projectEntry = (project: JsonObject): PageEntry => ({ name: textOf(project['name']) ?? '', url: '' })

function edited(
  text: string,
  document: JsonObject,
  list: string,
  files: readonly JsonObject[],
  entries: readonly PageEntry[],
  edit: PageEdit,
): Uint8Array | undefined {
  let isChanged = edit.added.length > 0
  const kept: JsonObject[] = []
  const names: string[] = []
  files.forEach((file, at) => {
    const change = edit.change(at)
    const now = change === undefined || change === 'gone' ? file : told(file, change)
    isChanged ||= change === 'gone' || now !== file
    if (change === 'gone') return
    kept.push(now)
    names.push(entries[at]?.name ?? '')
  })
  if (!isChanged) return undefined
  const make = list === 'files' ? fileOf : ({ name }: AddedEntry): JsonObject => ({ name })
  const isTimed = files.some((file) => 'upload-time' in file)
  const placeOf = placesAmong(names)
  const places = Map.groupBy(edit.added, ({ name }) => placeOf(name))
  const all = [...kept, undefined].flatMap((file, at) => [
    ...(places.get(at) ?? []).map((entry) => make(entry, isTimed)),
    ...(file === undefined ? [] : [file]),
  ])
  const versions: unknown = document['versions']
  const grown = {
    ...document,
    [list]: all,
    ...(Array.isArray(versions) ? { versions: grownList(versions, edit) } : {}),
  }
  return Buffer.from(
    JSON.stringify(grown, undefined, /^\s*\{\r?\n([ \t]+)/.exec(text)?.[1]) + (/\n$/.exec(text)?.[0] ?? ''),
  )
}

/** PEP 700: all versions that there are files of. */
const grownList = (versions: readonly unknown[], { added }: PageEdit): unknown[] => [
  ...new Set([...versions, ...added.flatMap(({ version }) => version ?? [])]),
]

/** PEP 714: pip before 23.1 stumbles over the older name in JSON, so that it is nowhere where it was not before. */
const metadataName = 'core-metadata'
const olderName = 'dist-info-metadata'

function fileOf({ name, url, ...of }: AddedEntry, isTimed: boolean): JsonObject {
  return {
    filename: name,
    url,
    hashes: of.sha256 === undefined ? {} : { sha256: of.sha256 },
    ...(of.requiresPython === undefined ? {} : { 'requires-python': of.requiresPython }),
    ...(of.metadata === undefined ? {} : { [metadataName]: { sha256: of.metadata } }),
    ...(of.size === undefined ? {} : { size: of.size }),
    ...(isTimed && of.modified !== undefined ? { 'upload-time': new Date(of.modified).toISOString() } : {}),
    yanked: of.yanked ?? false,
  }
}

/** The same one if it says already what its package says. */
function told(file: JsonObject, { sha256, requiresPython, metadata, size }: Told): JsonObject {
  const changes: Record<string, unknown> = {}
  const hashes = isObject(file['hashes']) ? file['hashes'] : {}
  if (sha256 !== undefined && textOf(hashes['sha256'])?.toLowerCase() !== sha256) changes['hashes'] = { sha256 }
  if (requiresPython !== undefined && !isSameText(textOf(file['requires-python']), requiresPython)) {
    changes['requires-python'] = requiresPython
  }
  if (size !== undefined && 'size' in file && file['size'] !== size) changes['size'] = size
  for (const member of metadata === undefined ? [] : [metadataName, ...(olderName in file ? [olderName] : [])]) {
    const present = file[member]
    if (!isObject(present) || present['sha256'] !== metadata) changes[member] = { sha256: metadata }
  }
  return Object.keys(changes).length === 0 ? file : { ...file, ...changes }
}

const emptyPage = (more: JsonObject): Uint8Array =>
  Buffer.from(JSON.stringify({ meta: { 'api-version': '1.0' }, ...more }))

/** A page of all projects that lists none yet. */
export const jsonRoot = (): Uint8Array => emptyPage({ projects: [] })

export const jsonProject = (project: string): Uint8Array => emptyPage({ name: project, files: [] })
