import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import { tar } from '../apt/packages-made.ts'

export type Manifest = Readonly<Record<string, unknown>>

/** A package as npm packs one: the same of the same. */
export function tarball(
  manifest: Manifest | string,
  more: Readonly<Record<string, string>> = {},
  folder = 'package',
): Buffer {
  const text = typeof manifest === 'string' ? manifest : JSON.stringify(manifest)
  const files = [...Object.entries(more), ['package.json', text] as const]
  return gzipSync(tar(files.map(([name, body]) => ({ name: `${folder}/${name}`, body: Buffer.from(body) }))))
}

export const digestOf = (bytes: Uint8Array, algorithm: string, encoding: 'hex' | 'base64'): string =>
  createHash(algorithm).update(bytes).digest(encoding)

export const integrityOf = (bytes: Uint8Array): string => `sha512-${digestOf(bytes, 'sha512', 'base64')}`

/** What is published of a package: by version. */
export const entryOf = (manifest: Manifest, body: Uint8Array, tarballUrl: string): Record<string, unknown> => ({
  ...manifest,
  dist: { integrity: integrityOf(body), shasum: digestOf(body, 'sha1', 'hex'), tarball: tarballUrl },
})
