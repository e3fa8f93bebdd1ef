import { expect } from 'chai'

import { shrinking } from '../../src/reindex/indexes/shrink-brake.ts'
import type { Format, FormatOptions, StoredObject } from '../../src/repositories/format.ts'
import { kindOf } from '../../src/repositories/layout.ts'
import { FormatBucket, md5, type Read } from './format-bucket.ts'

interface Package {
  readonly key: string
  readonly body: Uint8Array
}

/** What the contract needs to know of one format. */
export interface FormatSubject {
  readonly format: Format
  /** Of the repository in {@link objects}. */
  readonly root: string
  /**
   * Packages, and an index of all of them as some other tool has made it: right, but said otherwise than we do. With two
   * packages at least.
   */
  readonly objects: ReadonlyMap<string, Uint8Array>
  /** Another package where it can only be of this repository, and what a client calls it. */
  readonly added: Package & { readonly name: string }
  /** No package, though its key says so; undefined where nothing is read. */
  readonly bad?: Package
  /** The key of a package that is listed now, and whose entry stays while it can't be read; undefined where none does. */
  readonly archived?: string
  /**
   * Follows the index as clients do, to the packages.
   *
   * @returns what they could install, and all that they would stumble over
   */
  client(read: Read): Promise<{ names: readonly string[]; complaints: readonly string[] }>
  /** All that only the index knows: it must stay. */
  carried(read: Read): unknown
  /** Packages alone of which `--create-missing` makes a repository, its root, and what clients find then. */
  readonly bare?: { readonly root: string; readonly objects: ReadonlyMap<string, Uint8Array>; readonly names: string[] }
  readonly options?: FormatOptions
}

