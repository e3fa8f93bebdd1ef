import type { Format } from '../format.ts'
import { foundsRepository, missingIndexes, roleOf, rootOf } from './layout.ts'
import { type OldAlpine, openAlpine } from './old-indexes.ts'
import { identityIn, readApk } from './read-apk.ts'
import { writeIndexes } from './write-indexes.ts'

/** Alpine's repositories, as apk reads them in its second version. */
export const alpine: Format<OldAlpine> = {
  name: 'alpine',
  // An index tells the digest of the part of a package that is read.
  digests: [],
  roleOf,
  rootOf,
  foundsRepository,
  missing: missingIndexes,
  open: openAlpine,
  readPackage: readApk,
  identityIn: (_, facts) => identityIn(facts),
  writeIndexes,
}
