/**
 * Writes rpm packages, format 3 as all of EL 8 to 10 reads it: lead, signature, header, and a cpio archive. Written here,
 * since rpmbuild is not everywhere, puts its own version into what it makes, and no well-kept package of npm's writes rpms;
 * the tests have rpm and dnf read and install them. Tags: rpm's docs/manual/tags.md.
 */
import { createHash } from 'node:crypto'

import { gzip } from './compress.ts'
import { type Arch, type Contents, type Item, ordered } from './contents.ts'
import { header, lead, regions, type Tags } from './rpm-header.ts'

/** Signs bytes: one OpenPGP signature packet, not armored. */
export type SignBytes = (bytes: Uint8Array) => Promise<{ readonly packet: Uint8Array; readonly isRsa: boolean }>

const architectures: Readonly<Record<Arch, string>> = { x64: 'x86_64', arm64: 'aarch64' }
/** How rpm marks what is of a processor. */
const markers: Readonly<Record<Arch, string>> = { x64: 'x86-64', arm64: 'aarch-64' }

/** What Node needs, which EL 8 and newer have; the tests hold it against the symbols in the binary. */
const librariesOf = (arch: Arch): readonly string[] => [
  'libc.so.6(GLIBC_2.28)(64bit)',
  'libdl.so.2()(64bit)',
  `libgcc_s.so.1(${arch === 'x64' ? 'GCC_3.4' : 'GCC_3.0'})(64bit)`,
  'libm.so.6()(64bit)',
  'libpthread.so.0()(64bit)',
  'libstdc++.so.6(CXXABI_1.3.11)(64bit)',
  'libstdc++.so.6(GLIBCXX_3.4.21)(64bit)',
]

const sense = { equal: 8, lessOrEqual: 10, found: 1 << 14, rpmlib: 1 << 24 }
const fileFlags = { doc: 1 << 1, licence: 1 << 7 }
const sha256 = 8
const binary = 7

/** Such as `pc-ctl-1.0.0-1.x86_64.rpm`. */
export const rpmName = (contents: Contents): string => `${labelOf(contents)}.${architectures[contents.arch]}.rpm`

/**
 * @param sign - signs the header, which has the digest of the rest; without it the package is not signed
 * @returns the whole file
 */
export async function rpm(contents: Contents, sign?: SignBytes): Promise<Uint8Array> {
  const archive = cpio(contents.items, contents.time)
  const payload = await gzip(archive, contents.bulk)
  const main = header(tagsOf(contents, payload, archive), regions.header)
  const signed = await sign?.(main)
  const signature = header(
    {
      ...(signed !== undefined && { [signed.isRsa ? 268 : 267]: raw(signed.packet) }),
      269: createHash('sha1').update(main).digest('hex'),
      273: createHash('sha256').update(main).digest('hex'),
      1000: { int32: [main.length + payload.length] },
      1004: raw(createHash('md5').update(main).update(payload).digest()),
      1007: { int32: [archive.length] },
    },
    regions.signature,
  )
  const padding = Buffer.alloc((8 - (signature.length % 8)) % 8)
  return Buffer.concat([lead(labelOf(contents)), signature, padding, main, payload])
}

const labelOf = ({ name, version, revision }: Contents): string => `${name}-${ordered(version)}-${revision}`
const raw = (bytes: Uint8Array) => ({ raw: bytes, type: binary, count: bytes.length })
const digestOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex')

function tagsOf(contents: Contents, payload: Uint8Array, archive: Uint8Array): Tags {
  const { name, arch, license, summary, description, homepage, time, revision, items } = contents
  const version = ordered(contents.version)
  return {
    100: ['C'],
    1000: name,
    1001: version,
    1002: String(revision),
    1004: { i18n: [summary] },
    1005: { i18n: [description] },
    1006: { int32: [time] },
    1007: 'reproducible',
    1009: { int32: [items.reduce((sum, { content }) => sum + (content?.length ?? 0), 0)] },
    1014: license,
    1016: { i18n: ['Unspecified'] },
    1020: homepage,
    1021: 'linux',
    1022: architectures[arch],
    ...filesOf(items, time),
    1044: `${labelOf(contents)}.src.rpm`,
    1047: [name, `${name}(${markers[arch]})`],
    ...requirementsOf(arch, version),
    1064: '4.14.0',
    1112: { int32: [sense.equal, sense.equal] },
    1113: [`${version}-${revision}`, `${version}-${revision}`],
    1124: 'cpio',
    1125: 'gzip',
    1126: '6',
    1132: `${architectures[arch]}-linux`,
    5011: { int32: [sha256] },
    5062: 'utf-8',
    5092: [digestOf(payload)],
    5093: { int32: [sha256] },
    5097: [digestOf(archive)],
  }
}

