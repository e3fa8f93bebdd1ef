/** Which objects make up the new indexes, and in which order they have to appear. */
import { createHash } from 'node:crypto'

import { fixedGzip } from '../compression/fixed-gzip.ts'
import {
  type Finding,
  type IndexInput,
  type IndexObject,
  type IndexPlan,
  RefusedRepository,
  type Signer,
} from '../format.ts'
import { indexObject } from '../index-object.ts'
import { type Stanza, valueOf } from './deb822.ts'
import { listOf, placeOf } from './layout.ts'
import { newLists, type NewPart } from './new-lists.ts'
import type { OldApt, OldSuite } from './old-indexes.ts'
import { type ListedIndex, readRelease, renewalOf, writeRelease } from './release.ts'

/**
 * See `Format.writeIndexes`. The order (each group whole before the next): the contents under `by-hash/`, which no
 * client asks for yet; the plain names, which only clients of before 2016 ask for; Release and its detached signature;
 * InRelease, from which on clients ask for the new contents. The old ones stay, for those that hold the old InRelease.
 */
export async function planIndexes(input: IndexInput<OldApt>): Promise<IndexPlan> {
  const { old, repository, signer } = input
  if (old.signatures.length > 0 && signer === undefined) throw unsigned()
  const lists = newLists(input)
  const groups: [IndexObject[], IndexObject[], IndexObject[], IndexObject[]] = [[], [], [], []]
  const renewals: number[] = []
  const findings: Finding[] = []
  for (const suite of old.suites) {
    const parts = lists.parts.filter((part) => part.suite === suite)
    if (parts.length === 0) continue
    const files = (await Promise.all(parts.map(filesOf))).flat()
    const base = repository.root + suite.folder
    groups[1].push(...files.map((file) => indexObject(base + file.path, file.body, file)))
    // Without a Release, clients don't know of by-hash; one that nobody keeps up would lock them out.
    if (suite.release === undefined && signer === undefined) continue
    groups[0].push(...files.map((file) => byHash(base, file)))
    const text = await releaseText(suite, parts, files, input)
    const renewal = renewalOf(text === undefined ? (suite.release?.stanza ?? []) : readRelease(text).stanza)
    if (renewal !== undefined) renewals.push(renewal)
    findings.push(...outlived(base, text === undefined ? suite.release?.stanza : readRelease(text).stanza, signer))
    if (text === undefined) continue
    const { release, inRelease } = await signedTops(base, text, signer)
    groups[2].push(...release)
    groups[3].push(...inRelease)
  }
  return {
    ...(renewals.length === 0 ? {} : { renew: Math.min(...renewals) }),
    groups: groups.filter((group) => group.length > 0),
    parts: lists.counts,
    packages: lists.packages,
    findings: [...old.findings, ...lists.findings, ...findings],
    kept: lists.kept,
  }
}

const unsigned = (): RefusedRepository =>
  new RefusedRepository('it is signed, and there is no key to sign it anew', 'Give its key with --signing-key FILE.')

/** apt goes by both: what says that it is valid for longer than its key is refused all the same, and nobody knows why. */
function outlived(base: string, release: Stanza | undefined, signer: Signer | undefined): Finding[] {
  const until = Date.parse(valueOf(release ?? [], 'Valid-Until') ?? '')
  if (signer?.expires === undefined || !(until > signer.expires)) return []
  const [said, ends] = [until, signer.expires].map((time) => new Date(time).toISOString().slice(0, 10))
  return [
    {
      key: `${base}Release`,
      what: `says that it is valid until ${said}, but the key that signs it expires on ${ends}`,
      todo: 'Extend the key, give clients its public key anew, and run again.',
    },
  ]
}

interface NewFile {
  /** Below the suite's folder. */
  readonly path: string
  readonly body: Uint8Array
  readonly contentType: string
  readonly sha256: string
  readonly md5: string
}

async function filesOf({ old, text }: NewPart): Promise<NewFile[]> {
  const path = old.folder + old.name
  // Begun first: what is compressed beside us need not wait for the sums.
  const compressed = fixedGzip(text)
  const plain = newFile(path, text, 'text/plain; charset=utf-8')
  return [plain, newFile(`${path}.gz`, await compressed, 'application/gzip')]
}

