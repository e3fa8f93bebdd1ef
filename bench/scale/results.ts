/** What functions would have found out of the bucket, a thousand objects of it in each object of results. */
import { gzipSync } from 'node:zlib'

import { cacheControl } from '../../src/repositories/cache-control.ts'
import type { PackageFacts } from '../../src/repositories/format.ts'
import { journalVersion } from '../../src/reindex/journal/row.ts'
import type { Found } from '../../src/reindex/shards/found-lines.ts'
import { resultKey } from '../../src/reindex/own-keys.ts'
import { etagOf, type Kind, nameOf, type ScaleBucket } from './bucket.ts'
import { renamed } from './packages.ts'

const perShard = 1000
const run = 'scale'
const seen = Date.parse('2025-01-02T03:04:05Z') / 1000
const types: Readonly<Record<Kind, string>> = {
  apt: 'application/vnd.debian.binary-package',
  yum: 'application/x-rpm',
}

export class Results {
  /** They are handed in only when the bucket was listed once. */
  isThere = false
  readonly #bucket: ScaleBucket
  readonly #facts: Readonly<Record<Kind, PackageFacts>>
  readonly #shards: number

  constructor(bucket: ScaleBucket, facts: Readonly<Record<Kind, PackageFacts>>) {
    this.#bucket = bucket
    this.#facts = facts
    this.#shards = Math.ceil(bucket.count / perShard)
  }

  keys(): string[] {
    return this.isThere ? Array.from({ length: this.#shards }, (_shard, number) => resultKey(run, number + 1, 1)) : []
  }

  /** As a listing tells it: nobody reads its size. */
  versionAt(key: string): { etag: string; size: number } | undefined {
    const shard = this.#shardOf(key)
    return shard === undefined ? undefined : { etag: `results-${String(shard)}`, size: 1 }
  }

  at(key: string): Buffer | undefined {
    const shard = this.#shardOf(key)
    if (shard === undefined) return undefined
    const first = (shard - 1) * perShard
    const lines = [`${JSON.stringify({ version: journalVersion })}\n`]
    for (let index = first; index < Math.min(this.#bucket.count, first + perShard); index++) {
      const found = this.#foundOf(index)
      if (found !== undefined) lines.push(`${JSON.stringify(found)}\n`)
    }
    return gzipSync(lines.join(''), { level: 1 })
  }

  #shardOf(key: string): number | undefined {
    const shard = Number(/\/results\/(\d+)-1\./.exec(key)?.[1] ?? 0)
    return shard >= 1 && shard <= this.#shards && resultKey(run, shard, 1) === key ? shard : undefined
  }

  #foundOf(index: number): Found | undefined {
    const { kind, of } = this.#bucket.placeOf(index)
    if (typeof of === 'string') return undefined
    const { facts, identity, digests } = this.#facts[kind]
    const etag = etagOf(index)
    // No digest of what is there, but as good as one: all are told apart by it.
    const told = { digests: { ...digests, sha256: etag + etag }, identity: identity.replace(nameOf(0), nameOf(of)) }
    const row = {
      key: this.#bucket.keyOf(index),
      size: this.#bucket.sizes[kind],
      etag,
      modified: seen,
      class: 'package',
      why: null,
      encoding: null,
      format: kind,
      cacheControl: cacheControl.package,
      contentType: types[kind],
      skip: null,
      todo: false,
      first: seen,
    }
    const read = { format: kind, bad: null, about: JSON.stringify(told), facts: renamed(facts, of).toString('base64') }
    return { row, packages: [read] }
  }
}
