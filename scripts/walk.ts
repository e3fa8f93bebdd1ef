/**
 * Walks through the README on bare machines, and writes into docs/walk.md what was typed, how long it took and what came of it.
 *
 *     npm run walk
 *
 * It takes root, mmdebstrap, dnf and rpm. Tests walk too, and fail where a command does.
 */
import { mkdtemp, readFile, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { removeAll } from '../test/packages/clean-root.ts'
import { makeHere } from '../test/packages/made-packages.ts'
import { machinesIn } from '../test/packages/walk-machines.ts'
import { walk } from '../test/packages/walk.ts'
import { walkedPage } from '../test/packages/walked-page.ts'

const root = join(import.meta.dirname, '..')
const page = join(root, 'docs/walk.md')
const folder = await mkdtemp(join(tmpdir(), 'pc-ctl-walk-'))
try {
  const here = join(folder, 'here')
  await makeHere(here)
  const walked = await walk(await readFile(join(root, 'README.md'), 'utf8'), await machinesIn(folder, here))
  await writeFile(page, walkedPage(await readFile(page, 'utf8'), walked))
  const failed = walked.filter(({ code }) => code !== 0)
  for (const { line, code, output } of failed) console.error(`${line} ended with ${code}:\n${output}`)
  console.log(`${walked.length} commands, ${failed.length} failed`)
  if (failed.length > 0) process.exitCode = 1
} finally {
  await removeAll(folder)
}
