import type { Layout } from './layout.ts'

/** What is told by its name alone, in whatever repository it lies. Looked at behind all others. */
export const anywhere: Layout = {
  format: 'other',
  sources: ['https://wiki.debian.org/DebianRepository/UseThirdParty'],
  packages: [
    // packagecloud keeps each package that was pushed at a number of its own.
    /\/package_files\/.+$/,
    /\/[a-z]+_artifacts?\/\d+\.[A-Za-z0-9.]+$/,
    /\.(?:tgz|ipk)$/,
    // Archives, where their names tell a version.
    /\/[^/]+-[vV]?\d[^/]*\.(?:zip|tar\.(?:gz|bz2|xz|zst|lz|lzma))$/,
  ],
}

/** Repositories' keys: they are replaced under their name, be it before they expire. */
export const keyNames: readonly RegExp[] = [
  /\/(?:RPM|DEB|GPG|PGP)-(?:GPG-|PGP-)?KEY[^/]*$/i,
  /\/(?:[^/]*[-_.])?(?:pub|pubkey|public|gpgkey|gpg|pgp|key|keys|keyring|signing|archive|release|repo|repository)[-_.]?(?:key|keys|keyring|signing|public)?\.(?:gpg|asc|pgp|pub)$/i,
  /\/(?:gpg|pgp|gpgkeys?|keys?|keyrings?)\/[^/]+\.(?:gpg|asc|pgp|pub|pem|txt)$/i,
  /\/gpgkeys?(?:\/[^/]+)?$/,
  /\.rsa\.pub$/,
  /\.key$/,
]

/** What may be a key, or a signature of what is no package: certain where an index is in the same folder. */
export const perhapsKey = /^(.*\/)(?:[^/]+\.(?:asc|gpg|pgp|pub|pem|sig)|gpg|key|KEYS?)$/
