/** The CloudFront Function against Lambda's handler: whatever is asked, both answer the same. */
import { expect } from 'chai'
import fc from 'fast-check'

import { buildFunction } from '../../scripts/build-function.ts'
import { functionFiles } from '../../scripts/lint/function-language.js'
import { type EdgeRules, firstRules } from '../../src/edge/config.ts'
import { functionCode, longestCode } from '../../src/edge/function-code.ts'
import { decodeSecret } from '../../src/edge/secret-text.ts'
import { sign } from '../../src/edge/signature.ts'
import { storeValue } from '../../src/edge/store-value.ts'
import { type FunctionCase, inNjs, inNode, njsIsThere, type Said } from '../support/cloudfront-function.ts'
import { newerSyntaxIn } from '../support/function-language.ts'
import { vectors } from '../support/vectors.ts'
import { lambdaSays, quietly, requests } from './both-engines.ts'

const strict: EdgeRules = { longestLife: 600, sha1: false }
const { current, previous } = vectors.secrets
const now = 1_700_000_000

describe('CloudFront Function', () => {
  quietly()
  let bundle = ''
  before(async () => (bundle = (await buildFunction()).bundle))

  /** Answers in Node, and the same in njs where it is. */
  async function say(asked: FunctionCase, rules: EdgeRules = {}): Promise<Said> {
    const code = functionCode(bundle, rules)
    const said = structuredClone(await inNode(code)(asked))
    if (njsIsThere()) expect(inNjs(code, [asked])).to.deep.equal([said])
    return said
  }

  describe('vectors', () => {
    const stored = storeValue([current, previous])
    for (const { name, method, target, now, forwarded, status, reason } of vectors.requests) {
      it(name, async () => {
        const said = await say({ method, target, now, stored })
        if (forwarded !== undefined) expect(said).to.deep.equal({ uri: forwarded, querystring: '' })
        else expect(said).to.include({ status, body: `${String(reason)}\n` })
      })
    }
  })

  it('says why, in the body and in the status line, and lets nobody cache it', async () => {
    expect(await say({ method: 'GET', target: '/pool/a.deb', now, stored: null })).to.deep.equal({
      status: 403,
      phrase: 'Forbidden (missing token)',
      headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' },
      body: 'missing token\n',
    })
    expect(await say({ method: 'PUT', target: '/pool/a.deb', now, stored: null })).to.deep.equal({
      status: 405,
      phrase: 'Method Not Allowed',
      headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', allow: 'GET, HEAD' },
      body: 'only GET and HEAD\n',
    })
  })

  describe('with a store that is not as it should be', () => {
    const signedBy = (secret: string) =>
      `/a+b?t=${sign({ secret: decodeSecret(secret), path: '/a+b', expires: now + 300 })}`
    const saying = (target: string, stored: string | null) => say({ method: 'GET', target, now, stored })

    it('answers 503 where it can not be read or understood', async () => {
      for (const stored of [null, '', current, 'null', '{}', '[]', `{"p":"${previous}"}`, '{"c":"c2hvcnQ="}']) {
        expect(await saying(signedBy(current), stored), String(stored)).to.deep.equal({
          status: 503,
          phrase: 'Service Unavailable',
          headers: { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store', 'retry-after': '2' },
          body: 'the signature cannot be checked at the moment\n',
        })
      }
    })

    it('serves what a usable secret has signed, whatever became of the other', async () => {
      for (const broken of [null, 7, '', 'c2hvcnQ=', `${previous}\n`]) {
        const stored = JSON.stringify({ c: current, p: broken })
        expect(await saying(signedBy(current), stored)).to.deep.equal({ uri: '/a%2Bb', querystring: '' })
        // It may be signed with the secret that is not known: that is no 403.
        expect(await saying(signedBy(previous), stored)).to.have.property('status', 503)
        expect(await saying(signedBy(current), JSON.stringify({ c: broken, p: current }))).to.have.property('uri')
      }
    })
  })

  it('refuses what no path can be, also where the runtime lets a pattern end before a line feed', async () => {
    for (const path of ['/a\n', '/a%0a', '/a\u0000', '/a/..\n']) {
      const target = `${path}?t=${sign({ secret: decodeSecret(current), path, expires: now + 300 })}`
      expect(await say({ method: 'GET', target, now, stored: storeValue([current]) }), path).to.include({ status: 403 })
    }
  })

  it('takes the token from what was parsed where there is no raw query string, as in a test of the function', async () => {
    const value = sign({ secret: decodeSecret(current), path: '/a', expires: now + 300 })
    const saying = (parsed: object) =>
      say({ method: 'GET', target: '/a?ignored', now, stored: storeValue([current]), parsed })
    expect(await saying({ t: { value } })).to.deep.equal({ uri: '/a', querystring: '' })
    expect(await saying({ t: { value, multiValue: [{ value }, { value }] } })).to.include({ body: 'malformed token\n' })
    expect(await saying({})).to.include({ body: 'missing token\n' })
  })

  it('is small enough, with room for what comes', () => {
    const code = functionCode(bundle, { longestLife: 2 ** 40, sha1: false })
    expect(Buffer.byteLength(code)).to.be.below(longestCode * 0.6)
  })

  it('is made of sources that lint holds to its language', async () => {
    const { inputs } = await buildFunction()
    expect(Object.keys(inputs).toSorted()).to.deep.equal(functionFiles)
  })

  it('is in the language of its runtime', () => {
    expect(newerSyntaxIn(functionCode(bundle, firstRules))).to.deep.equal([])
  })

  it('answers as Lambda does, in Node', async () => {
    for (const rules of [{}, firstRules, strict]) {
      const handler = inNode(functionCode(bundle, rules))
      await fc.assert(
        fc.asyncProperty(requests, async (asked) => {
          expect(structuredClone(await handler(asked))).to.deep.equal(await lambdaSays(asked, rules))
        }),
        { numRuns: 1000 },
      )
    }
  })

  it('answers as Lambda does, in njs', async function () {
    if (!njsIsThere()) return this.skip()
    for (const rules of [{}, strict]) {
      const asked = fc.sample(requests, 1000)
      const said = inNjs(functionCode(bundle, rules), asked)
      for (const [index, one] of asked.entries()) {
        expect(said[index], JSON.stringify(one)).to.deep.equal(await lambdaSays(one, rules))
      }
    }
  })
})

describe('language of CloudFront Functions', () => {
  for (const code of [
    'const {a} = b',
    'const [a] = b',
    'f(...a)',
    'const a = [...b]',
    'const a = {...b}',
    'const a = {b}',
    'const a = {b() {}}',
    'function f(a = 1) {}',
    'const f = (a = 1) => a',
    'class A {}',
    'for (const a of b) {}',
    'a?.b',
    'a?.[0]',
    'a?.()',
    'a ?? b',
    'a ??= b',
    'function* f() {}',
    'try {} catch {}',
    'const f = async () => {}',
    'async function f() { g(await h()) }',
    'async function f() { g([await h()]) }',
    'const a = /a/u',
    'export const a = 1',
    'const a = 1n',
    'a = import("b")',
    'tag`a`',
  ]) {
    it(`has not: ${code}`, () => {
      expect(newerSyntaxIn(code)).not.to.deep.equal([])
    })
  }

  it('has what the runtime knows beyond ES5', () => {
    const code = [
      "import a from 'crypto'",
      'const b = (c, ...d) => `${c}${d.length ** 2}`',
      'let e = /f/gi',
      'async function g(h) { try { const i = await h; return { j: i } } catch (k) { throw k } }',
    ]
    expect(newerSyntaxIn(code.join('\n'))).to.deep.equal([])
  })
})
