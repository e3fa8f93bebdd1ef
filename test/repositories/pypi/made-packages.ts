/** Wheels and source distributions made for tests. */
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import { zipSync, type Zippable } from 'fflate'

import { tar } from '../../../scripts/archives.ts'

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

export interface Made {
  readonly name: string
  readonly body: Uint8Array
}

/** As text, what a package says of itself. */
export const coreMetadata = (name: string, version: string, more = ''): string =>
  `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n${more}\nWhat it is about.\nName: none\n`

/** Files that are always of the same bytes. */
export const zipped = (files: Readonly<Record<string, string | Uint8Array>>): Uint8Array =>
  zipSync(
    Object.fromEntries(Object.entries(files).map(([name, body]) => [name, Buffer.from(body)])) satisfies Zippable,
    { mtime: new Date(2020, 1, 1) },
  )

/** A wheel that can be installed, of one module that knows its version. */
export function wheel(name: string, version: string, more = '', tag = 'py3-none-any'): Made {
  const called = name.replaceAll('-', '_')
  const info = `${called}-${version}.dist-info`
  return {
    name: `${called}-${version}-${tag}.whl`,
    body: zipped({
      [`${called}.py`]: `version = '${version}'\n`,
      [`${info}/METADATA`]: coreMetadata(name, version, more),
      [`${info}/WHEEL`]: `Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: ${tag}\n`,
      [`${info}/RECORD`]: '',
    }),
  }
}

/** A wheel of nothing but METADATA. */
export const wheelWith = (metadata: Uint8Array): Uint8Array => zipped({ 'x-1.0.dist-info/METADATA': metadata })

/** A source distribution whose PKG-INFO is not the first of it. */
export function sdist(name: string, version: string, more = '', at = name): Made {
  const folder = `${at}-${version}`
  const files = { LICENSE: 'free', 'PKG-INFO': coreMetadata(name, version, more), 'setup.py': '' }
  const archive = tar(
    Object.entries(files).map(([file, body]) => ({ name: `${folder}/${file}`, body: Buffer.from(body) })),
  )
  return { name: `${folder}.tar.gz`, body: gzipSync(archive) }
}
