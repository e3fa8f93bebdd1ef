/**
 * Lays out the help of every command, as oclif does, for every width of a terminal (src/ui/help-page.ts tells why), into
 * dist/help. Pages of which nothing has changed are kept in node_modules/.cache, for all of them take half a minute.
 *
 * Started in a process of its own, because oclif asks for colours and columns once, when it is loaded.
 */
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'

import { deflateSync } from 'fflate'

import { agentMark, type Page, pageColumns, pageFile, plainColumns, plainFile } from '../src/ui/help-page.ts'

const root = join(import.meta.dirname, '..')
const cache = join(root, 'node_modules/.cache/help')
process.env['FORCE_COLOR'] = '1'
const { Config, ux } = await import('@oclif/core')
// The class itself: that in dist/ prints through a copy of oclif of its own.
const { default: Help } = await import('../src/help.ts')

const config = await Config.load(root)
config.userAgent = agentMark
const { helpOptions } = config.pjson.oclif

let printed = ''
ux.stdout = (text) => void (printed += `${[text ?? []].flat().join(' ')}\n`)

const pages = join(root, 'dist/help')
const next = `${pages}.${process.pid}`
await mkdir(next, { recursive: true })
await mkdir(cache, { recursive: true })
const made = await fingerprint()
for (const command of [undefined, ...config.commandIDs]) {
  const kept = join(cache, `${keyOf(command)}.page`)
  if (!existsSync(kept)) {
    const page = await everyWidth(command)
    await writeFile(`${kept}.${process.pid}`, deflateSync(Buffer.from(JSON.stringify(page)), { level: 9 }))
    await rename(`${kept}.${process.pid}`, kept)
  }
  await copyFile(kept, join(next, pageFile(command)))
  await writeFile(join(next, plainFile(command)), stripVTControlCharacters(await laidOut(command, plainColumns)))
}
await rm(pages, { recursive: true, force: true })
await rename(next, pages)

/** What pages are made by, beside the command. */
async function fingerprint(): Promise<string> {
  const files = [
    import.meta.filename,
    join(import.meta.dirname, '../src/ui/help-page.ts'),
    ...['help', 'ui/command-groups'].map((name) => join(root, `src/${name}.ts`)),
  ]
  const texts = await Promise.all(files.map((file) => readFile(file, 'utf8')))
  const { version } = createRequire(import.meta.url)('@oclif/core/package.json') as { version: string }
  return JSON.stringify([texts, version, config.pjson, Help.toString()])
}

function keyOf(command: string | undefined): string {
  const told = command === undefined ? config.commands : config.findCommand(command)
  return createHash('sha256')
    .update(JSON.stringify([made, command, told]))
    .digest('hex')
}

/** Text flows: what is alike at two widths is so at all between them. So only those that differ are looked between. */
async function everyWidth(command: string | undefined): Promise<Page> {
  const page: [number, string][] = []
  const add = (from: number, text: string): void => {
    if (page.at(-1)?.[1] !== text) page.push([from, text])
  }
  const between = async (low: number, textLow: string, high: number, textHigh: string): Promise<void> => {
    if (textLow === textHigh || high - low < 2) return
    const middle = Math.floor((low + high) / 2)
    const text = await laidOut(command, middle)
    await between(low, textLow, middle, text)
    add(middle, text)
    await between(middle, text, high, textHigh)
  }
  const [least, most] = [await laidOut(command, pageColumns.least), await laidOut(command, pageColumns.most)]
  add(pageColumns.least, least)
  await between(pageColumns.least, least, pageColumns.most, most)
  add(pageColumns.most, most)
  return page
}

async function laidOut(command: string | undefined, maxWidth: number): Promise<string> {
  printed = ''
  await new Help(config, { ...helpOptions, maxWidth }).showHelp(
    command === undefined ? ['--help'] : [command, '--help'],
  )
  return printed
}
