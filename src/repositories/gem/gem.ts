import type { Format } from '../format.ts'
import { missingIndexes, roleOf, rootOf } from './layout.ts'
import { type OldGems, openGems } from './old-indexes.ts'
import { identityIn } from './kept-gem.ts'
import { readGem } from './read-gem.ts'
import { writeIndexes } from './write-indexes.ts'

/** RubyGems' repositories: the lists of all versions of RubyGems, and the compact index of Bundler. */
export const gem: Format<OldGems> = {
  name: 'gem',
  digests: ['sha256'],
  roleOf,
  rootOf,
  foundsRepository: (key) => key.endsWith('.gem'),
  missing: missingIndexes,
  open: openGems,
  readPackage: readGem,
  identityIn: (_, facts) => identityIn(facts),
  writeIndexes,
}