/** The promises that every format keeps, without any engine: `test/commands` has what the engine adds. */
export function behavesLikeAFormat(name: string, prepare: () => Promise<FormatSubject>): void {
  describe(`${name} behaves like a format`, () => {
    let subject: FormatSubject
    let bucket: FormatBucket
    before(async () => (subject = await prepare()))
    beforeEach(() => (bucket = new FormatBucket(subject.format, subject.root, subject)))

    const packageKeys = (): string[] =>
      [...subject.objects.keys()].filter((key) => subject.format.roleOf(key) === 'package')
    const namesNow = async (of = bucket): Promise<readonly string[]> => {
      const { names, complaints } = await subject.client(of.read)
      expect(complaints).to.deep.equal([])
      return [...names].sort()
    }

    it('knows its objects by their keys, as the layouts do', () => {
      expect(subject.format.name).to.equal(name)
      for (const key of packageKeys()) expect(kindOf(key), key).to.not.have.property('is', 'index')
      const roots = [...subject.objects.keys()].flatMap((key) => subject.format.rootOf(key) ?? [])
      if (subject.format.rootOfTold === undefined) expect(new Set(roots)).to.deep.equal(new Set([subject.root]))
      expect(packageKeys().some((key) => subject.format.foundsRepository(key))).to.equal(true)
      expect(subject.format.roleOf(`${subject.root}readme.md`)).to.equal(undefined)
    })

    it('makes the same of the same, and no more than indexes below its root', async () => {
      const [one, other] = [await bucket.plan(), await bucket.plan()]
      const look = ({ groups }: typeof one): unknown =>
        groups.map((group) => group.map(({ key, size, md5: digest, top }) => ({ key, size, digest, top })))
      expect(look(one)).to.deep.equal(look(other))
      const objects = one.groups.flat()
      expect(objects.length).to.be.greaterThan(0)
      expect(new Set(objects.map(({ key }) => key))).to.have.property('size', objects.length)
      for (const { key, size, md5: digest, body } of objects) {
        for (const bytes of [await body(), await body()])
          expect([bytes.length, md5(bytes)]).to.deep.equal([size, digest])
        expect(key.startsWith(subject.root), key).to.equal(true)
        expect(subject.format.roleOf(key), key).to.not.equal('package')
        expect(subject.objects.has(key) && packageKeys().includes(key), key).to.equal(false)
      }
      expect(objects.some(({ top }) => top !== undefined)).to.equal(true)
    })

    it('lists what was listed, carries over what only the index knows, and then writes nothing more', async () => {
      const names = await namesNow()
      expect(names).to.have.length.of.at.least(2)
      const carried = subject.carried(bucket.read)
      expect(shrinking((await bucket.reindex()).parts)).to.equal(undefined)
      expect(await namesNow()).to.deep.equal(names)
      expect(subject.carried(bucket.read)).to.deep.equal(carried)
      // A day later, too: dates of an index change only with it.
      for (const now of [undefined, 1_700_086_400_000]) {
        const again = await bucket.plan(now === undefined ? {} : { now })
        expect(bucket.missing(again).map(({ key }) => key)).to.deep.equal([])
      }
    })

    it('takes in what is new, and tells of what is no package', async () => {
      const names = await namesNow()
      const { added, bad } = subject
      bucket.objects.set(added.key, added.body)
      if (bad !== undefined) bucket.objects.set(bad.key, bad.body)
      const plan = await bucket.reindex()
      expect(plan.bad).to.deep.equal(bad === undefined ? [] : [bad.key])
      expect(await namesNow()).to.deep.equal([...names, added.name].sort())
      expect(bucket.missing(await bucket.plan())).to.deep.equal([])
    })

    it('knows what it keeps of a package where others have read that, and nothing that lacks something', async () => {
      const { format } = subject
      const told = (object: StoredObject, facts: Uint8Array): string | undefined => {
        try {
          return format.identityIn(object, facts)
        } catch {
          return undefined
        }
      }
      const { read } = await bucket.plan()
      for (const one of read) expect(told(one, one.facts), one.key).to.equal(one.identity)
      for (const one of read.filter(({ facts }) => facts.length > 0)) {
        const step = Math.ceil(one.facts.length / 300)
        for (let end = 0; end < one.facts.length; end += step) {
          expect(told(one, one.facts.subarray(0, end)), `${one.key}, cut off at ${end}`).to.equal(undefined)
        }
        expect(told(one, Buffer.concat([one.facts, one.facts])), `${one.key}, twice`).to.equal(undefined)
      }
      const texts = [
        '{}',
        '[]',
        'null',
        '""',
        '1',
        '[["P","x"]]',
        '{"name":"x"}',
        '\0\0\0\u0002{}',
        '\0\0\0\0',
        '\0'.repeat(32),
      ]
      for (const text of texts) {
        for (const one of read) expect(told(one, Buffer.from(text)), `${one.key}: ${text}`).to.equal(undefined)
      }
    })

    it('keeps the entry of what can not be read for the moment, if it reads anything', async () => {
      const { archived, format } = subject
      if (archived === undefined) return void expect(format.digests).to.deep.equal([])
      await bucket.reindex()
      const names = await namesNow()
      const plan = await bucket.reindex({ archived: [archived] })
      expect([...plan.kept]).to.deep.equal([archived])
      expect(await namesNow()).to.deep.equal(names)
    })

    it('no longer lists what is gone, and the brake knows where that is all', async () => {
      await bucket.reindex()
      const names = await namesNow()
      const [gone = '', ...others] = packageKeys()
      bucket.objects.delete(gone)
      await bucket.reindex()
      expect((await namesNow()).length).to.be.lessThan(names.length)
      for (const key of others) bucket.objects.delete(key)
      expect(shrinking((await bucket.plan()).parts)).to.match(/0 packages instead of|packages would be lost/)
    })

    it('serves clients wherever it is stopped, and comes to the same end', async () => {
      const start = new Map([...bucket.objects, [subject.added.key, subject.added.body] as const])
      const whole = new FormatBucket(subject.format, subject.root, { ...subject, objects: start })
      const plan = await whole.plan()
      await whole.write(whole.missing(plan))
      const names = await namesNow(whole)
      // Inside a group any may come first.
      for (const groups of [plan.groups, plan.groups.map((group) => [...group].reverse())]) {
        const writes = bucket.missing({ ...plan, groups })
        for (let stop = 0; stop <= writes.length; stop++) {
          const stopped = new FormatBucket(subject.format, subject.root, { ...subject, objects: start })
          await stopped.write(writes.slice(0, stop))
          await namesNow(stopped)
          await stopped.reindex()
          expect(await namesNow(stopped)).to.deep.equal(names)
          expect([...stopped.objects.keys()].sort()).to.deep.equal([...whole.objects.keys()].sort())
          for (const [key, body] of whole.objects) {
            expect(Buffer.compare(stopped.read(key) ?? Buffer.alloc(0), body), `${key} after ${stop}`).to.equal(0)
          }
        }
      }
    })

    it('begins with nothing where its layout leaves no doubt', async function () {
      const { bare, format, options = {} } = subject
      if (bare === undefined) this.skip()
      const made = new FormatBucket(format, bare.root, { objects: bare.objects, options })
      const folders = [...bare.objects.keys()].map((key) => key.slice(0, key.lastIndexOf('/') + 1))
      const { repositories, doubts } = format.missing(folders, { indexes: [], roots: [], options })
      expect([...doubts]).to.deep.equal([])
      expect([...repositories.keys()]).to.deep.equal([bare.root])
      await made.reindex({ created: repositories.get(bare.root) ?? new Map() })
      expect(await namesNow(made)).to.deep.equal([...bare.names].sort())
      expect(made.missing(await made.plan()).map(({ key }) => key)).to.deep.equal([])
    })
  })
}