const newFile = (path: string, body: Uint8Array, contentType: string): NewFile => ({
  path,
  body,
  contentType,
  sha256: sum('sha256', body),
  md5: sum('md5', body),
})

const sum = (algorithm: string, bytes: Uint8Array): string => createHash(algorithm).update(bytes).digest('hex')

function byHash(base: string, file: NewFile): IndexObject {
  const { path, sha256 } = file
  const folder = path.slice(0, path.lastIndexOf('/') + 1)
  return indexObject(`${base}${folder}by-hash/SHA256/${sha256}`, file.body, file)
}

/** The new Release of a suite; undefined where all that it says is right as it is. */
async function releaseText(
  suite: OldSuite,
  parts: readonly NewPart[],
  files: readonly NewFile[],
  { repository, signer, now }: IndexInput<OldApt>,
): Promise<string | undefined> {
  const listed = new Map<string, ListedIndex>()
  for (const [path, file] of carriedFiles(suite, parts)) {
    listed.set(path, await withSha256(file, () => repository.read(repository.root + suite.folder + path)))
  }
  for (const { path, body, md5, sha256 } of files) listed.set(path, { size: body.length, digests: { md5, sha256 } })
  const complete = suite.consistent && (signer === undefined || (await isSigned(suite, signer)))
  const places = parts.flatMap(({ old }) => placeOf(old.folder) ?? [])
  return writeRelease({
    old: suite.release?.stanza ?? nameOf(suite.folder),
    always: !complete,
    files: listed,
    components: places.map(({ component }) => component),
    architectures: places.map(({ architecture }) => architecture).filter(isNamed),
    now,
  })
}

async function signedTops(
  base: string,
  text: string,
  signer: Signer | undefined,
): Promise<{ release: IndexObject[]; inRelease: IndexObject[] }> {
  const body = Buffer.from(text)
  const contentType = 'text/plain; charset=utf-8'
  const release = indexObject(`${base}Release`, body, { contentType, top: true })
  if (signer === undefined) return { release: [release], inRelease: [] }
  const [detached, clear] = await Promise.all([signer.detached(body), signer.clear(text)])
  return {
    release: [
      release,
      indexObject(`${base}Release.gpg`, Buffer.from(detached), { contentType: 'application/pgp-signature' }),
    ],
    inRelease: [indexObject(`${base}InRelease`, Buffer.from(clear), { contentType, top: true })],
  }
}

/** Another key than before is a reason to sign anew. */
const isSigned = async ({ inRelease }: OldSuite, signer: Signer): Promise<boolean> =>
  inRelease !== undefined && (await signer.signed?.(inRelease)) !== false

/** `Architectures: all` changes what clients fetch; only who publishes the suite can say that. */
const isNamed = (architecture: string): boolean => architecture !== 'source' && architecture !== 'all'

/** An index that is listed with digests too weak or too strong for our lists is read once. */
async function withSha256(file: ListedIndex, read: () => Promise<Uint8Array | undefined>): Promise<ListedIndex> {
  if (file.digests.sha256 !== undefined) return file
  const body = await read()
  return body?.length === file.size ? { ...file, digests: { ...file.digests, sha256: sum('sha256', body) } } : file
}

/** What the present Release lists beside the lists that are new: Contents, Translation, dep11, icons, cnf… */
function* carriedFiles({ release }: OldSuite, parts: readonly NewPart[]): Generator<[string, ListedIndex]> {
  const made = new Set(parts.map(({ old }) => old.folder + old.name))
  for (const [path, file] of release?.files ?? []) {
    const list = listOf(path)
    if (list !== undefined && made.has(list.folder + list.name)) continue
    // Differences between lists, which lead to the old one.
    if (made.has(path.replace(/\.diff\/.*$/, ''))) continue
    yield [path, file]
  }
}

/** A suite without a Release is called what its folder is called. */
function nameOf(folder: string): Stanza {
  const name = folder.replace(/^dists\//, '').replace(/\/$/, '')
  return name === ''
    ? []
    : [
        ['Suite', name],
        ['Codename', name],
      ]
}
