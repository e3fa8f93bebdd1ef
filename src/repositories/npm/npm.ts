import type { Format, OldIndexes } from '../format.ts'
import { isTarball, missingPackuments, rootOfPackument } from './layout.ts'
import { identityIn } from './manifest.ts'
import { readTarball } from './read-tarball.ts'
import { writeIndexes } from './write-indexes.ts'

/** What packuments say is looked at one by one, where they are made anew. */
const nothing: OldIndexes = {
  signatures: [],
  digestsOf: () => undefined,
  listed: () => [],
  places: () => [],
}

/**
 * Registries as npm, pnpm, Yarn and Bun read them: what is told of a package is in one document at the key that is its name.
 *
 * @see https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md
 */
export const npm: Format = {
  name: 'npm',
  digests: ['sha512', 'sha1'],
  roleOf: (key) => (isTarball(key) ? 'package' : undefined),
  rootOf: () => undefined,
  rootOfTold: rootOfPackument,
  foundsRepository: isTarball,
  missing: missingPackuments,
  open: async () => nothing,
  readPackage: readTarball,
  identityIn: (_, facts) => identityIn(facts),
  writeIndexes,
}
