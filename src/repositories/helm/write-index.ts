/** The new index of a chart repository. */
import type { Finding, IndexInput, IndexPlan } from '../format.ts'
import { indexObject } from '../index-object.ts'
import { chartFields, type Json } from './chart.ts'
import { indexOf } from './layout.ts'
import { type ListedChart, membersOf } from './membership.ts'
import type { OldCharts } from './old-index.ts'
import { newestFirst } from './semver.ts'
import { writeYaml } from './write-yaml.ts'
import { isList, isMap, type Yaml, type YamlMap, YamlNumber } from './yaml.ts'

/** See `Format.writeIndexes`: one object, and only if it says something else than the present one. */
export function writeIndex(input: IndexInput<OldCharts>): Promise<IndexPlan> {
  const { old, repository, now } = input
  const { charts, kept, findings } = membersOf(input)
  const key = indexOf(repository.root)
  const foreign = charts.filter(({ isElsewhere }) => isElsewhere === true).length
  // What lies elsewhere is never lost, and says nothing of what is.
  const parts = [{ name: 'index.yaml', before: old.entries.length - foreign, after: charts.length - foreign }]
  const all = [...old.findings, ...findings, ...(foreign > 0 ? [leadsElsewhere(key, foreign)] : [])]
  const plan = { parts, packages: charts.length, findings: all, kept }
  if (old.said === undefined || (old.stored === undefined && charts.length === 0)) {
    return Promise.resolve({ ...plan, parts: [], groups: [] })
  }
  const said = new Map<string, Yaml>([...old.said, ['entries', entriesOf(charts)]])
  const isSame = old.stored !== undefined && writeYaml(said) === writeYaml(old.said)
  const bytes = isSame ? old.stored : Buffer.from(textOf(said.set('generated', timeOf(now)), old.stored))
  const index = indexObject(key, bytes, { contentType: 'text/yaml', top: true })
  return Promise.resolve({ ...plan, groups: [[index]] })
}

/** By name, the newest first. */
function entriesOf(charts: readonly ListedChart[]): YamlMap {
  const byName = Map.groupBy(charts, ({ name }) => name)
  return new Map(
    [...byName].map(([name, versions]) => {
      const order = newestFirst(versions.map(({ version }) => version))
      const byVersion = Map.groupBy(versions, ({ version }) => version)
      return [name, order.flatMap((version) => (byVersion.get(version) ?? []).map(entryOf))]
    }),
  )
}

/** What the chart says comes from the chart; what only the index knows stays. */
function entryOf({ old, chart, urls }: ListedChart): YamlMap {
  if (chart === undefined) return old?.said ?? new Map()
  const entry = new Map<string, Yaml>()
  for (const [name, value] of old?.said ?? []) if (!chartFields.has(name)) entry.set(name, value)
  for (const [name, value] of Object.entries(chart.fields)) entry.set(name, yamlOf(value))
  const isKnown = old !== undefined && (old.digest === undefined || old.digest === chart.sha256)
  if (!isKnown || !entry.has('created')) entry.set('created', timeOf(chart.modified))
  return entry.set('digest', chart.sha256).set('urls', urls)
}

function yamlOf(value: Json): Yaml {
  if (typeof value === 'number') return new YamlNumber(String(value))
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((one: Json) => yamlOf(one))
  return new Map(Object.entries(value).map(([name, one]) => [name, yamlOf(one)]))
}

/** As YAML, or as JSON where that is what lies there. */
function textOf(said: YamlMap, stored: Uint8Array | undefined): string {
  const isJson = stored !== undefined && /^\s*\{/.test(Buffer.from(stored.subarray(0, 64)).toString())
  return isJson ? `${JSON.stringify(jsonOf(said), null, 2)}\n` : writeYaml(said)
}

function jsonOf(value: Yaml): unknown {
  if (value instanceof YamlNumber) return Number.isFinite(Number(value.text)) ? Number(value.text) : value.text
  if (isList(value)) return value.map(jsonOf)
  if (!isMap(value)) return value
  return Object.fromEntries([...value.keys()].sort().map((name) => [name, jsonOf(value.get(name) ?? null)]))
}

/** RFC 3339, as Go writes it. */
const timeOf = (milliseconds: number): string =>
  new Date(milliseconds)
    .toISOString()
    .replace(/\.(\d*?)0*Z$/, (_, digits: string) => (digits === '' ? 'Z' : `.${digits}Z`))

const leadsElsewhere = (key: string, count: number): Finding => ({
  key,
  what: `lists ${count} of its charts elsewhere; they are not looked at, and stay listed`,
})
