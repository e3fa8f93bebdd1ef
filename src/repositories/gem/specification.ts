/**
 * What indexes tell of a gem: the whole gemspec but for its lists of files, as Ruby dumps it.
 *
 * Source: RubyGems, `Gem::Specification` (`_dump`, `yaml_initialize`, `abbreviate`, `sanitize`).
 */
import { BadPackageError } from '../format.ts'
import { marshal, marshalDumped } from './marshal-write.ts'
import { anyPlatform, platformOf } from './platform.ts'
import {
  type Ruby,
  RubyDay,
  RubyHash,
  RubyObject,
  RubyRequirement,
  RubyString,
  RubySymbol,
  RubyVersion,
} from './ruby.ts'
import { isVersion } from './version.ts'
import { gemspecOf, textOf } from './yaml.ts'

export interface Specification {
  readonly name: string
  readonly version: string
  /** `ruby` for all. */
  readonly platform: string
  /** What it needs to run: in the order of names. */
  readonly dependencies: readonly (readonly [name: string, requirements: readonly string[]])[]
  readonly ruby: readonly string[]
  readonly rubygems: readonly string[]
  /** As in `quick/Marshal.4.8/`, not yet deflated. */
  readonly marshalled: Uint8Array
}

const bad = (why: string): BadPackageError => new BadPackageError(`its gemspec ${why}`)

/** What newer versions of RubyGems say of a gem that tells no date; older ones say today. */
const noDate = new RubyDay(1980, 1, 2)

/** What may be written into lines of words. */
const isName = (text: string): boolean => /^[a-zA-Z0-9._-]+$/.test(text)
const isPlatform = (text: string): boolean => /^[a-zA-Z0-9._-]+$/.test(text) && text !== 'current'
const operators = new Set(['=', '!=', '>', '<', '>=', '<=', '~>'])

/** @throws BadPackageError */
export function readSpecification(yaml: string): Specification {
  const attributes = gemspecOf(withoutFiles(yaml))
  const get = (name: string): Ruby => attributes.get(name) ?? null
  const name = textOf(get('name')) ?? ''
  if (!isName(name)) throw bad(`has a name that is none: ${JSON.stringify(name.slice(0, 80))}`)
  const version = get('version')
  if (!(version instanceof RubyVersion) || !isVersion(version.text)) throw bad('has a version that is none')
  const platform = get('platform') === null ? anyPlatform.text : textOf(get('platform'))
  if (platform === undefined || !isPlatform(platform)) throw bad('has a platform that is none')
  const [ruby, rubygems] = defaultRequirements()
  const needsRuby = requirement(get('required_ruby_version') ?? ruby)
  const needsRubygems = requirement(get('required_rubygems_version') ?? rubygems)
  const dependencies = dependenciesOf(get('dependencies') ?? [])
  const isAny = platform === anyPlatform.text
  const fields: Ruby[] = [
    get('rubygems_version') ?? new RubyString('0'),
    get('specification_version') ?? -1,
    get('name'),
    version,
    dayOf(get('date')),
    summaryOf(get('summary')),
    needsRuby.value,
    needsRubygems.value,
    isAny ? anyPlatform : get('platform'),
    dependencies.value,
    new RubyString(''),
    plainData(get('email')),
    authorsOf(get('authors') ?? []),
    textual(get('description')) ?? new RubyString('', 'ascii'),
    plainData(get('homepage')),
    true,
    isAny ? anyPlatform : platformOf(platform),
    plainData(get('licenses') ?? []),
    plainData(get('metadata') ?? new RubyHash()),
  ]
  const marshalled = marshalDumped('Gem::Specification', marshal(fields))
  const needs = { ruby: needsRuby.words, rubygems: needsRubygems.words, dependencies: dependencies.runtime }
  return { name, version: version.text, platform, ...needs, marshalled }
}

const lists = /^(?:files|test_files|extra_rdoc_files|rdoc_options|cert_chain|executables|extensions):$/

/**
 * Lists that no index tells may be most of a gemspec: they are left out as RubyGems writes them, a word a line at the
 * beginning of lines. In any other form they are read like all else.
 */
function withoutFiles(yaml: string): string {
  const kept: string[] = []
  let skips = false
  for (const line of yaml.split('\n')) {
    if (skips && (line.startsWith('- ') || line.startsWith('  '))) continue
    skips = lists.test(line)
    if (!skips) kept.push(line)
  }
  const text = kept.join('\n')
  if (text.length > longestText)
    throw new BadPackageError(`its metadata has ${text.length} characters beside its lists of files`)
  return text
}

const longestText = 512 * 1024

