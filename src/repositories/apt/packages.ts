/** Stanzas of a Packages file. */
import type { Digests } from '../format.ts'
import { type Field, type Stanza, valueOf, withField, without } from './deb822.ts'
import { fieldProblem } from './fields.ts'

/** The order and the spelling of apt-ftparchive; fields it does not know follow in the order of the control file. */
const order = [
  ...['Package', 'Package-Type', 'Architecture', 'Subarchitecture', 'Version', 'Kernel-Version', 'Built-Using'],
  ...['Static-Built-Using', 'Built-For-Profiles', 'Auto-Built-Package', 'Multi-Arch', 'Status', 'Priority'],
  ...['Build-Essential', 'Protected', 'Important', 'Essential', 'Installer-Menu-Item', 'Section', 'Source'],
  ...['Origin', 'Phased-Update-Percentage', 'Maintainer', 'Original-Maintainer', 'Bugs', 'Config-Version'],
  ...['Conffiles', 'Triggers-Awaited', 'Triggers-Pending', 'Installed-Size', 'Provides', 'Pre-Depends', 'Depends'],
  ...['Recommends', 'Suggests', 'Conflicts', 'Breaks', 'Replaces', 'Enhances', 'Filename', 'MSDOS-Filename'],
  ...['Size', 'MD5sum', 'SHA1', 'SHA256', 'SHA512', 'Homepage', 'Description', 'Description-md5', 'Tag', 'Task'],
]
const places: ReadonlyMap<string, number> = new Map(order.map((name, at) => [name.toLowerCase(), at]))

/** What the index says of a package and its control file must not: it could name another file. */
const ofTheIndex: ReadonlySet<string> = new Set(
  ['Status', 'Filename', 'Size', 'MD5sum', 'SHA1', 'SHA256', 'SHA512'].map((name) => name.toLowerCase()),
)
/** An archive's override file sets these, whatever the package says. */
const overridden = ['Section', 'Priority']
/** Left out where they are empty: the former by apt-ftparchive too, and apt 2.6 can't parse the latter. */
const nothingIfEmpty: ReadonlySet<string> = new Set([...overridden, 'Provides'].map((name) => name.toLowerCase()))

/** The stanza with what an override file said of the package, as its present stanza shows it. */
export const withOverrides = (stanza: Stanza, old: Stanza): Stanza =>
  overridden.reduce((result, name) => {
    const value = valueOf(old, name)
    return value === undefined || !isUsable([name, value]) ? result : withField(result, name, value)
  }, stanza)

/** Can what only the present index says stand in the new one? */
const isUsable = (field: Field): boolean => saysSomething(field) && fieldProblem(field) === undefined

const saysSomething = ([name, value]: Field): boolean => value !== '' || !nothingIfEmpty.has(name.toLowerCase())

/** What a stanza is made of, beside the package's control file. */
export interface Listing {
  readonly filename: string
  readonly size: number
  readonly digests: Digests
  /** The present stanza of the package. */
  readonly old?: Stanza
}

/**
 * The stanza of a package. Where the present stanza is of the same content, all that it has beyond the control file is
 * kept (`Phased-Update-Percentage`, `Task`, further digests…), and the order of its fields; where it only bears the
 * same name, its overrides.
 */
export function packagesStanza(control: Stanza, { filename, size, digests, old }: Listing): Stanza {
  const present = old !== undefined && valueOf(old, 'Package') === valueOf(control, 'Package') ? old : undefined
  const same = present !== undefined && sameContent(digestsIn(present), digests)
  const bare = without(control, ofTheIndex).filter(saysSomething)
  const own: Field[] = [
    ...(present === undefined ? bare : withOverrides(bare, present)),
    ['Filename', filename],
    ['Size', String(size)],
    ...digestFields(digests),
  ]
  if (!same) return ordered(own)
  const names = new Set(own.map(([name]) => name.toLowerCase()))
  const kept = present.filter(
    (field) => !names.has(field[0].toLowerCase()) && field[0].toLowerCase() !== 'status' && isUsable(field),
  )
  return inOrderOf(present, shortened(present, [...own, ...kept]))
}

/** What goes into any stanza of a package: before `Filename`, between that and `Size`, and behind the digests. */
export function stanzaParts(control: Stanza): [Stanza, Stanza, Stanza] {
  const fields = ordered(without(control, ofTheIndex).filter(saysSomething))
  const behind = (name: string): number => {
    const place = places.get(name) ?? 0
    const at = fields.findIndex(([field]) => (places.get(field.toLowerCase()) ?? order.length) > place)
    return at < 0 ? fields.length : at
  }
  const [filename, size] = [behind('filename'), behind('size')]
  return [fields.slice(0, filename), fields.slice(filename, size), fields.slice(size)]
}

/** Is nothing in a stanza that only an index says of a package? */
export const isOfPackage = (stanza: Stanza): boolean => !stanza.some(([name]) => ofTheIndex.has(name.toLowerCase()))

/** Are these digests of the same content? The strongest that both have decides. */
export function sameContent(one: Digests, other: Digests): boolean {
  if (one.sha256 !== undefined && other.sha256 !== undefined) return one.sha256 === other.sha256
  return one.md5 !== undefined && one.md5 === other.md5
}

/** The digests that a stanza gives. */
export function digestsIn(stanza: Stanza): Digests {
  const [md5, sha1, sha256] = ['MD5sum', 'SHA1', 'SHA256'].map((name) => valueOf(stanza, name)?.toLowerCase())
  return {
    ...(md5 === undefined ? {} : { md5 }),
    ...(sha1 === undefined ? {} : { sha1 }),
    ...(sha256 === undefined ? {} : { sha256 }),
  }
}

function digestFields({ md5, sha1, sha256 }: Digests): Field[] {
  const fields: Field[] = []
  if (md5 !== undefined) fields.push(['MD5sum', md5])
  if (sha1 !== undefined) fields.push(['SHA1', sha1])
  if (sha256 !== undefined) fields.push(['SHA256', sha256])
  return fields
}

/** An index whose long descriptions are in Translation files has the first lines only. */
function shortened(old: Stanza, stanza: Stanza): Stanza {
  const short = valueOf(old, 'Description')
  const moved = short !== undefined && !short.includes('\n') && valueOf(old, 'Description-md5') !== undefined
  return moved && valueOf(stanza, 'Description')?.split('\n', 1)[0] === short
    ? withField(stanza, 'Description', short)
    : stanza
}

/** The order of a stanza that has the same fields, else apt's. */
function inOrderOf(old: Stanza, stanza: Stanza): Stanza {
  const present = new Map(old.map(([name], at) => [name.toLowerCase(), at]))
  const placeOf = (name: string): number => present.get(name) ?? -1
  if (present.size !== stanza.length || stanza.some(([name]) => placeOf(name.toLowerCase()) < 0)) return ordered(stanza)
  return sorted(stanza, placeOf).map(([name, value], at): Field => [old[at]?.[0] ?? name, value])
}

/** What apt-ftparchive does not know keeps its order, and its spelling. */
const ordered = (stanza: Stanza): Stanza =>
  sorted(stanza, (name) => places.get(name) ?? order.length).map(([name, value]) => [
    order[places.get(name.toLowerCase()) ?? order.length] ?? name,
    value,
  ])

/** Sorts fields by their names in lower case; those of one place keep their order. */
const sorted = (stanza: Stanza, placeOf: (name: string) => number): Stanza =>
  stanza
    .map((field) => ({ field, place: placeOf(field[0].toLowerCase()) }))
    .sort((one, other) => one.place - other.place)
    .map(({ field }) => field)
