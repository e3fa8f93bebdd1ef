/** Buckets of all formats, in which much is odd: what it is goes by a number, so that the same can be made twice. */
import {
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  PutObjectCommand,
  type PutObjectCommandInput,
  type S3Client,
  UploadPartCommand,
} from '@aws-sdk/client-s3'

import type { FormatOptions } from '../../../src/repositories/format.ts'
import type { FormatSubject } from '../../repositories/behaves-like-a-format.ts'
import { alpineSubject } from '../../repositories/alpine/subject.ts'
import { deb, entryOf } from '../../repositories/apt/packages-made.ts'
import { aptSubject } from '../../repositories/apt/subject.ts'
import { gemSubject } from '../../repositories/gem/subject.ts'
import { chartOf } from '../../repositories/helm/made-charts.ts'
import { helmSubject } from '../../repositories/helm/subject.ts'
import { mavenSubject } from '../../repositories/maven/subject.ts'
import { npmSubject } from '../../repositories/npm/subject.ts'
import { sha256 } from '../../repositories/pypi/made-packages.ts'
import { pypiSubject } from '../../repositories/pypi/subject.ts'
import { madeRpm, plainTags } from '../../repositories/yum/made-rpm.ts'
import { MemoryBucket } from '../../repositories/yum/memory-bucket.ts'
import { listed, repositoryOf } from '../../repositories/yum/repositories.ts'
import { yumSubject } from '../../repositories/yum/subject.ts'

/** Picks one of some, always the same in the same order. */
export type Pick = <T>(...choices: readonly [T, ...T[]]) => T

/** The generator mulberry32. */
export function picker(seed: number): Pick {
  let state = seed
  return (first, ...others) => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    const number = ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
    return [first, ...others][Math.floor(number * (others.length + 1))] ?? first
  }
}

type Bodies = ReadonlyMap<string, Uint8Array>

/** A key and what may lie there; of a package also what may take its place. */
interface Placed {
  readonly key: string
  readonly body: Uint8Array
  readonly others: readonly Uint8Array[]
}

const subjects = [
  ...[aptSubject, yumSubject, gemSubject, mavenSubject, npmSubject, helmSubject, pypiSubject, alpineSubject],
] as const

export class OddCorpus {
  /** What an operator tells. */
  readonly options: FormatOptions
  readonly #subjects: readonly FormatSubject[]

  private constructor(all: readonly FormatSubject[]) {
    this.#subjects = all
    this.options = Object.assign({}, ...all.map(({ options = {} }) => options)) as FormatOptions
  }

  static async make(): Promise<OddCorpus> {
    return new OddCorpus(await Promise.all(subjects.map((subject) => subject())))
  }

