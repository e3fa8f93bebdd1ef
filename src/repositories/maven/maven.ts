import type { Format, MissingIndexes, OldIndexes, PresentIndexes } from '../format.ts'
import { innermostOf } from '../nested-roots.ts'
import { artifactFile, listedFolder, rootOfFolder } from './keys.ts'
import { writeIndexes } from './write-indexes.ts'

const nothing: OldIndexes = {
  signatures: [],
  digestsOf: () => undefined,
  listed: () => [],
  places: () => [],
}

/**
 * Repositories as Maven, Gradle and their like read them: what is in `maven-metadata.xml` is all in the keys.
 *
 * @see https://maven.apache.org/repositories/metadata.html
 */
export const maven: Format = {
  name: 'maven',
  digests: [],

  roleOf(key) {
    if (/\/maven-metadata\.xml(?:\.[a-z0-9]+)?$/.test(`/${key}`)) return 'index'
    return artifactFile(key) === undefined ? undefined : 'package'
  },

  rootOf(key) {
    const folder = listedFolder(key)
    return folder === undefined ? undefined : rootOfFolder(folder).root
  },

  foundsRepository: (key) => key.endsWith('.pom'),
  missing,
  open: async () => nothing,
  readPackage: async ({ key }) => ({ digests: {}, identity: key, facts: new Uint8Array() }),
  identityIn: ({ key }, facts) => (facts.length === 0 ? key : undefined),
  writeIndexes,
}

function missing(folders: Iterable<string>, present: PresentIndexes): MissingIndexes {
  const roots = new Set(present.roots)
  const repositories = new Map<string, ReadonlyMap<string, Uint8Array>>()
  const doubts = new Map<string, string>()
  for (const folder of folders) {
    const { root, isSure } = rootOfFolder(folder.replace(/[^/]+\/$/, ''))
    // What lies in a repository that is there gets its lists with the others.
    if (innermostOf(roots, folder) !== undefined) continue
    if (isSure) repositories.set(root, new Map())
    else doubts.set(folder, 'its key does not tell where its groupId begins')
  }
  return { repositories, doubts }
}
