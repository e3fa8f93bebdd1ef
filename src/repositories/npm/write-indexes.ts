import type { Finding, IndexedPackage, IndexInput, IndexObject, IndexPlan, Part, StoredObject } from '../format.ts'
import { inParallel } from '../in-parallel.ts'
import { indexObject } from '../index-object.ts'
import { ownText } from '../own-text.ts'
import { nameOfPackument, placeOf } from './layout.ts'
import { merge, type Merged } from './merge.ts'
import { type Packument, printPackument, readPackument } from './packument.ts'

/** Packuments that are read and made at once: the largest have some ten megabytes. */
const atOnce = 16

/** The tarballs that lie together, of one package. */
interface Group {
  /** The key of its packument. */
  readonly key: string
  readonly stored: readonly IndexedPackage[]
}

interface Written extends Pick<Merged, 'findings' | 'kept'> {
  readonly object?: IndexObject
  readonly part?: Part
}

/** See `Format.writeIndexes`: each packument for itself. */
export async function writeIndexes(input: IndexInput): Promise<IndexPlan> {
  const stored = new Map(input.repository.indexes.map((object) => [object.key, object]))
  const unreadable = Map.groupBy(input.unreadable, ({ key }) => placeOf(key)?.packument ?? '')
  const written = await inParallel(groupsOf(input, stored, unreadable), atOnce, (group) =>
    write(group, { input, object: stored.get(group.key), unreadable: unreadable.get(group.key) ?? [] }),
  )
  const parts = written.flatMap(({ part }) => part ?? [])
  return {
    groups: [written.flatMap(({ object }) => object ?? [])],
    parts,
    packages: parts.reduce((sum, { after }) => sum + after, 0),
    findings: written.flatMap(({ findings }) => findings),
    kept: new Set(written.flatMap(({ kept }) => kept)),
  }
}

/** Whoever is told to lie in a package's folder lies together in a listing. */
function* groupsOf(
  input: IndexInput,
  packuments: ReadonlyMap<string, StoredObject>,
  unreadable: ReadonlyMap<string, unknown>,
): Generator<Group> {
  const seen = new Set<string>()
  let key: string | undefined
  let stored: IndexedPackage[] = []
  for (const one of input.packages()) {
    const packument = placeOf(one.key)?.packument ?? ''
    if (packument !== key) {
      if (key !== undefined) yield { key, stored }
      key = ownText(packument)
      seen.add(key)
      stored = []
    }
    stored.push(one)
  }
  if (key !== undefined) yield { key, stored }
  for (const other of new Set([...packuments.keys(), ...unreadable.keys()])) {
    if (!seen.has(other)) yield { key: other, stored: [] }
  }
}

interface Around {
  readonly input: IndexInput
  /** The packument that is there now; one without bytes is to be made. */
  readonly object: StoredObject | undefined
  readonly unreadable: readonly StoredObject[]
}

async function write({ key, stored }: Group, around: Around): Promise<Written> {
  const { input, object } = around
  if (object === undefined) return { findings: stored.length > 0 ? [missing(key)] : [], kept: [] }
  const { repository } = input
  const name = nameOfPackument(key)
  const files = new Map(around.unreadable.map((one) => [placeOf(one.key)?.file ?? '', one.key]))
  const make = async (): Promise<{ bytes: Uint8Array; merged: Merged } | Finding | undefined> => {
    const bytes = object.size === 0 ? undefined : ((await repository.read(key)) ?? new Uint8Array())
    const old = bytes && (await readPackument(bytes))
    if (bytes !== undefined && (old === undefined || (old.content['name'] ?? name) !== name)) {
      // What somebody's mapping took for one may be anything.
      return stored.length === 0 ? undefined : broken(key, old)
    }
    const { baseUrl } = input.options
    const merged = merge({ key, name, old, stored, unreadable: files, baseUrl, now: input.now })
    if (bytes !== undefined && merged.content === undefined) return { bytes, merged }
    if (merged.content === undefined || (old === undefined && merged.after === 0)) return undefined
    const { indent, end } = old ?? { indent: undefined, end: '' }
    return { bytes: printPackument({ content: merged.content, indent, end }), merged }
  }
  const made = await make()
  if (made === undefined) return { findings: [], kept: [] }
  if ('what' in made) return { findings: [made], kept: [] }
  const { findings, before, after, kept, content } = made.merged
  const isShort = content !== undefined && !('time' in content) && 'modified' in content
  const again = async (): Promise<Uint8Array> => {
    const now = await make()
    return now !== undefined && 'bytes' in now ? now.bytes : new Uint8Array()
  }
  const contentType = isShort ? 'application/vnd.npm.install-v1+json' : 'application/json'
  return {
    object: indexObject(key, made.bytes, { contentType, top: 'itself', again }),
    part: { name, before, after, ofMany: true },
    findings,
    kept,
  }
}

const missing = (key: string): Finding => ({
  key: `${key}/-/`,
  what: 'has packages that no index tells of',
  todo: 'Run the same command with --create-missing and --base-url URL, what clients have before a key.',
})

const broken = (key: string, old: Packument | undefined): Finding => ({
  key,
  what: `is left as it is: ${old === undefined ? 'it can not be read as what npm goes by' : 'it says that it is of another package'}`,
  todo: 'Publish its package with npm once, or remove it and run this with --create-missing and --base-url URL.',
})
