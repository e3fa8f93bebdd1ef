/**
 * Content types by the ending of a file's name. Of compressed files the type says so and Content-Encoding does not:
 * clients of repositories want `Packages.gz` as it is, not unpacked on its way.
 *
 * Source: IANA's registry of media types; for what is not registered, what web servers send.
 */
const byEnding: Readonly<Record<string, string>> = {
  deb: 'application/vnd.debian.binary-package',
  udeb: 'application/vnd.debian.binary-package',
  rpm: 'application/x-rpm',
  jar: 'application/java-archive',
  war: 'application/java-archive',
  dsc: 'text/plain',
  gz: 'application/gzip',
  tgz: 'application/gzip',
  bz2: 'application/x-bzip2',
  xz: 'application/x-xz',
  zst: 'application/zstd',
  tar: 'application/x-tar',
  zip: 'application/zip',
  whl: 'application/zip',
  asc: 'text/plain',
  avif: 'image/avif',
  css: 'text/css',
  csv: 'text/csv',
  gif: 'image/gif',
  htm: 'text/html',
  html: 'text/html',
  ico: 'image/x-icon',
  jpeg: 'image/jpeg',
  jpg: 'image/jpeg',
  js: 'text/javascript',
  json: 'application/json',
  md: 'text/markdown',
  mjs: 'text/javascript',
  mp3: 'audio/mpeg',
  mp4: 'video/mp4',
  pdf: 'application/pdf',
  pom: 'application/xml',
  png: 'image/png',
  svg: 'image/svg+xml',
  txt: 'text/plain',
  wasm: 'application/wasm',
  webm: 'video/webm',
  webp: 'image/webp',
  woff: 'font/woff',
  woff2: 'font/woff2',
  xml: 'application/xml',
  yaml: 'application/yaml',
  yml: 'application/yaml',
}

/** Those of all these endings. */
export const knownTypes: readonly string[] = [...new Set(Object.values(byEnding))].sort()

/** What S3 itself says of objects without a type, and s3cmd too. */
const unknown = 'binary/octet-stream'

/** @param name - of the file, or a key */
export function contentTypeOf(name: string): string {
  const ending = /\.([a-z0-9]+)$/i.exec(name)?.[1]?.toLowerCase() ?? ''
  return Object.hasOwn(byEnding, ending) ? (byEnding[ending] ?? unknown) : unknown
}
