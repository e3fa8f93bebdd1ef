/** Which trees could be made of folders of rpms that are in none. */
import { createHash } from 'node:crypto'
import type { MissingIndexes, PresentIndexes } from '../format.ts'
import { innermostOf, unclearRoots } from '../nested-roots.ts'
import { renderData, renderRepomd } from './repomd.ts'

/** See `Format.missing`. */
export function missingIndexes(
  folders: Iterable<string>,
  { indexes }: PresentIndexes,
  rootOf: (key: string) => string | undefined,
): MissingIndexes {
  const doubts = new Map<string, string>()
  const present = new Set(indexes.flatMap((key) => rootOf(key) ?? []))
  const foldersOf = new Map<string, string[]>()
  for (const folder of folders) {
    if (innermostOf(present, folder) !== undefined) continue
    const root = folder.replace(/(^|\/)Packages\/(?:[^/]\/)?$/, '$1')
    if (rootOf(repomdOf(root)) !== root || folder.endsWith('package_files/')) {
      doubts.set(folder, 'clients know its packages under names that only packagecloud can tell')
    } else foldersOf.set(root, [...(foldersOf.get(root) ?? []), folder])
  }
  const unclear = unclearRoots(foldersOf.keys(), present)
  const repositories = new Map<string, Map<string, Uint8Array>>()
  for (const [root, below] of foldersOf) {
    const other = unclear.get(root)
    if (other === undefined) repositories.set(root, emptyTree(root))
    for (const folder of other === undefined ? [] : below) {
      doubts.set(
        folder,
        `it is not clear whether it or ${other === '' ? 'the whole bucket' : `${other}`} is the repository`,
      )
    }
  }
  return { repositories, doubts }
}

const repomdOf = (root: string): string => `${root}repodata/repomd.xml`

/** An index without packages, as createrepo_c makes it of an empty folder. */
function emptyTree(root: string): Map<string, Uint8Array> {
  const primary =
    '<?xml version="1.0" encoding="UTF-8"?>\n' +
    '<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="0">\n</metadata>'
  const sha256 = createHash('sha256').update(primary).digest('hex')
  const href = 'repodata/primary.xml'
  const size = { size: primary.length, openSize: primary.length, timestamp: 0 }
  const data = renderData({ type: 'primary', href, sha256, openSha256: sha256, ...size })
  return new Map([
    [repomdOf(root), Buffer.from(renderRepomd(0, [data]))],
    [root + href, Buffer.from(primary)],
  ])
}
