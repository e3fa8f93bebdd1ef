/** What a walk takes place on, made of nothing. */
import { readdir, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'

import { signingKey } from '../e2e/reindex-clients.ts'
import { asRootDo, cleanDebian, copyOf } from './clean-root.ts'
import { dnfInto, likeAnEl } from './like-an-el.ts'
import type { Machines } from './walk.ts'

/**
 * @param here - folder of the packages
 */
export async function machinesIn(folder: string, here: string): Promise<Machines> {
  const debian = await cleanDebian(join(folder, 'walked'), 'minbase')
  for (const name of await readdir(here)) await asRootDo('cp', [join(here, name), join(debian.path, 'root', name)])
  await writeFile(join(debian.path, 'root/release-key.asc'), (await signingKey()).secret, { mode: 0o600 })
  const other = await copyOf(debian, join(folder, 'walked-other'))
  const el = await likeAnEl({ debian, folder, here }, join(folder, 'walked-el'))
  const dnf = await dnfInto(el.path, join(folder, 'walk-dnf.conf'), {})
  return {
    debian,
    other,
    async dnf(rpm) {
      await dnf('install', join(here, basename(rpm)))
      await el.run(['pc-ctl', '--version'])
    },
  }
}
