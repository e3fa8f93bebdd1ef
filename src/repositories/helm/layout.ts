/** Where the objects of a chart repository lie. */
import type { MissingIndexes, PresentIndexes, Role } from '../format.ts'
import { innermostOf, unclearRoots } from '../nested-roots.ts'

export const indexOf = (root: string): string => `${root}index.yaml`

const index = /^((?:.*\/)?)index\.yaml$/

/** Archives of npm's lie in folders that no chart lies in. */
export function roleOf(key: string): Role | undefined {
  if (key.endsWith('.tgz')) return key.includes('/-/') ? undefined : 'package'
  return key.endsWith('index.yaml') && index.test(key) ? 'index' : undefined
}

export const rootOf = (key: string): string | undefined => index.exec(key)?.[1]

/** Anything is called `.tgz`; that it is a chart is told by nothing but the folder. */
export const foundsRepository = (key: string): boolean => /(?:^|\/)charts\/[^/]+\.tgz$/.test(key)

/** See `Format.missing`. */
export function missingIndexes(folders: Iterable<string>, { roots: present }: PresentIndexes): MissingIndexes {
  const roots = new Set(present)
  const candidates = [...folders].filter((folder) => innermostOf(roots, folder) === undefined)
  const unclear = unclearRoots(candidates, present)
  const repositories = new Map<string, ReadonlyMap<string, Uint8Array>>()
  const doubts = new Map<string, string>()
  for (const folder of candidates) {
    const other = unclear.get(folder)
    if (other === undefined) repositories.set(folder, new Map([[indexOf(folder), Buffer.from(empty)]]))
    else
      doubts.set(folder, `it is not clear whether it or ${other === '' ? 'the whole bucket' : other} is the repository`)
  }
  return { repositories, doubts }
}

const empty = 'apiVersion: v1\nentries: {}\n'
