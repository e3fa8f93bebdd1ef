import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'

import { expect } from 'chai'

import { jsonFiles } from '../scripts/schemas.ts'

describe('schemas/ and docs/json.md', function () {
  this.timeout(180_000)

  it('are what `npm run schemas` makes of the types of the commands', async () => {
    const files = await jsonFiles()
    for (const [file, text] of files) expect(readFileSync(file, 'utf8'), file).to.equal(text)
    const folder = join(import.meta.dirname, '../schemas')
    expect(readdirSync(folder).map((name) => join(folder, name))).to.have.members([...files.keys()].slice(0, -1))
  })
})
