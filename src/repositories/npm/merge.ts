/** The new packument of a package: its tarballs, and what only the old packument knows. */
import type { Finding, IndexedPackage } from '../format.ts'
import { isObject, type JsonObject } from '../../json-object.ts'
import { abbreviated, manifestOf } from './manifest.ts'
import type { Packument } from './packument.ts'
import { compareVersions, isPrerelease, newestOf } from './semver.ts'
import { Addresses, digestsForDist, isOther, type Tarball, tarballsOf } from './tarballs.ts'

/** All that is known of one package. */
export interface Known {
  /** The key of its packument. */
  readonly key: string
  readonly name: string
  /** Undefined: it is to be made. */
  readonly old: Packument | undefined
  readonly stored: readonly IndexedPackage[]
  /** Keys of tarballs that can't be read, by what they are called behind `/-/`. */
  readonly unreadable: ReadonlyMap<string, string>
  readonly baseUrl: string | undefined
  /** Milliseconds since the epoch. */
  readonly now: number
}

export interface Merged {
  /** Undefined: the old one says it all. */
  readonly content: JsonObject | undefined
  readonly findings: readonly Finding[]
  /** Versions whose tarballs should be here. */
  readonly before: number
  readonly after: number
  /** Keys of unreadable tarballs whose entries stay. */
  readonly kept: readonly string[]
}

/** The packument of a package with the versions that are here; the rest of it stays. */
export function merge(known: Known): Merged {
  const { key, name, old, stored, unreadable, baseUrl, now } = known
  const all = new Addresses(old, [])
  const { tarballs, findings: left } = tarballsOf(stored, name, (version) => all.fileOf(version))
  const addresses = new Addresses(old, tarballs.keys())
  const findings = [...left]
  const kept: string[] = []
  const versions: [string, JsonObject][] = []
  const form = formOf(old)
  let [before, after] = [0, 0]
  for (const [version, entry] of Object.entries(old?.versions ?? {})) {
    const tarball = tarballs.get(version)
    const held = tarball === undefined ? unreadable.get(addresses.fileOf(version) ?? '') : undefined
    if (tarball === undefined && held === undefined && addresses.isElsewhere(version)) {
      versions.push([version, entry])
      continue
    }
    before++
    if (held !== undefined) kept.push(held)
    else if (tarball === undefined) {
      findings.push(gone(key, version))
      continue
    }
    versions.push([version, tarball === undefined ? entry : renewed(entry, tarball)])
    after++
  }
  const added = [...tarballs.values()]
    .filter(({ version }) => !Object.hasOwn(old?.versions ?? {}, version))
    .sort((one, other) => compareVersions(one.version, other.version))
  for (const tarball of added) {
    const url = addresses.urlOf(tarball, baseUrl)
    if (url === undefined) {
      findings.push(withoutUrl(tarball.stored.key))
      continue
    }
    const entry = form.entryOf(manifestOf(tarball.stored))
    versions.push([tarball.version, { ...entry, dist: { ...digestsForDist(tarball.stored.digests), tarball: url } }])
    after++
  }
  const present = new Set(versions.map(([version]) => version))
  const newest = versions.at(-1)?.[1]
  const begun = old?.content ?? beginning(name, newest)
  const made = {
    ...begun,
    'dist-tags': tagsOf(begun['dist-tags'], old === undefined ? [] : Object.keys(old.versions), [...present]),
    versions: Object.fromEntries(versions),
    ...(form.isTimed && { time: timesOf(begun['time'], tarballs, present) }),
  }
  const isSame = old !== undefined && JSON.stringify(made) === JSON.stringify(old.content)
  const content = isSame ? undefined : modified(made, new Date(now).toISOString())
  return { content, findings, before, after, kept }

  function renewed(entry: JsonObject, { stored: tarball, version }: Tarball): JsonObject {
    const dist = isObject(entry['dist']) ? entry['dist'] : {}
    const url = dist['tarball'] ?? addresses.urlOf({ stored: tarball, version, file: fileIn(tarball.key) }, baseUrl)
    const told = form.entryOf(manifestOf(tarball))
    const digests = digestsForDist(tarball.digests)
    if (isOther(dist, tarball.digests)) {
      findings.push(replaced(tarball.key))
      return { ...told, ...ofRegistry(entry), dist: { ...digests, ...(url !== undefined && { tarball: url }) } }
    }
    const missing = Object.entries(abbreviated(told)).filter(
      ([field]) => !Object.hasOwn(entry, field) && field !== 'hasInstallScript' && !isOtherSpelling(field, entry),
    )
    return {
      ...entry,
      ...Object.fromEntries(missing),
      dist: { ...digests, ...(url !== undefined && { tarball: url }), ...dist },
    }
  }
}

