/**
 * What an index tells of a chart, from its Chart.yaml.
 *
 * Source: Helm, `chart.Metadata` with its `Validate`, and `loader.LoadFiles`.
 */
import { isObject } from '../../json-object.ts'
import { BadPackageError } from '../format.ts'
import { isVersion } from './semver.ts'
import { isList, isMap, readYaml, textOf, UnreadableYaml, type Yaml, type YamlMap, YamlNumber } from './yaml.ts'

/** As JSON has it. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json }

export interface ChartFields {
  readonly name: string
  readonly version: string
  readonly apiVersion: string
  readonly [name: string]: Json
}

/** All that an entry of an index says of the chart itself. */
export const chartFields: ReadonlySet<string> = new Set([
  ...['annotations', 'apiVersion', 'appVersion', 'condition', 'dependencies', 'deprecated', 'description', 'home'],
  ...['icon', 'keywords', 'kubeVersion', 'maintainers', 'name', 'sources', 'tags', 'type', 'version'],
])

const bad = (why: string): BadPackageError => new BadPackageError(`its Chart.yaml ${why}`)
const most = 100_000

/**
 * Reads Chart.yaml, and the requirements.yaml that charts of the first version have their dependencies in.
 *
 * @throws BadPackageError for what Helm would not take
 */
export function chartOf(chart: string, requirements?: string): ChartFields {
  const map = tableOf(chart, 'Chart.yaml')
  const apiVersion = text(map, 'apiVersion') ?? 'v1'
  const name = printable(text(map, 'name')) ?? ''
  const version = text(map, 'version') ?? ''
  if (!isName(name)) throw bad(`has a name that is none: ${shown(name)}`)
  if (!isVersion(version)) throw bad(`has a version that is none: ${shown(version)}`)
  const type = text(map, 'type')
  if (type !== undefined && !/^(?:application|library|)$/.test(type))
    throw bad(`has a type that is none: ${shown(type)}`)
  const needs = requirements === undefined ? map : new Map([...map, ...tableOf(requirements, 'requirements.yaml')])
  const fields: Record<string, Json | undefined> = {
    annotations: texts(map, 'annotations'),
    apiVersion: apiVersion === '' ? 'v1' : apiVersion,
    dependencies: tables(needs, 'dependencies').map(dependencyOf),
    deprecated: flag(map, 'deprecated'),
    keywords: words(map, 'keywords').map((word) => printable(word)),
    kubeVersion: printable(text(map, 'kubeVersion')),
    maintainers: tables(map, 'maintainers').map((one) => {
      const [called, email, url] = ['name', 'email', 'url'].map((key) => printable(text(one, key)))
      return told({ name: called, email, url })
    }),
    name,
    sources: words(map, 'sources').map((word) => printable(word)),
    type,
    version,
  }
  for (const key of ['appVersion', 'condition', 'description', 'home', 'icon', 'tags']) {
    fields[key] = printable(text(map, key))
  }
  return { ...told(fields), name, version, apiVersion: apiVersion === '' ? 'v1' : apiVersion }
}

const isName = (name: string): boolean => name !== '' && !/^\.\.?$|[/\\]/.test(name)

/** Are these the fields of what {@link chartOf} makes? */
export function isChart(fields: unknown): fields is ChartFields {
  if (!isObject(fields)) return false
  const { name, version, apiVersion } = fields
  return (
    Object.keys(fields).every((field) => chartFields.has(field)) &&
    [name, version, apiVersion].every((text) => typeof text === 'string') &&
    isName(String(name)) &&
    isVersion(String(version)) &&
    apiVersion !== ''
  )
}

