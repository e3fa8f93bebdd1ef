import { gunzipSync, gzipSync } from 'node:zlib'

import { npm } from '../../../src/repositories/npm/npm.ts'
import type { FormatSubject } from '../behaves-like-a-format.ts'
import type { Read } from '../format-bucket.ts'
import { entryOf, integrityOf, tarball } from './made-tarballs.ts'

const root = 'js/'
/** Clients come by a name of its own, which is not the bucket's. */
const base = 'https://npm.example.com/registry/'

/** Packuments of a registry: one in one line, one of a scope that is stored as it is sent, and what only they know. */
export async function npmSubject(): Promise<FormatSubject> {
  const greeting = (version: string): Uint8Array => tarball({ name: 'greeting', version, bin: 'x.js' })
  const scoped = tarball({ name: '@example/lib', version: '1.0.0-rc.1' })
  const entries = Object.fromEntries(
    ['1.0.0', '1.1.0'].map((version) => [
      version,
      {
        ...entryOf(
          { name: 'greeting', version, bin: { greeting: 'x.js' } },
          greeting(version),
          `${base}greeting/-/greeting-${version}.tgz`,
        ),
        deprecated: 'no more',
        _npmUser: { name: 'somebody' },
      },
    ]),
  )
  const ofGreeting = {
    _id: 'greeting',
    _rev: '3-abc',
    name: 'greeting',
    'dist-tags': { latest: '1.1.0', old: '1.0.0' },
    versions: entries,
    time: {
      created: '2020-01-01T00:00:00.000Z',
      modified: '2020-01-02T00:00:00.000Z',
      '1.0.0': '2020-01-01T00:00:00.000Z',
      '1.1.0': '2020-01-02T00:00:00.000Z',
    },
    readme: '# hello',
    maintainers: [{ name: 'somebody' }],
    'x-of-somebody': [1.5, null],
  }
  const url = `${base}@example%2flib/-/lib-1.0.0-rc.1.tgz`
  const ofScoped = {
    name: '@example/lib',
    'dist-tags': { latest: '1.0.0-rc.1' },
    versions: { '1.0.0-rc.1': entryOf({ name: '@example/lib', version: '1.0.0-rc.1' }, scoped, url) },
  }
  return {
    format: npm,
    root,
    objects: new Map([
      [`${root}@example/lib`, gzipSync(JSON.stringify(ofScoped))],
      [`${root}@example/lib/-/lib-1.0.0-rc.1.tgz`, scoped],
      [`${root}greeting`, Buffer.from(JSON.stringify(ofGreeting))],
      [`${root}greeting/-/greeting-1.0.0.tgz`, greeting('1.0.0')],
      [`${root}greeting/-/greeting-1.1.0.tgz`, greeting('1.1.0')],
    ]),
    added: {
      key: `${root}@example/lib/-/lib-1.0.0.tgz`,
      body: tarball({ name: '@example/lib', version: '1.0.0' }),
      name: '@example/lib@1.0.0',
    },
    bad: { key: `${root}greeting/-/greeting-1.2.0.tgz`, body: Buffer.from('no package') },
    archived: `${root}greeting/-/greeting-1.0.0.tgz`,
    client,
    carried: (read) => {
      const { versions, ...rest } = readJson(read, `${root}greeting`) ?? {}
      const notes = Object.values(versions ?? {}).map(({ deprecated, _npmUser }) => [deprecated, _npmUser])
      return [rest, notes]
    },
    options: { baseUrl: 'https://packages.example.com/' },
    bare: {
      root: 'bare/',
      objects: new Map([
        ['bare/x/-/x-1.0.0.tgz', tarball({ name: 'x', version: '1.0.0' })],
        ['bare/@s/y/-/y-2.0.0.tgz', tarball({ name: '@s/y', version: '2.0.0' })],
      ]),
      names: ['x@1.0.0', '@s/y@2.0.0'],
    },
  }
}

interface Document {
  readonly name: string
  readonly 'dist-tags': Readonly<Record<string, string>>
  readonly versions: Readonly<Record<string, Record<string, unknown> & { dist: Record<string, string> }>>
}

function readJson(read: Read, key: string): Document | undefined {
  const bytes = read(key)
  if (bytes === undefined) return undefined
  return JSON.parse((bytes[0] === 0x1f ? gunzipSync(bytes) : Buffer.from(bytes)).toString()) as Document
}

/** From the packuments to the tarballs, which have to be what they are said to be. */
async function client(read: Read): Promise<{ names: string[]; complaints: string[] }> {
  const names: string[] = []
  const complaints: string[] = []
  for (const key of [`${root}greeting`, `${root}@example/lib`, 'bare/x', 'bare/@s/y']) {
    const document = readJson(read, key)
    if (document === undefined) continue
    const { versions, 'dist-tags': tags } = document
    for (const [tag, version] of Object.entries(tags)) {
      if (versions[version] === undefined) complaints.push(`${key}: ${tag} is ${version}, which is not there`)
    }
    if (tags['latest'] === undefined && Object.keys(versions).length > 0) complaints.push(`${key}: no latest`)
    for (const [version, entry] of Object.entries(versions)) {
      const { tarball: url = '', integrity = '' } = entry.dist
      const path = decodeURIComponent(url).replace(base, root).replace('https://packages.example.com/', '')
      const body = read(path)
      // What is gone is only noticed by the next run.
      if (body === undefined) continue
      if (integrityOf(body) !== integrity) complaints.push(`${path} is not what is said of it`)
      if (entry['name'] !== document.name || entry['version'] !== version) complaints.push(`${path} is of another`)
      names.push(`${document.name}@${version}`)
    }
  }
  return { names, complaints }
}
