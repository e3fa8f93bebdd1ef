/** Folders of packages that are made for a comparison, and what is compared there. */
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'

import { Journal } from '../../src/reindex/journal/journal.ts'
import type { Format, FormatOptions } from '../../src/repositories/format.ts'
import { compare, type Package, type Peer, readersOf } from './compare.ts'

/** Names of packages, and versions of each. */
const names = 75
const versions = 20
const rounds = 5

interface MadeSet {
  readonly format: Format['name']
  /** Bytes that packages have besides what makes them packages: the first, and the last. */
  readonly sizes: readonly [smallest: number, largest: number]
  /** The package of a name and a version, with so much in it. */
  readonly make: (name: string, version: string, size: number) => { readonly key: string; readonly body: Uint8Array }
  /** The present indexes, by names of packages. */
  readonly indexes: (names: readonly string[]) => ReadonlyMap<string, Buffer>
  readonly options?: FormatOptions
  /** What does the same in a folder of them. */
  readonly peers: (folder: string, work: string) => readonly Peer[]
}

/** A package of each name and version, and who makes their indexes. */
export async function benchMade(
  work: string,
  { format, sizes, make, indexes, options, peers }: MadeSet,
): Promise<void> {
  const [smallest, largest] = sizes
  const folder = mkdtempSync(join(work, `${format}-`))
  const packages = Array.from({ length: names * versions }, (_package, number): Package => {
    const [name, version] = [`made-${String(number % names)}`, `1.${String(Math.floor(number / names))}.0`]
    const size = Math.round(smallest * (largest / smallest) ** (number / (names * versions)))
    const { key, body } = make(name, version, size)
    mkdirSync(dirname(join(folder, key)), { recursive: true })
    writeFileSync(join(folder, key), body)
    const [md5 = '', sha256 = ''] = ['md5', 'sha256'].map((sum) => createHash(sum).update(body).digest('hex'))
    return { key, size: body.length, md5, sha256 }
  })
  const allNames = Array.from({ length: names }, (_name, number) => `made-${String(number)}`)
  const readers = readersOf(folder)
  const journal = new Journal(work, format)
  const setup = { format, packages, indexes: indexes(allNames), readers, journal, ...(options && { options }) }
  const name = `of ${String(smallest / 1000)} to ${String(largest / 1000)} KB`
  try {
    await compare(setup, { name, rounds }, peers(folder, work))
  } finally {
    readers.close()
    journal.close()
    rmSync(folder, { recursive: true })
  }
}
