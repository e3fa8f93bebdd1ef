/**
 * A bucket of any number of objects, of which nothing is kept: what an object is follows from its number in the order of
 * keys. Apt and yum repositories take turns, each with its index at its beginning or its end.
 */

export type Kind = 'apt' | 'yum'

/** An object: a package of a repository, by its number, or of an index, by its path below the root. */
export interface Place {
  readonly repository: number
  readonly kind: Kind
  readonly of: number | string
}

/** Paths below the root of what an index consists of: before the packages in the order of keys, and behind them. */
const indexPaths: Readonly<Record<Kind, { readonly before: readonly string[]; readonly behind: readonly string[] }>> = {
  apt: { before: ['dists/stable/Release'], behind: ['dists/stable/main/binary-amd64/Packages'] },
  yum: { before: [], behind: ['repodata/primary.xml', 'repodata/repomd.xml'] },
}

const [repositoryDigits, folderDigits, packageDigits, etagDigits] = [6, 4, 7, 16]
/** So many packages lie in a folder. */
const perFolder = 1000

const padded = (number: number, digits: number): string => String(number).padStart(digits, '0')

export const kindOfRepository = (repository: number): Kind => (repository % 2 === 0 ? 'apt' : 'yum')

export const rootOf = (repository: number): string =>
  `r${padded(repository, repositoryDigits)}/${kindOfRepository(repository) === 'yum' ? 'el/9/x86_64/' : ''}`

/** Of one length, whatever the number is. */
export const nameOf = (number: number): string => `package-${padded(number, packageDigits)}`

/** Below the root. */
const pathOf = (kind: Kind, number: number): string =>
  pathIn(kind, padded(Math.floor(number / perFolder), folderDigits), nameOf(number))

const pathIn = (kind: Kind, folder: string, name: string): string =>
  kind === 'apt'
    ? `dists/stable/main/binary-amd64/${folder}/${name}_1.2.3-4_amd64.deb`
    : `Packages/${folder}/${name}-1.2.3-4.x86_64.rpm`

const etagHead = 'd41d8cd98f00b204'
/** Unlike that of any other, and no more to be packed than that of real content. */
const etagTail = (index: number): string =>
  (Math.imul(index + 1, 0x9e3779b1) >>> 0).toString(16).padStart(8, '0') + index.toString(16).padStart(8, '0')

export const etagOf = (index: number): string => etagHead + etagTail(index)

/** What an object of an index is now. */
export type IndexVersion = (key: string) => { readonly size: number; readonly etag: string }

/** The bucket with so many objects. */
export class ScaleBucket {
  readonly count: number
  /** Objects of a repository. */
  readonly each: number
  /** Bytes of a package. */
  readonly sizes: Readonly<Record<Kind, number>>
  readonly #entries: Readonly<Record<Kind, EntryTemplate>>

  constructor(count: number, each: number, sizes: Readonly<Record<Kind, number>>) {
    this.count = count
    this.each = each
    this.sizes = sizes
    this.#entries = { apt: new EntryTemplate('apt', sizes.apt), yum: new EntryTemplate('yum', sizes.yum) }
  }

  placeOf(index: number): Place {
    const repository = Math.floor(index / this.each)
    const kind = kindOfRepository(repository)
    const { before, behind } = indexPaths[kind]
    // The last one may have fewer packages; its index is there all the same.
    const objects = Math.min(this.each, this.count - repository * this.each)
    const within = index - repository * this.each
    return {
      repository,
      kind,
      of: before[within] ?? behind[within - objects + behind.length] ?? within - before.length,
    }
  }

  keyOf(index: number): string {
    const { repository, kind, of } = this.placeOf(index)
    return rootOf(repository) + (typeof of === 'string' ? of : pathOf(kind, of))
  }

  /** The number of the first object behind a key. */
  behind(key: string): number {
    let [low, high] = [0, this.count]
    while (low < high) {
      const middle = Math.floor((low + high) / 2)
      if (this.keyOf(middle) <= key) low = middle + 1
      else high = middle
    }
    return low
  }

  /** The number of the object at a key; undefined: there is none. */
  indexOf(key: string): number | undefined {
    const index = this.behind(key) - 1
    return index >= 0 && this.keyOf(index) === key ? index : undefined
  }

  /** Entries of a listing, those from an object (included) to another (not included). */
  entries(from: number, to: number, versionOf: IndexVersion): Buffer {
    const page = Buffer.allocUnsafe((to - from) * 512)
    let at = 0
    for (let index = from; index < to; index++) {
      const { repository, kind, of } = this.placeOf(index)
      if (typeof of === 'number') {
        at = this.#entries[kind].write(page, at, { repository, number: of, tail: etagTail(index) })
      } else {
        const key = rootOf(repository) + of
        const { etag, size } = versionOf(key)
        at += page.write(entry(key, etag, size), at, 'latin1')
      }
    }
    return page.subarray(0, at)
  }
}

export const entry = (key: string, etag: string, size: number): string =>
  `<Contents><Key>${key}</Key><LastModified>2025-01-02T03:04:05.000Z</LastModified><ETag>&quot;${etag}&quot;</ETag>` +
  '<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType>' +
  `<Size>${String(size)}</Size><StorageClass>STANDARD</StorageClass></Contents>`

/** The entry of a package, in which only digits have to be written: a hundred million of them take no time beside their reading. */
class EntryTemplate {
  readonly #bytes: Buffer
  readonly #repository: number
  readonly #folder: number
  readonly #names: readonly number[]
  readonly #tail: number

  constructor(kind: Kind, size: number) {
    const [folder, name] = ['F'.repeat(folderDigits), 'N'.repeat(packageDigits)]
    const root = rootOf(kind === 'apt' ? 0 : 1)
    const key = root + pathIn(kind, folder, `package-${name}`)
    const text = entry(key, etagHead + 'T'.repeat(etagDigits), size)
    this.#bytes = Buffer.from(text, 'latin1')
    this.#repository = text.indexOf(root) + 1
    this.#folder = text.indexOf(folder)
    this.#names = [text.indexOf(name), text.lastIndexOf(name)].filter((at, nth, all) => nth === 0 || at !== all[0])
    this.#tail = text.indexOf('T'.repeat(etagDigits))
  }

  /** @returns where the next entry begins */
  write(page: Buffer, at: number, its: { repository: number; number: number; tail: string }): number {
    this.#bytes.copy(page, at)
    digits(page, at + this.#repository, repositoryDigits, its.repository)
    digits(page, at + this.#folder, folderDigits, Math.floor(its.number / perFolder))
    for (const name of this.#names) digits(page, at + name, packageDigits, its.number)
    page.write(its.tail, at + this.#tail, 'latin1')
    return at + this.#bytes.length
  }
}

function digits(page: Buffer, at: number, length: number, value: number): void {
  for (let [place, rest] = [at + length - 1, value]; place >= at; place--) {
    page[place] = 0x30 + (rest % 10)
    rest = Math.floor(rest / 10)
  }
}
