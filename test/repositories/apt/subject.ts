import { gunzipSync } from 'node:zlib'

import { apt } from '../../../src/repositories/apt/apt.ts'
import { parseStanzas, valueOf } from '../../../src/repositories/apt/deb822.ts'
import type { FormatSubject } from '../behaves-like-a-format.ts'
import type { Read } from '../format-bucket.ts'
import { deb, entryOf, hash } from './packages-made.ts'

const root = 'apt/'
const suite = `${root}dists/stable/`
const list = `${suite}main/binary-amd64/`

/** A suite of somebody's, unsigned, whose list has an override and a field that no package has. */
export async function aptSubject(): Promise<FormatSubject> {
  const packages = ['hello', 'tool', 'other'].map((name, index) => {
    const fields = { Package: name, Version: `${index}.0` }
    return { key: `${root}pool/${name}.deb`, path: `pool/${name}.deb`, body: deb({ fields, payload: name }), fields }
  })
  const more = { Section: 'admin', 'Phased-Update-Percentage': '10' }
  const text = packages.map(({ body, path, fields }) => entryOf(body, path, { ...fields, ...more })).join('')
  const release =
    'Origin: Somebody\nSuite: stable\nCodename: stable\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nAcquire-By-Hash: yes\n' +
    `Architectures: amd64\nComponents: main\nSHA256:\n ${hash('sha256', text)} ${Buffer.byteLength(text)} main/binary-amd64/Packages\n`
  const added = deb({ fields: { Package: 'new', Version: '9.0' } })
  const hello = deb({ fields: { Package: 'hello' } })
  return {
    format: apt,
    root,
    objects: new Map([
      ...packages.map(({ key, body }) => [key, body] as const),
      [`${list}Packages`, Buffer.from(text)] as const,
      [`${list}by-hash/SHA256/${hash('sha256', text)}`, Buffer.from(text)] as const,
      [`${suite}Release`, Buffer.from(release)] as const,
    ]),
    added: { key: `${list}new_9.0_amd64.deb`, body: added, name: 'new 9.0' },
    bad: { key: `${list}bad_1.0_amd64.deb`, body: Buffer.from('no deb') },
    archived: packages[1]?.key ?? '',
    client,
    carried: (read) => [
      /^Origin: .*$/m.exec(textOf(read(`${suite}Release`)))?.[0],
      textOf(read(`${list}Packages`)).match(/^(?:Section|Phased-Update-Percentage): .*$/gm),
    ],
    bare: { root: 'flat/', objects: new Map([['flat/hello_1.0_amd64.deb', hello]]), names: ['hello 1.0'] },
  }
}

const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString()

/** From Release by hash to the lists, and from them to the packages. */
async function client(read: Read): Promise<{ names: string[]; complaints: string[] }> {
  const complaints: string[] = []
  const names = new Set<string>()
  const flat = read('flat/Release')
  const [folder, base] = flat === undefined ? [suite, root] : ['flat/', 'flat/']
  const found = textOf(flat ?? read(`${suite}Release`)).matchAll(/^ ([0-9a-f]{64}) +(\d+) (\S*?)(Packages(?:\.gz)?)$/gm)
  for (const [, digest = '', size, inner = '', name = ''] of found) {
    const body = read(`${folder}${inner}by-hash/SHA256/${digest}`)
    if (body === undefined) complaints.push(`${name} by hash ${digest} is missing`)
    else if (body.length !== Number(size)) complaints.push(`${name} has another size`)
    const text = textOf(name.endsWith('.gz') && body !== undefined ? gunzipSync(body) : body)
    for (const stanza of parseStanzas(text)) {
      const deb = read(base + (valueOf(stanza, 'Filename') ?? ''))
      const listed = `${valueOf(stanza, 'Package') ?? ''} ${valueOf(stanza, 'Version') ?? ''}`
      // What is gone is listed until the next list is written.
      if (deb !== undefined && hash('sha256', deb) !== valueOf(stanza, 'SHA256')) complaints.push(`${listed} differs`)
      if (deb !== undefined) names.add(listed)
    }
  }
  return { names: [...names], complaints }
}
