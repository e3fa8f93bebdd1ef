/** Pages are read in terminals too, with `less`. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect } from 'chai'

const root = join(import.meta.dirname, '../..')
const widest = 130
const pages = ['README.md', 'SECURITY.md', ...globSync('docs/*.md', { cwd: root }).toSorted()]

describe('tables', () => {
  for (const page of pages) {
    it(`${page} has none that is wider than ${widest} columns; such a one is better a list`, () => {
      const rows = readFileSync(join(root, page), 'utf8')
        .replaceAll(/^ *```[^]*?^ *```$/gm, '')
        .split('\n')
        .filter((line) => line.startsWith('|'))
      expect(rows.filter((row) => Array.from(row).length > widest)).to.deep.equal([])
    })
  }
})