const fileIn = (key: string): string => key.slice(key.lastIndexOf('/-/') + 3)

const isOtherSpelling = (field: string, entry: JsonObject): boolean =>
  (field === 'bundleDependencies' && Object.hasOwn(entry, 'bundledDependencies')) ||
  (field === '_hasShrinkwrap' && Object.hasOwn(entry, 'hasShrinkwrap'))

/** How a packument tells of versions and their times. */
interface Form {
  readonly isTimed: boolean
  entryOf(manifest: JsonObject): JsonObject
}

/** Is this the form that installers alone ask for? */
export const isAbbreviated = (content: JsonObject): boolean =>
  !Object.hasOwn(content, 'time') && Object.hasOwn(content, 'modified')

/**
 * What installers alone ask for has no times but the one of its last change; then versions are told in short, too. Where
 * neither is there, somebody has written down no more than clients need: that gets no times that nobody has asked for.
 */
function formOf(old: Packument | undefined): Form {
  const isShort = old !== undefined && isAbbreviated(old.content)
  return {
    isTimed: old === undefined || isObject(old.content['time']),
    entryOf: isShort ? abbreviated : (manifest) => manifest,
  }
}

/** What only a registry says of a version, whatever is in it. */
const ofRegistry = (entry: JsonObject): JsonObject =>
  Object.fromEntries(
    Object.entries(entry).filter(
      ([name]) => name === 'deprecated' || name === 'maintainers' || (name.startsWith('_') && !ofContent.has(name)),
    ),
  )
const ofContent = new Set(['_id', '_hasShrinkwrap', '_integrity', '_shasum', '_resolved', '_from'])

/** As a registry begins one: what it says of a package is what its newest version says. */
function beginning(name: string, newest: JsonObject | undefined): JsonObject {
  const description = newest?.['description']
  return { _id: name, name, ...(typeof description === 'string' && { description }), 'dist-tags': {}, versions: {} }
}

/**
 * Tags stay where a publisher has put them. Those of versions that are gone go with them; `latest`, which clients take if
 * they are not asked for anything else, then goes to the newest release that is left. And where it was at the newest
 * release, it goes on to what is newer, as with every publisher who does not say otherwise.
 */
function tagsOf(tags: unknown, before: readonly string[], present: readonly string[]): JsonObject {
  const isHere = new Set<unknown>(present)
  const kept = Object.entries(isObject(tags) ? tags : {}).filter(([, version]) => isHere.has(version))
  const latest = kept.find(([tag]) => tag === 'latest')?.[1]
  const newest = newestOf(present)
  if (newest === undefined) return Object.fromEntries(kept)
  const wasNewest = latest === newestOf(before)
  const isNewer =
    typeof latest === 'string' && wasNewest && !isPrerelease(newest) && compareVersions(newest, latest) > 0
  const now = latest === undefined || isNewer ? newest : latest
  if (now === latest) return Object.fromEntries(kept)
  const moved = kept.map(([tag, version]): [string, unknown] => [tag, tag === 'latest' ? now : version])
  return Object.fromEntries(latest === undefined ? [['latest', now], ...moved] : moved)
}

/** Times stay, also those of versions that are gone, as registries keep them. A new version came when it was first seen. */
function timesOf(times: unknown, tarballs: ReadonlyMap<string, Tarball>, present: ReadonlySet<string>): JsonObject {
  const old = isObject(times) ? times : {}
  const added = [...tarballs]
    .filter(([version]) => present.has(version) && !Object.hasOwn(old, version))
    .map(([version, { stored }]) => [version, new Date(stored.modified).toISOString()] as const)
    .sort(([, one], [, other]) => (one < other ? -1 : one > other ? 1 : 0))
  const [first] = added
  return {
    ...(!isObject(times) && first !== undefined && { created: first[1], modified: first[1] }),
    ...old,
    ...Object.fromEntries(added),
  }
}

/** Notes when it was changed, where it is noted. */
function modified(content: JsonObject, now: string): JsonObject {
  const { time } = content
  if (isObject(time)) return { ...content, time: { ...time, modified: now } }
  return Object.hasOwn(content, 'modified') ? { ...content, modified: now } : content
}

const gone = (key: string, version: string): Finding => ({
  key,
  what: `lists ${version}, which is not in the bucket; the new index does not list it`,
  once: true,
})

const withoutUrl = (key: string): Finding => ({
  key,
  what: 'is left out of the index: no version beside it tells under which URL clients find it',
  todo: 'Say with --base-url what clients have before a key, such as --base-url https://packages.example.com/.',
})

const replaced = (key: string): Finding => ({
  key,
  what: 'has other content than its index says; the new index tells what it is now, and lock files that know it fail',
  todo: 'Publish what is changed as a version of its own.',
  once: true,
})
