/** Which charts the new index lists. */
import { type Finding, type IndexInput, RefusedRepository } from '../format.ts'
import { type Bases, basesOf } from './bases.ts'
import type { ChartFields } from './chart.ts'
import { indexOf } from './layout.ts'
import type { OldCharts, OldEntry } from './old-index.ts'
import { encodePath } from './places.ts'
import { unpackChart } from './read-chart.ts'

/** A chart that is in the bucket. */
interface StoredChart {
  readonly key: string
  readonly fields: ChartFields
  readonly sha256: string
  /** Milliseconds since the epoch. */
  readonly modified: number
}

/** An entry of the new index: made of a chart, or of an entry that stays as it is, or of both. */
export interface ListedChart {
  readonly name: string
  readonly version: string
  readonly old: OldEntry | undefined
  readonly chart: StoredChart | undefined
  readonly urls: readonly string[]
  /** It leads to where nobody looks. */
  readonly isElsewhere?: true
}

export interface Membership {
  readonly charts: readonly ListedChart[]
  readonly kept: ReadonlySet<string>
  readonly findings: readonly Finding[]
}

const idOf = ({ name, version }: { readonly name: string; readonly version: string }): string => `${name}\n${version}`

/** @throws RefusedRepository where there are charts, and what lies there as their index is none of Helm's */
export function membersOf(input: IndexInput<OldCharts>): Membership {
  const { old, repository, unreadable, options } = input
  const { root } = repository
  const stored = chartsOf(input)
  if (old.said === undefined) {
    if (stored.size === 0) return { charts: [], kept: new Set(), findings: [] }
    throw new RefusedRepository(
      `${indexOf(root)} is no index that Helm reads: ${old.whyNot}`,
      'Put it right, or remove it and run with --create-missing.',
    )
  }
  const missing = new Set(unreadable.map(({ key }) => key))
  const digests = new Map<string, string | undefined>([...missing].map((key) => [key, undefined]))
  for (const [key, { sha256 }] of stored) digests.set(key, sha256)
  const told = options.baseUrl === undefined ? [] : [options.baseUrl + encodePath(root)]
  const bases = basesOf(old.entries, root, digests, told)
  const kept = new Set<string>()
  const findings: Finding[] = []
  const charts: ListedChart[] = []
  const listed = new Map<string, ListedChart>()
  const seen = new Set<string>()
  const list = (one: ListedChart): void => {
    charts.push(one)
    if (!listed.has(idOf(one))) listed.set(idOf(one), one)
    if (one.chart !== undefined) seen.add(one.chart.key)
  }
  const byContent = Map.groupBy(stored.values(), (chart) => `${idOf(chart.fields)}\n${chart.sha256}`)
  for (const entry of old.entries) {
    const keys = entry.urls.flatMap((url) => bases.keyOf(url) ?? [])
    const at = keys.find((key) => stored.has(key))
    const chart = at === undefined ? undefined : stored.get(at)
    const [moved] = byContent.get(`${idOf(entry)}\n${entry.digest ?? ''}`) ?? []
    if (chart !== undefined) {
      const other = listed.get(idOf(chart.fields))
      if (other !== undefined && other.chart?.sha256 !== chart.sha256) findings.push(conflicting(chart, other))
      else list({ ...nameOf(chart), old: entry, chart, urls: entry.urls })
    } else if (keys.some((key) => missing.has(key))) {
      for (const key of keys) if (missing.has(key)) kept.add(key)
      list({ ...entry, old: entry, chart: undefined })
    } else if (moved !== undefined) {
      const urls = keys.length === 0 ? entry.urls : [urlOf(moved.key, baseFor(entry.urls, bases), root)]
      list({ ...nameOf(moved), old: entry, chart: moved, urls })
    } else if (keys.length === 0) list({ ...entry, old: entry, chart: undefined, isElsewhere: true })
    else findings.push(gone(keys[0] ?? '', entry))
  }
  const folders = new Set(charts.flatMap(({ chart }) => (chart === undefined ? [] : folderOf(chart.key))))
  const usual = usualBases(charts, bases)
  for (const chart of stored.values()) {
    if (seen.has(chart.key)) continue
    const other = listed.get(idOf(chart.fields))
    if (other !== undefined) {
      const same = other.chart?.sha256 ?? other.old?.digest
      if (same !== chart.sha256) findings.push(conflicting(chart, other))
    } else if (!isPlaced(chart.key, root) && !folders.has(folderOf(chart.key))) findings.push(orphan(chart.key, root))
    else {
      const base = usual.get(chart.fields.name) ?? usual.get('') ?? ''
      list({ ...nameOf(chart), old: undefined, chart, urls: [urlOf(chart.key, base, root)] })
    }
  }
  return { charts, kept, findings }
}

const nameOf = ({ fields: { name, version } }: StoredChart): { name: string; version: string } => ({ name, version })

/** By key, in the order of keys. */
function chartsOf(input: IndexInput<OldCharts>): Map<string, StoredChart> {
  const charts = new Map<string, StoredChart>()
  for (const stored of input.packages()) {
    const fields = unpackChart(stored)
    const { key, modified, digests } = stored
    if (fields !== undefined) charts.set(key, { key, fields, modified, sha256: digests.sha256 ?? '' })
  }
  return charts
}

/** Where `helm repo index` looks: beside the index, and in the folders beside it. */
const isPlaced = (key: string, root: string): boolean => {
  const rest = key.slice(root.length)
  return /^(?:[^/]+\/)?[^/]+$/.test(rest) && !rest.startsWith('package_files/')
}

const folderOf = (key: string): string => key.slice(0, key.lastIndexOf('/') + 1)

const urlOf = (key: string, base: string, root: string): string => base + encodePath(key.slice(root.length))

const baseFor = (urls: readonly string[], bases: Bases): string => {
  const own = urls.find((url) => bases.keyOf(url) !== undefined)
  return own === undefined ? '' : bases.baseOf(own)
}

/** By name, and for all together as that of no name: what most URLs of charts that are here begin with. */
function usualBases(charts: readonly ListedChart[], bases: Bases): Map<string, string> {
  const counts = new Map<string, Map<string, number>>()
  for (const { name, chart, urls } of charts) {
    if (chart === undefined || !urls.some((url) => bases.keyOf(url) !== undefined)) continue
    const base = baseFor(urls, bases)
    for (const group of [name, '']) {
      const of = counts.get(group) ?? new Map<string, number>()
      counts.set(group, of.set(base, (of.get(base) ?? 0) + 1))
    }
  }
  return new Map(
    [...counts].map(([name, of]) => {
      const [first] = [...of].sort(([one, count], [other, against]) => against - count || (one < other ? -1 : 1))
      return [name, first?.[0] ?? '']
    }),
  )
}

const gone = (key: string, { name, version }: OldEntry): Finding => ({
  key,
  what: `is listed in the index (${name} ${version}) but is not in the bucket; the new index does not list it`,
  once: true,
})

const orphan = (key: string, root: string): Finding => ({
  key,
  what: 'is in no index of its repository',
  todo: `Upload it beside ${indexOf(root)}, or list it there.`,
})

const conflicting = ({ key, fields }: StoredChart, other: ListedChart): Finding => ({
  key,
  what: `is ${fields.name} ${fields.version} with other content than ${other.chart?.key ?? other.urls[0] ?? 'what the index lists'}; only the latter is indexed`,
  todo: 'Remove the wrong one of the two, or give it a version of its own.',
})
