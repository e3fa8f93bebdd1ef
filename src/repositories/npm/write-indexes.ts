import type { Finding, IndexedPackage, IndexInput, IndexObject, IndexPlan, Part, StoredObject } from '../format.ts'
import { inParallel } from '../in-parallel.ts'
import { indexObject } from '../index-object.ts'
import { ownText } from '../own-text.ts'
import { nameOfPackument, placeOf } from './layout.ts'
import type { JsonObject } from '../../json-object.ts'
import { isAbbreviated, merge, type Merged } from './merge.ts'
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

async function write(group: Group, around: Around): Promise<Written> {
  const { key, stored } = group
  if (around.object === undefined) return { findings: stored.length > 0 ? [missing(key)] : [], kept: [] }
  const made = await make(group, around)
  if (made === undefined) return { findings: [], kept: [] }
  if ('what' in made) return { findings: [made], kept: [] }
  const { findings, before, after, kept, content } = made.merged
  const part = { name: nameOfPackument(key), before, after, ofMany: true } as const
  const object = content === undefined ? unchanged(key, made, around.input) : changed(made, { group, around })
  return { ...(object !== undefined && { object }), part, findings, kept }
}

interface Made {
  readonly bytes: Uint8Array
  readonly old: Packument | undefined
  readonly merged: Merged
}

async function make(
  { key, stored }: Group,
  { input, object, unreadable }: Around,
): Promise<Made | Finding | undefined> {
  const name = nameOfPackument(key)
  const bytes = object?.size === 0 ? undefined : ((await input.repository.read(key)) ?? new Uint8Array())
  const old = bytes && (await readPackument(bytes))
  if (bytes !== undefined && (old === undefined || (old.content['name'] ?? name) !== name)) {
    // What somebody's mapping took for one may be anything.
    return stored.length === 0 ? undefined : broken(key, old)
  }
  const files = new Map(unreadable.map((one) => [placeOf(one.key)?.file ?? '', one.key]))
  const { baseUrl } = input.options
  const merged = merge({ key, name, old, stored, unreadable: files, baseUrl, now: input.now })
  if (bytes !== undefined && merged.content === undefined) return { bytes, old, merged }
  if (merged.content === undefined || (old === undefined && merged.after === 0)) return undefined
  const { indent, end } = old ?? { indent: undefined, end: '' }
  return { bytes: printPackument({ content: merged.content, indent, end }), old, merged }
}

/** Of packages whose packument says it all already nothing is kept: there may be a million. */
function unchanged(key: string, { bytes, old }: Made, { repository }: IndexInput): IndexObject | undefined {
  // Written as it is, it would no longer be said to be packed.
  if (old === undefined || old.isPacked) return undefined
  const again = async (): Promise<Uint8Array> => (await repository.read(key)) ?? new Uint8Array()
  return indexObject(key, bytes, { contentType: typeOf(old.content), top: 'itself', again })
}

function changed({ bytes, merged }: Made, made: { readonly group: Group; readonly around: Around }): IndexObject {
  const { group, around } = made
  const again = async (): Promise<Uint8Array> => {
    const now = await make(group, around)
    return now !== undefined && 'bytes' in now ? now.bytes : new Uint8Array()
  }
  return indexObject(group.key, bytes, { contentType: typeOf(merged.content ?? {}), top: 'itself', again })
}

const typeOf = (content: JsonObject): string =>
  isAbbreviated(content) ? 'application/vnd.npm.install-v1+json' : 'application/json'

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