function filesOf(items: readonly Item[], time: number): Tags {
  const zero = items.map(() => 0)
  const folderOf = ({ path }: Item): string => `/${path.slice(0, path.lastIndexOf('/') + 1)}`
  const folders = [...new Set(items.map(folderOf))].sort()
  return {
    1028: { int32: items.map(({ content }) => content?.length ?? 0) },
    1030: { int16: items.map(modeOf) },
    1033: { int16: zero },
    1034: { int32: items.map(() => time) },
    1035: items.map(({ content }) => (content === undefined ? '' : digestOf(content))),
    1036: items.map(() => ''),
    1037: { int32: items.map(flagsOf) },
    1039: items.map(() => 'root'),
    1040: items.map(() => 'root'),
    1045: { int32: items.map(() => 0xffffffff) },
    1095: { int32: items.map(() => 1) },
    1096: { int32: items.map((_, index) => index + 1) },
    1097: items.map(() => ''),
    1116: { int32: items.map((item) => folders.indexOf(folderOf(item))) },
    1117: items.map(({ path }) => path.slice(path.lastIndexOf('/') + 1)),
    1118: folders,
  }
}

function requirementsOf(arch: Arch, version: string): Tags {
  const needed: [string, number, string][] = librariesOf(arch).map((library) => [library, sense.found, ''])
  needed.push(['/bin/sh', sense.found, ''])
  const features = { CompressedFileNames: '3.0.4-1', FileDigests: '4.6.0-1', PayloadFilesHavePrefix: '4.0-1' }
  const all = { ...features, ...(version.includes('~') && { TildeInVersions: '4.10.0-1' }) }
  for (const [feature, since] of Object.entries(all)) {
    needed.push([`rpmlib(${feature})`, sense.rpmlib | sense.lessOrEqual, since])
  }
  return {
    1048: { int32: needed.map(([, flags]) => flags) },
    1049: needed.map(([name]) => name),
    1050: needed.map(([, , since]) => since),
  }
}

const modeOf = ({ mode, content }: Item): number => mode | (content === undefined ? 0o040000 : 0o100000)

function flagsOf({ path, content }: Item): number {
  if (content === undefined) return 0
  if (path.startsWith('usr/share/licenses/')) return fileFlags.licence
  return /^usr\/share\/(?:doc|man)\//.test(path) ? fileFlags.doc : 0
}

/** The "new ASCII" form of cpio: headers of eight hex digits a number, names and files padded to four bytes. */
function cpio(items: readonly Item[], time: number): Uint8Array {
  const parts: Uint8Array[] = []
  const add = (name: string, numbers: { ino: number; mode: number; links: number }, content: Uint8Array): void => {
    const { ino, mode, links } = numbers
    const fields = [ino, mode, 0, 0, links, time, content.length, 0, 0, 0, 0, name.length + 1, 0]
    const head = `070701${fields.map((field) => field.toString(16).padStart(8, '0')).join('')}${name}\0`
    parts.push(padded(Buffer.from(head)), padded(content))
  }
  items.forEach((item, index) => {
    const links = item.content === undefined ? 2 : 1
    add(`./${item.path}`, { ino: index + 1, mode: modeOf(item), links }, item.content ?? new Uint8Array())
  })
  add('TRAILER!!!', { ino: 0, mode: 0, links: 1 }, new Uint8Array())
  return Buffer.concat(parts)
}

const padded = (bytes: Uint8Array): Uint8Array =>
  bytes.length % 4 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(4 - (bytes.length % 4))])
