/**
 * `package.json` as `npm publish` puts it into a packument. What installers go by is brought into the one form that they
 * know; what only people read stays as it is written.
 *
 * @see https://docs.npmjs.com/cli/v11/configuring-npm/package-json
 */
import { messageOf } from '../../errors.ts'
import { isObject, type JsonObject } from '../../json-object.ts'
import { BadPackageError, type IndexedPackage, type PackageFacts } from '../format.ts'
import { isTooDeep } from '../json-depth.ts'
import type { ManifestFinder } from './find-manifest.ts'
import { cleanVersion } from './semver.ts'

/**
 * What a packument says of a version, but for where it lies. Keys of JSON are whatever somebody wrote: only ever copied with
 * spread and `Object.fromEntries`.
 */
export interface Manifest extends JsonObject {
  readonly name: string
  readonly version: string
}

const longestName = 214
const oddName = /[\s\u0000-\u001f\u007f]|^[._]/

/** @throws BadPackageError */
export function readManifest(
  bytes: Uint8Array,
  archive: Pick<ManifestFinder, 'hasGyp' | 'hasShrinkwrap'>,
): Pick<PackageFacts, 'identity' | 'facts'> {
  const json = parse(bytes)
  const { name } = json
  if (typeof name !== 'string' || name === '' || name.length > longestName || oddName.test(name)) {
    throw new BadPackageError('its package.json has no name that a package may have')
  }
  const version = typeof json['version'] === 'string' ? cleanVersion(json['version']) : undefined
  if (version === undefined) throw new BadPackageError('its package.json has no version that a package may have')
  const facts = encode({ ...normalised({ ...json, name, version }, archive), _id: `${name}@${version}` })
  return { identity: `${name} ${version}`, facts }
}

function parse(bytes: Uint8Array): JsonObject {
  const text = new TextDecoder().decode(bytes)
  if (isTooDeep(text)) throw new BadPackageError('its package.json is nested too deep')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    throw new BadPackageError(`its package.json can not be read: ${messageOf(error)}`)
  }
  if (!isObject(json)) throw new BadPackageError('its package.json is no object')
  return json
}

function encode(manifest: JsonObject): Uint8Array {
  try {
    return Buffer.from(JSON.stringify(manifest))
  } catch {
    throw new BadPackageError('its package.json is nested too deep')
  }
}

/** What {@link readManifest} has kept. */
export const manifestOf = ({ facts }: Pick<IndexedPackage, 'facts'>): Manifest =>
  JSON.parse(Buffer.from(facts).toString()) as Manifest

/** See `Format.identityIn`. */
export function identityIn(facts: Uint8Array): string | undefined {
  const { name, version, _id: id } = parse(facts)
  const { identity } = readManifest(facts, { hasGyp: false, hasShrinkwrap: false })
  return identity === `${String(name)} ${String(version)}` && id === `${String(name)}@${String(version)}`
    ? identity
    : undefined
}

const ofTexts = ['dependencies', 'optionalDependencies', 'devDependencies', 'peerDependencies']

function normalised(
  json: JsonObject & Manifest,
  { hasGyp, hasShrinkwrap }: Parameters<typeof readManifest>[1],
): JsonObject {
  // What npm itself notes begins with this, and nobody else's note is to be taken for its.
  const own = Object.fromEntries(Object.entries(json).filter(([name]) => !name.startsWith('_') && !isSpelledAnew(name)))
  const made = Object.fromEntries(
    ofTexts.map((field) => [field, textsOf(json[field])] as const).filter(([, texts]) => texts !== undefined),
  )
  const bundled = bundledOf(json)
  const bin = binOf(json)
  const scripts = scriptsOf(json, hasGyp)
  const people = Object.fromEntries(
    Object.entries({ author: personOf(json['author']), contributors: peopleOf(json['contributors']) }).filter(
      ([, value]) => value !== undefined,
    ),
  )
  return {
    ...own,
    ...made,
    ...people,
    ...(bundled !== undefined && { bundleDependencies: bundled }),
    ...(bin !== undefined && { bin }),
    ...(scripts !== undefined && { scripts }),
    ...(hasGyp && scripts?.['install'] === rebuild && json['gypfile'] !== false && { gypfile: true }),
    ...(hasShrinkwrap && { _hasShrinkwrap: true }),
  }
}

