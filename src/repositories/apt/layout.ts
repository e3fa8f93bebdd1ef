/**
 * Where things are in an apt repository: `dists/SUITE/COMPONENT/binary-ARCH/Packages`, or, in a flat one, `Packages`
 * in the folder that the source line names (Debian wiki, DebianRepository/Format).
 */
import type { Role } from '../format.ts'

const extension = String.raw`(?:\.(?:gz|xz|zst|bz2|lzma))?`
const packageName = /\.(?:deb|udeb|ddeb|dsc)$/
const underDists = /^((?:[^/]+\/)*?)dists\/(.+)$/
/** What clients fetch below `dists/`. */
const distsIndex = new RegExp(
  String.raw`(?:^|/)(?:(?:InRelease|Release|Release\.gpg|Index|(?:Packages|Sources|Contents-[^/]+|Translation-[^/]+|Components-[^/]+|Commands-[^/]+)${extension})$|(?:by-hash|i18n|dep11|cnf|(?:Packages|Sources|Contents-[^/]+)\.diff)/)`,
)
const flatIndex = new RegExp(
  String.raw`^((?:[^/]+/)*?)(?:(?:InRelease|Release|Release\.gpg|(?:Packages|Sources|Contents-[^/]+|Translation-[^/]+)${extension})|by-hash/(?:MD5Sum|SHA1|SHA256|SHA512)/[^/]+)$`,
)
const list = new RegExp(String.raw`^((?:[^/]+/)*)(Packages|Sources)${extension}$`)
const suiteTop = /^(.+)\/(?:InRelease|Release)$/
const partFolder = /(?:^|\/)(?:binary-[^/]+|source)$/
/** Copies of other files. aptly has them under the files' own names too: `by-hash/SHA256/Release`, `…/Packages.gz.old`. */
const copies = /(?:^|\/)by-hash\//

/** See `Format.roleOf`. */
export function roleOf(key: string): Role | undefined {
  if (packageName.test(key)) return 'package'
  const below = underDists.exec(key)?.[2]
  return (below === undefined ? flatIndex : distsIndex).test(below ?? key) ? 'index' : undefined
}

/** See `Format.rootOf`: `dists/` proves the folder it is in, a list of packages outside of it its own. */
export function rootOf(key: string): string | undefined {
  const [, root, below] = underDists.exec(key) ?? []
  if (root !== undefined && below !== undefined) {
    return suiteOf(below) !== undefined || listOf(below) !== undefined ? root : undefined
  }
  return listOf(key)?.folder
}

/** `bookworm` of `bookworm/InRelease`; the `Release` of a single architecture is none, nor is a copy of one. */
export function suiteOf(belowDists: string): string | undefined {
  if (copies.test(belowDists)) return undefined
  const suite = suiteTop.exec(belowDists)?.[1]
  return suite === undefined || partFolder.test(suite) ? undefined : suite
}

/** A list of packages or of sources. */
export interface List {
  /** With a slash at its end unless empty. */
  readonly folder: string
  readonly name: ListName
}

export type ListName = 'Packages' | 'Sources'

/** Which list a path is, compressed or not; undefined for what is none, such as its copies under `by-hash/`. */
export function listOf(path: string): List | undefined {
  if (copies.test(path)) return undefined
  const [, folder, name] = list.exec(path) ?? []
  return folder === undefined || (name !== 'Packages' && name !== 'Sources') ? undefined : { folder, name }
}

/** Component and architecture (`source` for sources) of a list's folder, such as `main/binary-amd64/`. */
export function placeOf(folder: string): { component: string; architecture: string } | undefined {
  const names = folder.split('/').slice(0, -1)
  const last = names.pop()
  if (names.at(-1) === 'debian-installer') names.pop()
  if (last === undefined || names.length === 0 || !partFolder.test(last) || names.some((name) => /^\.*$/.test(name)))
    return undefined
  return { component: names.join('/'), architecture: last.replace(/^binary-/, '') }
}
