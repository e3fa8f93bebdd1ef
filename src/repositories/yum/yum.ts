import type { Format, OldIndexes } from '../format.ts'
import { isMapped } from './membership.ts'
import { placesOf } from './old-entries.ts'
import { missingIndexes } from './missing.ts'
import { identityIn } from './kept-rpm.ts'
import { readPackage } from './read-package.ts'
import { type OldRepodata, openTree, type Tree, treeRootOf, treeRoots } from './tree.ts'
import { writeIndexes } from './write-indexes.ts'

/**
 * packagecloud keeps the packages of all architectures in one folder beside the architectures' own: the folder above
 * them is the repository.
 */
const packagecloudTree = /^((?:.*\/)?\d+\/\d+\/[^/]+\/[^/]+\/)[^/]+\/$/

/** RPM repositories, as yum, dnf and zypper read them. */
export const yum: Format<OldRepodata> = {
  name: 'yum',
  digests: ['sha256'],

  roleOf(key) {
    if (/(^|\/)repodata\/[^/]+$/.test(key)) return 'index'
    return key.endsWith('.rpm') ? 'package' : undefined
  },

  rootOf(key) {
    const root = treeRootOf(key)
    return root === undefined ? undefined : (packagecloudTree.exec(root)?.[1] ?? root)
  },

  foundsRepository: (key) => key.endsWith('.rpm'),

  missing(folders, present) {
    return missingIndexes(folders, present, (key) => this.rootOf(key))
  },

  async open(repository) {
    const trees: Tree[] = []
    for (const root of treeRoots(repository.indexes)) {
      if (root !== repository.root && this.rootOf(`${root}repodata/repomd.xml`) !== repository.root) continue
      const tree = await openTree(repository, root)
      if (tree !== undefined) trees.push(tree)
    }
    return {
      trees,
      signatures: trees.flatMap(({ signature }) => (signature === undefined ? [] : [{ detached: signature }])),
      digestsOf: (object) => digestsOf(trees, object),
      listed: (key) => listedAs(trees, key),
      places: () => placesIn(trees),
    }
  },

  readPackage,
  identityIn: ({ size }, facts) => identityIn(size, facts),
  writeIndexes,
}

function* placesIn(trees: readonly Tree[]): Generator<string> {
  for (const { root, entries } of trees) {
    for (let number = 0; number < (entries?.length ?? 0); number++) {
      yield* placesOf(root, entries?.at(number).href ?? '')
    }
  }
}

const listedAs = (trees: readonly Tree[], key: string): string[] =>
  trees.flatMap(({ entries }) => {
    const placed = isMapped(key) ? undefined : entries?.placed(key)
    const entry = placed === undefined ? undefined : entries?.at(placed)
    return entry?.checksumType === 'sha256' ? [entry.checksum] : []
  })

/**
 * An index tells a package's SHA-256 and the time of its file, and S3 changes an object's time with every write: so
 * where place, size and time are all the same, the content is. (createrepo_c --update goes by the same three.)
 */
function digestsOf(trees: readonly Tree[], { key, size, modified }: Parameters<OldIndexes['digestsOf']>[0]) {
  if (isMapped(key)) return undefined
  for (const { entries } of trees) {
    const placed = entries?.placed(key)
    const entry = placed === undefined ? undefined : entries?.at(placed)
    if (entry?.checksumType !== 'sha256' || !/^[\da-f]{64}$/.test(entry.checksum)) continue
    if (entry.size === size && entry.fileTime === Math.floor(modified / 1000)) return { sha256: entry.checksum }
  }
  return undefined
}
