/** What is looked for in the packages of others. */
import { expect } from 'chai'

import { badLicences, vulnerable } from '../scripts/audit.ts'
import { mayBeUsed } from '../scripts/licence-rules.ts'

describe('the audit of other packages', () => {
  it('takes permissive licences, and the lesser GPL only of what is a file of its own', () => {
    for (const expression of ['MIT', '(MIT OR CC0-1.0)', 'GPL-3.0-only OR ISC', 'MIT AND BSD-3-Clause'])
      expect(mayBeUsed(expression, 'bundled'), expression).to.equal(true)
    for (const expression of ['GPL-3.0-only', 'MIT AND GPL-2.0', 'SEE LICENSE IN x', 'UNLICENSED', '', 'BUSL-1.1'])
      for (const use of ['bundled', 'a file of its own', 'only to build'] as const)
        expect(mayBeUsed(expression, use), expression).to.equal(false)
    expect(mayBeUsed('LGPL-3.0+', 'bundled')).to.equal(false)
    expect(mayBeUsed('LGPL-3.0+', 'a file of its own')).to.equal(true)
  })

  it('names packages with others, or with none', () => {
    expect(
      badLicences({
        '': {},
        'node_modules/a': { version: '1.0.0', license: 'MIT' },
        'node_modules/b': { version: '2.0.0', license: 'AGPL-3.0-only' },
        'node_modules/c': { version: '3.0.0' },
      }),
    ).to.deep.equal(['node_modules/b 2.0.0: AGPL-3.0-only', 'node_modules/c 3.0.0: without a licence'])
  })

  it('tells any vulnerability of the product, and grave ones of what builds it', () => {
    const packages = {
      'node_modules/a': { version: '1.0.0' },
      'node_modules/b': { version: '1.0.0' },
      'node_modules/c': { version: '1.0.0' },
      // Another version than the one that is bundled.
      'node_modules/c/node_modules/a': { version: '0.1.0' },
    }
    const of = (severity: string, node: string) => ({ severity, nodes: [node], via: [{ title: 'opens doors' }, 'd'] })
    const report = {
      vulnerabilities: {
        a: of('low', 'node_modules/a'),
        b: of('moderate', 'node_modules/b'),
        c: of('critical', 'node_modules/c'),
      },
    }
    const bundled = new Set(['a 1.0.0'])
    expect(vulnerable(report, packages, bundled)).to.deep.equal([
      'a (low, in the product): opens doors; d',
      'c (critical): opens doors; d',
    ])
    const elsewhere = { vulnerabilities: { a: of('low', 'node_modules/c/node_modules/a') } }
    expect(vulnerable(elsewhere, packages, bundled)).to.deep.equal([])
  })

  it('knows where a registry has not answered', () => {
    expect(vulnerable({ message: '405 Method Not Allowed' }, {}, new Set())).to.equal(undefined)
    expect(vulnerable({ vulnerabilities: {} }, {}, new Set())).to.deep.equal([])
  })
})
