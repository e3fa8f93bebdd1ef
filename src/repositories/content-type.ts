import type { ObjectClass } from './cache-control.ts'

/** What S3 stores where nobody said a type, and what forms send: neither says anything about the content. */
const saysNothing = new Set(['', 'binary/octet-stream', 'application/x-www-form-urlencoded'])

/** What SDKs send for whatever they upload: not wrong, and no client minds, but that pip passes over such an index. */
const anyBytes = 'application/octet-stream'

/** What an object was taken for. */
export interface Told {
  readonly class: ObjectClass
  readonly format: string
}

/** The type of a package or of repository metadata by its key, where there is one that clients or browsers go by. */
const types: readonly (readonly [RegExp, string])[] = [
  [/\.(deb|udeb|ddeb)$/, 'application/vnd.debian.binary-package'],
  [/\.d?rpm$/, 'application/x-rpm'],
  [/\.(jar|war|ear|aar)$/, 'application/java-archive'],
  [/\.(whl|egg|nupkg|zip)$/, 'application/zip'],
  [/(^|\/)repodata\/.*\.xml$|\/maven-metadata[^/]*\.xml$|\.pom$/, 'application/xml'],
  [/(^|\/)index\.yaml$/, 'text/yaml'],
  [/\.json$/, 'application/json'],
  [/\.asc$|\.gpg$|(^|\/)InRelease$/, 'text/plain'],
  [/(^|\/)(Release|Packages|Sources|Contents-[^/.]+|Translation-[^/.]+)$/, 'text/plain'],
  [/\.dsc$|\.(md5|sha1|sha256|sha512)$|\.metadata$/, 'text/plain'],
  [/\.(t?gz|apk|gem|xz|bz2|zst|rz|lzma)$/, 'application/octet-stream'],
]

/** The indexes whose files have no ending, or not always: their names tell a type only because they are indexes. */
const indexTypes: Readonly<Record<string, readonly (readonly [RegExp, string])[]>> = {
  pypi: [
    [/\/simple\/(?:[^/]+\/)?index\.(?:v1_)?json$/, 'application/vnd.pypi.simple.v1+json'],
    [/\/json$/, 'application/json'],
    [/\/[^/.]*$|\.html$/, 'text/html'],
  ],
  gem: [[/\/(versions|names|info\/[^/]+)$/, 'text/plain']],
}

/**
 * The Content-Type that an object should get; undefined if the one that it has, which is somebody's word, stays.
 *
 * @param present - as S3 tells it
 */
export function betterContentType(key: string, told: Told, present: string | undefined): string | undefined {
  const known = told.class === 'metadata' ? [...(indexTypes[told.format] ?? []), ...types] : types
  const better = known.find(([pattern]) => pattern.test(`/${key}`))?.[1]
  if (better === undefined || better === present) return undefined
  const said = (present ?? '').trim().toLowerCase()
  return saysNothing.has(said) || (said === anyBytes && better === 'text/html') ? better : undefined
}
