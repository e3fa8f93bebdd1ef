import { createHash } from 'node:crypto'

import {
  BadPackageError,
  type Format,
  type FormatOptions,
  type IndexedPackage,
  type IndexObject,
  type IndexPlan,
  type OldIndexes,
  type StoredObject,
} from '../../src/repositories/format.ts'

/** The content of an object; undefined if there is none. */
export type Read = (key: string) => Uint8Array | undefined

export const md5 = (bytes: Uint8Array): string => createHash('md5').update(bytes).digest('hex')

/** A plan, and what it was made from. */
export interface Planned extends IndexPlan {
  readonly old: OldIndexes
  /** What was read. */
  readonly read: readonly IndexedPackage[]
  /** Keys of what could not be read. */
  readonly bad: readonly string[]
}

/** When everything was written, and a second later, in milliseconds. */
const longAgo = 1_700_000_000_000
const later = longAgo + 1000

/** A bucket in memory, and what the engine does with a repository of any format in it. */
export class FormatBucket {
  readonly objects: Map<string, Uint8Array>
  readonly read: Read = (key) => this.objects.get(key)
  readonly #format: Format
  readonly #root: string
  readonly #options: FormatOptions

  constructor(
    format: Format,
    root: string,
    {
      objects,
      options = {},
    }: { objects: Iterable<readonly [string, Uint8Array]>; options?: FormatOptions | undefined },
  ) {
    this.#format = format
    this.#root = root
    this.objects = new Map(objects)
    this.#options = options
  }

  listed(): StoredObject[] {
    return [...this.objects]
      .filter(([key]) => key.startsWith(this.#root))
      .map(([key, body]) => ({ key, size: body.length, etag: md5(body), modified: longAgo }))
      .sort((one, other) => Buffer.compare(Buffer.from(one.key), Buffer.from(other.key)))
  }

  /** Of all of an index, packages only where they have no other key's look: as a mapping or a neighbour tells it. */
  #isIndex(key: string): boolean {
    const role = this.#format.roleOf(key)
    return role === 'index' || (role === undefined && this.#format.rootOfTold?.(key) === this.#root)
  }

  /**
   * Plans as the engine does.
   *
   * @param created - an index that lists nothing yet
   * @param archived - keys that can't be read, though nothing has changed
   */
  async plan({
    created = new Map<string, Uint8Array>(),
    archived = [],
    now = later,
  }: {
    created?: ReadonlyMap<string, Uint8Array>
    archived?: readonly string[]
    now?: number
  } = {}): Promise<Planned> {
    const empty = [...created].map(([key, { length: size }]) => ({ key, size, etag: '', modified: 0 }))
    const repository = {
      root: this.#root,
      indexes: [...this.listed().filter(({ key }) => this.#isIndex(key)), ...empty],
      read: async (key: string) => this.objects.get(key) ?? created.get(key),
    }
    const old = await this.#format.open(repository)
    const packages: IndexedPackage[] = []
    const unreadable: StoredObject[] = []
    for (const object of this.listed().filter(({ key }) => this.#format.roleOf(key) === 'package')) {
      try {
        if (archived.includes(object.key)) throw new BadPackageError('it is archived')
        packages.push({ ...object, ...(await this.#format.readPackage(this.#source(object, old))) })
      } catch (error) {
        if (!(error instanceof BadPackageError)) throw error
        unreadable.push(object)
      }
    }
    const input = { repository, old, packages: () => packages, unreadable, signer: undefined, now }
    const plan = await this.#format.writeIndexes({ ...input, options: this.#options })
    return { ...plan, old, read: packages, bad: unreadable.map(({ key }) => key) }
  }

  /** What of a plan is not there already, in the order in which it is written. */
  missing({ groups }: IndexPlan): IndexObject[] {
    return groups.flat().filter((object) => {
      const there = this.objects.get(object.key)
      return there?.length !== object.size || md5(there) !== object.md5
    })
  }

  /** Writes some objects. */
  async write(objects: readonly IndexObject[]): Promise<void> {
    for (const { key, body } of objects) this.objects.set(key, await body())
  }

  /** Plans, and writes what is not there. */
  async reindex(how: Parameters<FormatBucket['plan']>[0] = {}): Promise<Planned> {
    const plan = await this.plan(how)
    await this.write(this.missing(plan))
    return plan
  }

  #source(object: StoredObject, old: OldIndexes): Parameters<Format['readPackage']>[0] {
    const body = this.objects.get(object.key) ?? new Uint8Array()
    return {
      ...object,
      known: old.digestsOf(object) ?? {},
      range: async (start, end) => body.subarray(start, end),
      async *stream() {
        for (let at = 0; at < body.length; at += 1000) yield body.subarray(at, at + 1000)
      },
    }
  }
}
