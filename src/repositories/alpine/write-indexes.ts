/** The new indexes of an Alpine repository: one of each architecture, and each stands for itself. */
import { fixedGzip } from '../compression/fixed-gzip.ts'
import {
  type Finding,
  type IndexInput,
  type IndexObject,
  type IndexPlan,
  type Part,
  RefusedRepository,
} from '../format.ts'
import { indexObject } from '../index-object.ts'
import { type Entry, packageFields, writeEntry } from './entry.ts'
import { type OldAlpine, type OldIndex, placesOf } from './old-indexes.ts'
import { unpackApk } from './read-apk.ts'
import { archiveOf } from './segments.ts'
import { isGood, keysFor, type RsaKey, signatureOf } from './signature.ts'

type Input = IndexInput<OldAlpine>

/** See `Format.writeIndexes`. */
export async function writeIndexes(input: Input): Promise<IndexPlan> {
  const indexes = input.old.indexes.map((index) => ({ index, apkKey: keyOf(index, input) }))
  const packages = packagesOf(input)
  const findings: Finding[] = []
  const objects: IndexObject[] = []
  const parts: Part[] = []
  const kept = new Set<string>()
  const listed = new Set<string>()
  for (const { index, apkKey } of indexes) {
    const entries = membersOf(index, packages, input, { findings, kept, listed })
    parts.push({ name: index.arch, before: index.entries.length, after: entries.length })
    if (index.stored === undefined && entries.length === 0) continue
    const about = { contentType: 'application/octet-stream', top: 'itself' as const }
    objects.push(indexObject(index.key, await bytesOf(index, entries, apkKey), about))
  }
  for (const { key, arch } of packages.values()) {
    if (listed.has(key) || input.old.indexes.some((index) => index.arch === arch)) continue
    findings.push({ key, what: 'is in no index of its repository', todo: 'Upload it beside an APKINDEX.tar.gz.' })
  }
  const count = parts.reduce((sum, { after }) => sum + after, 0)
  return { groups: objects.length === 0 ? [] : [objects], parts, packages: count, findings, kept }
}

/**
 * What is to sign an index: of several keys the one that signs it now; undefined: nothing.
 *
 * @throws RefusedRepository where it is signed with none of them
 */
function keyOf({ key, signatures, packed }: OldIndex, { repository, options }: Input): RsaKey | undefined {
  const keys = keysFor(repository.root, options.apkKeys)
  const [first, ...others] = keys
  const names = [...new Set(signatures.map((signature) => signature.key))].join(', ')
  if (first === undefined) {
    if (signatures.length === 0) return undefined
    const why = `${key} is signed with ${names}, and without its key a new one could not be`
    throw new RefusedRepository(why, 'Run the same command with --apk-key FILE, the private key.')
  }
  const present = keys.find((one) => signatures.some((signature) => isGood(signature, one, packed)))
  if (present !== undefined) return present
  if (signatures.length === 0 || options.changeKey === true) {
    if (others.length === 0) return first
    throw new RefusedRepository(
      `${key} is signed with none of the ${keys.length} keys that were given, and nothing tells which is to sign it`,
      'Name the repositories that a key is for: --apk-key PREFIX=FILE.',
    )
  }
  const isNamed = signatures.some((signature) => keys.some(({ name }) => signature.key === name))
  const given = keys.map(({ name }) => name).join(' or ')
  throw new RefusedRepository(
    `${key} is signed with ${names}, and ${isNamed ? 'that is not the signature of the key that was given' : `not with ${given}`}: clients that trust only the old key would refuse it`,
    isNamed
      ? 'Give the key that it is signed with; --change-key says that another one is right.'
      : 'Name the key as clients know it, --apk-key FILE:NAME; --change-key says that another one is right.',
  )
}

interface Stored {
  readonly key: string
  /** The folder that it lies in, of those of the repository. */
  readonly arch: string
  /** With its size. */
  readonly entry: Entry
}