  /** Fills a bucket. */
  async fill(s3: S3Client, bucket: string, pick: Pick, acl: boolean): Promise<void> {
    for (const one of [...this.#plain(), ...nestedApt(pick), ...nestedYum(pick), ...nestedHelm(pick)]) {
      await put(s3, bucket, one, pick, acl)
    }
  }

  /** Publishes some packages again, and something new. */
  async publishAgain(s3: S3Client, bucket: string, pick: Pick, acl: boolean): Promise<void> {
    for (const one of [...this.#plain(), ...nestedApt(() => 'right' as never)]) {
      if (one.others.length > 0 && pick(true, false, false)) await put(s3, bucket, one, pick, acl)
    }
    for (const { added } of this.#subjects) {
      if (pick(true, false)) await put(s3, bucket, { ...added, others: [] }, pick, acl)
    }
  }

  *#plain(): Generator<Placed> {
    for (const { format, objects, added, bad, bare } of this.#subjects) {
      const others = [added.body, ...(bad === undefined ? [] : [bad.body])]
      const all: Bodies = new Map([...objects, ...(bare?.objects ?? [])])
      for (const [key, body] of all) {
        yield { key, body, others: format.roleOf(key) === 'package' ? others : [] }
      }
      if (bad !== undefined) yield { ...bad, others }
    }
  }
}

/** What an index says of a package that another one has, too. */
type Claim = 'right' | 'other' | 'none'
const claim = (pick: Pick): Claim => pick('right', 'other', 'none')

/** A pool, in a folder of which somebody has made a flat list. */
export function* nestedApt(pick: Pick): Generator<Placed> {
  const [outer, inner] = [new Map<string, string>(), new Map<string, string>()]
  for (let number = 0; number < 8; number++) {
    const [name, isTeams] = [`p${number}`, number > 1]
    const file = `${name}_1.0_amd64.deb`
    const path = `pool/${isTeams ? 'team' : 'all'}/${file}`
    const [body, other] = [deb({ fields: { Package: name } }), deb({ fields: { Package: name }, payload: 'other' })]
    const say = (lists: Map<string, string>, at: string, is: Claim): void => {
      if (is !== 'none') lists.set(at, entryOf(is === 'right' ? body : other, at, { Package: name }))
    }
    say(outer, path, isTeams ? claim(pick) : 'right')
    if (isTeams) say(inner, file, claim(pick))
    yield { key: `nest/${path}`, body, others: [other, deb({ fields: { Package: name }, payload: 'a longer one' })] }
  }
  const release = 'Suite: stable\nDate: Thu, 01 Jan 2026 00:00:00 UTC\n'
  for (const [key, text] of [
    ['dists/stable/main/binary-amd64/Packages', [...outer.values()].join('')],
    ['dists/stable/Release', release],
    ['pool/team/Packages', [...inner.values()].join('')],
  ] as const) {
    yield { key: `nest/${key}`, body: Buffer.from(text), others: [] }
  }
}

function* nestedYum(pick: Pick): Generator<Placed> {
  const trees = new MemoryBucket()
  const [outer, inner]: [string[], string[]] = [[], []]
  for (const name of ['a', 'b', 'c', 'd']) {
    const [body, other] = [madeRpm({ ...plainTags, 1000: name }), madeRpm({ ...plainTags, 1000: `${name}x` })]
    const file = `${name}-1-1.noarch.rpm`
    const say = (lists: string[], href: string, is: Claim): unknown =>
      is === 'none' ? undefined : lists.push(listed({ rpm: is === 'right' ? body : other, href }))
    say(outer, `sub/${file}`, claim(pick))
    say(inner, file, claim(pick))
    yield { key: `tree/sub/${file}`, body, others: [other] }
  }
  repositoryOf(trees, 'tree/', outer)
  repositoryOf(trees, 'tree/sub/', inner)
  for (const [key, { body }] of trees.objects) yield { key, body, others: [] }
  // Who signs it is not there.
  const signed = pick(undefined, undefined, 'tree/', 'tree/sub/')
  const body = Buffer.from('-----BEGIN PGP SIGNATURE-----\n\n-----END PGP SIGNATURE-----\n')
  if (signed !== undefined) yield { key: `${signed}repodata/repomd.xml.asc`, body, others: [] }
}

function* nestedHelm(pick: Pick): Generator<Placed> {
  const [outer, inner]: [string[], string[]] = [[], []]
  for (const name of ['one', 'two', 'three']) {
    const [body, other] = [chartOf({ name }), chartOf({ name, description: 'other' })]
    const file = `${name}-1.0.0.tgz`
    const say = (lists: string[], url: string, is: Claim): unknown =>
      is === 'none' ? undefined : lists.push(chartEntry(name, url, is === 'right' ? body : other))
    say(outer, `team/${file}`, claim(pick))
    say(inner, file, claim(pick))
    yield { key: `hub/team/${file}`, body, others: [other] }
  }
  for (const [folder, entries] of [
    ['hub/', outer],
    ['hub/team/', inner],
  ] as const) {
    const body = Buffer.from(`apiVersion: v1\nentries:${entries.length === 0 ? ' {}' : ''}\n${entries.join('')}`)
    yield { key: `${folder}index.yaml`, body, others: [] }
  }
}

const chartEntry = (name: string, url: string, body: Uint8Array): string =>
  `  ${name}:\n  - apiVersion: v2\n    name: ${name}\n    version: 1.0.0\n    digest: ${sha256(body)}\n    urls:\n    - ${url}\n`

const forever = 'public, max-age=31536000, immutable'

/** Puts one object there, or what may take its place, with all that it may have. */
async function put(s3: S3Client, Bucket: string, placed: Placed, pick: Pick, acl: boolean): Promise<void> {
  const { key: Key, body, others } = placed
  const isPackage = others.length > 0
  const [first] = others
  const Body = first === undefined ? body : pick(body, body, body, body, first, others.at(-1) ?? first)
  const more: Partial<PutObjectCommandInput> = {
    CacheControl: pick(undefined, undefined, forever, 'max-age=300', 'no-store'),
    ContentType: pick(undefined, undefined, 'binary/octet-stream', 'text/plain'),
    ...(pick(false, false, true) ? { Metadata: { of: 'x' }, ContentDisposition: 'attachment' } : {}),
    ...(pick(false, true) ? { Tagging: 'a=b' } : {}),
    ...(pick(false, false, true) ? { ServerSideEncryption: 'AES256' as const } : {}),
    ...(pick(false, false, false, false, false, false, true) ? { ContentEncoding: 'gzip' } : {}),
    ...(acl && pick(false, true) ? { ACL: pick('public-read' as const, 'authenticated-read' as const) } : {}),
  }
  if (isPackage && pick(false, false, false, false, true)) {
    const { UploadId } = await s3.send(new CreateMultipartUploadCommand({ Bucket, Key, ...more }))
    const { ETag } = await s3.send(new UploadPartCommand({ Bucket, Key, UploadId, PartNumber: 1, Body }))
    const MultipartUpload = { Parts: [{ PartNumber: 1, ETag }] }
    await s3.send(new CompleteMultipartUploadCommand({ Bucket, Key, UploadId, MultipartUpload }))
    return
  }
  const StorageClass = isPackage && pick(false, false, false, false, false, true) ? 'GLACIER' : 'STANDARD'
  await s3.send(new PutObjectCommand({ Bucket, Key, Body, ...more, StorageClass }))
}
