import { expect } from 'chai'
import fc from 'fast-check'

import type { EdgeRules } from '../../src/edge/config.ts'
import { bundleHash, functionCode, readFunctionCode } from '../../src/edge/function-code.ts'

const rules: fc.Arbitrary<EdgeRules> = fc
  .record({ longestLife: fc.integer({ min: 1, max: 2 ** 40 }), sha1: fc.boolean() }, { requiredKeys: [] })
  .map((some) => some)

describe('code of the CloudFront Function', () => {
  it('has its configuration in one line before the bundle', () => {
    expect(functionCode('async function handler(){}\n', { longestLife: 604_800, sha1: true })).to.equal(
      "import cf from 'cloudfront';import crypto from 'crypto';" +
        'const rules={"longestLife":604800,"sha1":true};\nasync function handler(){}\n',
    )
  })

  it('is read back as it was made', () => {
    fc.assert(
      fc.property(fc.string(), rules, (bundle, told) => {
        expect(readFunctionCode(functionCode(bundle, told))).to.deep.equal({ rules: told, hash: bundleHash(bundle) })
      }),
    )
  })

  it('is the same for the same rules, in whatever order they are told', () => {
    expect(functionCode('', { sha1: false, longestLife: 60 })).to.equal(
      functionCode('', { longestLife: 60, sha1: false }),
    )
  })

  it('is not taken for ours where anything of the line is not', () => {
    const code = functionCode('x', { longestLife: 60, sha1: true })
    for (const other of [
      '',
      'x',
      code.slice(1),
      code.replace('60', '0'),
      code.replace('60', '"60"'),
      code.replace('60', '6e1'),
      code.replace('true', 'null'),
      code.replace('"sha1"', '"sha2"'),
      code.replace('{"longestLife":60,"sha1":true}', '{"sha1":true,"longestLife":60}'),
      code.replace(';\n', ';'),
      code.replace('{"', '{ "'),
      code.replace('{', '[{'),
    ]) {
      expect(readFunctionCode(other), other).to.be.undefined
    }
  })
})
