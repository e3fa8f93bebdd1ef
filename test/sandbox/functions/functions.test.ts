import { createHash, createHmac } from 'node:crypto'

import { expect } from 'chai'

import type {
  FunctionRun,
  FunctionRuntime,
  FunctionStore,
} from '../../../src/sandbox/contracts/cloudfront-functions.ts'
import { createFunctions, type Functions } from '../../../src/sandbox/functions/functions.ts'

const storeArn = 'arn:aws:cloudfront::111122223333:key-value-store/11111111-2222-3333-4444-555555555555'
const store: FunctionStore = {
  arn: storeArn,
  values: new Map([
    ['secrets', '{"c":"aGVsbG8="}'],
    ['text', 'schön'],
  ]),
  createdAt: Date.UTC(2026, 0, 1),
  changedAt: Date.UTC(2026, 0, 2),
}
const event = {
  version: '1.0',
  context: { eventType: 'viewer-request' },
  viewer: { ip: '198.51.100.11' },
  request: {
    method: 'GET',
    uri: '/pool/a%2Bb.deb',
    querystring: { t: { value: '1%20' }, u: { value: 'x', multiValue: [{ value: 'x' }, { value: 'y' }] } },
    headers: { host: { value: 'packages.example.org' } },
    cookies: {},
  },
}
const time = Date.UTC(2026, 10, 30, 2)

