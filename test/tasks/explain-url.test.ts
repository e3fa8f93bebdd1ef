import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

import { expect } from 'chai'

import { decodeSecret } from '../../src/edge/secret-text.ts'
import { signUrl } from '../../src/edge/signature.ts'
import { exitCodeOf, explainUrl, reportText, type UrlReport } from '../../src/tasks/explain-url.ts'
import { CtlError } from '../../src/errors.ts'
import { lay } from '../../src/ui/layout.ts'
import { noTerminal } from '../../src/ui/screen.ts'

const text = 'MDI2ZDhhYmMxYThiMjVmMTBlODM4OWNmZWZiZmI2NWI'
const now = Date.now() / 1000
const said = (report: UrlReport): string => lay(reportText(report), noTerminal)
const secrets = [{ name: 'current' as const, text }]

describe('explain-url', () => {
  let answer: (request: IncomingMessage, response: ServerResponse) => void
  let domain: string
  const requests: IncomingMessage[] = []
  const cdn = createServer((request, response) => {
    requests.push(request)
    answer(request, response)
  })

  before(async () => {
    await once(cdn.listen(0, '127.0.0.1'), 'listening')
    const address = cdn.address()
    if (typeof address !== 'object' || address === null) throw new Error('no port')
    domain = `127.0.0.1:${address.port}`
  })
  after(() => {
    cdn.closeAllConnections()
    cdn.close()
  })

  const url = (expires = Math.floor(now) + 295) =>
    signUrl({ domain, key: 'a b+c', secret: decodeSecret(text), expires })
  const fetched = async (respond: typeof answer, of = url(), knowing: typeof secrets = secrets) => {
    answer = respond
    return explainUrl(of, { secrets: knowing, domain, now }, true)
  }

  it('reports a good URL, and exits with 0', async () => {
    const report = await explainUrl(url(), { secrets, domain, now }, false)
    expect(said(report).split('\n')).to.deep.include.members([
      'edge          would be let through',
      `domain        ${domain}`,
      'key           a b+c',
      'forwarded as  /a%20b%2Bc',
      'signature     HMAC-SHA256, made with the current secret',
    ])
    expect(said(report)).to.match(/^expires {7}\d{4}-\d\d-\d\d \d\d:\d\d:\d\d \S+ \(in 4 min 55 s\)$/m)
    expect(exitCodeOf(report)).to.equal(0)
  })

  it('exits with 1 for a bad URL, and with 3 where it cannot tell', async () => {
    expect(exitCodeOf(await explainUrl(url(Math.floor(now) - 5), { secrets, domain, now }, false))).to.equal(1)
    expect(exitCodeOf(await explainUrl(url(), { secrets: [], domain, now }, false))).to.equal(3)
  })

  it('fetches one byte of exactly this URL, and shows who answered', async () => {
    const report = await fetched((_, response) => {
      const headers = {
        'x-cache': 'Hit from cloudfront',
        age: '7',
        'cache-control': 'no-cache',
        'content-range': 'bytes 0-0/9',
      }
      response.writeHead(206, headers).end('x')
    })
    const request = requests.at(-1)
    expect(`http://${domain}${request?.url ?? ''}`).to.equal(url())
    expect(request?.headers.range).to.equal('bytes=0-0')
    expect(report.fetched).to.deep.include({ status: 206, served: true })
    expect(said(report).split('\n')).to.include.members([
      'CDN answered   206 Partial Content',
      'x-cache        Hit from cloudfront',
      'age            7',
      'cache-control  no-cache',
    ])
    expect(exitCodeOf(report)).to.equal(0)
  })

  it('takes an empty object for served', async () => {
    expect(exitCodeOf(await fetched((_, response) => void response.writeHead(416).end()))).to.equal(0)
  })

  for (const [what, status, body, note] of [
    ['another secret at the edge', 403, 'bad signature\n', 'another secret than this configuration'],
    ['a refusal by S3', 403, '<?xml?><Error><Code>AccessDenied</Code></Error>', 'bucket policy'],
    ["CloudFront's own refusal", 403, '<!DOCTYPE HTML><HTML></HTML>', 'geographic restriction'],
    ['a missing object', 404, '<Error><Code>NoSuchKey</Code></Error>', 'no such object'],
    ['a broken function', 503, 'the signature cannot be checked at the moment\n', 'its log'],
  ] as const) {
    it(`explains ${what}, and exits with 1`, async () => {
      const report = await fetched((_, response) => void response.writeHead(status).end(body))
      expect(report.notes.join('\n')).to.include(note)
      expect(exitCodeOf(report)).to.equal(1)
    })
  }

  for (const [xCache, engine, name, log] of [
    ['LambdaGeneratedResponse', 'lambda', 'Lambda@Edge', 'next to whoever asked'],
    ['LambdaLimitExceeded', 'lambda', 'Lambda@Edge', 'next to whoever asked'],
    ['FunctionGeneratedResponse', 'function', 'CloudFront Functions', 'in us-east-1'],
    ['FunctionThrottledError', 'function', 'CloudFront Functions', 'in us-east-1'],
    ['Error', undefined, undefined, 'its log'],
  ] as const) {
    it(`tells which engine answered ${xCache}, and where that logs`, async () => {
      const report = await fetched((_, response) => {
        response.writeHead(503, { 'x-cache': `${xCache} from cloudfront` }).end('<html>')
      })
      expect(report.fetched?.engine).to.equal(engine)
      expect(report.notes.join('\n')).to.include(log)
      if (name === undefined) expect(said(report)).not.to.match(/^by /m)
      else
        expect(
          said(report)
            .split('\n')
            .map((line) => line.trim().replace(/ +/, ' ')),
        ).to.include(`by ${name}`)
    })
  }

  it('wonders when the CDN serves what it should refuse', async () => {
    const report = await fetched((_, response) => void response.end('x'), `http://${domain}/x`)
    expect(report).to.include({ verdict: 'refused', reason: 'missing token' })
    expect(report.notes.join('\n')).to.include('no function')
  })

  it('can tell by fetching what it could not tell without a secret', async () => {
    expect(exitCodeOf(await fetched((_, response) => void response.end('x'), url(), []))).to.equal(0)
    const refused = await fetched((_, response) => void response.writeHead(403).end('bad signature\n'), url(), [])
    expect(exitCodeOf(refused)).to.equal(1)
    expect(said(refused)).to.include('403 Forbidden: bad signature')
  })

  it('notices a clock that is wrong', async () => {
    const report = await fetched((_, response) => {
      response.writeHead(200, { date: new Date(Date.now() - 100_000).toUTCString(), age: '40' }).end('x')
    })
    expect(report.notes.join('\n')).to.match(/clock is (59 s|1 min|1 min 1 s) ahead/)
  })

  it('does not read a whole package that is sent regardless of the range', async () => {
    const begun = performance.now()
    await fetched((_, response) => {
      response.writeHead(200)
      const pump = (): unknown =>
        response.destroyed ? undefined : setTimeout(pump, response.write(Buffer.alloc(65_536)) ? 0 : 5)
      pump()
    })
    // It never ends; who reads on is stopped after 15 s.
    expect(performance.now() - begun).to.be.lessThan(15_000)
  })

  it('says what cannot be reached, and what is no URL', async () => {
    const failure = async (of: string): Promise<unknown> =>
      explainUrl(of, { secrets, now }, true).catch((thrown: unknown) => thrown)
    expect(await failure('http://127.0.0.1:1/x'))
      .to.be.instanceOf(CtlError)
      .with.property('failure', 'failed')
    expect(await failure('127.0.0.1/x'))
      .to.be.instanceOf(CtlError)
      .with.property('failure', 'usage')
  })

  it('never shows the secret', async () => {
    const all = [url(), url(1_700_000_000), `${url().slice(0, -1)}g`, `http://${domain}/`]
    for (const each of all) {
      const report = await explainUrl(each, { secrets, domain, now }, false)
      expect(JSON.stringify(report) + said(report)).not.to.include(text)
    }
  })
})
