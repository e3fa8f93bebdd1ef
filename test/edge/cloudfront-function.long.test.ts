/** The CloudFront Function against Lambda's handler, a hundred thousand times, in njs and in Node. */
import { expect } from 'chai'
import fc from 'fast-check'

import { buildFunction } from '../../scripts/build-function.ts'
import { firstRules } from '../../src/edge/config.ts'
import { functionCode } from '../../src/edge/function-code.ts'
import { inNjs, inNode, njsIsThere, type Said } from '../support/cloudfront-function.ts'
import { lambdaSays, quietly, requests } from './both-engines.ts'
import { shareOf } from '../support/share.ts'

const each = shareOf(25_000)

const kindOf = (said: Said): string => ('uri' in said ? 'served' : said.body.replace(/(?<=expired )\d+/, 'N').trim())

describe('CloudFront Function', () => {
  quietly()
  let bundle = ''
  before(async () => (bundle = (await buildFunction()).bundle))

  it(`answers ${4 * each} requests as Lambda does`, async function () {
    if (!njsIsThere()) return this.skip()
    this.timeout(900_000)
    const seen = new Map<string, number>()
    for (const rules of [{}, firstRules, { longestLife: 600, sha1: false }, { longestLife: 1, sha1: true }]) {
      const code = functionCode(bundle, rules)
      const handler = inNode(code)
      const asked = fc.sample(requests, each)
      const inNginx = inNjs(code, asked)
      for (const [index, one] of asked.entries()) {
        const said = await lambdaSays(one, rules)
        expect(inNginx[index], JSON.stringify(one)).to.deep.equal(said)
        expect(structuredClone(await handler(one)), JSON.stringify(one)).to.deep.equal(said)
        seen.set(kindOf(said), (seen.get(kindOf(said)) ?? 0) + 1)
      }
    }
    // Each answer that there is was among them, often enough to mean something.
    expect([...seen.keys()]).to.have.members([
      'served',
      'malformed path',
      'nothing is served at /',
      'nothing is served below /.pc-ctl/',
      'missing token',
      'malformed token',
      'expired N s ago',
      'SHA-1 signatures are not accepted',
      'expires too far ahead',
      'bad signature',
      'only GET and HEAD',
      'the signature cannot be checked at the moment',
    ])
    expect(seen.get('served')).to.be.above(each / 2)
    for (const [kind, times] of seen) expect(times, kind).to.be.above(each / 250)
  })
})
