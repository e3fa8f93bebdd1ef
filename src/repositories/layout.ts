import { anywhere, keyNames, perhapsKey } from './layouts/anywhere.ts'
import { artifacts } from './layouts/artifacts.ts'
import { distributions } from './layouts/distributions.ts'
import { languages } from './layouts/languages.ts'
import type { FormatName, Layout } from './layouts/layout.ts'
import { literalOf } from './layouts/literal.ts'
import { ownText } from './own-text.ts'

export { formatNames, type FormatName } from './layouts/layout.ts'

/** All that is known of kinds of repositories: what is more telling comes first. */
export const layouts: readonly Layout[] = [...distributions, ...languages, ...artifacts, anywhere]

/** A repository that must be there for a key to mean what it seems to. */
export interface Condition {
  /** Undefined: of any kind. */
  readonly format: FormatName | undefined
  /** Empty, or with a slash at its end. */
  readonly root: string
}

/** What an object is, by its key. */
export interface Kind {
  readonly format: FormatName
  /** `overwritten`: a package whose makers say that it is replaced under its name. */
  readonly is: 'index' | 'package' | 'overwritten' | 'nothing'
  /** Of an index: the root of the repository that it proves. */
  readonly root?: string
  /** It is that only if one of these is there; undefined: it is, wherever it lies. */
  readonly conditions?: readonly Condition[]
  /** Of a package: its content can't change, or its place names its version. */
  readonly fixed?: 'sealed' | 'placed'
}

interface Pattern {
  readonly format: FormatName
  readonly pattern: RegExp
  /** Looked for first: see {@link literalOf}. */
  readonly literal: string
}

type Part = 'index' | 'evidence' | 'beside' | 'packagesBeside' | 'sealed' | 'placed' | 'packages' | 'overwritten'

const patternsOf = (part: Part): readonly Pattern[] =>
  layouts.flatMap((layout) => (layout[part] ?? []).map((pattern) => patternOf(layout, pattern)))

const patternOf = ({ format }: Layout, pattern: RegExp): Pattern => ({ format, pattern, literal: literalOf(pattern) })

const match = ({ pattern, literal }: Pattern, path: string): RegExpExecArray | null =>
  path.includes(literal) ? pattern.exec(path) : null

const index = patternsOf('index')
const sealed = patternsOf('sealed')
const overwritten = patternsOf('overwritten')
const placed = patternsOf('placed')
const packages = patternsOf('packages')
const beside = patternsOf('beside')
const packagesBeside = patternsOf('packagesBeside')

const nothing: Kind = { format: 'other', is: 'nothing' }

/** How most objects end, and no index does. */
const usualEndings: Readonly<Record<string, FormatName>> = {
  ...{ deb: 'apt', udeb: 'apt', ddeb: 'apt', dsc: 'apt', rpm: 'yum', drpm: 'yum', apk: 'alpine', gem: 'gem' },
  ...{ whl: 'pypi', egg: 'pypi', nupkg: 'nuget', crate: 'cargo', conda: 'conda' },
}
/** One kind for all that end so: there may be a hundred million of them. */
const usual: ReadonlyMap<string, Kind> = new Map(
  Object.entries(usualEndings).map(([called, format]) => [called, { format, is: 'package' }]),
)
const noIndex = /\.(?:tgz|jar|war|ear|aar|pom|module|zip|exe|tar\.xz)(?:\.(?:asc|md5|sha\d+))*$/

/** What belongs to one file and is made anew with it: sums, signatures, what is known of it. */
const companion =
  /\.(?:asc|sig|sign|gpg|pgp|minisig|sigstore|sigstore\.json|cosign\.bundle|md5|sha1|sha256|sha384|sha512|b2sum|sha256sum|md5sum|metadata|provenance|attestation|prov|intoto\.jsonl)$/

/**
 * What an object is. Names of indexes come first, which are few and well known; then what is called as packages are,
 * whatever folder it lies in; a folder's name alone tells nothing, but together with an index.
 *
 * @param key - the S3 key, not percent-encoded
 * @param size - bytes, where that is known: what is empty and ends in a slash is a folder that somebody made
 */
export function kindOf(key: string, size?: number): Kind {
  const known = usual.get(endingOf(key))
  if (known !== undefined && !key.includes('SNAPSHOT/')) return known
  const path = `/${key}`
  if (size === 0 && path.endsWith('/')) return nothing
  return indexOf(path) ?? packageOf(path) ?? (isKey(path) ? { format: 'other', is: 'index' } : besideOf(path))
}

