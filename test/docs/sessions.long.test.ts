/** Every command that the documentation shows in a session is run, and ends as it shows. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect } from 'chai'

import { happen } from '../../scripts/docs-meanwhile.ts'
import { playPage } from '../../scripts/docs-page.ts'
import { playedPages } from '../../scripts/docs-pages.ts'
import { openStage } from '../../scripts/docs-stage.ts'
import { share } from '../support/share.ts'
import { hasTerminals } from '../support/terminals.ts'

/** Commands, and the exit codes of those that do not end well. What is between them depends on how fast a machine is. */
const endsOf = (page: string): string[] => page.match(/^ *(?:\$ .+|\[exit code \d+\])$/gm) ?? []

describe('sessions of the documentation', function () {
  this.timeout(600_000)
  before(function () {
    if (!hasTerminals) this.skip()
  })

  // The README is held to more, in a test of its own.
  for (const page of share(playedPages.filter((one) => one !== 'README.md'))) {
    it(`${page} ends as it shows`, async () => {
      const text = readFileSync(join(import.meta.dirname, '../..', page), 'utf8')
      const stage = await openStage()
      try {
        const played = await playPage(text, page.endsWith('.md'), async ({ kind, text: said }) => {
          if (kind === 'command') return stage.run(said)
          if (kind === 'meanwhile') await happen(stage, said)
          return []
        })
        expect(endsOf(played), 'if that is right: `npm run docs`').to.deep.equal(endsOf(text))
      } finally {
        await stage.close()
      }
    })
  }
})
