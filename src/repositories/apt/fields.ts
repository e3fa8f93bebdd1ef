/**
 * What apt can read in a Packages file. apt parses the whole file whenever it reads its lists, and one field that it can't
 * parse makes it drop all lists of the machine. The rules are those of apt 2.6, and of the versions before and after it
 * where they are stricter; a test holds them against the apt that is installed.
 */
import { type Field, type Stanza, valueOf } from './deb822.ts'

/** Those that apt makes dependencies of. It keeps all others, `Built-Using` and the like, as text. */
const dependencies: ReadonlySet<string> = new Set(
  ['Pre-Depends', 'Depends', 'Recommends', 'Suggests', 'Enhances', 'Conflicts', 'Breaks', 'Replaces', 'Provides'].map(
    (name) => name.toLowerCase(),
  ),
)
/** What apt puts into its cache as one text: a longer one, with `:any` behind it, ends apt at once. Bytes. */
const longest = 65_000
const stored: ReadonlySet<string> = new Set(['package', 'version', 'architecture', 'section', 'source'])

/** Why apt can't read a field, as in `its Depends can not be parsed by apt: "foo (>>>= 1"`; undefined where it can. */
export function fieldProblem([name, value]: Field): string | undefined {
  const lower = name.toLowerCase()
  const unreadable =
    (dependencies.has(lower) && !areDependencies(value)) ||
    (stored.has(lower) && isTooLong(value)) ||
    (lower === 'description-md5' && value !== '' && !/^[0-9a-fA-F]{32}$/.test(value))
  return unreadable ? `its ${name} can not be parsed by apt: ${shown(value)}` : undefined
}

/** The first {@link fieldProblem} of a stanza. */
export function stanzaProblem(stanza: Stanza): string | undefined {
  for (const field of stanza) {
    const problem = fieldProblem(field)
    if (problem !== undefined) return problem
  }
  return undefined
}

/** What apt reads, but warns every user of at every update, and then takes for something else. */
export function stanzaWarnings(stanza: Stanza): string[] {
  return stanza.flatMap(([name, value]) => {
    const lower = name.toLowerCase()
    const odd =
      (lower === 'multi-arch' && !isMultiArch(value, stanza)) ||
      (flags.has(lower) && value !== '' && !booleans.test(value)) ||
      (lower === 'phased-update-percentage' && Number.parseInt(value, 10) > 100) ||
      (lower === 'provides' && unequal.test(value))
    return odd ? [`apt warns of its ${name}: ${shown(value)}`] : []
  })
}

const flags: ReadonlySet<string> = new Set(['essential', 'important', 'protected'])
const booleans = /^(?:yes|no|true|false|with|without|on|off|enable|disable|[01])$/i
/** What is provided has exactly one version, and no alternative. */
const unequal = /\(\s*[<>]|\|/

const isMultiArch = (value: string, stanza: Stanza): boolean =>
  value === 'same' ? valueOf(stanza, 'Architecture') !== 'all' : ['', 'no', 'foreign', 'allowed'].includes(value)

const isTooLong = (text: string): boolean => text.length * 3 > longest && Buffer.byteLength(text) > longest

const shown = (value: string): string => JSON.stringify(value.length > 60 ? `${value.slice(0, 60)}…` : value)

/** What C calls blank; no-break spaces and the like are text. */
const blanks = '[ \\t\\n\\v\\f\\r]*'
const leading = new RegExp(blanks, 'y')
const name = new RegExp(`([^ \\t\\n\\v\\f\\r(),|[\\]<>]+)${blanks}`, 'y')
const opening = new RegExp(`\\(${blanks}`, 'y')
const relation = new RegExp(`(?:<[<=]?|>[>=]?|!?=)?${blanks}`, 'y')
const version = new RegExp(`([^)]+)\\)${blanks}`, 'y')
const separator = new RegExp(`[,|]${blanks}`, 'y')
/** apt looks at so many characters behind a bracket before it looks for the closing one. */
const insideBrackets = 4

/**
 * Is this a list of dependencies that apt can parse? It may end in a comma. Neither architectures nor build profiles
 * belong into a binary package.
 */
function areDependencies(value: string): boolean {
  let at = 0
  let matched = ''
  const takes = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    const found = pattern.exec(value)
    if (found === null) return false
    at = pattern.lastIndex
    matched = found[1] ?? ''
    return true
  }
  takes(leading)
  if (at === value.length) return true
  while (at < value.length) {
    if (!takes(name) || isTooLong(matched)) return false
    if (takes(opening)) {
      if (at + insideBrackets > value.length || !takes(relation) || !takes(version) || isTooLong(matched)) return false
    }
    if (at < value.length && !takes(separator)) return false
  }
  return true
}
