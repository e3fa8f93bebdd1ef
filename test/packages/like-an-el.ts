/** A root for rpms, where no EL can be had: a Debian whose rpm database says what an EL has. */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { runClient } from '../e2e/reindex-clients.ts'
import { madeRpm, plainTags } from '../repositories/yum/made-rpm.ts'
import { asRootDo, type CleanRoot, copyOf } from './clean-root.ts'
import { fileIn, type Made } from './made-packages.ts'

/** Makes it, where nothing is yet. */
export async function likeAnEl({ debian, folder, here }: Pick<Made, 'debian' | 'folder' | 'here'>, path: string) {
  const root: CleanRoot = await copyOf(debian, path)
  const base = join(folder, 'base.rpm')
  await writeFile(base, madeRpm({ ...plainTags, ...(await providesOf(await fileIn(here, '.x86_64.rpm'))) }))
  await asRootDo('rpm', ['--root', path, '--install', '--justdb', '--define=_pkgverify_level none', base])
  await root.run(['mkdir', '--parents', '/opt', '/usr/share/licenses'])
  return root
}

/** Tags of a package that provides all that another one requires, as the packages of an EL do. */
async function providesOf(rpm: string): Promise<Record<number, string[] | { int32: number[] }>> {
  const { stdout } = await runClient('/', ['rpm', '-qp', '--requires', rpm])
  const names = stdout.split('\n').filter((name) => name !== '' && !name.startsWith('rpmlib('))
  return { 1047: names, 1112: { int32: names.map(() => 0) }, 1113: names.map(() => '') }
}

/** A dnf of this machine that installs into a root, and knows but the repositories that it is told. */
export async function dnfInto(
  root: string,
  config: string,
  repositories: Readonly<Record<string, Readonly<Record<string, string | number>>>>,
): Promise<(...args: string[]) => Promise<void>> {
  const settings = { main: { reposdir: `${config}.no-others` }, ...repositories }
  const sections = Object.entries(settings).map(
    ([section, values]) =>
      `[${section}]\n${Object.entries(values)
        .map(([name, value]) => `${name}=${value}\n`)
        .join('')}`,
  )
  await writeFile(config, sections.join('\n'))
  const flags = [`--config=${config}`, `--installroot=${root}`, '--releasever=8', '--noplugins', '--assumeyes']
  return async (...args) => {
    await asRootDo('dnf', [...flags, ...args])
  }
}