function dependencyOf(one: YamlMap): Json {
  return {
    ...told({
      name: printable(text(one, 'name')),
      version: printable(text(one, 'version')),
      condition: printable(text(one, 'condition')),
      tags: words(one, 'tags').map((word) => printable(word)),
      enabled: flag(one, 'enabled'),
      'import-values': list(one, 'import-values').map((value) => json(value, { left: most })),
      alias: text(one, 'alias'),
    }),
    // Helm writes these two always.
    name: printable(text(one, 'name')) ?? '',
    repository: printable(text(one, 'repository')) ?? '',
  }
}

function tableOf(text: string, file: string): YamlMap {
  let value: Yaml
  try {
    value = readYaml(text)
  } catch (error) {
    if (error instanceof UnreadableYaml) throw new BadPackageError(`its ${file} can't be read: ${error.message}`)
    throw error
  }
  if (!isMap(value)) throw new BadPackageError(`its ${file} is no table`)
  return value
}

/** By its name, or, as Go takes it, by its name in other letters. */
function field(map: YamlMap, name: string): Yaml | undefined {
  const found = map.get(name)
  if (found !== undefined) return found
  const lower = name.toLowerCase()
  for (const [key, value] of map) if (key.toLowerCase() === lower) return value
  return undefined
}

function text(map: YamlMap, name: string): string | undefined {
  const value = field(map, name) ?? null
  if (value === null) return undefined
  const found = textOf(value)
  if (found === undefined) throw bad(`has something else than a text in place of its ${name}`)
  return found
}

function flag(map: YamlMap, name: string): boolean | undefined {
  const value = field(map, name) ?? null
  if (value === null || typeof value === 'boolean') return value ?? undefined
  throw bad(`has something else than true or false in place of its ${name}`)
}

function list(map: YamlMap, name: string): readonly Yaml[] {
  const value = field(map, name) ?? null
  if (value === null) return []
  if (!isList(value) || value.length > most) throw bad(`has something else than a list in place of its ${name}`)
  return value
}

const words = (map: YamlMap, name: string): string[] =>
  list(map, name).map((one) => {
    const found = one === null ? '' : textOf(one)
    if (found === undefined) throw bad(`has something else than texts among its ${name}`)
    return found
  })

const tables = (map: YamlMap, name: string): YamlMap[] =>
  list(map, name).map((one) => {
    if (!isMap(one)) throw bad(`has something else than tables among its ${name}`)
    return one
  })

function texts(map: YamlMap, name: string): Json | undefined {
  const value = field(map, name) ?? null
  if (value === null) return undefined
  if (!isMap(value)) throw bad(`has something else than a table in place of its ${name}`)
  return Object.fromEntries(
    [...value].map(([key, one]) => {
      const found = one === null ? '' : textOf(one)
      if (found === undefined) throw bad(`has something else than texts in its ${name}`)
      return [key, found]
    }),
  )
}

/** @param budget - how many values there may be */
function json(value: Yaml, budget: { left: number }): Json {
  if (budget.left-- <= 0) throw bad('has more in it than an index can tell')
  if (isList(value)) return value.map((one) => json(one, budget))
  if (isMap(value)) return Object.fromEntries([...value].map(([key, one]) => [key, json(one, budget)]))
  if (!(value instanceof YamlNumber)) return value
  const number = Number(textOf(value))
  return Number.isFinite(number) ? number : value.text
}

/** What says nothing is left out. */
function told(fields: Readonly<Record<string, Json | undefined>>): Record<string, Json> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]): [string, Json][] => {
      const isNothing =
        value === undefined ||
        value === '' ||
        value === false ||
        (typeof value === 'object' && value !== null && Object.keys(value).length === 0)
      return isNothing ? [] : [[name, value]]
    }),
  )
}

/** White space becomes a blank, and what can't be printed is left out. */
function printable(value: string): string
function printable(value: string | undefined): string | undefined
function printable(value: string | undefined): string | undefined {
  return value?.replace(/[\s\u0085]/gu, ' ').replace(/[^\p{L}\p{M}\p{N}\p{P}\p{S} ]/gu, '')
}

const shown = (text: string): string => JSON.stringify(text.slice(0, 80))
