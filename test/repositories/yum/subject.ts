import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { gunzipSync } from 'node:zlib'

import { yum } from '../../../src/repositories/yum/yum.ts'
import type { FormatSubject } from '../behaves-like-a-format.ts'
import type { Read } from '../format-bucket.ts'
import { madeRpm, plainTags } from './made-rpm.ts'
import { MemoryBucket } from './memory-bucket.ts'
import { listed, repositoryOf } from './repositories.ts'

const root = 'el/9/'
const fixture = (name: string): Buffer => readFileSync(new URL(`fixtures/${name}.noarch.rpm`, import.meta.url))
const group =
  '<data type="group"><checksum type="sha256">00</checksum><location href="repodata/comps.xml"/><size>5</size></data>'

/** A tree of somebody's whose list says little of its packages, with groups of packages. */
export async function yumSubject(): Promise<FormatSubject> {
  const packages = ['fix-tool', 'fix-data'].map((name) => ({ href: `${name}.noarch.rpm`, rpm: fixture(name) }))
  const bucket = repositoryOf(new MemoryBucket(), root, packages.map(listed), [group])
  for (const { href, rpm } of packages) bucket.put(root + href, rpm)
  bucket.put(`${root}repodata/comps.xml`, 'comps')
  return {
    format: yum,
    root,
    objects: new Map([...bucket.objects].map(([key, { body }]) => [key, body] as const)),
    added: { key: `${root}new.rpm`, body: madeRpm({ ...plainTags, 1000: 'new' }), name: 'new.rpm' },
    bad: { key: `${root}bad.rpm`, body: Buffer.from('no rpm') },
    archived: `${root}fix-tool.noarch.rpm`,
    client,
    carried: (read) => /<data type="group">[^]*?<\/data>/.exec(textOf(read(`${root}repodata/repomd.xml`)))?.[0],
    bare: {
      root: 'bare/',
      objects: new Map([['bare/Packages/x.rpm', fixture('fix-tool')]]),
      names: ['Packages/x.rpm'],
    },
  }
}

const textOf = (bytes: Uint8Array | undefined): string => Buffer.from(bytes ?? []).toString()

/** From repomd.xml to primary, and from there to the packages. */
async function client(read: Read): Promise<{ names: string[]; complaints: string[] }> {
  const complaints: string[] = []
  const base = read('bare/repodata/repomd.xml') === undefined ? root : 'bare/'
  const names: string[] = []
  for (const [, type, data = ''] of textOf(read(`${base}repodata/repomd.xml`)).matchAll(
    /<data type="([^"]+)">([^]*?)<\/data>/g,
  )) {
    const href = /href="([^"]+)"/.exec(data)?.[1] ?? ''
    const body = read(base + href)
    const digest = /<checksum type="sha256">([^<]+)</.exec(data)?.[1]
    if (body === undefined) complaints.push(`${href} is missing`)
    else if (type !== 'group' && createHash('sha256').update(body).digest('hex') !== digest) {
      complaints.push(`${href} is not what it should be`)
    }
    if (type !== 'primary' || body === undefined) continue
    for (const [xml] of gunzipSync(body)
      .toString()
      .matchAll(/<package [^]*?<\/package>/g)) {
      const place = /<location [^>]*href="([^"]+)"/.exec(xml)?.[1] ?? ''
      const rpm = read(base + place)
      if (rpm === undefined) continue
      if (createHash('sha256').update(rpm).digest('hex') !== />([0-9a-f]{64})</.exec(xml)?.[1]) {
        complaints.push(`${place} differs`)
      }
      names.push(place)
    }
  }
  return { names, complaints }
}
