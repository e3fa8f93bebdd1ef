/** Signed repositories of several suites and trees, and what their clients make of them at any moment. */
import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'

import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  PutObjectCommand,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'
import { generateKey } from 'openpgp'

import { createSigner, type OpenedSigner } from '../../src/repositories/openpgp.ts'
import { deb } from '../repositories/apt/packages-made.ts'
import { wheel } from '../repositories/pypi/made-packages.ts'
import { madeRpm, plainTags } from '../repositories/yum/made-rpm.ts'
import { MemoryBucket } from '../repositories/yum/memory-bucket.ts'
import { listed, repositoryOf } from '../repositories/yum/repositories.ts'

const sha256 = (bytes: Uint8Array | string): string => createHash('sha256').update(bytes).digest('hex')

/** A key that signs, in the form that `--signing-key` takes and ready for use. */
export async function makeKey(): Promise<{ armored: string; signer: OpenedSigner }> {
  const { privateKey } = await generateKey({ userIDs: [{ name: 'x' }], type: 'ecc', curve: 'ed25519Legacy' })
  return { armored: privateKey, signer: await createSigner({ key: Buffer.from(privateKey), name: 'x' }) }
}

const lists: Readonly<Record<string, readonly string[]>> = {
  'apt/dists/stable/main/binary-amd64/': ['main/hello_1.0', 'main/hello_1.1', 'main/tool_1.0'],
  'apt/dists/stable/contrib/binary-amd64/': ['contrib/extra_3.0'],
  'apt/dists/testing/main/binary-amd64/': ['main/hello_1.1', 'main/tool_2.0'],
}

interface PlacedDeb {
  readonly path: string
  readonly body: Buffer
  readonly fields: Readonly<Record<string, string>>
}

const debAt = (place: string): PlacedDeb => {
  const [, name = '', version = ''] = /\/(.+)_(.+)$/.exec(place) ?? []
  const fields = { Package: name, Version: version }
  return { path: `pool/${place}_amd64.deb`, body: deb({ fields, payload: place }), fields }
}

/** What clients need to know of a package, and no more: the new list says all that there is. */
const entryOf = ({ path, body, fields }: PlacedDeb): string =>
  Object.entries({ ...fields, Architecture: 'amd64', Filename: path, Size: body.length, SHA256: sha256(body) })
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('') + '\n'

/** The key of a package, such as of `main/hello_1.0`. */
export const keyOfDeb = (place: string): string => `apt/${debAt(place).path}`

/** Lists that say less of their packages than there is to say, with by-hash and signed; so all is to be written anew. */
async function aptRepository(signer: OpenedSigner): Promise<Map<string, Buffer>> {
  const objects = new Map<string, Buffer>()
  const bySuite = new Map<string, string[]>()
  const add = (folder: string, name: string, body: Buffer, hashed: boolean): void => {
    const [, suite = '', inner = ''] = /^apt\/dists\/([^/]+)\/(.*)$/.exec(folder + name) ?? []
    objects.set(folder + name, body)
    if (hashed) objects.set(`${folder}by-hash/SHA256/${sha256(body)}`, body)
    bySuite.set(suite, [...(bySuite.get(suite) ?? []), ` ${sha256(body)} ${body.length} ${inner}`])
  }
  for (const [folder, places] of Object.entries(lists)) {
    const packages = places.map(debAt)
    for (const { path, body } of packages) objects.set(`apt/${path}`, body)
    const text = packages.map(entryOf).join('')
    add(folder, 'Packages', Buffer.from(text), true)
    add(folder, 'Packages.gz', gzipSync(text), true)
  }
  add('apt/dists/stable/main/i18n/', 'Translation-en', Buffer.from('Package: hello\nDescription-en: hi\n'), false)
  for (const [suite, lines] of bySuite) {
    const release = Buffer.from(
      `Origin: Example\nSuite: ${suite}\nCodename: ${suite}\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nAcquire-By-Hash: yes\n` +
        `Architectures: amd64\nComponents: main contrib\nSHA256:\n${lines.join('\n')}\n`,
    )
    const folder = `apt/dists/${suite}/`
    objects.set(`${folder}Release`, release)
    objects.set(`${folder}Release.gpg`, Buffer.from(await signer.detached(release)))
    objects.set(`${folder}InRelease`, Buffer.from(await signer.clear(release.toString())))
  }
  return objects
}

/** Signed trees whose lists say little; one package of `el/9/` is in no list yet. */
async function yumRepositories(signer: OpenedSigner): Promise<Map<string, Buffer>> {
  const objects = new Map<string, Buffer>()
  const fixture = (name: string): Promise<Buffer> =>
    readFile(join(import.meta.dirname, '../repositories/yum/fixtures', name))
  const trees = {
    'el/8/': { 'fix-tool.noarch.rpm': await fixture('fix-tool.noarch.rpm') },
    'el/9/': {
      'fix-tool.noarch.rpm': await fixture('fix-tool.noarch.rpm'),
      'fix-data.noarch.rpm': await fixture('fix-data.noarch.rpm'),
    },
  }
  for (const [root, packages] of Object.entries(trees)) {
    const entries = Object.entries(packages).map(([href, rpm]) => listed({ rpm, href }))
    const bucket = repositoryOf(new MemoryBucket(), root, entries)
    for (const [key, { body }] of bucket.objects) objects.set(key, Buffer.from(body))
    const repomd = objects.get(`${root}repodata/repomd.xml`) ?? Buffer.alloc(0)
    objects.set(`${root}repodata/repomd.xml.asc`, Buffer.from(await signer.detached(repomd)))
    for (const [href, rpm] of Object.entries(packages)) objects.set(root + href, rpm)
  }
  return objects
}

