import { createHash } from 'node:crypto'

import type { Finding, IndexInput, IndexObject, IndexPlan, Part, Repository, StoredObject } from '../format.ts'
import { inParallel } from '../in-parallel.ts'
import { indexObject } from '../index-object.ts'
import { innermostOf } from '../nested-roots.ts'
import { ownText } from '../own-text.ts'
import { artifactsOf, type Artifact } from './artifacts.ts'
import { withBuilds } from './build-list.ts'
import { type Document, fieldOf, newDocument, printDocument, readDocument } from './document.ts'
import { listedFolder, rootOfFolder } from './keys.ts'
import { versionsIn, withVersions } from './version-list.ts'

/** Documents that are read at once. */
const atOnce = 16
const contentType = 'application/xml'
const file = 'maven-metadata.xml'

/** The groupId and artifactId of an artifact. */
interface Coordinates {
  readonly groupId: string
  readonly artifactId: string
}

/** A document, as it is and as it should be. */
interface Written {
  readonly object?: IndexObject
  readonly sums: readonly IndexObject[]
  readonly findings: readonly Finding[]
}

/** See `Format.writeIndexes`. */
export async function writeIndexes(input: IndexInput): Promise<IndexPlan> {
  const { repository, now } = input
  const artifacts = artifactsOf(input.packages())
  const stored = new Map(repository.indexes.map((object) => [object.key, object]))
  const isList = (key: string): boolean => listedFolder(key) === key.slice(0, -file.length)
  const lists = [...stored.keys()].filter((key) => key.endsWith(`/${file}`) && isList(key))
  const sums = new SumsBeside(repository, stored)
  const edited =
    (folder: string): Writing['edit'] =>
    (document) =>
      withVersions(document, artifacts.get(folder)?.versions ?? new Set(), now)
  const listed = await inParallel(lists, atOnce, async (key) => {
    const folder = key.slice(0, -file.length)
    const opened = await open(key, { repository, stored })
    const { document } = opened
    // What it would be of is only known when all others have been read.
    if (document === undefined) return [folder, undefined] as const
    const versions = versionsIn(document)
    const present = artifacts.get(folder)?.versions
    const isSigned = stored.has(`${key}.asc`)
    const lost = isSigned ? [] : versions.filter((version) => present?.has(version) !== true).map(ownText)
    const isOfVersions = versions.length > 0 || present !== undefined
    const writing = { repository, stored, sums, edit: edited(folder), begin: () => undefined }
    const written = isOfVersions ? await write(key, writing, opened) : undefined
    return [folder, { base: baseOf(folder, document), before: versions.length, lost, written }] as const
  })
  const before = new Map(listed)
  const bases = new Set(listed.flatMap(([, of]) => of?.base ?? []))
  const findings: Finding[] = []
  const parts: Part[] = []

  const folders = new Set([...before].flatMap(([folder, of]) => (of?.before ? folder : [])))
  const wanted = new Map<string, Coordinates>()
  for (const [folder, { hasPom }] of artifacts) {
    const coordinates = coordinatesOf(folder, bases)
    if (coordinates !== undefined) wanted.set(folder, coordinates)
    if (before.has(folder) || (hasPom && coordinates !== undefined)) folders.add(folder)
    else if (hasPom) findings.push(unclear(folder))
  }
  const ofVersions = await inParallel([...folders].sort(), atOnce, async (folder) => {
    const { groupId, artifactId } = wanted.get(folder) ?? {}
    const name = groupId === undefined ? folder : `${groupId}:${String(artifactId)}`
    const of = before.get(folder)
    const after = artifacts.get(folder)?.versions.size ?? 0
    parts.push({ name, before: of?.before ?? 0, after, ofMany: true })
    for (const version of of?.lost ?? []) findings.push(gone(`${folder}${version}/`))
    if (of?.written !== undefined) return of.written
    return write(folder + file, {
      ...{ repository, stored, sums, edit: edited(folder) },
      begin: () => wanted.get(folder) && newDocument({ ...wanted.get(folder) }),
    })
  })
  const ofBuilds = await inParallel(buildsOf(artifacts, folders), atOnce, async ([folder, version, builds]) =>
    write(`${folder}${version}/${file}`, {
      ...{ repository, stored, sums },
      edit: (document) => withBuilds(document, builds),
      begin: () => wanted.get(folder) && newDocument({ ...wanted.get(folder), version }, '1.1.0'),
    }),
  )
  const all = [...ofBuilds, ...ofVersions]
  return {
    groups: [ofBuilds, ofVersions].flatMap((written) => [
      written.flatMap(({ object }) => object ?? []),
      written.flatMap((one) => one.sums),
    ]),
    parts: parts.sort((one, other) => (one.name < other.name ? -1 : 1)),
    packages: [...folders].reduce((sum, folder) => sum + (artifacts.get(folder)?.versions.size ?? 0), 0),
    findings: [...findings, ...all.flatMap((one) => one.findings)],
    kept: new Set(),
  }
}

function* buildsOf(artifacts: ReadonlyMap<string, Artifact>, folders: ReadonlySet<string>) {
  for (const [folder, { builds }] of artifacts) {
    if (folders.has(folder)) for (const [version, of] of builds) yield [folder, version, of] as const
  }
}

/** The folder that a document's groupId begins in; undefined where it does not say. */
function baseOf(folder: string, document: Document): string | undefined {
  const groupId = fieldOf(document, 'groupId')
  const artifactId = fieldOf(document, 'artifactId')
  if (groupId === undefined || artifactId === undefined) return undefined
  const end = `${groupId.replaceAll('.', '/')}/${artifactId}/`
  return folder === end || folder.endsWith(`/${end}`) ? folder.slice(0, -end.length) : undefined
}

