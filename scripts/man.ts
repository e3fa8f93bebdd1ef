/**
 * Writes man/: `pc-ctl(1)` and a page for each command, from oclif.manifest.json, which `--help` is made of too, and from the
 * exit codes of the README.
 */
import { mkdir, mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { type Command, commandPage, type Manual, overviewPage } from './man-pages.ts'
import { sourceDate } from './source-date.ts'

const root = join(import.meta.dirname, '..')
const place = join(root, 'man')

const read = (file: string): Promise<string> => readFile(join(root, file), 'utf8')
const { version, description } = JSON.parse(await read('package.json')) as { version: string; description: string }
const { commands } = JSON.parse(await read('oclif.manifest.json')) as { commands: Record<string, Command> }
const manual: Manual = {
  version,
  description,
  date: new Date(sourceDate() * 1000).toISOString().slice(0, 10),
  commands: Object.values(commands).filter(({ hidden }) => hidden !== true),
  exitCodes: Array.from(
    (await read('README.md')).matchAll(/^\| (\d+) +\| (.+?) +\|$/gm),
    ([, code = '', meaning = '']) => ({
      code,
      meaning,
    }),
  ),
}

const pages = new Map([['pc-ctl', overviewPage(manual)]])
for (const command of manual.commands) {
  // Who looks for the other name is shown the same page.
  for (const name of [command.id, ...(command.aliases ?? [])]) pages.set(`pc-ctl-${name}`, commandPage(command, manual))
}

// Made beside the present ones, so that whoever packs them meanwhile has either whole.
const next = await mkdtemp(`${place}.`)
await mkdir(join(next, 'man1'))
for (const [name, page] of pages) await writeFile(join(next, 'man1', `${name}.1`), page)
await rm(place, { recursive: true, force: true })
await rename(next, place)
