import type { Finding, OldIndexes, Repository } from '../format.ts'
import { indexOf } from './layout.ts'
import { places, type Place } from './places.ts'
import { isList, isMap, readYaml, textOf, UnreadableYaml, type Yaml, type YamlMap } from './yaml.ts'

/** A chart's version as the present index lists it. */
export interface OldEntry {
  readonly name: string
  readonly version: string
  /** Lower-case hex SHA-256; undefined where it is not told. */
  readonly digest: string | undefined
  readonly urls: readonly string[]
  readonly said: YamlMap
}

/** What the present index of a repository says. */
export interface OldCharts extends OldIndexes {
  /** Undefined: it is none of Helm's, for the reason in {@link whyNot}. */
  readonly said: YamlMap | undefined
  readonly whyNot: string
  /** As it is in the bucket, if it is. */
  readonly stored: Uint8Array | undefined
  readonly entries: readonly OldEntry[]
  readonly findings: readonly Finding[]
}

/** Bytes. */
const largest = 128 * 1024 * 1024

/** @throws only what {@link Repository.read} throws */
export async function openCharts(repository: Repository): Promise<OldCharts> {
  const { root } = repository
  const key = indexOf(root)
  const body = await repository.read(key)
  const listed = repository.indexes.find((object) => object.key === key)
  // One that is to be made has no ETag yet.
  const stored = listed === undefined || listed.etag === '' ? undefined : body
  const { said, whyNot } = read(body ?? new Uint8Array())
  const entries = said === undefined ? [] : entriesOf(said)
  const broken = said === undefined ? 0 : countOf(said) - entries.length
  const byKey = new Map<string, string[]>()
  for (const { urls, digest } of entries) {
    for (const url of urls) {
      const place: Place = places(root, url)
      if (place.key === undefined) continue
      const known = byKey.get(place.key) ?? []
      byKey.set(place.key, digest === undefined ? known : [...known, digest])
    }
  }
  return {
    ...{ said, whyNot, stored, entries },
    findings:
      broken === 0 ? [] : [{ key, what: `has ${broken} entries that say nothing; they are left out`, once: true }],
    signatures: [],
    // Nothing tells whether an object is still the one that an entry speaks of.
    digestsOf: () => undefined,
    listed: (at) => byKey.get(at) ?? [],
    places: () => byKey.keys(),
  }
}

function read(body: Uint8Array): { said: YamlMap | undefined; whyNot: string } {
  if (body.length > largest) return { said: undefined, whyNot: `it has ${body.length} bytes` }
  let value: Yaml
  try {
    value = readYaml(new TextDecoder('utf-8', { fatal: true }).decode(body))
  } catch (error) {
    if (error instanceof UnreadableYaml) return { said: undefined, whyNot: error.message }
    if (error instanceof TypeError) return { said: undefined, whyNot: 'it is not UTF-8' }
    throw error
  }
  if (!isMap(value)) return { said: undefined, whyNot: 'it is no table' }
  const entries = value.get('entries')
  const isIndex =
    textOf(value.get('apiVersion')) !== undefined && (entries === undefined || entries === null || isMap(entries))
  return isIndex ? { said: value, whyNot: '' } : { said: undefined, whyNot: 'it has no apiVersion, or no entries' }
}

/** In the order of the text; what Helm would pass over is left out. */
function entriesOf(said: YamlMap): OldEntry[] {
  const all = said.get('entries')
  if (!isMap(all)) return []
  return [...all].flatMap(([name, versions]) =>
    (isList(versions) ? versions : []).flatMap((one): OldEntry[] => {
      if (!isMap(one)) return []
      const version = textOf(one.get('version'))
      if (version === undefined) return []
      const urls = one.get('urls')
      const words = isList(urls) ? urls.flatMap((url) => textOf(url) ?? []) : []
      const digest = /^(?:sha256:)?([0-9a-f]{64})$/i.exec(textOf(one.get('digest')) ?? '')?.[1]?.toLowerCase()
      return [{ name: textOf(one.get('name')) ?? name, version, digest, urls: words, said: one }]
    }),
  )
}

function countOf(said: YamlMap): number {
  const all = said.get('entries')
  if (!isMap(all)) return 0
  return [...all.values()].reduce<number>((sum, versions) => sum + (isList(versions) ? versions.length : 1), 0)
}
