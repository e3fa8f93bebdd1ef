/** Which apt repositories could be made of folders of packages that are in none. */
import type { MissingIndexes, PresentIndexes } from '../format.ts'
import { innermostOf, unclearRoots } from '../nested-roots.ts'
import { listOf, rootOf, suiteOf } from './layout.ts'

const binaryFolder = /^((?:.*\/)?)dists\/([^/]+)\/[^/]+\/binary-[^/]+\/$/

/** See `Format.missing`. */
export function missingIndexes(folders: Iterable<string>, { indexes }: PresentIndexes): MissingIndexes {
  const repositories = new Map<string, Map<string, Uint8Array>>()
  const doubts = new Map<string, string>()
  const lists = new Set(indexes.flatMap((key) => listOf(key)?.folder ?? []))
  const suites = new Set(indexes.flatMap(suiteFolderOf))
  const roots = new Set(indexes.flatMap((key) => rootOf(key) ?? []))
  const others: string[] = []
  for (const folder of [...folders].sort()) {
    const [, root, suite] = binaryFolder.exec(folder) ?? []
    if (root === undefined || suite === undefined) {
      others.push(folder)
      continue
    }
    if (lists.has(folder)) continue
    const objects = repositories.get(root) ?? new Map<string, Uint8Array>()
    repositories.set(root, objects.set(`${folder}Packages`, Buffer.alloc(0)))
    if (!suites.has(`${root}dists/${suite}/`)) {
      objects.set(`${root}dists/${suite}/Release`, Buffer.from(`Suite: ${suite}\nCodename: ${suite}\n`))
    }
  }
  for (const root of repositories.keys()) roots.add(root)
  const flat: string[] = []
  for (const folder of others) {
    // What is in a repository and in none of its lists is told of when its indexes are made.
    if (innermostOf(roots, folder) !== undefined) continue
    const why = doubtOf(folder)
    if (why === undefined) flat.push(folder)
    else doubts.set(folder, why)
  }
  const unclear = unclearRoots(flat, roots)
  for (const folder of flat) {
    const other = unclear.get(folder)
    if (other !== undefined) doubts.set(folder, `it is not clear whether it or ${nameOf(other)} is the repository`)
    // A field is all that a Release needs, and by hash is how it is read.
    else
      repositories.set(
        folder,
        new Map([
          [`${folder}Packages`, Buffer.alloc(0)],
          [`${folder}Release`, Buffer.from('Acquire-By-Hash: yes\n')],
        ]),
      )
  }
  return { repositories, doubts }
}

function suiteFolderOf(key: string): string[] {
  const [, root, below] = /^((?:.*?\/)?)dists\/(.+)$/.exec(key) ?? []
  const suite = below === undefined ? undefined : suiteOf(below)
  return root === undefined || suite === undefined ? [] : [`${root}dists/${suite}/`]
}

function doubtOf(folder: string): string | undefined {
  const path = `/${folder}`
  if (path.endsWith('/package_files/')) return 'clients know its packages under names that only packagecloud can tell'
  if (path.includes('/pool/')) return 'a pool does not tell which suite and component its packages are in'
  if (path.includes('/dists/')) return 'its place below dists/ does not tell suite, component and architecture'
  return undefined
}

const nameOf = (folder: string): string => (folder === '' ? 'the whole bucket' : folder)