function packagesOf(input: Input): Map<string, Stored> {
  const { root } = input.repository
  const found = new Map<string, Stored>()
  for (const one of input.packages()) {
    const { key, size } = one
    const arch = key.slice(root.length, key.lastIndexOf('/'))
    found.set(key, { key, arch, entry: new Map([...unpackApk(one), ['S', String(size)]]) })
  }
  return found
}

/** In the order of the old index, and then of keys. */
function membersOf(
  { arch, entries: old, key: index }: OldIndex,
  packages: ReadonlyMap<string, Stored>,
  { repository: { root }, unreadable }: Input,
  { findings, kept, listed }: Readonly<{ findings: Finding[]; kept: Set<string>; listed: Set<string> }>,
): Entry[] {
  const missing = new Set(unreadable.map(({ key }) => key))
  const entries: Entry[] = []
  const seen = new Set<string>()
  for (const entry of old) {
    const places = placesOf(root, arch, entry)
    const at = places.find((place) => packages.has(place) && isOf(packages.get(place), arch))
    const unread = places.find((place) => missing.has(place))
    const stored = at === undefined ? undefined : packages.get(at)
    if (stored !== undefined) {
      if (seen.has(stored.key)) continue
      seen.add(stored.key)
      listed.add(stored.key)
      // Of the same content, what only the index knows stays.
      const isSame = entry.get('C') === stored.entry.get('C')
      const more = isSame ? [...entry].filter(([field]) => !packageFields.has(field)) : []
      entries.push(new Map([...stored.entry, ...more, ['A', stored.arch]]))
    } else if (unread !== undefined) {
      kept.add(unread)
      entries.push(entry)
    } else findings.push(gone(places[0] ?? index))
  }
  for (const stored of packages.values()) {
    if (stored.arch !== arch || seen.has(stored.key)) continue
    const wrong = misplaced(stored, arch, root)
    if (wrong === undefined) entries.push(new Map([...stored.entry, ['A', arch]]))
    else findings.push(wrong)
  }
  return entries
}

/** May it be listed for an architecture: is it of that one, or of none? */
const isOf = (stored: Stored | undefined, arch: string): boolean =>
  stored !== undefined && [arch, 'noarch'].includes(stored.entry.get('A') ?? '')

function misplaced(stored: Stored, arch: string, root: string): Finding | undefined {
  const { key, entry } = stored
  const of = entry.get('A') ?? ''
  if (!isOf(stored, arch)) {
    return {
      key,
      what: `is left out of the index: it is of ${of}, and lies among packages of ${arch}`,
      todo: `Upload it to ${root}${of}/.`,
    }
  }
  const place = `${root}${arch}/${entry.get('P') ?? ''}-${entry.get('V') ?? ''}.apk`
  if (key === place) return undefined
  return { key, what: `is left out of the index: clients would ask for it at ${place}`, todo: 'Upload it there.' }
}

const gone = (key: string): Finding => ({
  key,
  what: 'is listed in the index but is not in the bucket; the new index does not list it',
  once: true,
})

/** What is there already if it says the same, and is signed as it should be. */
async function bytesOf(old: OldIndex, entries: readonly Entry[], apkKey: RsaKey | undefined): Promise<Uint8Array> {
  const body = Buffer.from(entries.map(writeEntry).join(''), 'latin1')
  const isSame = body.equals(Buffer.from(old.entries.map(writeEntry).join(''), 'latin1'))
  const isSigned = apkKey === undefined || old.signatures.some((signature) => isGood(signature, apkKey, old.packed))
  if (isSame && isSigned && old.stored !== undefined) return old.stored
  const files = old.files.map((file) => (file.name === 'APKINDEX' ? { ...file, body } : file))
  const packed = await fixedGzip(archiveOf(files, true))
  if (apkKey === undefined) return packed
  return Buffer.concat([await signatureOf(apkKey, old.signatures[0]?.kind, packed), packed])
}
