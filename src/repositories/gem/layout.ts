/** Where the objects of a gem repository lie. */
import { gzipSync } from 'node:zlib'

import type { MissingIndexes, PresentIndexes, Role } from '../format.ts'
import { innermostOf, unclearRoots } from '../nested-roots.ts'
import { marshal } from './marshal-write.ts'

const lists = /(?:^|\/)(?:(?:latest_|prerelease_)?specs\.4\.8(?:\.gz)?|quick\/Marshal\.4\.8\/[^/]+\.gemspec\.rz)$/
const compact = /(?:^|\/)(?:versions|names|info\/[^/]+)$/

export function roleOf(key: string): Role | undefined {
  if (key.endsWith('.gem')) return 'package'
  return lists.test(key) || compact.test(key) ? 'index' : undefined
}

export const rootOf = (key: string): string | undefined =>
  /^((?:.*\/)?)(?:latest_|prerelease_)?specs\.4\.8(?:\.gz)?$/.exec(key)?.[1] ??
  /^((?:.*?\/)?)quick\/Marshal\.4\.8\/[^/]+\.gemspec\.rz$/.exec(key)?.[1] ??
  /^((?:.*\/)?)versions$/.exec(key)?.[1]

/**
 * packagecloud's own layout: clients ask for a package by its name, which the front server maps to a number. A gem says
 * its name itself.
 */
export const isMapped = (key: string): boolean => /(?:^|\/)package_files\/\d+\.gem$/.test(key)

/** See `Format.missing`. */
export function missingIndexes(folders: Iterable<string>, { roots: present }: PresentIndexes): MissingIndexes {
  const roots = new Set(present)
  const doubts = new Map<string, string>()
  const candidates = new Map<string, string>()
  for (const folder of folders) {
    if (innermostOf(roots, folder) !== undefined) continue
    const root = /^((?:.*\/)?)gems\/$/.exec(folder)?.[1]
    if (root === undefined) doubts.set(folder, 'clients ask for gems in a folder gems/ of their repository')
    else candidates.set(root, folder)
  }
  const unclear = unclearRoots(candidates.keys(), present)
  const repositories = new Map<string, ReadonlyMap<string, Uint8Array>>()
  for (const [root, folder] of candidates) {
    const other = unclear.get(root)
    if (other === undefined) repositories.set(root, emptyIndex(root))
    else doubts.set(folder, `it is not clear whether ${nameOf(root)} or ${nameOf(other)} is the repository`)
  }
  return { repositories, doubts }
}

const nameOf = (root: string): string => (root === '' ? 'the whole bucket' : root)

/** Of both kinds: the lists, and the compact index, which has no beginning yet. */
const emptyIndex = (root: string): ReadonlyMap<string, Uint8Array> =>
  new Map([
    [`${root}specs.4.8.gz`, gzipSync(marshal([]))],
    [`${root}versions`, Buffer.alloc(0)],
  ])
