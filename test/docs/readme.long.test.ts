/** What the README shows is what happens. */
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'
import { generateKey } from 'openpgp'

import { happen } from '../../scripts/docs-meanwhile.ts'
import { playPage } from '../../scripts/docs-page.ts'
import { openStage, type Stage } from '../../scripts/docs-stage.ts'
import { shownCommands } from '../../scripts/shown-commands.ts'
import { hasTerminals } from '../support/terminals.ts'

const text = readFileSync(join(import.meta.dirname, '../../README.md'), 'utf8')

/** Waits are told of where they last; steps that run side by side end in any order. */
const settled = (page: string): string[] =>
  page
    .replaceAll(/^( *)… [^\n]*\n(?:\1 {2}[^\n]*\n)*/gm, '')
    .split('\n')
    .toSorted()

describe('README.md', function () {
  this.timeout(300_000)
  let stage: Stage
  before(async function () {
    if (!hasTerminals) this.skip()
    stage = await openStage()
  })
  after(() => stage.close())

  it('shows the sessions that there are', async () => {
    const played = await playPage(text, true, async ({ kind, text: said }) => {
      if (kind === 'command') return stage.run(said)
      if (kind === 'meanwhile') await happen(stage, said)
      return []
    })
    expect(settled(played), 'run `npm run docs`').to.deep.equal(settled(text))
  })

  it('names commands in its sentences that do what they should', async () => {
    const key = join(stage.folder, 'signing.asc')
    const { privateKey } = await generateKey({ userIDs: [{ name: 'packages' }], type: 'ecc', curve: 'ed25519Legacy' })
    await writeFile(key, privateKey)
    const unset = join(stage.folder, 'unset.rb')
    await writeFile(unset, '')
    const inSentences = shownCommands(text.replaceAll(/^ *```[^]*?^ *```$/gm, '')).filter(({ line }) =>
      line.startsWith('pc-ctl '),
    )
    expect(inSentences).to.have.length.above(5)
    for (const { line } of inSentences) {
      const typed = line
        .replace('--signing-key FILE', `--signing-key ${key}`)
        // There is a secret by now, which would not be replaced like this.
        .replace('secret >> FILE', `secret --config ${unset} >> FILE`)
        .replace('FILE', join(stage.folder, 'any'))
        .replace('TOKEN', '"$PC_CTL_FRONT_TOKEN"')
        .replace('| jq', '| python3 -m json.tool')
      const shown = await stage.run(`set -o pipefail; ${typed}`)
      expect(
        shown.filter((one) => one.startsWith('[exit code')),
        `${line}\n${shown.join('\n')}`,
      ).to.deep.equal([])
    }
  })
})