/** What an artifact is called, by where its neighbours' groups begin. */
function coordinatesOf(folder: string, bases: ReadonlySet<string>): Coordinates | undefined {
  const { root, isSure } = rootOfFolder(folder)
  const start = innermostOf(bases, folder) ?? (isSure ? root : undefined)
  if (start === undefined) return undefined
  const segments = folder.slice(start.length, -1).split('/')
  const artifactId = segments.pop() ?? ''
  return segments.length === 0 ? undefined : { groupId: segments.join('.'), artifactId }
}

const unclear = (folder: string): Finding => ({
  key: folder,
  what: `has no ${file}, and none is made: its key does not tell where its groupId begins`,
  todo: 'Publish it once with Maven or Gradle; what is there is then kept up to date.',
})

const gone = (key: string): Finding => ({
  key,
  what: 'is listed in the index but is not in the bucket; the new index does not list it',
  once: true,
})

interface Writing {
  readonly repository: Repository
  readonly stored: ReadonlyMap<string, StoredObject>
  readonly sums: SumsBeside
  /** Returns the same document where nothing is to be changed. */
  readonly edit: (document: Document) => Document
  /** A document that lists nothing; undefined where nobody knows what it would be of. */
  readonly begin: () => Document | undefined
}

/** What is there now; without a document it is none, and without bytes nothing. */
interface Opened {
  readonly bytes?: Uint8Array | undefined
  readonly document?: Document | undefined
}

async function open(key: string, { repository, stored }: Pick<Writing, 'repository' | 'stored'>): Promise<Opened> {
  const bytes = stored.has(key) ? await repository.read(key) : undefined
  return { bytes, document: bytes && readDocument(bytes) }
}

/** @param opened - where it was read already */
async function write(key: string, writing: Writing, opened?: Opened): Promise<Written> {
  const { stored, sums, edit, begin } = writing
  const make = ({
    bytes,
    document: present,
  }: Opened): { bytes: Uint8Array; isChanged: boolean; isBroken: boolean } | undefined => {
    const document = present ?? begin()
    if (document === undefined) return bytes && { bytes, isChanged: false, isBroken: true }
    const edited = edit(document)
    const isSame = bytes !== undefined && edited === present
    return {
      bytes: isSame ? bytes : printDocument(edited),
      isChanged: !isSame,
      isBroken: bytes !== undefined && !present,
    }
  }
  const made = make(opened ?? (await open(key, writing)))
  if (made === undefined) return { sums: [], findings: [] }
  const findings = made.isBroken ? [broken(key, made.isChanged)] : []
  if (made.isChanged && stored.has(`${key}.asc`)) return { sums: [], findings: [...findings, signed(key)] }
  const again = async (): Promise<Uint8Array> => make(await open(key, writing))?.bytes ?? new Uint8Array()
  return {
    object: indexObject(key, made.bytes, { contentType, top: 'itself', again }),
    sums: await sums.of(key, made),
    findings,
  }
}

const broken = (key: string, isMade: boolean): Finding => ({
  key,
  what: `can not be read as a ${file}, ${isMade ? 'and is made anew: what only it said is lost' : 'and is left as it is'}`,
  ...(isMade ? { once: true } : { todo: 'Publish its artifact once with Maven or Gradle.' }),
})

const signed = (key: string): Finding => ({
  key,
  what: 'is left as it is: it is signed (.asc), and its signature would no longer be right',
  todo: 'Sign it anew with what signs it, or remove the signature.',
})

const algorithms = ['md5', 'sha1', 'sha256', 'sha512'] as const

/**
 * The sums beside documents: MD5 and SHA-1, as all clients write them, and those others that the repository has anywhere.
 * Not those that one document has: who was killed while writing them would leave some out for ever.
 */
class SumsBeside {
  readonly #repository: Repository
  readonly #stored: ReadonlyMap<string, StoredObject>
  readonly #names: readonly (typeof algorithms)[number][]

  constructor(repository: Repository, stored: ReadonlyMap<string, StoredObject>) {
    this.#repository = repository
    this.#stored = stored
    const used = new Set(['md5', 'sha1', ...[...stored.keys()].map((key) => /\.xml\.(\w+)$/.exec(key)?.[1])])
    this.#names = algorithms.filter((name) => used.has(name))
  }

  async of(key: string, { bytes, isChanged }: { bytes: Uint8Array; isChanged: boolean }): Promise<IndexObject[]> {
    const sums: IndexObject[] = []
    for (const name of this.#names) {
      const right = createHash(name).update(bytes).digest('hex')
      const kept = isChanged ? undefined : await this.#kept(`${key}.${name}`, right)
      sums.push(indexObject(`${key}.${name}`, kept ?? Buffer.from(right), { contentType: 'text/plain', top: 'itself' }))
    }
    return sums
  }

  /** A sum that is right, however it is written: with a name behind it, or in capitals. */
  async #kept(key: string, right: string): Promise<Uint8Array | undefined> {
    const { etag, size } = this.#stored.get(key) ?? {}
    if (etag === undefined) return undefined
    if (size === right.length && etag === createHash('md5').update(right).digest('hex')) return undefined
    const bytes = await this.#repository.read(key)
    const text = bytes && Buffer.from(bytes).toString('latin1')
    return text !== undefined && text.trimStart().toLowerCase().split(/\s/, 1)[0] === right ? bytes : undefined
  }
}
