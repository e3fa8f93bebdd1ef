/** What a package puts onto a machine. */

/** A file or folder of a package. */
export interface Item {
  /** Below the root, without a leading slash. */
  readonly path: string
  readonly mode: number
  /** Undefined: a folder. */
  readonly content: Uint8Array | undefined
}

/** A package, before it has a format. */
export interface Contents {
  readonly name: string
  /** As npm has it, such as `1.0.0-rc.1`. */
  readonly version: string
  /** Counts the packages that are made of one version, as for a newer Node. */
  readonly revision: number
  readonly arch: Arch
  readonly summary: string
  readonly description: string
  readonly homepage: string
  readonly maintainer: string
  readonly license: string
  /** Unix time in seconds, of all there is. */
  readonly time: number
  /** Sorted by path; each folder before what is in it. */
  readonly items: readonly Item[]
  /** The content of the item that is most of it, and of the other formats too. */
  readonly bulk?: Uint8Array
}

/** A processor, as Node names it. */
export type Arch = 'x64' | 'arm64'

/** A version such as Debian and rpm order it: what comes before a release is marked with a tilde. */
export const ordered = (version: string): string => version.replace('-', '~').replaceAll('-', '.')

/** Adds folders to files, and sorts them. */
export function withFolders(files: readonly Item[], isOurs: (folder: string) => boolean): Item[] {
  const folders = new Set<string>()
  for (const { path } of files) {
    const parts = path.split('/')
    for (let end = 1; end < parts.length; end++) folders.add(parts.slice(0, end).join('/'))
  }
  const own = [...folders].filter(isOurs).map((path): Item => ({ path, mode: 0o755, content: undefined }))
  return [...own, ...files].sort((one, other) => (one.path < other.path ? -1 : 1))
}
