/**
 * Writes Debian packages: an `ar` archive of `debian-binary`, `control.tar.gz` and `data.tar.gz` (deb(5)). Written here,
 * since dpkg-deb is on Debian alone, and no well-kept package of npm's writes them; the tests have dpkg-deb read them.
 */
import { createHash } from 'node:crypto'

import { packTar } from 'modern-tar'

import { gzip } from './compress.ts'
import { type Arch, type Contents, type Item, ordered } from './contents.ts'

const architectures: Readonly<Record<Arch, string>> = { x64: 'amd64', arm64: 'arm64' }

/** What Node needs of a Debian 10, an Ubuntu 20.04 or newer; the tests hold it against the symbols in the binary. */
const depends = 'libc6 (>= 2.28), libgcc-s1 | libgcc1, libstdc++6 (>= 7)'

/** Such as `pc-ctl_1.0.0-1_amd64.deb`. */
export const debName = ({ name, version, revision, arch }: Contents): string =>
  `${name}_${ordered(version)}-${revision}_${architectures[arch]}.deb`

/** @returns the whole file */
export async function deb(contents: Contents): Promise<Uint8Array> {
  const { items, time, bulk } = contents
  const control: Item[] = [
    { path: 'control', mode: 0o644, content: Buffer.from(controlOf(contents)) },
    { path: 'md5sums', mode: 0o644, content: Buffer.from(md5sumsOf(items)) },
  ]
  return ar(time, [
    ['debian-binary', Buffer.from('2.0\n')],
    ['control.tar.gz', await gzip(await tar(control, time, './'))],
    ['data.tar.gz', await gzip(await tar(items, time, './'), bulk)],
  ])
}

/**
 * Packs what belongs to root.
 *
 * @param above - what stands before each path: `./`, or a folder
 */
export async function tar(items: readonly Item[], time: number, above: string): Promise<Uint8Array> {
  const owner = { mtime: new Date(time * 1000), uid: 0, gid: 0, uname: 'root', gname: 'root' }
  const root = { header: { ...owner, name: above, mode: 0o755, type: 'directory' as const, size: 0 } }
  const entries = items.map(({ path, mode, content }) => {
    const name = `${above}${path}`
    return content === undefined
      ? { header: { ...owner, name: `${name}/`, mode, type: 'directory' as const, size: 0 } }
      : { header: { ...owner, name, mode, type: 'file' as const, size: content.length }, body: content }
  })
  return packTar([root, ...entries])
}

function controlOf(contents: Contents): string {
  const { name, version, revision, arch, summary, description, homepage, maintainer, items } = contents
  // In KiB, each file rounded up, a folder as one (deb-substvars(5)).
  const size = items.reduce((sum, { content }) => sum + Math.max(1, Math.ceil((content?.length ?? 0) / 1024)), 0)
  const fields = {
    Package: name,
    Version: `${ordered(version)}-${revision}`,
    Architecture: architectures[arch],
    Maintainer: maintainer,
    'Installed-Size': size,
    Depends: depends,
    Section: 'admin',
    Priority: 'optional',
    Homepage: homepage,
    Description: `${summary}\n${description.replace(/^/gm, ' ').replace(/^ $/gm, ' .')}`,
  }
  return Object.entries(fields)
    .map(([field, value]) => `${field}: ${value}\n`)
    .join('')
}

const md5sumsOf = (items: readonly Item[]): string =>
  items
    .flatMap(({ path, content }) =>
      content === undefined ? [] : `${createHash('md5').update(content).digest('hex')}  ${path}\n`,
    )
    .join('')

/** The common variant of `ar`: a header of 60 characters before each file, which begins at an even place. */
function ar(time: number, files: readonly (readonly [string, Uint8Array])[]): Uint8Array {
  const parts: Uint8Array[] = [Buffer.from('!<arch>\n')]
  for (const [name, bytes] of files) {
    const fields: [string, number][] = [
      [name, 16],
      [String(time), 12],
      ['0', 6],
      ['0', 6],
      ['100644', 8],
      [String(bytes.length), 10],
    ]
    parts.push(Buffer.from(`${fields.map(([text, width]) => text.padEnd(width)).join('')}\`\n`), bytes)
    if (bytes.length % 2 === 1) parts.push(Buffer.from('\n'))
  }
  return Buffer.concat(parts)
}
