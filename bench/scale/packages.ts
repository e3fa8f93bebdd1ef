/** Packages that are made when they are asked for: headers without a payload, in which only the number differs. */
import { ar, tar } from '../../scripts/archives.ts'
import { header, lead, regions } from '../../scripts/package/rpm-header.ts'
import type { PackageFacts } from '../../src/repositories/format.ts'
import { formatNamed } from '../../src/repositories/formats.ts'
import { type Kind, nameOf } from './bucket.ts'

const control = (name: string): string =>
  [
    `Package: ${name}`,
    'Version: 1.2.3-4',
    'Architecture: amd64',
    'Maintainer: Somebody at Example <somebody@example.org>',
    'Installed-Size: 1234',
    'Depends: libc6 (>= 2.34), libgcc-s1 (>= 3.0), libstdc++6 (>= 11), zlib1g (>= 1:1.1.4), adduser',
    'Section: net',
    'Priority: optional',
    'Homepage: https://example.org/project',
    'Description: a package of a repository of many',
    ' It has as much to say of itself as packages mostly have, which is a sentence or',
    ' two and a list of what it is good for.',
    ' .',
    ' This paragraph ends it.',
    '',
  ].join('\n')

const deb = (name: string): Buffer =>
  ar([
    { name: 'debian-binary', body: Buffer.from('2.0\n') },
    { name: 'control.tar', body: tar([{ name: './control', body: Buffer.from(control(name)) }]) },
    { name: 'data.tar', body: tar([]) },
  ])

const files = ['bin/tool', 'lib/systemd/system/tool.service', 'share/doc/tool/README', 'share/man/man1/tool.1.gz']

function rpm(name: string): Buffer {
  const ones = files.map(() => 1)
  const tags = {
    1000: name,
    1001: '1.2.3',
    1002: '4',
    1004: { i18n: ['a package of a repository of many'] },
    1005: { i18n: ['It has as much to say of itself as packages mostly have.'] },
    1006: { int32: [1_700_000_000] },
    1009: { int32: [123_456] },
    1014: 'MIT',
    1016: { i18n: ['Unspecified'] },
    1020: 'https://example.org/project',
    1021: 'linux',
    1022: 'x86_64',
    1028: { int32: ones },
    1030: { int16: ones.map(() => 0o100644) },
    1037: { int32: ones.map(() => 0) },
    1044: `${name}-1.2.3-4.src.rpm`,
    1047: [name, `${name}(x86-64)`],
    1112: { int32: [8, 8] },
    1113: ['1.2.3-4', '1.2.3-4'],
    1049: ['libc.so.6()(64bit)', 'libz.so.1()(64bit)', 'systemd'],
    1048: { int32: [0, 0, 0] },
    1050: ['', '', ''],
    1116: { int32: ones.map((_one, at) => at) },
    1117: files.map((file) => file.slice(file.lastIndexOf('/') + 1)),
    1118: files.map((file) => `/usr/${file.slice(0, file.lastIndexOf('/') + 1)}`),
  }
  const signature = header({ 1007: { int32: [0] } }, regions.signature)
  const padding = Buffer.alloc((8 - (signature.length % 8)) % 8)
  return Buffer.concat([lead(`${name}-1.2.3-4`), signature, padding, header(tags, regions.header)])
}

/** All packages of a kind, as one of them with places for its name. */
export class Packages {
  readonly kind: Kind
  readonly #bytes: Buffer

  constructor(kind: Kind) {
    this.kind = kind
    this.#bytes = kind === 'apt' ? deb(nameOf(0)) : rpm(nameOf(0))
  }

  /** Bytes of each. */
  get size(): number {
    return this.#bytes.length
  }

  bytes(number: number): Buffer {
    return renamed(this.#bytes, number)
  }

  /** What its format reads of one. */
  async facts(): Promise<PackageFacts> {
    const bytes = this.#bytes
    return formatNamed(this.kind).readPackage({
      key: this.kind === 'apt' ? 'package.deb' : 'package.rpm',
      size: bytes.length,
      etag: '',
      modified: 0,
      known: {},
      range: async (start, end) => bytes.subarray(start, end),
      async *stream() {
        yield bytes
      },
    })
  }
}

/** The same of a package with another number: names are of one length, so nothing else changes. */
export function renamed(bytes: Uint8Array, number: number): Buffer {
  const copy = Buffer.from(bytes)
  const [first, name] = [nameOf(0), nameOf(number)]
  for (let at = copy.indexOf(first); at !== -1; at = copy.indexOf(first, at + name.length))
    copy.write(name, at, 'latin1')
  return copy
}
