import { spawnSync } from 'node:child_process'

import { expect } from 'chai'
import fc from 'fast-check'

import { commandLine, shellQuoted, shellWord } from '../src/shell.ts'

describe('a command line', () => {
  it('is split by a shell into just its words, whatever they hold', function () {
    this.timeout(60_000)
    const text = fc.string({ unit: 'binary' }).map((any) => any.replaceAll('\0', ''))
    fc.assert(
      fc.property(fc.array(text, { minLength: 10 }), (words) => {
        const input = `printf '%s\\0' ${commandLine(words)} ${words.map(shellQuoted).join(' ')}`
        const { stdout } = spawnSync('sh', ['-s'], { input })
        expect(stdout.toString().split('\0').slice(0, -1)).to.deep.equal([...words, ...words])
      }),
      { numRuns: 20 },
    )
  })

  it('has no quotes where none are needed', () => {
    expect(shellWord('--bucket=a/b')).to.equal('--bucket=a/b')
    expect(commandLine(['chmod', 'o-r', '/etc/my packages.rb'])).to.equal("chmod o-r '/etc/my packages.rb'")
  })
})
