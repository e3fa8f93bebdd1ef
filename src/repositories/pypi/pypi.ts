import type { Format } from '../format.ts'
import { missingIndexes, roleOf, rootOf } from './keys.ts'
import { type OldPages, openPages } from './old-pages.ts'
import { identityIn, readPackage } from './read-package.ts'
import { writeIndexes } from './write-indexes.ts'

/**
 * Repositories as pip, uv and their like read them: a page of each project.
 *
 * @see https://packaging.python.org/en/latest/specifications/simple-repository-api/
 */
export const pypi: Format<OldPages> = {
  name: 'pypi',
  digests: ['sha256'],
  roleOf,
  rootOf,
  foundsRepository: (key) => key.endsWith('.whl') || (roleOf(key) === 'package' && !key.endsWith('.egg')),
  missing: missingIndexes,
  open: openPages,
  readPackage,
  identityIn: ({ key }, facts) => identityIn(key, facts),
  writeIndexes,
}
