/** What docs/architecture.md says of the code is so. */
import { existsSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { drawnAnew } from '../../scripts/architecture.ts'

const root = join(import.meta.dirname, '../..')

describe('docs/architecture.md', () => {
  it('draws the rooms as they are', async () => {
    const text = await readFile(join(root, 'docs/architecture.md'), 'utf8')
    expect(drawnAnew(text), 'run `npm run docs`').to.equal(text)
  })

  it('says where it has no place for the drawing', () => {
    expect(() => drawnAnew('# Architecture')).to.throw('lacks the marks')
  })

  for (const page of ['docs/architecture.md', 'docs/adr/README.md', 'SECURITY.md']) {
    it(`${page} names files that are there`, async () => {
      const text = await readFile(join(root, page), 'utf8')
      const named = [...text.matchAll(/`((?:src|test|scripts|templates|bench|\.ci)\/[^`\s]*)`/g)].map(
        ([, path = '']) => path,
      )
      expect(named).not.to.be.empty
      expect(named.filter((path) => !existsSync(join(root, path)))).to.deep.equal([])
    })
  }
})
