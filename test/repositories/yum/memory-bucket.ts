import { createHash } from 'node:crypto'
import type {
  Digests,
  IndexedPackage,
  IndexPlan,
  PackageSource,
  Repository,
  Signer,
  StoredObject,
} from '../../../src/repositories/format.ts'
import { yum } from '../../../src/repositories/yum/yum.ts'

interface Stored {
  readonly body: Uint8Array
  readonly modified: number
}

/** When everything in a bucket was written, in milliseconds, unless a test says otherwise. */
export const longAgo = 1_700_000_000_000

/** Objects in memory, and a run over them as the engine makes it. */
export class MemoryBucket {
  readonly objects = new Map<string, Stored>()
  /** Keys in the order in which a run wrote them; a list for each group. */
  written: string[][] = []

  put(key: string, body: Uint8Array | string, modified = longAgo): this {
    this.objects.set(key, { body: Buffer.from(body), modified })
    return this
  }

  text(key: string): string {
    return Buffer.from(this.objects.get(key)?.body ?? '').toString()
  }

  repository(root: string): Repository {
    return {
      root,
      indexes: this.#listed(root).filter(({ key }) => yum.roleOf(key) === 'index'),
      read: async (key) => this.objects.get(key)?.body,
    }
  }

  /** Reads all packages below a root. */
  async packages(root: string): Promise<IndexedPackage[]> {
    const found: IndexedPackage[] = []
    for (const stored of this.#listed(root)) {
      if (yum.roleOf(stored.key) !== 'package') continue
      found.push({ ...stored, ...(await yum.readPackage(this.source(stored))) })
    }
    return found
  }

  source(stored: StoredObject, known: Digests = {}): PackageSource {
    const body = this.objects.get(stored.key)?.body ?? Buffer.alloc(0)
    return {
      ...stored,
      known,
      range: async (start, end) => body.subarray(start, end),
      stream: async function* () {
        for (let at = 0; at < body.length; at += 1000) yield body.subarray(at, at + 1000)
      },
    }
  }

  /** Makes the indexes of a repository and writes what differs, in the order of the plan. */
  async reindex(
    root: string,
    now = longAgo + 1000,
    signer?: Signer,
    unreadable: readonly StoredObject[] = [],
  ): Promise<IndexPlan> {
    const repository = this.repository(root)
    const old = await yum.open(repository)
    const packages = await this.packages(root)
    const plan = await yum.writeIndexes({
      repository,
      old,
      packages: () => packages,
      unreadable,
      signer,
      now,
      options: {},
    })
    this.written = []
    for (const group of plan.groups) {
      const written: string[] = []
      for (const object of group) {
        const body = await object.body()
        if (Buffer.compare(this.#body(object.key), body) === 0) continue
        this.put(object.key, body, now)
        written.push(object.key)
      }
      if (written.length > 0) this.written.push(written)
    }
    return plan
  }

  #body(key: string): Uint8Array {
    return this.objects.get(key)?.body ?? Buffer.from('nothing like this is ever written')
  }

  #listed(root: string): StoredObject[] {
    return [...this.objects]
      .filter(([key]) => key.startsWith(root))
      .map(([key, { body, modified }]) => ({
        key,
        size: body.length,
        etag: createHash('md5').update(body).digest('hex'),
        modified,
      }))
      .sort((a, b) => Buffer.compare(Buffer.from(a.key), Buffer.from(b.key)))
  }
}
