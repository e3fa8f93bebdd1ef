/** The changelog has what a release needs of it. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect } from 'chai'

import manifest from '../../package.json' with { type: 'json' }

const text = readFileSync(join(import.meta.dirname, '../../CHANGELOG.md'), 'utf8')
const headings = [...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)

describe('CHANGELOG.md', () => {
  it('begins with what is not released yet', () => {
    expect(headings[0]).to.equal('Unreleased')
  })

  it('has a dated section, with its link, for the version of package.json', () => {
    expect(headings[1]).to.match(
      new RegExp(`^\\[${manifest.version.replaceAll('.', '\\.')}\\] - \\d{4}-\\d{2}-\\d{2}$`),
    )
    expect(text).to.include(`\n[${manifest.version}]: https://`)
  })

  it("speaks of kinds of changes in Keep a Changelog's words", () => {
    const kinds = [...text.matchAll(/^### (.+)$/gm)].map(([, kind]) => kind)
    expect(kinds).not.to.be.empty
    for (const kind of kinds)
      expect(kind).to.be.oneOf(['Added', 'Changed', 'Deprecated', 'Removed', 'Fixed', 'Security'])
  })
})
