/** The kinds of repositories whose objects are told apart by their keys. */
export const formatNames = ['apt', 'yum', 'gem', 'pypi', 'npm', 'maven', 'helm', 'alpine', 'other'] as const
export type FormatName = (typeof formatNames)[number]

interface Layout {
  readonly format: FormatName
  /** Matched with a slash before the key. What the first group holds is the root of the repository. */
  readonly indexes: readonly RegExp[]
  readonly packages: RegExp
}

/** Looked through in this order: what is more telling comes first. */
const layouts: readonly Layout[] = [
  {
    format: 'yum',
    indexes: [/^(.*?\/)repodata\//],
    packages: /\.d?rpm$/,
  },
  {
    format: 'apt',
    indexes: [
      /^(.*?\/)dists\//,
      /^(.*\/)(?:InRelease|Release(?:\.gpg)?|(?:Packages|Sources)(?:\.(?:gz|bz2|xz|zst|lzma))?)$/,
      /^(.*\/)(?:Contents-|Translation-)[^/]+$/,
      /^(.*\/)by-hash\/(?:MD5Sum|SHA1|SHA256|SHA512)\/[0-9a-f]+$/,
    ],
    packages: /\.(deb|udeb|ddeb|dsc)$|\.(orig|debian|diff)(-[^/.]+)?\.?(tar)?\.(gz|xz|bz2|lzma|zst)$/,
  },
  {
    format: 'gem',
    indexes: [
      /^(.*\/)(?:latest_|prerelease_)?specs\.4\.8(?:\.gz)?$/,
      /^(.*?\/)quick\/Marshal\.4\.8\//,
      /^(.*\/)(?:versions|names)$/,
      /^(.*\/)info\/[^/]+$/,
    ],
    packages: /\.gem$/,
  },
  {
    format: 'pypi',
    indexes: [/^(.*?\/)simple(?:\/|$)/],
    packages: /\.(whl|egg)(\.metadata)?$|\.tar\.gz\.metadata$/,
  },
  {
    format: 'alpine',
    indexes: [/^(.*\/)[^/]+\/APKINDEX(?:\.[^/]+)?\.tar\.gz$/],
    packages: /\.apk$/,
  },
  {
    format: 'helm',
    indexes: [/^(.*\/)index\.yaml(?:\.gz)?$/],
    packages: /\.prov$/,
  },
  {
    format: 'npm',
    indexes: [],
    packages: /\/-\/[^/]+\.tgz$/,
  },
  {
    format: 'maven',
    indexes: [],
    packages:
      /\/maven-metadata[^/]*\.xml(\.[a-z0-9]+)?$|\.(jar|war|ear|aar)(\.(asc|md5|sha1|sha256|sha512))?$|\/[^/]+-\d[^/]*\.(pom|module)(\.[a-z0-9]+)?$/,
  },
]

/** Whose object it is, by its key; `other` where that does not tell. */
export function formatOf(key: string): FormatName {
  const path = `/${key}`
  const found = layouts.find(
    ({ indexes, packages }) => packages.test(path) || indexes.some((pattern) => pattern.test(path)),
  )
  return found?.format ?? 'other'
}

/**
 * The repository that a key proves to be there, because it is of an index.
 *
 * @returns its root: empty, or with a slash at its end
 */
export function repositoryOf(key: string): { format: FormatName; root: string } | undefined {
  const path = `/${key}`
  for (const { format, indexes } of layouts) {
    for (const pattern of indexes) {
      const root = pattern.exec(path)?.[1]
      if (root !== undefined) return { format, root: root.slice(1) }
    }
  }
  return undefined
}
