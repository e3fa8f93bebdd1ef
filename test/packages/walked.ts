/** The README, walked through; docs/walk.md tells of it. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import type { Made } from './made-packages.ts'
import { commandsOf } from './walked-page.ts'
import { machinesIn } from './walk-machines.ts'
import { walk } from './walk.ts'

const read = (file: string): Promise<string> => readFile(join(import.meta.dirname, '../..', file), 'utf8')

export function isWalkedThrough(made: () => Made): void {
  it('is what somebody needs who follows the README on a bare machine; docs/walk.md tells of each command', async () => {
    const { folder, here } = made()
    const walked = await walk(await read('README.md'), await machinesIn(folder, here))
    const failed = walked.filter(({ code }) => code !== 0)
    expect(failed.map(({ line, typed, code, output }) => `${typed ?? line}: ${code}\n${output}`)).to.deep.equal([])
    expect(commandsOf(await read('docs/walk.md')), 'run `npm run walk`').to.deep.equal(walked.map(({ line }) => line))
  })
}
