import type { PackageFacts, PackageSource } from '../format.ts'
import type { Format } from '../format.ts'
import { readDeb } from './deb.ts'
import { identityIn, identityOfPackage, identityOfSource, packDeb, packDsc } from './kept-package.ts'
import { roleOf, rootOf } from './layout.ts'
import { missingIndexes } from './missing.ts'
import { type OldApt, openApt } from './old-indexes.ts'
import { planIndexes } from './plan.ts'
import { readDsc } from './sources.ts'

/** Debian's repositories: binary packages and sources, suites and flat ones. */
export const apt: Format<OldApt> = {
  name: 'apt',
  digests: ['sha256'],
  roleOf,
  rootOf,
  foundsRepository: (key) => key.endsWith('.deb'),
  missing: missingIndexes,
  open: openApt,
  readPackage,
  identityIn: ({ key }, facts) => identityIn(key, facts),
  writeIndexes: planIndexes,
}

async function readPackage(source: PackageSource): Promise<PackageFacts> {
  if (source.key.endsWith('.dsc')) {
    const { dsc, digests } = await readDsc(source)
    return { digests, identity: identityOfSource(dsc), facts: packDsc(dsc) }
  }
  const { control, digests } = await readDeb(source)
  return { digests, identity: identityOfPackage(control), facts: packDeb(control) }
}
