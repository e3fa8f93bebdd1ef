/**
 * Makes the terminal sessions of the documentation anew, by running them: each page on an embedded AWS of its own.
 *
 *     node scripts/docs.ts [--check] [PAGE…]
 *
 * With --check nothing is written, and the exit code is 1 if a page is stale.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parseArgs } from 'node:util'

import { happen } from './docs-meanwhile.ts'
import { playPage } from './docs-page.ts'
import { playedPages } from './docs-pages.ts'
import { openStage } from './docs-stage.ts'

const root = join(import.meta.dirname, '..')
const { values, positionals } = parseArgs({ options: { check: { type: 'boolean' } }, allowPositionals: true })

for (const page of positionals.length > 0 ? positionals : playedPages) {
  const file = join(root, page)
  const text = await readFile(file, 'utf8')
  const anew = await playAnew(text, page.endsWith('.md'))
  console.log(`${page}: ${anew === text ? 'as it was' : values.check === true ? 'stale' : 'changed'}`)
  if (anew === text) continue
  if (values.check === true) process.exitCode = 1
  else await writeFile(file, anew)
}

async function playAnew(text: string, markdown: boolean): Promise<string> {
  const stage = await openStage()
  try {
    return await playPage(text, markdown, async ({ kind, text: said }) => {
      if (kind === 'command') return stage.run(said)
      if (kind === 'meanwhile') await happen(stage, said)
      return []
    })
  } finally {
    await stage.close()
  }
}