/** The small letters behind the last dot, where there is nothing else. As a regular expression it takes five times as long. */
function endingOf(key: string): string {
  let from = key.length
  while (isSmallLetter(key.charCodeAt(from - 1))) from--
  return key.charCodeAt(from - 1) === dot ? key.slice(from) : ''
}
const dot = 0x2e
const isSmallLetter = (code: number): boolean => code >= 0x61 && code <= 0x7a

/** The file that a sum, a signature or the like belongs to; the key itself if it is none. */
export function companionOf(key: string): string {
  if (usual.has(endingOf(key))) return key
  const base = key.replace(companion, '')
  return base === key ? key : companionOf(base)
}

function indexOf(path: string): Kind | undefined {
  if (noIndex.test(path)) return undefined
  for (const pattern of index) {
    const found = match(pattern, path)
    if (found !== null)
      return { format: pattern.format, is: 'index', ...(found[1] !== undefined && { root: found[1].slice(1) }) }
  }
  return undefined
}

/** What belongs to a package is as the package. */
function packageOf(path: string): Kind | undefined {
  for (let name = path; ; name = name.replace(companion, '')) {
    const found =
      oneOf(sealed, name, { is: 'package', fixed: 'sealed' }) ??
      oneOf(overwritten, name, { is: 'overwritten' }) ??
      oneOf(placed, name, { is: 'package', fixed: 'placed' }) ??
      oneOf(packages, name, { is: 'package' })
    if (found !== undefined || !companion.test(name)) return found
  }
}

const oneOf = (patterns: readonly Pattern[], path: string, kind: Omit<Kind, 'format'>): Kind | undefined => {
  const found = patterns.find((pattern) => match(pattern, path) !== null)
  return found && { format: found.format, ...kind }
}

const isKey = (path: string): boolean => keyNames.some((pattern) => pattern.test(path))

function besideOf(path: string): Kind {
  const ofPackage = conditionsOf(packagesBeside, companionOf(path))
  const ofIndex = conditionsOf(beside, path)
  const conditions = ofPackage.length > 0 ? ofPackage : ofIndex
  const [first] = conditions
  if (first !== undefined) {
    return { format: first.format ?? 'other', is: ofPackage.length > 0 ? 'package' : 'index', conditions }
  }
  const folder = perhapsKey.exec(path)?.[1]
  if (folder === undefined) return nothing
  return { format: 'other', is: 'index', conditions: [{ format: undefined, root: folder.slice(1) }] }
}

const conditionsOf = (patterns: readonly Pattern[], path: string): Condition[] =>
  patterns.flatMap((pattern) => {
    const root = match(pattern, path)?.[1]
    return root === undefined ? [] : { format: pattern.format, root: root.slice(1) }
  })

/** Names that prove a repository together, with the bit that stands for each. */
const evidence = layouts.flatMap((layout) =>
  (layout.evidence ?? []).map((pattern, number, { length }) => ({
    ...patternOf(layout, pattern),
    bit: 1 << number,
    all: (1 << length) - 1,
  })),
)

/** Of what is called as most objects are, only NuGet's packages are evidence of anything. */
const silent: ReadonlySet<object> = new Set([...usual.values()].filter(({ format }) => format !== 'nuget'))

/** The repositories that keys have proven to be there. Memory grows with their number, not with that of objects. */
export class Proofs {
  /** By root: the formats whose indexes are there. */
  readonly roots = new Map<string, ReadonlySet<FormatName>>()
  readonly #seen = new Map<string, number>()

  /** Takes in a key that is not nothing. */
  note(key: string, kind: Pick<Kind, 'root' | 'format'>): void {
    if (silent.has(kind)) return
    const { root, format } = kind
    if (root !== undefined) this.#add(root, format)
    const path = `/${key}`
    for (const proof of evidence) {
      const at = match(proof, path)?.[1]?.slice(1)
      if (at === undefined) continue
      const id = `${proof.format}\n${at}`
      const now = (this.#seen.get(id) ?? 0) | proof.bit
      this.#seen.set(id, now)
      if (now === proof.all) this.#add(at, proof.format)
    }
  }

  holds({ format, root }: Condition): boolean {
    const formats = this.roots.get(root)
    return formats !== undefined && (format === undefined || formats.has(format))
  }

  #add(root: string, format: FormatName): void {
    const formats = this.roots.get(root)
    if (formats?.has(format) === true) return
    if (formats !== undefined) this.roots.set(root, new Set([...formats, format]))
    else this.roots.set(ownText(root), alone(format))
  }
}

/** Nearly all roots have one format: they share the set. */
const alone = (format: FormatName): ReadonlySet<FormatName> => {
  let set = aloneSets.get(format)
  if (set === undefined) aloneSets.set(format, (set = new Set([format])))
  return set
}
const aloneSets = new Map<FormatName, ReadonlySet<FormatName>>()
