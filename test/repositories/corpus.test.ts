/**
 * Files that broke a parser once, or would have: each is named after what it is about. Those in `refused` are no
 * packages, those in `read` are, and those in `indexes` are whatever was found where an index should be.
 */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect } from 'chai'

import { apt } from '../../src/repositories/apt/apt.ts'
import {
  BadPackageError,
  type Digests,
  type Format,
  type PackageSource,
  type Repository,
} from '../../src/repositories/format.ts'
import { formats } from '../../src/repositories/formats.ts'
import { yum } from '../../src/repositories/yum/yum.ts'
import { hash } from './apt/packages-made.ts'

const folder = (name: string): string => join(import.meta.dirname, 'corpus', name)
const filesIn = (name: string): (readonly [string, Buffer])[] =>
  readdirSync(folder(name))
    .sort()
    .map((file) => [file, readFileSync(join(folder(name), file))] as const)

/** The most that is asked for of headers, whatever they claim; the formats' own limits, and a first read. */
const headersAtMost = 32 * 1024 * 1024 + 64 * 1024

/** A package of any size that begins with these bytes; notes what is asked of it. */
function source(name: string, bytes: Buffer, known: Digests, size = bytes.length): PackageSource & { asked: number } {
  const asking = {
    ...{ asked: 0, key: keyOf(name), size, etag: '', modified: 0, known },
    range: async (start: number, end: number): Promise<Uint8Array> => {
      expect(start).to.be.at.least(0)
      expect(end).to.be.at.most(size)
      asking.asked += end - start
      return bytes.subarray(start, end)
    },
    stream: async function* (): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < bytes.length; at += 5000) yield bytes.subarray(at, at + 5000)
    },
  }
  return asking
}

/** Packages of npm and source distributions are told by their place alone. */
const keyOf = (name: string): string =>
  name.endsWith('.npm') ? `p/-/${name}.tgz` : /\.(?:tar\.gz|zip)$/.test(name) ? `packages/pkg-1.0-${name}` : name

const formatOf = (key: string): Format => formats.find((format) => format.roleOf(key) === 'package') ?? apt

/** What becomes of a package: its identity, or why it is none. Anything else that is thrown is a fault. */
async function read(source: PackageSource): Promise<string> {
  try {
    const { identity, facts } = await formatOf(source.key).readPackage(source)
    return `${identity} ${hash('sha256', facts)}`
  } catch (error) {
    if (error instanceof BadPackageError) return `bad: ${error.message}`
    throw error
  }
}

describe('packages that are no packages', function () {
  this.timeout(60_000)
  for (const [name, bytes] of filesIn('refused')) {
    it(`${name} is refused, however it is read`, async () => {
      const ranged = await read(source(name, bytes, { sha256: hash('sha256', bytes) }))
      expect(ranged).to.match(/^bad: .{5,400}$/s)
      expect(await read(source(name, bytes, {}))).to.equal(ranged)
    })

    it(`${name} makes nobody read far, however large it is said to be`, async () => {
      const absurd = source(name, bytes, { sha256: '0' }, 2 ** 40)
      await read(absurd).catch((error: unknown) => expect(String(error)).to.match(/bytes came, not/))
      expect(absurd.asked).to.be.at.most(headersAtMost)
    })
  }
})

describe('packages that only look odd', () => {
  for (const [name, bytes] of filesIn('read')) {
    it(`${name} is read, however it is read`, async () => {
      const ranged = await read(source(name, bytes, { sha256: hash('sha256', bytes) }))
      expect(ranged).not.to.match(/^bad/)
      expect(await read(source(name, bytes, {}))).to.equal(ranged)
    })
  }
})

describe('indexes of any content', function () {
  this.timeout(120_000)

  /** Plans with no packages, so that all that comes out is what came of the old indexes. */
  async function plan(format: typeof apt | typeof yum, objects: ReadonlyMap<string, Uint8Array>): Promise<string[]> {
    const indexes = [...objects].map(([key, body]) => ({ key, size: body.length, etag: '', modified: 0 }))
    const repository: Repository = { root: '', indexes, read: async (key) => objects.get(key) }
    const input = { repository, packages: () => [], unreadable: [], signer: undefined, now: 0, options: {} }
    const { groups, parts } =
      format === apt
        ? await apt.writeIndexes({ ...input, old: { ...(await apt.open(repository)), signatures: [] } })
        : await yum.writeIndexes({ ...input, old: await yum.open(repository) })
    for (const { before } of parts) expect(before).to.be.at.least(0)
    return groups.flat().map(({ key }) => key)
  }

  for (const [name, bytes] of filesIn('indexes')) {
    it(`${name} is taken for what it is, and stops nothing`, async () => {
      const kind = /\.((?:Packages|InRelease|Release|repomd|primary).*)$/.exec(name)?.[1] ?? ''
      if (kind === 'repomd.xml') {
        for (const key of await plan(yum, new Map([['repodata/repomd.xml', bytes]])))
          expect(key).to.match(/^repodata\//)
      } else if (kind.startsWith('primary')) {
        const href = `repodata/${kind}`
        const repomd = Buffer.from(`<repomd><data type="primary"><location href="${href}"/></data></repomd>`)
        const objects = new Map([
          ['repodata/repomd.xml', repomd],
          [href, bytes],
        ])
        for (const key of await plan(yum, objects)) expect(key).to.match(/^repodata\//)
      } else if (kind.startsWith('Packages')) {
        const list = `dists/x/main/binary-amd64/${kind}`
        const objects = new Map<string, Uint8Array>([
          [list, bytes],
          ['dists/x/Release', Buffer.from('Suite: x\n')],
        ])
        for (const key of await plan(apt, objects)) expect(key).to.match(/^dists\/x\//)
      } else {
        const objects = new Map<string, Uint8Array>([
          [`dists/x/${kind}`, bytes],
          ['dists/x/main/binary-amd64/Packages', Buffer.from('')],
        ])
        for (const key of await plan(apt, objects)) expect(key).to.match(/^dists\/x\/(?!.*\.\.)/)
      }
    })
  }
})
