/** A package of a version before this one, with a file that is no more. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { type Contents, withFolders } from '../../scripts/package/contents.ts'
import { deb, debName } from '../../scripts/package/deb.ts'
import { rpm, rpmName } from '../../scripts/package/rpm.ts'

/** In it, and in no newer one. */
export const goneFile = '/opt/pc-ctl/dist/gone.js'

/** Writes it in both formats into a folder; `pc-ctl` in it says so. */
export async function olderPackages(folder: string): Promise<{ readonly deb: string; readonly rpm: string }> {
  const file = (path: string, mode: number, text: string) => ({ path, mode, content: Buffer.from(text) })
  const files = [file('usr/bin/pc-ctl', 0o755, '#!/bin/sh\necho older\n'), file(goneFile.slice(1), 0o644, 'gone\n')]
  const contents: Omit<Contents, 'items'> = {
    ...{ name: 'pc-ctl', version: '0.0.9', revision: 3, arch: 'x64', summary: 'older', description: 'Older.' },
    ...{
      homepage: 'https://example.org/',
      maintainer: 'us <us@example.org>',
      license: 'Apache-2.0',
      time: 1_700_000_000,
    },
  }
  // /opt is of another package in an EL, and of none in a Debian.
  const debian: Contents = { ...contents, items: withFolders(files, () => true) }
  const el: Contents = { ...contents, items: withFolders(files, (path) => path.startsWith('opt/pc-ctl')) }
  const paths = { deb: join(folder, debName(debian)), rpm: join(folder, rpmName(el)) }
  await writeFile(paths.deb, await deb(debian))
  await writeFile(paths.rpm, await rpm(el))
  return paths
}
