import { type OldIndexes, type Repository, RefusedRepository } from '../format.ts'
import { type Entry, parseEntries } from './entry.ts'
import { archOf } from './layout.ts'
import { BadSegment, type Segment, segmentAt, type TarFile } from './segments.ts'
import { signatureIn } from './signature.ts'

/** The present index of one architecture. */
export interface OldIndex {
  readonly key: string
  readonly arch: string
  /** As it is in the bucket; undefined where it is only to be made. */
  readonly stored: Uint8Array | undefined
  readonly signatures: readonly NonNullable<ReturnType<typeof signatureIn>>[]
  /** The stream that is signed. */
  readonly packed: Uint8Array
  /** In their order: the list, DESCRIPTION, and what else there may be. */
  readonly files: readonly TarFile[]
  readonly entries: readonly Entry[]
}

export interface OldAlpine extends OldIndexes {
  readonly indexes: readonly OldIndex[]
}

/** Bytes. */
const largest = 384 * 1024 * 1024

/**
 * @throws RefusedRepository for an index that can't be read: nothing tells what it has that packages have not; as
 *   {@link Repository.read}
 */
export async function openAlpine(repository: Repository): Promise<OldAlpine> {
  const indexes: OldIndex[] = []
  for (const { key, etag } of repository.indexes) {
    const arch = archOf(key)
    const body = arch === undefined ? undefined : await repository.read(key)
    if (arch === undefined || body === undefined || !key.startsWith(repository.root)) continue
    indexes.push({ key, arch, stored: etag === '' ? undefined : body, ...read(key, body) })
  }
  const keys = new Set(
    indexes.flatMap(({ arch, entries }) => entries.flatMap((entry) => placesOf(repository.root, arch, entry))),
  )
  return { indexes, signatures: [], digestsOf: () => undefined, listed: () => [], places: () => keys.values() }
}

function read(key: string, body: Uint8Array): Pick<OldIndex, 'signatures' | 'packed' | 'files' | 'entries'> {
  const files: TarFile[] = []
  let packed: Uint8Array = body
  try {
    for (const { packed: stream, files: own } of streamsOf(body)) {
      if (own.some(({ name }) => name === 'APKINDEX')) packed = stream
      files.push(...own)
    }
  } catch (error) {
    if (!(error instanceof BadSegment)) throw error
    throw unreadable(key, error.message)
  }
  const list = files.find(({ name }) => name === 'APKINDEX')
  if (list === undefined) throw unreadable(key, 'it has no list of packages in it')
  return {
    signatures: files.flatMap((file) => signatureIn(file) ?? []),
    packed,
    files: files.filter(({ name }) => !name.startsWith('.SIGN.')),
    entries: parseEntries(Buffer.from(list.body).toString('latin1')),
  }
}

function* streamsOf(body: Uint8Array): Generator<Segment> {
  if (Buffer.from(body.subarray(0, 3)).toString() === 'ADB')
    throw new BadSegment("it is of apk's third version, which is not made here")
  for (let at = 0; at < body.length;) {
    const segment = segmentAt(body, at, largest)
    if (segment === undefined) throw new BadSegment('it is cut off')
    yield segment
    at += segment.packed.length
  }
}

const unreadable = (key: string, why: string): RefusedRepository =>
  new RefusedRepository(`${key} can't be read: ${why}`, 'Put it right, or remove it and run with --create-missing.')

/** Where clients ask for what an entry lists, and where it may lie beside its index. */
export function placesOf(root: string, arch: string, entry: Entry): string[] {
  const file = `${entry.get('P') ?? ''}-${entry.get('V') ?? ''}.apk`
  return [...new Set([entry.get('A') ?? arch, arch])].map((folder) => `${root}${folder}/${file}`)
}
