/** Members that nobody else may touch are written with a #, in every room: lint refuses the keyword. */
import { join } from 'node:path'

import { expect } from 'chai'
import { ESLint } from 'eslint'

const root = join(import.meta.dirname, '../..')

/** Files of every set of rules that eslint.config.js makes. */
const places = ['src/commands', 'src/ui', 'src/sandbox/s3', 'src/edge', 'test/ui', 'bench', 'scripts']

const forbidden = [
  'class Probe { private open = 1 }',
  'class Probe { private static readonly open = 1 }',
  'class Probe { private open(): void {} }',
  'class Probe { private get open(): number { return 1 } }',
  'class Probe { private accessor open = 1 }',
  'class Probe { constructor(private readonly open: number) {} }',
]
const allowed = ['class Probe { #open = 1 }', 'class Probe { private constructor() {} }']

describe('members that are private', function () {
  this.timeout(60_000)
  const eslint = new ESLint({
    cwd: root,
    ruleFilter: ({ ruleId }) => ruleId === 'no-restricted-syntax',
    overrideConfig: { languageOptions: { parserOptions: { projectService: false } } },
  })
  const complaints = async (folder: string, line: string): Promise<string[]> => {
    const [found] = await eslint.lintText(`${line}\n`, { filePath: join(root, folder, 'probe.ts') })
    return (found?.messages ?? []).map(({ message }) => message)
  }

  for (const folder of places) {
    it(`are written with a # in ${folder}`, async () => {
      for (const line of forbidden) {
        expect(await complaints(folder, line), line).to.deep.equal(['Write #name for what is private.'])
      }
      for (const line of allowed) expect(await complaints(folder, line), line).to.deep.equal([])
    })
  }
})
