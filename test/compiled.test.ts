import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

describe('what V8 has compiled', function () {
  this.timeout(20_000)
  let folder: string
  let store: string

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'pc-ctl-compiled-'))
    store = join(folder, 'store')
    write(
      'program',
      "const { twice } = require('#lib/twice'); exports.run = () => `${twice(21)} ${typeof require('node:os').EOL}`",
    )
    write('lib/twice', "const { factor } = require('./chunks/factor.cjs'); exports.twice = (value) => value * factor")
    write('lib/chunks/factor', 'exports.factor = 2')
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const write = (name: string, text: string): void => {
    mkdirSync(join(folder, 'lib/chunks'), { recursive: true })
    writeFileSync(join(folder, `${name}.cjs`), text)
  }
  const source = new URL('../src/compiled.ts', import.meta.url).href
  const script = `
    import { requireCompiled } from ${JSON.stringify(source)}
    const [folder, store] = process.argv.slice(1)
    console.log(requireCompiled(folder, store)('./program.cjs').run())`
  const runWith = (...place: readonly string[]): string =>
    execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '-e', script, folder, ...place], {
      encoding: 'utf8',
    }).trim()
  const run = (): string => runWith(store)
  const written = (): number => statSync(store).mtimeMs
  const longAgo = (): void => utimesSync(store, 1, 1)

  it('is kept of all files that were loaded, and not written again', () => {
    expect(run()).to.equal('42 string')
    longAgo()
    expect(run()).to.equal('42 string')
    expect(written()).to.equal(1000)
  })

  it('is not taken for a file that has changed, though it is as long as it was', () => {
    run()
    longAgo()
    write('lib/chunks/factor', 'exports.factor = 3')
    utimesSync(join(folder, 'lib/chunks/factor.cjs'), 2, 2)
    expect(run()).to.equal('63 string')
    expect(written()).to.be.above(1000)
    expect(run()).to.equal('63 string')
  })

  it('is made anew where it is damaged', () => {
    run()
    const whole = readFileSync(store)
    const flipped = Buffer.from(whole)
    flipped.writeUInt8(flipped.readUInt8(whole.length - 100) ^ 0xff, whole.length - 100)
    for (const damaged of ['', 'nonsense', Buffer.alloc(whole.length), whole.subarray(0, -10), flipped]) {
      writeFileSync(store, damaged)
      longAgo()
      expect(run()).to.equal('42 string')
      expect(written()).to.be.above(1000)
    }
  })

  it('is done without where it can be kept nowhere', () => {
    expect(runWith(join(folder, 'nowhere/store'))).to.equal('42 string')
    expect(runWith()).to.equal('42 string')
    expect(existsSync(store)).to.equal(false)
  })
})
