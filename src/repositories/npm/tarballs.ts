/** The tarballs of one package, as they lie in the bucket and as its packument has them. */
import type { Digests, Finding, IndexedPackage } from '../format.ts'
import { placeOf, urlOf, usualFile } from './layout.ts'
import { isObject, type JsonObject } from '../../json-object.ts'
import type { Packument } from './packument.ts'

/** The tarball of one version. */
export interface Tarball {
  readonly stored: IndexedPackage
  readonly version: string
  /** What it is called behind `/-/`. */
  readonly file: string
}

/** What a tarball's URL has before and behind `/-/`. */
interface Address {
  readonly base: string
  readonly file: string
}

/** Undefined where a version has no URL, or one of another form. */
function addressOf(entry: JsonObject | undefined): Address | undefined {
  const dist = entry?.['dist']
  const url = isObject(dist) ? dist['tarball'] : undefined
  const [, base, file] = typeof url === 'string' ? (/^(https?:\/\/.*\/-\/)([^?#]+)/.exec(url) ?? []) : []
  if (base === undefined || file === undefined) return undefined
  try {
    return { base, file: decodeURIComponent(file) }
  } catch {
    return { base, file }
  }
}

/** Tarballs there are never ours, though they may have been copied from there together with what tells of them. */
const publicRegistry = /^https?:\/\/(?:registry\.npmjs\.org|registry\.yarnpkg\.com|registry\.npmmirror\.com)\//

/** Where the tarballs of a package are, by its packument. */
export class Addresses {
  readonly #packument: Packument | undefined
  readonly #ours: ReadonlySet<string>
  readonly #newest: string | undefined

  /** @param present - versions whose tarballs are in the bucket */
  constructor(packument: Packument | undefined, present: Iterable<string>) {
    this.#packument = packument
    const bases = [...present].flatMap((version) => addressOf(this.#entry(version))?.base ?? [])
    this.#ours = new Set(bases)
    this.#newest = bases.findLast((base) => !publicRegistry.test(base))
  }

  /** What the tarball of a version is called, as far as its URL tells. */
  fileOf(version: string): string | undefined {
    return addressOf(this.#entry(version))?.file
  }

  /** Whether a version that is not in the bucket is told to lie elsewhere. */
  isElsewhere(version: string): boolean {
    const base = addressOf(this.#entry(version))?.base
    if (base === undefined) return this.#entry(version)?.['dist'] !== undefined && this.#ours.size > 0
    if (publicRegistry.test(base)) return !this.#ours.has(base)
    return this.#ours.size > 0 && !this.#ours.has(base)
  }

  /** Of a tarball that has none yet: as its neighbours have it, else below a base URL. Undefined where nobody knows. */
  urlOf({ stored, file }: Tarball, baseUrl: string | undefined): string | undefined {
    if (this.#newest !== undefined) return urlOf(this.#newest, file)
    return baseUrl === undefined ? undefined : urlOf(baseUrl, stored.key)
  }

  #entry(version: string): JsonObject | undefined {
    const versions = this.#packument?.versions
    return versions !== undefined && Object.hasOwn(versions, version) ? versions[version] : undefined
  }
}

/** One tarball a version, and what is wrong with the others. */
export function tarballsOf(
  stored: readonly IndexedPackage[],
  name: string,
  fileOf: (version: string) => string | undefined,
): { readonly tarballs: ReadonlyMap<string, Tarball>; readonly findings: readonly Finding[] } {
  const tarballs = new Map<string, Tarball>()
  const findings: Finding[] = []
  for (const one of stored) {
    const [called = '', version = ''] = one.identity.split(' ')
    const file = placeOf(one.key)?.file ?? ''
    if (called !== name) findings.push(misplaced(one.key, called, name))
    else {
      const tarball = { stored: one, version, file }
      const other = tarballs.get(version)
      const chosen = other === undefined || rank(tarball) < rank(other) ? tarball : other
      tarballs.set(version, chosen)
      const left = other !== undefined && chosen === tarball ? other : tarball
      if (left !== chosen && left.stored.digests.sha512 !== chosen.stored.digests.sha512) {
        findings.push(conflicting(left, chosen, name))
      }
    }
  }
  return { tarballs, findings }

  /** The one that clients ask for now comes first, then the one that is called as usual. */
  function rank({ version, file }: Tarball): number {
    if (file === fileOf(version)) return 0
    return file === usualFile(name, version) ? 1 : 2
  }
}

const misplaced = (key: string, called: string, name: string): Finding => ({
  key,
  what: `is left out of the index: it is of ${called}, and lies among the versions of ${name}`,
  todo: 'Upload it to where it belongs, or remove it.',
})

const conflicting = ({ stored: { key }, version }: Tarball, { stored: other }: Tarball, name: string): Finding => ({
  key,
  what: `is ${name} ${version} with other content than ${other.key}; only the latter is indexed`,
  todo: 'Remove the wrong one of the two, or give it a version of its own.',
})

/** As `npm publish` writes it: Subresource Integrity, and for old clients SHA-1 in hex. */
export function digestsForDist({ sha512, sha1 }: Digests): { readonly integrity: string; readonly shasum: string } {
  if (sha512 === undefined || sha1 === undefined) throw new Error('the digests of a package are missing')
  return { integrity: `sha512-${Buffer.from(sha512, 'hex').toString('base64')}`, shasum: sha1 }
}

/** Whether an entry is of other content than a tarball. What tells nothing, or in a way that we don't know, is not. */
export function isOther(dist: JsonObject, digests: Digests): boolean {
  const { integrity, shasum } = digestsForDist(digests)
  const told = dist['integrity']
  const known = typeof told === 'string' ? told.split(/\s+/).map((one) => one.replace(/\?.*$/, '')) : []
  const strong = known.filter((one) => one.startsWith('sha512-'))
  if (strong.length > 0) return !strong.includes(integrity)
  return typeof dist['shasum'] === 'string' && dist['shasum'].toLowerCase() !== shasum
}
