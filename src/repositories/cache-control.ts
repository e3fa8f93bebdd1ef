/** How an object of a package repository may be cached. */
export type ObjectClass = 'package' | 'metadata' | 'neither'

/** What CloudFront and clients are told for each class. What is neither is left as it is. */
export const cacheControl = {
  package: 'public, max-age=31536000, immutable',
  /** Without `stale-if-error=0` CloudFront serves an old copy while S3 is unreachable. */
  metadata: 'no-cache, no-store, max-age=0, must-revalidate, stale-if-error=0',
} as const

/**
 * Classifies an object by its key. Whatever an index writes counts as metadata; it is looked for first, because some
 * indexes end like packages (`APKINDEX.tar.gz`, `repodata/…-primary.xml.gz`).
 *
 * @param key - the S3 key, not percent-encoded
 */
export function classify(key: string): ObjectClass {
  const path = `/${key}`
  if (metadataPaths.some((pattern) => pattern.test(path))) return 'metadata'
  return packageNames.test(path) ? 'package' : 'neither'
}

const metadataPaths: readonly RegExp[] = [
  // Debian repository format: everything below dists/, and flat repositories' indexes.
  /\/dists\//,
  /\/by-hash\/(MD5Sum|SHA1|SHA256|SHA512)\/[0-9a-f]+$/,
  /\/(InRelease|Release(\.gpg)?|Packages|Sources|Contents-[^/]+|Translation-[^/]+)(\.(gz|bz2|xz|zst|lzma))?$/,
  // RPM: everything that repomd.xml refers to, and itself.
  /\/repodata\//,
  // RubyGems: the old and the compact index.
  /\/(latest_|prerelease_)?specs\.4\.8(\.gz)?$/,
  /\/quick\/Marshal\.4\.8\//,
  /\/(versions|names)$/,
  /\/info\/[^/]+$/,
  // PyPI's Simple API (PEP 503, 691) and PEP 658 metadata.
  /\/simple(\/|$)/,
  /\.(whl|tar\.gz)\.metadata$/,
  // Maven, with checksums and signatures; snapshots without a timestamp are overwritten.
  /\/maven-metadata[^/]*\.xml(\.[a-z0-9]+)?$/,
  /-SNAPSHOT\.[a-z.]+$/,
  // Helm and Alpine.
  /\/index\.yaml(\.gz)?$/,
  /\/APKINDEX(\.[^/]+)?\.tar\.gz$/,
  // Signing keys are replaced under their name.
  /(\.pub\.(gpg|asc|rsa\.pub)|\.rsa\.pub|\/gpgkey|\.key)$/,
]

const packageNames = new RegExp(
  [
    String.raw`\.(deb|udeb|ddeb|dsc|rpm|drpm|gem|whl|egg|apk|jar|war|ear|aar|nupkg|tgz|prov|crate|conda)$`,
    String.raw`\.(orig|debian|diff)(-[^/.]+)?\.?(tar)?\.(gz|xz|bz2|lzma|zst)$`,
    // Maven: artifacts and their sums, in a folder named after the version.
    String.raw`/[^/]+-\d[^/]*\.(pom|module|zip|tar\.gz|tar\.bz2)(\.(asc|md5|sha1|sha256|sha512))?$`,
    String.raw`\.(jar|war|ear|aar)\.(asc|md5|sha1|sha256|sha512)$`,
  ].join('|'),
)

/** The Cache-Control that an object must have, or `undefined` for one that is neither package nor metadata. */
export function cacheControlOf(key: string): string | undefined {
  const found = classify(key)
  return found === 'neither' ? undefined : cacheControl[found]
}