const anew = new Set([...ofTexts, 'bundleDependencies', 'bundledDependencies', 'bin', 'scripts', 'dist', 'deprecated'])
const isSpelledAnew = (name: string): boolean => anew.has(name)

/** An object of texts, without what is none. */
function textsOf(value: unknown): Readonly<Record<string, string>> | undefined {
  if (!isObject(value)) return undefined
  return Object.fromEntries(
    Object.entries(value).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  )
}

/** In either spelling; `true` means all that it depends on. */
function bundledOf(json: JsonObject): readonly string[] | undefined {
  const value = json['bundleDependencies'] ?? json['bundledDependencies']
  if (value === undefined) return undefined
  if (value === true) return Object.keys(textsOf(json['dependencies']) ?? {})
  if (Array.isArray(value)) return value.filter((name): name is string => typeof name === 'string')
  return isObject(value) ? Object.keys(value) : []
}

/** By name. A text is the command that is called as the package is. A path leads nowhere out of the package. */
function binOf({ name, bin }: Manifest): Readonly<Record<string, string>> | undefined {
  const named = typeof bin === 'string' ? { [name]: bin } : Array.isArray(bin) ? namedByFile(bin) : textsOf(bin)
  const safe = Object.entries(named ?? {}).flatMap(([command, path]) => {
    const key = baseName(command)
    const file = withinPackage(path)
    return key === '' || key === '.' || key === '..' || file === '' ? [] : [[key, file] as const]
  })
  return safe.length === 0 ? undefined : Object.fromEntries(safe)
}

const namedByFile = (files: readonly unknown[]): Record<string, string> =>
  Object.fromEntries(files.flatMap((file) => (typeof file === 'string' ? [[baseName(file), file] as const] : [])))

const baseName = (path: string): string => path.replaceAll('\\', '/').split('/').at(-1) ?? ''

function withinPackage(path: string): string {
  const kept: string[] = []
  for (const part of path.replaceAll('\\', '/').split('/')) {
    if (part === '..') kept.pop()
    else if (part !== '' && part !== '.') kept.push(part)
  }
  return kept.join('/')
}

const rebuild = 'node-gyp rebuild'

/** What clients run; a package with a `.gyp` file is built by them unless it says how itself. */
function scriptsOf(json: JsonObject, hasGyp: boolean): Readonly<Record<string, string>> | undefined {
  const scripts = textsOf(json['scripts'])
  const isBuilt = scripts?.['install'] !== undefined || scripts?.['preinstall'] !== undefined
  if (!hasGyp || isBuilt || json['gypfile'] === false) return scripts
  return { ...scripts, install: rebuild }
}

/** `Name <mail> (url)` as an object. */
function personOf(value: unknown): unknown {
  if (typeof value !== 'string') return value
  const name = /^([^(<]+)/.exec(value)?.[1]?.trim()
  const url = /\(([^()]+)\)/.exec(value)?.[1]
  const email = /<([^<>]+)>/.exec(value)?.[1]
  return {
    ...(name !== undefined && name !== '' && { name }),
    ...(email !== undefined && { email }),
    ...(url !== undefined && { url }),
  }
}

const peopleOf = (value: unknown): unknown => (Array.isArray(value) ? value.map(personOf) : value)

/** What installers go by: an abbreviated packument has no more, and no packument may lack it. */
const forInstallers = [
  ...['name', 'version', 'deprecated', 'dependencies', 'optionalDependencies', 'devDependencies'],
  ...['bundleDependencies', 'peerDependencies', 'peerDependenciesMeta', 'bin', 'directories', 'engines', 'os', 'cpu'],
  ...['libc', 'funding', '_hasShrinkwrap', 'dist'],
]

/** `hasInstallScript` is told where the scripts are not. */
export function abbreviated(manifest: JsonObject): JsonObject {
  const scripts = textsOf(manifest['scripts']) ?? {}
  const isRun = ['preinstall', 'install', 'postinstall'].some((name) => Object.hasOwn(scripts, name))
  return {
    ...Object.fromEntries(forInstallers.filter((name) => name in manifest).map((name) => [name, manifest[name]])),
    ...(isRun && { hasInstallScript: true }),
  }
}
