import { expect } from 'chai'

import type { FunctionRun } from '../../../src/sandbox/contracts/cloudfront-functions.ts'
import { createFunctions, type Functions } from '../../../src/sandbox/functions/functions.ts'

const event = {
  version: '1.0',
  context: { eventType: 'viewer-request' },
  request: { method: 'GET', uri: '/a', querystring: {}, headers: {}, cookies: {} },
}

/** Each says in its body whether it got hold of a process, or of the means to make one of text. */
const escapes: Readonly<Record<string, string>> = {
  'the constructor of a global': "globalThis.constructor.constructor('return process')()",
  'the constructor of the event': "event.constructor.constructor('return process')()",
  'the constructor of a module': "require('crypto').createHash.constructor('return process')()",
  'the constructor of console.log': "console.log.constructor('return process')()",
  'the constructor of an async function': "(0, handler.constructor)('return process')()",
  'a thrown error':
    "(function () { try { Buffer.from('x', 'hex', {}).readInt32BE(1e9) } catch (e) { return e.constructor.constructor('return process')() } })()",
  'an exhausted stack':
    "(function () { var got; function deep() { try { deep() } catch (e) { try { console.log('x'); Buffer.from('x'); btoa('x') } catch (f) { got = f.constructor.constructor('return process') } throw e } } try { deep() } catch (e) {} return got && got() })()",
  'frames of a stack':
    "(function () { Error.prepareStackTrace = function (e, frames) { return frames }; var s = new Error('x').stack; return s[0].getThis().process || s[0].getFunction().constructor('return process')() })()",
  eval: "eval('process')",
  'a getter on the event':
    "(Object.defineProperty(event, 'x', { get: function () { return this.constructor.constructor('return process')() } }), event.x)",
}

describe('a hostile CloudFront Function', () => {
  let functions: Functions
  before(() => (functions = createFunctions(Date.now)))
  after(() => functions.close())

  const run = (code: string): Promise<FunctionRun> =>
    functions.run({ arn: 'f', runtime: 'cloudfront-js-2.0', code, storeArn: undefined }, event, undefined)
  const bodyOf = ({ output }: FunctionRun): string =>
    output !== undefined && 'response' in output ? String((output.response as { body: unknown }).body) : ''
  const innocent =
    'function handler() { var a = [1]; a.push(2); return { statusCode: 200, body: JSON.stringify(a) + {}.x } }'
  const expectUnharmed = async (): Promise<void> => {
    expect(bodyOf(await run(innocent))).to.equal('[1,2]undefined')
  }

  for (const [what, expression] of Object.entries(escapes)) {
    it(`gets at no process by ${what}`, async () => {
      const code = `function handler(event) {
        var got
        try { got = ${expression} } catch (e) { got = undefined }
        return { statusCode: 200, body: typeof got + (got && got.pid ? got.pid : '') }
      }`
      expect(bodyOf(await run(code))).not.to.match(/function|object|\d/)
      await expectUnharmed()
    })
  }

  it('changes built-ins for itself alone, and for no later run', async () => {
    const tricks = `
      Array.prototype.push = function () { throw new Error('no') }
      Object.prototype.x = 'polluted'
      JSON.stringify = function () { return '{"statusCode":200,"body":"forged"}' }
      Promise.prototype.then = function () {}
      String.prototype.charCodeAt = function () { return 65 }
      function handler() { return { statusCode: 200, body: String({}.x) } }`
    expect(bodyOf(await run(tricks))).to.equal('polluted')
    await expectUnharmed()
    const counting =
      'var n = 0; function handler() { globalThis.m = (globalThis.m || 0) + ++n; return { statusCode: 200, body: String(globalThis.m) } }'
    expect(bodyOf(await run(counting))).to.equal('1')
    expect(bodyOf(await run(counting))).to.equal('1')
  })

  const endless: Readonly<Record<string, string>> = {
    'a loop': 'for (;;);',
    'a loop that catches': 'for (;;) { try { for (;;); } catch (e) {} }',
    recursion: 'function f() { try { f() } catch (e) {} f() } f()',
    'a loop of promises': 'function f() { return Promise.resolve().then(f) } return f()',
    'a callback of a built-in': 'new Array(1e5).fill(0).forEach(function () { for (var i = 0; i < 1e6; i++); })',
    'counting that is turned back': 'for (;;) { try { $count(-1e9) } catch (e) {} }',
  }
  for (const [what, statements] of Object.entries(endless)) {
    it(`is ended where it is ${what} without end`, async () => {
      const ended = await run(`function handler() { ${statements} }`)
      expect(ended.failure, ended.errorMessage).to.equal('throttling')
      expect(ended.computeUtilization).to.equal(100)
      await expectUnharmed()
    })
  }

  it('is ended where a built-in takes forever', async () => {
    const slow = "function handler() { /(a+)+$/.test('a'.repeat(60) + 'b'); return { statusCode: 200 } }"
    expect((await run(slow)).failure).to.equal('throttling')
    await expectUnharmed()
  }).timeout(60_000)

  it('is ended where it takes memory without end, or returns too much', async () => {
    const greedy = 'function handler() { new Array(3e7).fill(0.5); return { statusCode: 200 } }'
    // On a busy machine its time is up before there is no more memory.
    expect((await run(greedy)).failure).to.be.oneOf(['execution', 'throttling'])
    await expectUnharmed()
    const large = "function handler() { return { statusCode: 200, body: 'x'.repeat(3e6) } }"
    expect((await run(large)).errorMessage).to.contain('memory')
    await expectUnharmed()
  }).timeout(60_000)

  it('does nothing to the run after it with what it has left behind', async () => {
    const left = `import cf from 'cloudfront'
      function handler() { for (var i = 0; i < 5; i++) cf.kvs().get('x').catch(function () { console.log('late') }); return { statusCode: 200 } }`
    const storeArn = 'arn:aws:cloudfront::111122223333:key-value-store/s'
    const store = { arn: storeArn, values: new Map([['y', 'right']]), createdAt: 0, changedAt: 0 }
    const withStore = (code: string) =>
      functions.run({ arn: 'f', runtime: 'cloudfront-js-2.0', code, storeArn }, event, store)
    const reading = `import cf from 'cloudfront'
      async function handler() { var y = await cf.kvs().get('y'); return { statusCode: 200, body: y } }`
    for (let round = 0; round < 5; round++) {
      const [, after] = await Promise.all([withStore(left), withStore(reading)])
      expect(bodyOf(after)).to.equal('right')
      expect(after.logs).to.deep.equal([])
    }
  })
})
