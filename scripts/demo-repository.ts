/**
 * A small real apt repository, made with nothing but Node: one .deb (Debian deb(5): an ar archive of two tar archives)
 * and the indexes that apt needs to install it.
 */
import { createHash } from 'node:crypto'
import { gzipSync } from 'node:zlib'

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

interface Member {
  readonly name: string
  readonly body: Buffer
}

/** The common ar format: 60 bytes of header a member, members on even offsets. */
function ar(members: readonly Member[]): Buffer {
  const parts = members.flatMap(({ name, body }) => [
    Buffer.from(
      `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'100644'.padEnd(8)}${String(body.length).padEnd(10)}\`\n`,
    ),
    body,
    Buffer.alloc(body.length % 2, '\n'),
  ])
  return Buffer.concat([Buffer.from('!<arch>\n'), ...parts])
}

/** POSIX ustar: a header of 512 bytes, the body padded to 512, two empty blocks at the end. */
function tar(members: readonly Member[]): Buffer {
  const parts = members.flatMap(({ name, body }) => {
    const header = Buffer.alloc(512)
    header.write(name, 0)
    header.write('0000644\0', 100)
    header.write('0000000\0', 108)
    header.write('0000000\0', 116)
    header.write(`${body.length.toString(8).padStart(11, '0')}\0`, 124)
    header.write('00000000000\0', 136)
    header.fill(' ', 148, 156)
    header.write('0', 156)
    header.write('ustar\0', 257)
    header.write('00', 263)
    const sum = header.reduce((total, byte) => total + byte, 0)
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148)
    return [header, body, Buffer.alloc((512 - (body.length % 512)) % 512)]
  })
  return Buffer.concat([...parts, Buffer.alloc(1024)])
}

const hash = (algorithm: string, bytes: Buffer): string => createHash(algorithm).update(bytes).digest('hex')
