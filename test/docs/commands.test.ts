/** What is shown can be typed. */
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { expect } from 'chai'

import { shownCommands } from '../../scripts/shown-commands.ts'
import { normalWords } from '../../src/words.ts'

const root = join(import.meta.dirname, '../..')
const pages = ['README.md', 'SECURITY.md', ...globSync('docs/*.md', { cwd: root }).toSorted()]

interface Manifest {
  readonly commands: Readonly<
    Record<
      string,
      {
        readonly flags: Readonly<Record<string, { readonly type: string; readonly allowNo?: boolean; char?: string }>>
        readonly aliases?: readonly string[]
        readonly hiddenAliases?: readonly string[]
      }
    >
  >
}
const { commands } = JSON.parse(readFileSync(join(root, 'oclif.manifest.json'), 'utf8')) as Manifest

/** What is wrong with a command line; empty if nothing is. */
function faults(words: readonly string[]): string[] {
  const [name = '', ...rest] = normalWords([...words])
  if (name.startsWith('-') || name === 'help' || name === 'version') return []
  // A word in capitals stands for any.
  if (/^[A-Z.…]+$/.test(name)) return []
  const found =
    commands[name] ??
    Object.values(commands).find(({ aliases = [], hiddenAliases = [] }) =>
      [...aliases, ...hiddenAliases].includes(name),
    )
  if (found === undefined) return [`no command ${name}`]
  const flags = Object.entries(found.flags).flatMap(([flag, { allowNo }]) => [
    `--${flag}`,
    ...(allowNo === true ? [`--no-${flag}`, `--[no-]${flag}`] : []),
  ])
  return rest
    .filter((word) => /^--[\w[]/.test(word))
    .map((word) => word.replace(/=.*/, ''))
    .filter((word) => !['--help', ...flags].includes(word))
    .map((word) => `${name} has no flag ${word}`)
}

describe('commands in the documentation', () => {
  for (const page of pages) {
    it(`${page} shows such as there are, with flags that they have`, () => {
      const shown = shownCommands(readFileSync(join(root, page), 'utf8'))
      expect(shown.flatMap(({ line, words }) => faults(words).map((fault) => `${fault}: ${line}`))).to.deep.equal([])
    })
  }

  it('are found wherever they stand', () => {
    const page = [
      'Run `pc-ctl status --json | jq`, `PC_CTL_X=1 pc-ctl put FILE` and `pc-ctl\n  doctor`; not `pc-ctl/signing`.',
      '```sh\npc-ctl cfinval \\\n  s3://b/a\nx="$(pc-ctl sign-url k)"\n```',
      "   ```console\n   $ pc-ctl sign-url 'a b' 2>/dev/null >> f && pc-ctl restart\n   out\n   ```",
      '```json\npc-ctl nothing\n```',
    ].join('\n')
    expect(shownCommands(page).map(({ words }) => words)).to.deep.equal([
      ['cfinval', 's3://b/a'],
      ['sign-url', 'k'],
      ['sign-url', 'a b'],
      ['restart'],
      ['status', '--json'],
      ['put', 'FILE'],
      ['doctor'],
    ])
    expect(faults(['statsu'])).to.deep.equal(['no command statsu'])
    expect(faults(['status', '--nothing=1'])).to.deep.equal(['status has no flag --nothing'])
  })
})
