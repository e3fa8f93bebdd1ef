/**
 * A small real apt repository, made with nothing but Node: one .deb (Debian deb(5): an ar archive of two tar archives)
 * and the indexes that apt needs to install it.
 */
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

import { ar, tar } from './archives.ts'

const packages = 'public, max-age=31536000, immutable'
const metadata = 'no-cache, no-store, max-age=0, must-revalidate, stale-if-error=0'

export interface RepositoryObject {
  readonly key: string
  readonly body: Buffer
  readonly contentType: string
  readonly cacheControl: string
}

/** An apt repository under `prefix` with one package, `hello-pc-ctl`. Returns the objects and the key of the .deb. */
export function aptRepository(prefix: string): { objects: RepositoryObject[]; debKey: string } {
  const deb = debPackage()
  // The + and the ~ are there on purpose: versions hold them, and URLs get them wrong.
  const filename = 'pool/main/h/hello-pc-ctl/hello-pc-ctl_1.0+demo~1_all.deb'
  const index = Buffer.from(
    `${control}Filename: ${filename}\nSize: ${deb.length}\nMD5sum: ${hash('md5', deb)}\nSHA256: ${hash('sha256', deb)}\n`,
  )
  const indexes = [
    { name: 'main/binary-amd64/Packages', body: index },
    { name: 'main/binary-amd64/Packages.gz', body: gzipSync(index) },
  ]
  const release = Buffer.from(
    [
      'Origin: pc-ctl demo',
      'Suite: stable',
      'Codename: stable',
      `Date: ${new Date().toUTCString()}`,
      'Architectures: amd64',
      'Components: main',
      'SHA256:',
      ...indexes.map(({ name, body }) => ` ${hash('sha256', body)} ${body.length} ${name}`),
      '',
    ].join('\n'),
  )
  const dist = (name: string, body: Buffer): RepositoryObject => ({
    key: `${prefix}dists/stable/${name}`,
    body,
    contentType: name.endsWith('.gz') ? 'application/gzip' : 'text/plain',
    cacheControl: metadata,
  })
  const debObject: RepositoryObject = {
    key: `${prefix}${filename}`,
    body: deb,
    contentType: 'application/vnd.debian.binary-package',
    cacheControl: packages,
  }
  return {
    objects: [debObject, ...indexes.map(({ name, body }) => dist(name, body)), dist('Release', release)],
    debKey: debObject.key,
  }
}

const control = `Package: hello-pc-ctl
Version: 1.0+demo~1
Architecture: all
Maintainer: pc-ctl <demo@example.org>
Section: misc
Priority: optional
Description: proof that a package came through CloudFront
`

function debPackage(): Buffer {
  const files = tar([
    { name: './usr/share/doc/hello-pc-ctl/README', body: Buffer.from('Served through CloudFront.\n') },
  ])
  return ar([
    { name: 'debian-binary', body: Buffer.from('2.0\n') },
    { name: 'control.tar.gz', body: gzipSync(tar([{ name: './control', body: Buffer.from(control) }])) },
    { name: 'data.tar.gz', body: gzipSync(files) },
  ])
}

const hash = (algorithm: string, bytes: Buffer): string => createHash(algorithm).update(bytes).digest('hex')