describe('the runtime of CloudFront Functions', () => {
  let functions: Functions
  before(() => (functions = createFunctions(() => time)))
  after(() => functions.close())

  const run = (code: string, runtime: FunctionRuntime = 'cloudfront-js-2.0', given: unknown = event) =>
    functions.run({ arn: 'arn:aws:cloudfront::111122223333:function/f', runtime, code, storeArn }, given, store)

  /** What a function's expression comes to, over the body of a response. */
  const valueOf = async (statements: string, runtime?: FunctionRuntime, imports = ''): Promise<unknown> => {
    const isAsync = runtime !== 'cloudfront-js-1.0'
    const code = `${imports}\n${isAsync ? 'async ' : ''}function handler(event) {
      function value(v) { return { statusCode: 200, body: JSON.stringify(v === undefined ? null : v) } }
      ${statements}
    }`
    const { output, errorMessage } = await run(code, runtime)
    const response = output !== undefined && 'response' in output ? (output.response as { body: string }) : undefined
    return response === undefined ? errorMessage : (JSON.parse(response.body) as unknown)
  }
  const crypto = "import crypto from 'crypto'"

  it('gives requests and responses back, complete', async () => {
    expect((await run('function handler(event) { return event.request }')).output).to.deep.equal({
      request: event.request,
    })
    expect((await run('function handler() { return { statusCode: 403 } }')).output).to.deep.equal({
      response: { headers: {}, cookies: {}, statusCode: 403 },
    })
  })

  it('digests as Node does', async () => {
    for (const algorithm of ['md5', 'sha1', 'sha256']) {
      for (const encoding of ['hex', 'base64', 'base64url'] as const) {
        const hash = `crypto.createHash('${algorithm}').update('ä').update(Buffer.from('00ff', 'hex')).digest('${encoding}')`
        expect(await valueOf(`return value(${hash})`, undefined, crypto)).to.equal(
          createHash(algorithm).update('ä').update(Buffer.from('00ff', 'hex')).digest(encoding),
        )
        const hmac = `crypto.createHmac('${algorithm}', Buffer.from('a2V5', 'base64')).update('text').digest('${encoding}')`
        expect(await valueOf(`return value(${hmac})`, undefined, crypto)).to.equal(
          createHmac(algorithm, 'key').update('text').digest(encoding),
        )
      }
    }
    const twice =
      "var h = crypto.createHash('md5'); h.digest('hex'); try { h.update('') } catch (e) { return value(e.message) }"
    expect(await valueOf(twice, undefined, crypto)).to.equal('Digest already called')
    expect(await valueOf("return value(crypto.createHash('sha512'))", undefined, crypto)).to.contain('sha512')
  })

  it('has the Buffer that the documents name', async () => {
    const bytes = await valueOf(`
      var b = Buffer.from('00ff10ab7f80', 'hex')
      var c = Buffer.alloc(8)
      c.writeInt32BE(-2, 0); c.writeUInt16LE(513, 4)
      return value([b.length, b.readInt32BE(0), b.readUInt16LE(4), b.readIntBE(3, 3), b.toString('base64'),
        b.equals(Buffer.from(b)), Buffer.compare(b, c), Buffer.concat([b, c]).toString('hex'), b.slice(1, 3).toJSON(),
        Buffer.isBuffer(b), Buffer.byteLength('ä'), b.indexOf(16), Buffer.from('aGk', 'base64url').toString(),
        Buffer.from([104, 105]).toString('utf8'), typeof b.toString('hex')])`)
    const [b, c] = [Buffer.from('00ff10ab7f80', 'hex'), Buffer.alloc(8)]
    c.writeInt32BE(-2, 0)
    c.writeUInt16LE(513, 4)
    expect(bytes).to.deep.equal([
      ...[b.length, b.readInt32BE(0), b.readUInt16LE(4), b.readIntBE(3, 3), b.toString('base64')],
      ...[true, Buffer.compare(b, c), Buffer.concat([b, c]).toString('hex'), b.subarray(1, 3).toJSON()],
      ...[true, 2, 2, 'hi', 'hi', 'string'],
    ])
    expect(await valueOf("return value(Buffer.from('x', 'latin1'))")).to.contain('latin1')
  })

  it('has querystring, atob, btoa and the text codecs', async () => {
    const query = "import querystring from 'querystring'"
    expect(
      await valueOf("return value(querystring.parse('name=value&abc=xyz&abc=1%32&x'))", undefined, query),
    ).to.deep.equal({ name: 'value', abc: ['xyz', '12'], x: '' })
    const written = "querystring.stringify({ name: 'value', abc: ['x y', '123'], anotherName: '' })"
    expect(await valueOf(`return value(${written})`, undefined, query)).to.equal(
      'name=value&abc=x%20y&abc=123&anotherName=',
    )
    expect(await valueOf("return value([atob('aGk='), btoa('hi')])")).to.deep.equal(['hi', 'aGk='])
    expect(await valueOf("return value(new TextDecoder().decode(new TextEncoder().encode('ä')))")).to.equal('ä')
    expect(await valueOf("return value(require('crypto').createHash('md5').digest('hex'))")).to.equal(
      createHash('md5').digest('hex'),
    )
  })

  it('reads the one store that the function is associated with', async () => {
    const kvs = "import cf from 'cloudfront'\nconst store = cf.kvs()"
    const value = async (expression: string) => valueOf(`var v = await ${expression}; return value(v)`, undefined, kvs)
    expect(await value("store.get('text')")).to.equal('schön')
    expect(await value("store.get('secrets', { format: 'json' })")).to.deep.equal({ c: 'aGVsbG8=' })
    expect(await value("store.get('text', { format: 'bytes' })")).to.deep.equal(Buffer.from('schön').toJSON())
    expect(await value("store.exists('secrets')")).to.equal(true)
    expect(await value("store.exists('__proto__')")).to.equal(false)
    expect(await value('store.count()')).to.equal(2)
    expect(await value('store.meta()')).to.deep.equal({
      keyCount: 2,
      creationDateTime: '2026-01-01T00:00:00.000Z',
      lastUpdatedDateTime: '2026-01-02T00:00:00.000Z',
    })
    expect(await value("store.get('missing')")).to.equal('Error: KeyValueStore: Key not found')
    const caught = "try { await store.get('missing') } catch (e) { return value('caught') }"
    expect(await valueOf(caught, undefined, kvs)).to.equal('caught')
    const other = "import cf from 'cloudfront'\nconst store = cf.kvs('other')"
    expect(await valueOf('return value(1)', undefined, other)).to.contain('not associated')
  })

  it('tells the query string as it came, or as the event of a test has it', async () => {
    const code = 'function handler(event) { return { statusCode: 200, body: String(event.request.rawQueryString()) } }'
    const told = async (given: unknown, ...viewer: [{ rawQueryString: string | undefined }?]): Promise<unknown> => {
      const runnable = { arn: 'f', runtime: 'cloudfront-js-2.0' as const, code, storeArn: undefined }
      const { output } = await functions.run(runnable, given, undefined, ...viewer)
      return output !== undefined && 'response' in output ? (output.response as { body: string }).body : undefined
    }
    expect(await told(event)).to.equal('t=1%20&u=x&u=y')
    expect(await told({ request: { ...event.request, querystring: {} } })).to.equal('undefined')
    expect(await told(event, { rawQueryString: undefined })).to.equal('undefined')
    expect(await told(event, { rawQueryString: '' })).to.equal('')
    expect(await told(event, { rawQueryString: 't=%zz&t' })).to.equal('t=%zz&t')
  })

  it('stands still in time', async () => {
    const stamps =
      '[Date.now(), new Date().getTime(), new Date(5).getTime(), Date.UTC(2026, 0), new Date() instanceof Date]'
    expect(await valueOf(`return value(${stamps})`)).to.deep.equal([time, time, 5, Date.UTC(2026, 0), true])
  })

  it('has no more built-ins than the documents name', async () => {
    const names = [
      'process',
      'fetch',
      'setTimeout',
      'setImmediate',
      'Map',
      'Set',
      'Proxy',
      'Reflect',
      'BigInt',
      'Intl',
      'WebAssembly',
    ]
    expect(await valueOf(`return value([${names.map((name) => `typeof ${name}`).join()}])`)).to.deep.equal(
      names.map(() => 'undefined'),
    )
    expect(
      await valueOf('return value([typeof "".at, typeof [].at, typeof Object.fromEntries, typeof "".matchAll])'),
    ).to.deep.equal(Array.from({ length: 4 }, () => 'undefined'))
    expect(await valueOf('return value(typeof Buffer + typeof atob)', 'cloudfront-js-1.0')).to.equal(
      'undefinedundefined',
    )
  })

  it('tells what is logged, the first 10 KB of it', async () => {
    const code = `function handler(event) { console.log('a'); console.log({ b: [1, 'c'], d: null }); return event.request }`
    expect((await run(code)).logs).to.deep.equal(['a', "{b:[1,'c'],d:null}"])
    const much =
      "function handler(event) { for (var i = 0; i < 50; i++) console.log('x'.repeat(1000)); return event.request }"
    expect((await run(much)).logs.join('').length).to.equal(10 * 1024)
  })

  it('counts what a run costs, the same each time', async () => {
    const code = (turns: number) =>
      `function handler(event) { var n = 0; for (var i = 0; i < ${turns}; i++) n += i; return event.request }`
    const cost = async (turns: number): Promise<number> => (await run(code(turns))).computeUtilization
    expect(await cost(1))
      .to.be.greaterThan(0)
      .and.lessThan(20)
    expect(await cost(800))
      .to.be.greaterThan(50)
      .and.lessThan(100)
    expect(await cost(800)).to.equal(await cost(800))
    const hashed = `import crypto from 'crypto'
      function handler(event) { crypto.createHmac('sha256', 'k').update('x').digest('hex'); return event.request }`
    expect((await run(hashed)).computeUtilization)
      .to.be.greaterThan(await cost(1))
      .and.lessThan(30)
  })

  const failing: readonly (readonly [what: string, code: string, failure: FunctionRun['failure'], message: RegExp])[] =
    [
      ['throws', "function handler() { throw new TypeError('x') }", 'execution', /^TypeError: x$/],
      ['throws no error', "function handler() { throw 'x' }", 'execution', /x/],
      ['rejects', "async function handler() { throw new Error('y') }", 'execution', /^Error: y$/],
      ['has a mistake in its text', 'function handler( {', 'execution', /^SyntaxError: .* in 1$/],
      ['has what the language has not', 'function handler(e) {\n return e?.request }', 'execution', /"\?\." .* in 2$/],
      ['throws outside of the handler', 'nothing()\nfunction handler(e) { return e.request }', 'execution', /nothing/],
      ['has no handler', 'var a = 1', 'execution', /"handler" is not defined/],
      ['returns nothing', 'function handler() {}', 'validation', /invalid value/],
      ['returns a text', "function handler() { return 'x' }", 'validation', /invalid value/],
      [
        'returns a text for a status',
        "function handler() { return { statusCode: '200' } }",
        'validation',
        /statusCode/,
      ],
      [
        'returns no status',
        "function handler() { return { body: 'x' } }",
        'validation',
        /response.statusCode is missing/,
      ],
      [
        'returns a header without a value',
        "function handler() { return { statusCode: 200, headers: { a: 'b' } } }",
        'validation',
        /response.headers.a/,
      ],
      [
        'returns what is no base64',
        "function handler() { return { statusCode: 200, body: { encoding: 'base64', data: '***' } } }",
        'validation',
        /base64/,
      ],
      [
        'returns another path than one',
        "function handler(e) { e.request.uri = 'a'; return e.request }",
        'validation',
        /request.uri/,
      ],
      ['never settles', 'async function handler() { await new Promise(function () {}) }', 'execution', /promise/],
    ]
  for (const [what, code, failure, message] of failing) {
    it(`says so where a function ${what}`, async () => {
      const ended = await run(code)
      expect(ended.failure).to.equal(failure)
      expect(ended.errorMessage).to.match(message)
      expect(ended.output).to.equal(undefined)
    })
  }

  it('takes any event, and bodies of both kinds', async () => {
    for (const given of [null, 1, 'x', [], {}]) {
      expect(
        (await run("function handler() { return { statusCode: 200, body: 'x' } }", undefined, given)).output,
      ).to.deep.equal({
        response: { headers: {}, cookies: {}, statusCode: 200, body: 'x' },
      })
    }
    const body = { encoding: 'base64', data: 'aGk=' }
    const code = `function handler() { return { statusCode: 200, statusDescription: 'OK', body: ${JSON.stringify(body)} } }`
    expect((await run(code)).output).to.deep.equal({
      response: { headers: {}, statusDescription: 'OK', cookies: {}, statusCode: 200, body },
    })
  })
})
