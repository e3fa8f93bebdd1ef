/** Packages and buckets made for tests, with nothing but Node. */
import { randomBytes } from 'node:crypto'
import { createHash } from 'node:crypto'
import { gzipSync, zstdCompressSync } from 'node:zlib'

import { ar, type Member, tar } from '../../../scripts/archives.ts'
import { apt } from '../../../src/repositories/apt/apt.ts'
import type { OldApt } from '../../../src/repositories/apt/old-indexes.ts'
import {
  BadPackageError,
  type Digests,
  type IndexedPackage,
  type IndexPlan,
  type PackageSource,
  type Repository,
  type Signer,
  type StoredObject,
} from '../../../src/repositories/format.ts'

export { ar, tar }

/** How a control archive may be compressed by nothing but Node. */
export const compressions: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  '.gz': (bytes) => gzipSync(bytes),
  '.zst': (bytes) => zstdCompressSync(bytes),
  '': (bytes) => bytes,
}

export interface DebOptions {
  readonly fields?: Readonly<Record<string, string>>
  readonly compression?: string
  /** What stands before the control file in its archive. */
  readonly before?: readonly Member[]
  readonly payload?: string
}

export const controlText = (fields: Readonly<Record<string, string>> = {}): string =>
  Object.entries({
    Package: 'hello',
    Version: '1.0',
    Architecture: 'amd64',
    Maintainer: 'Zoë <zoe@example.org>',
    Section: 'misc',
    Priority: 'optional',
    Description: 'a greeting\n It greets.\n .\n Twice.',
    ...fields,
  })
    .map(([name, value]) => `${name}: ${value}\n`)
    .join('')

export function deb({ fields = {}, compression = '.gz', before = [], payload = 'data' }: DebOptions = {}): Buffer {
  const archive = tar([...before, { name: './control', body: Buffer.from(controlText(fields)) }])
  return debOf(`control.tar${compression}`, compressions[compression]?.(archive) ?? archive, payload)
}

/** A .deb with any control archive. */
export const debOf = (name: string, control: Uint8Array, payload = 'data'): Buffer =>
  ar([
    { name: 'debian-binary', body: Buffer.from('2.0\n') },
    { name, body: control },
    {
      name: 'data.tar.gz',
      body: gzipSync(tar([{ name: './usr/share/doc/x', body: Buffer.from(payload) }])),
    },
  ])

export const hash = (algorithm: string, bytes: Uint8Array | string): string =>
  createHash(algorithm).update(bytes).digest('hex')

/** A package to be read, and what was asked of it. */
export function sourceOf(
  bytes: Uint8Array,
  known: Digests = {},
  key = 'pool/x.deb',
): PackageSource & { readonly asked: string[] } {
  const asked: string[] = []
  return {
    asked,
    key,
    size: bytes.length,
    etag: hash('md5', bytes),
    modified: 0,
    known,
    range: async (start, end) => {
      asked.push(`${start}-${end}`)
      return bytes.subarray(start, end)
    },
    async *stream() {
      asked.push('all')
      for (let at = 0; at < bytes.length; at += 1000) yield bytes.subarray(at, at + 1000)
    },
  }
}

/** A plan, the present indexes that it was made from, and what could not be read. */
type Planned = IndexPlan & { readonly old: OldApt; readonly unreadable: readonly StoredObject[] }

/** A bucket in memory, and a run over the repository that is in it. */
export class Bucket {
  readonly objects = new Map<string, Uint8Array>()
  readonly root: string

  constructor(root = '') {
    this.root = root
  }

  /** Below the root. */
  put(path: string, body: Uint8Array | string): this {
    this.objects.set(this.root + path, typeof body === 'string' ? Buffer.from(body) : body)
    return this
  }

  text(path: string): string {
    const found = this.objects.get(this.root + path)
    if (found === undefined) throw new Error(`no ${path} in the bucket`)
    return Buffer.from(found).toString()
  }

  has(path: string): boolean {
    return this.objects.has(this.root + path)
  }

  listed(): StoredObject[] {
    return [...this.objects]
      .map(([key, body]) => ({ key, size: body.length, etag: hash('md5', body), modified: 0 }))
      .sort((one, other) => (one.key < other.key ? -1 : 1))
  }

  repository(): Repository {
    return {
      root: this.root,
      indexes: this.listed().filter(({ key }) => apt.roleOf(key) === 'index'),
      read: async (key) => this.objects.get(key),
    }
  }

  /** As the engine does it, without writing. */
  async plan({ signer, now = 0 }: { signer?: Signer; now?: number } = {}): Promise<Planned> {
    const repository = this.repository()
    const old = await apt.open(repository)
    const packages: IndexedPackage[] = []
    const unreadable: StoredObject[] = []
    for (const object of this.listed().filter(({ key }) => apt.roleOf(key) === 'package')) {
      const bytes = this.objects.get(object.key) ?? new Uint8Array()
      try {
        const facts = await apt.readPackage({ ...sourceOf(bytes, old.digestsOf(object), object.key), ...object })
        packages.push({ ...object, ...facts })
      } catch (error) {
        if (!(error instanceof BadPackageError)) throw error
        unreadable.push(object)
      }
    }
    const plan = await apt.writeIndexes({
      repository,
      old,
      packages: () => packages,
      unreadable,
      signer,
      now,
      options: {},
    })
    return { ...plan, old, unreadable }
  }

  /** Plans and writes the first groups, or all. Returns the paths that were written and are new or changed. */
  async reindex(
    options: { signer?: Signer; now?: number; groups?: number } = {},
  ): Promise<{ plan: Planned; written: string[] }> {
    const plan = await this.plan(options)
    const written: string[] = []
    for (const object of plan.groups.slice(0, options.groups).flat()) {
      const { key } = object
      const body = await object.body()
      if (this.objects.get(key) !== undefined && Buffer.compare(this.objects.get(key) ?? body, body) === 0) continue
      written.push(key.slice(this.root.length))
      this.objects.set(key, body)
    }
    return { plan, written }
  }
}

/** The stanza of a package as other tools write it, without what they disagree on. */
export const entryOf = (bytes: Uint8Array, filename: string, fields: Readonly<Record<string, string>> = {}): string =>
  `${controlText(fields)}Filename: ${filename}\nSize: ${bytes.length}\nMD5sum: ${hash('md5', bytes)}\nSHA256: ${hash('sha256', bytes)}\n\n`

/** Of another content each, and larger than what is read in one request. */
export const largeDeb = (name: string): Buffer =>
  deb({
    fields: { Package: name, Version: '1.0', Architecture: 'all' },
    payload: randomBytes(300 * 1024).toString('hex'),
  })
