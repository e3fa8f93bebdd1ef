import { spawnSync } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'
import fc from 'fast-check'

import { fill, render, rubyLiteral } from '../../src/ui/template.ts'
import { ruby, valueOf } from '../settings/ruby/ruby-of.ts'

const folder = join(import.meta.dirname, '../../templates')
const text = fc.string({ unit: 'binary' })
const has = (program: string, argument: string) => spawnSync(program, [argument]).status === 0

describe('templates', () => {
  it('print literals of Ruby, whatever the value', () =>
    fc.assert(
      fc.asyncProperty(text, text, async (secret, previousSecret) => {
        // Where a string begins with a byte order mark, the evaluation of Ruby does not trust the parser.
        fc.pre(!secret.includes('\ufeff') && !previousSecret.includes('\ufeff'))
        const file = await ruby(await render('cloudfront-secret.rb', { secret, previousSecret }))
        expect(file.get('packagecloud_rails', 'cloudfront_secret')?.value).to.equal(secret)
        expect(file.get('packagecloud_rails', 'cloudfront_previous_secret')?.value).to.equal(previousSecret)
      }),
    ))

  it('print literals that Ruby itself reads back', function () {
    if (!has('ruby', '--version')) this.skip()
    fc.assert(
      fc.property(fc.array(text, { minLength: 20 }), (texts) => {
        const program = `require 'json'; puts JSON.generate([${texts.map(rubyLiteral).join(',')}])`
        const { stdout } = spawnSync('ruby', ['-'], { input: program, encoding: 'utf8' })
        expect(JSON.parse(stdout)).to.deep.equal(texts)
      }),
      { numRuns: 10 },
    )
  })

  it('print other values of Ruby, and nothing that has no literal', async () => {
    for (const value of [true, false, 0, -5, 10n, null]) {
      const read = await valueOf(rubyLiteral(value))
      expect(read).to.equal(typeof value === 'number' ? BigInt(value) : value)
    }
    for (const value of [undefined, 1.5, NaN, {}, ['a'], '\ud800']) {
      expect(() => rubyLiteral(value)).to.throw(TypeError, /no literal of Ruby/)
    }
  })

  it('print literals by the ending of their name', () => {
    const value = `it's "x"\n`
    const filled = (name: string) => fill('<%= data.value %>', name, { value })
    expect(filled('a.rb')).to.equal(`"it's \\"x\\"\\u000a"`)
    expect(filled('a.js')).to.equal(`"it's \\"x\\"\\n"`)
    expect(filled('a.mjs')).to.equal(filled('a.js'))
    expect(filled('a.sh')).to.equal(`'it'\\''s "x"\n'`)
    expect(filled('a.md')).to.equal(value)
    expect(filled('a.txt')).to.equal(`it's "x"\\u000a`)
    expect(() => filled('a.py')).to.throw(TypeError)
  })

  it('do not print a missing value', () => {
    for (const name of ['a.rb', 'a.js', 'a.sh', 'a.txt']) {
      expect(() => fill('<%= data.nothing %>', name, {})).to.throw(/missing value/)
    }
  })

  it('give the lines for packagecloud.rb', async () => {
    expect(await render('cloudfront-secret.rb', { secret: 'abc' })).to.equal(
      "packagecloud_rails['cloudfront_secret'] = 'abc'\n",
    )
    expect(await render('cloudfront-distribution.rb', { distributionId: 'E1', packagesDomain: 'd.example' })).to.equal(
      "packagecloud_rails['cloudfront_enabled'] = true\n" +
        "packagecloud_rails['cloudfront_distribution_id'] = 'E1'\n" +
        "packagecloud_rails['cloudfront_packages_domain'] = 'd.example'\n",
    )
  })

  it('never print a value as it is', async () => {
    for (const file of (await readdir(folder)).filter((name) => name.endsWith('.ejs'))) {
      expect(await readFile(join(folder, file), 'utf8'), file).to.not.include('<%-')
    }
  })
})