const hello = wheel('hello', '1.0')

/** Objects of other kinds, to be put right only, and a page that says little of its package. */
const others: Readonly<Record<string, string | Uint8Array>> = {
  'conda/noarch/hello-1.0-0.conda': 'conda',
  'conda/noarch/repodata.json': '{}',
  'npm/hello/-/hello-1.0.0.tgz': 'tgz',
  [`py/packages/${hello.name}`]: hello.body,
  'py/simple/hello/': `<a href="../../packages/${hello.name}">${hello.name}</a>`,
  'readme.txt': 'neither',
}

/** Puts all of them into a bucket; two packages are uploaded in parts, so that copying changes their ETags. */
export async function fillRepositories(s3: S3Client, Bucket: string, signer: OpenedSigner): Promise<void> {
  const all = [...(await aptRepository(signer)), ...(await yumRepositories(signer))]
  const parts = new Map([
    ['el/9/new.noarch.rpm', madeRpm({ ...plainTags, 1000: 'new' })],
    [keyOfDeb('main/tool_2.0'), debAt('main/tool_2.0').body],
  ])
  for (const [Key, Body] of [...all, ...Object.entries(others)]) {
    const Metadata = { of: sha256(Key).slice(0, 8) }
    if (!parts.has(Key)) await s3.send(new PutObjectCommand({ Bucket, Key, Body, Metadata, Tagging: 'a=b' }))
  }
  for (const [Key, Body] of parts) {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, Metadata: { of: 'parts' } }))
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body }))
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
    await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }))
  }
}

/** Reads an object; undefined if it is not there. */
export type Read = (key: string) => Promise<Buffer | undefined>

export const reader =
  (s3: S3Client, Bucket: string): Read =>
  async (Key) => {
    try {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key }))
      return Buffer.from((await Body?.transformToByteArray()) ?? [])
    } catch (error) {
      if (error instanceof Error && error.name === 'NoSuchKey') return undefined
      throw error
    }
  }

/** What is wrong for clients that begin now. */
export interface ClientView {
  readonly complaints: readonly string[]
  /** Trees whose repomd.xml and its signature do not belong together. */
  readonly unsigned: readonly string[]
}

/**
 * Follows all repositories as clients do: from InRelease by hash to lists and packages, from repomd.xml to everything
 * that it names and to the packages.
 */
export async function clientView(read: Read, signer: OpenedSigner): Promise<ClientView> {
  const complaints: string[] = []
  const unsigned: string[] = []
  const fetch = async (key: string, digest: string, size: number): Promise<Buffer> => {
    const body = await read(key)
    if (body === undefined) complaints.push(`${key} is missing`)
    else if (body.length !== size || sha256(body) !== digest) complaints.push(`${key} is not what it should be`)
    return body ?? Buffer.alloc(0)
  }
  for (const suite of ['stable', 'testing']) {
    const folder = `apt/dists/${suite}/`
    const text = (await read(`${folder}InRelease`))?.toString() ?? ''
    if (!(await signer.signed(text))) complaints.push(`${folder}InRelease is not signed`)
    for (const [, digest = '', size = '', path = ''] of text.matchAll(/^ ([0-9a-f]{64}) +(\d+) (\S+)$/gm)) {
      const [, list] = /^(.*\/)Packages(?:\.gz)?$/.exec(path) ?? []
      const place = list === undefined ? path : `${list}by-hash/SHA256/${digest}`
      const body = await fetch(folder + place, digest, Number(size))
      if (path.endsWith('/Packages')) await fetchListed(body.toString(), fetch)
    }
  }
  for (const root of ['el/8/', 'el/9/']) {
    const repomd = (await read(`${root}repodata/repomd.xml`)) ?? Buffer.alloc(0)
    const signature = (await read(`${root}repodata/repomd.xml.asc`)) ?? Buffer.alloc(0)
    if (!(await signer.signedDetached(repomd, signature))) unsigned.push(root)
    const found = [...repomd.toString().matchAll(/<data type="([^"]+)">([^]*?)<\/data>/g)]
    if (found.length === 0) complaints.push(`${root}repodata/repomd.xml names nothing`)
    for (const [, type, data = ''] of found) {
      const body = await fetch(
        root + (/href="([^"]+)"/.exec(data)?.[1] ?? ''),
        /<checksum type="sha256">([^<]+)</.exec(data)?.[1] ?? '',
        Number(/<size>(\d+)</.exec(data)?.[1]),
      )
      if (type !== 'primary' || body.length === 0) continue
      for (const [xml] of gunzipSync(body)
        .toString()
        .matchAll(/<package [^]*?<\/package>/g)) {
        const size = Number(/<size package="(\d+)"/.exec(xml)?.[1])
        await fetch(root + (/href="([^"]+)"/.exec(xml)?.[1] ?? ''), />([0-9a-f]{64})</.exec(xml)?.[1] ?? '', size)
      }
    }
  }
  return { complaints, unsigned }
}

async function fetchListed(
  packages: string,
  fetch: (key: string, digest: string, size: number) => Promise<unknown>,
): Promise<void> {
  for (const stanza of packages.split('\n\n').filter((text) => text !== '')) {
    const field = (name: string): string => new RegExp(`^${name}: (.*)$`, 'm').exec(stanza)?.[1] ?? ''
    await fetch(`apt/${field('Filename')}`, field('SHA256'), Number(field('Size')))
  }
}