/** Both at once: Ruby shares what they consist of. */
function defaultRequirements(): [RubyRequirement, RubyRequirement] {
  const pair = [new RubyString('>='), new RubyVersion('0')]
  const one = new RubyRequirement()
  const other = new RubyRequirement()
  one.requirements = [pair]
  other.requirements = [pair]
  return [one, other]
}

function requirement(value: Ruby): { value: RubyRequirement; words: string[] } {
  if (!(value instanceof RubyRequirement)) throw bad('has a requirement that is none')
  const words = value.requirements.map((pair) => {
    const [operator, version] = Array.isArray(pair) && pair.length === 2 ? pair : []
    const sign = textOf(operator ?? null) ?? ''
    if (!operators.has(sign) || !(version instanceof RubyVersion) || !isVersion(version.text)) {
      throw bad('has a requirement that is none')
    }
    return `${sign} ${version.text}`
  })
  return { value, words }
}

const mostDependencies = 10_000

function dependenciesOf(value: Ruby): { value: Ruby; runtime: [string, string[]][] } {
  if (!Array.isArray(value) || value.length > mostDependencies) throw bad('has dependencies that are none')
  const runtime = value.flatMap((one): [string, string[]][] => {
    if (!(one instanceof RubyObject) || one.className !== 'Gem::Dependency') throw bad('has a dependency that is none')
    const { variables } = one
    for (const [name, held] of variables) {
      if (!/^version_requirements?$|^requirement$/.test(name)) plainData(held, true)
      else if (held !== null && !(held instanceof RubyVersion)) requirement(held)
    }
    const name = textOf(variables.get('name') ?? null) ?? ''
    if (!isName(name)) throw bad('has a dependency on what is no name')
    const { words } = requirement(variables.get('requirement') ?? variables.get('version_requirements') ?? anyVersion())
    const type = variables.get('type') ?? null
    return type instanceof RubySymbol && type.name === 'development' ? [] : [[name, words]]
  })
  runtime.sort(([one], [other]) => (one < other ? -1 : Number(one > other)))
  return { value, runtime }
}

const anyVersion = (): RubyRequirement => defaultRequirements()[0]

function dayOf(value: Ruby): RubyDay {
  if (value instanceof RubyDay) {
    const { year, month, day } = value
    if (year >= 1900 && month >= 1 && month <= 12 && day >= 1 && day <= 31) return value
  }
  const [, year, month, day] = /^(\d{4})-(\d{2})-(\d{2})/.exec(textOf(value) ?? '') ?? []
  if (year !== undefined && Number(year) >= 1900) return new RubyDay(Number(year), Number(month), Number(day))
  if (value !== null) throw bad('has a date that is none')
  return noDate
}

/** Numbers and the like are told as texts. */
const textual = (value: Ruby): RubyString | undefined => {
  if (value === null || value instanceof RubyString) return value ?? undefined
  if (typeof value === 'number' || typeof value === 'boolean') return new RubyString(String(value), 'ascii')
  throw bad('has something else in place of a text')
}

/** In one line, as RubyGems has it. */
function summaryOf(value: Ruby): RubyString {
  const given = textual(value)
  if (given === undefined) return new RubyString('', 'ascii')
  const text = given.text
    .replace(/^[\0\t\n\v\f\r ]+|[\0\t\n\v\f\r ]+$/g, '')
    .replace(/([A-Za-z0-9_]-)\n[ \t]*([A-Za-z0-9_])/g, '$1$2')
    .replace(/\n[ \t]*/g, ' ')
  return new RubyString(text, given.encoding)
}

function authorsOf(value: Ruby): Ruby[] {
  const all = (Array.isArray(value) ? value : [value]).flatMap((one) => {
    const inner = Array.isArray(one) ? one : [one]
    if (inner.length > 1000 || inner.some(Array.isArray)) throw bad('has authors that are none')
    return inner
  })
  if (all.length > 10_000) throw bad('has too many authors')
  return all.flatMap((one) => textual(one) ?? [])
}

/** What is handed on as it is: texts, and lists and tables of them. Anything else is nobody's to load. */
function plainData(value: Ruby, withSymbols = false): Ruby {
  const held: Ruby[] = [value]
  const seen = new Set<Ruby>()
  for (let one = held.pop(); one !== undefined; one = held.pop()) {
    if (one === null || typeof one !== 'object' || one instanceof RubyString || seen.has(one)) continue
    seen.add(one)
    if (Array.isArray(one)) held.push(...one)
    else if (one instanceof RubyHash) for (const entry of one.entries) held.push(...entry)
    else if (!(one instanceof RubySymbol && withSymbols)) throw bad('has an object where only texts may be')
  }
  return value
}
