import type { PackageFacts, PackageSource } from '../format.ts'
import type { Format } from '../format.ts'
import { readDeb } from './deb.ts'
import type { Stanza } from './deb822.ts'
import { valueOf } from './deb822.ts'
import { packDeb, packDsc } from './kept-package.ts'
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
  writeIndexes: planIndexes,
}

async function readPackage(source: PackageSource): Promise<PackageFacts> {
  if (source.key.endsWith('.dsc')) {
    const { dsc, digests } = await readDsc(source)
    return { digests, identity: identityOf(dsc, 'Source', 'source'), facts: packDsc(dsc) }
  }
  const { control, digests } = await readDeb(source)
  const architecture = valueOf(control, 'Architecture') ?? ''
  return { digests, identity: identityOf(control, 'Package', architecture), facts: packDeb(control) }
}

const identityOf = (stanza: Stanza, name: string, architecture: string): string =>
  `${valueOf(stanza, name) ?? ''} ${valueOf(stanza, 'Version') ?? ''} ${architecture}`
