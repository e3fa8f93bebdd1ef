import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import { createServer, request, type Server } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'

import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { CliRun } from '../support/run-cli.ts'
import { makeAuthority, type OwnAuthority } from '../support/authority.ts'
import { type ConnectProxy, type ConnectProxyOptions, startProxy } from '../support/connect-proxy.ts'
import { edgeUrl, expectPlainTalk, install, type Installation, objectKey } from '../support/installation.ts'

/** Known to the proxy alone, which opens TLS in between: its certificates are the company's. */
const domain = 'cdn.example.test'
const front = 'front.example.test'
const password = 'p@ss:w/rd%'

/** What pc-ctl asks that is not AWS's API. */
describe('what clients ask, behind a proxy', function () {
  this.timeout(300_000)
  let place: Installation
  let authority: OwnAuthority
  let edge: Server
  let server: Server
  const proxies: ConnectProxy[] = []

  before(async () => {
    place = await install({ built: true })
    const { lines } = await place.connect()
    await place.paste(`packagecloud_rails['cloudfront_packages_domain'] = '${domain}'\n`)
    await place.succeed(['reindex-everything', '--attributes-only'])
    authority = await makeAuthority(place.folder, [domain])
    const { hostname, port, host } = new URL(edgeUrl(lines))
    // The edge knows its own name only.
    edge = createTlsServer(authority, ({ url, method, headers }, answer) => {
      const sent = { hostname, port, method, path: url, headers: { ...headers, host } }
      request(sent, (found) => found.pipe(answer.writeHead(found.statusCode ?? 0, found.headers))).end()
    })
    await once(edge.listen(0, '127.0.0.1'), 'listening')
    server = createServer(({ url = '' }, answer) => {
      answer.writeHead(302, { location: `https://packages-example-org.s3.eu-central-1.amazonaws.com${url}` }).end()
    })
    await once(server.listen(0, '127.0.0.1'), 'listening')
  })
  after(async () => {
    await Promise.all(proxies.map((one) => one.close()))
    edge.close()
    server.close()
    await place.close()
  })

  async function start(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
    const here = { host: '127.0.0.1' }
    const portOf = (one: Server): number => (one.address() as AddressInfo).port
    const hosts = { [domain]: { ...here, port: portOf(edge) }, [front]: { ...here, port: portOf(server) } }
    const proxy = await startProxy({ user: 'operator', password, hosts, ...options })
    proxies.push(proxy)
    return proxy
  }
  const run = (args: readonly string[], proxy: string, more: Record<string, string> = {}): Promise<CliRun> =>
    place.run(args, { env: { HTTPS_PROXY: proxy, HTTP_PROXY: proxy, AWS_CA_BUNDLE: authority.file, ...more } })

  it('doctor asks through it; a name that only it knows is no failure, and its TLS is no proof', async () => {
    const proxy = await start()
    const { code, stdout, stderr } = await run(['doctor', '--json'], proxy.url)
    const { checks } = resultOf(stdout) as { checks: { id: string; status: string; seen: string }[] }
    const of = (id: string): { status: string; seen: string } | undefined => checks.find((check) => check.id === id)
    expect(code, stdout + stderr).to.equal(0)
    expect(of('proxy')).to.include({ status: 'ok' })
    expect(of('dns')).to.include({ status: 'skipped' })
    expect(of('tls')).to.include({ status: 'skipped' })
    expect(of('tls')?.seen).to.match(/^not seen: TLS is opened on the way/)
    expect(new Set(proxy.tunnels)).to.deep.equal(new Set([`${domain}:443`]))
    expect(checks.filter(({ status }) => status === 'ok').length).to.be.greaterThan(6)
    expect(stdout + stderr).not.to.include(password)
  })

  it('doctor says which proxy is in the way, once', async () => {
    for (const [proxy, says] of [
      [(await start({ refuse: 403 })).url, `refuses to connect to ${domain}:443: 403`],
      [(await start()).bareUrl, 'asks for a user and password'],
      ['http://127.0.0.1:9', "can't be reached"],
    ] as const) {
      const { code, stdout, stderr } = await run(['doctor'], proxy)
      expect(code, stdout).to.equal(1)
      expect(stdout.match(/^✖ .*$/gm), stdout).to.have.length(1)
      expect(stdout.replace(/\s+/g, ' ')).to.include(says)
      expectPlainTalk(stdout + stderr)
    }
  })

  it('explain-url --fetch', async () => {
    const proxy = await start()
    const url = (await place.succeed(['sign-url', objectKey])).trim()
    const { code, stdout, stderr } = await run(['explain-url', '--fetch', url], proxy.url)
    expect(code, stdout + stderr).to.equal(0)
    expect(proxy.tunnels).to.deep.equal([`${domain}:443`])
    const gone = await run(['explain-url', '--fetch', url], 'http://127.0.0.1:9')
    expect(gone.code).to.equal(1)
    expect(gone.stderr).to.include("The proxy 127.0.0.1:9 (HTTPS_PROXY) can't be reached")
    const untrusted = await run(['explain-url', '--fetch', url], proxy.url, { AWS_CA_BUNDLE: '' })
    expect(untrusted.code).to.equal(1)
    expect(untrusted.stderr).to.match(/cannot be reached: .*certificate/)
  })

  it('where a machine gets its credentials from is asked without, whatever Node is told', async () => {
    const proxy = await start()
    const { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey } = place.sandbox
    const asked: string[] = []
    const service = createServer(({ url = '' }, answer) => {
      asked.push(url)
      const Expiration = new Date(Date.now() + 3_600_000).toISOString()
      const credentials = { Code: 'Success', AccessKeyId, SecretAccessKey, Token: '', Expiration }
      answer.end(url.endsWith('/role') || url === '/container' ? JSON.stringify(credentials) : 'role')
    })
    await once(service.listen(0, '127.0.0.1'), 'listening')
    const config = join(place.folder, 'without-keys.rb')
    await writeFile(config, "packagecloud_rails['s3_bucket'] = 'packages-example-org'\n")
    const origin = `http://127.0.0.1:${(service.address() as AddressInfo).port}`
    const machine = { AWS_EC2_METADATA_SERVICE_ENDPOINT: origin, AWS_EC2_METADATA_DISABLED: 'false' }
    for (const source of [machine, { AWS_CONTAINER_CREDENTIALS_FULL_URI: `${origin}/container` }]) {
      const env = { PC_CTL_CONFIG: config, NODE_USE_ENV_PROXY: '1', ...source }
      const { code, stderr } = await run(['cflist'], proxy.url, env)
      expect(code, stderr).to.equal(0)
    }
    service.close()
    expect(asked).to.include.members(['/latest/meta-data/iam/security-credentials/role', '/container'])
    expect([...proxy.tunnels, ...proxy.forwarded]).to.deep.equal([])
  })

  it('disable-cloudfront --front, by a tunnel or in the form that the proxy takes', async () => {
    await place.paste("packagecloud_rails['cloudfront_enabled'] = false\n")
    const words = ['disable-cloudfront', '--front', `http://${front}`, '--key', objectKey]
    const tunnelling = await start()
    const first = await run(words, tunnelling.url)
    expect(first.code, first.stderr).to.equal(0)
    expect(first.stdout).to.include('CloudFront is disabled')
    expect(tunnelling.tunnels).to.include(`${front}:80`)
    const forwarding = await start({ refuse: 403, forwards: true })
    const second = await run(words, forwarding.url)
    expect(second.code, second.stderr).to.equal(0)
    expect(forwarding.forwarded[0]).to.match(new RegExp(`^http://${front}/`))
    const refusing = await run(words, (await start({ refuse: 403 })).url)
    expect(refusing.code).to.equal(1)
    expectPlainTalk(refusing.stderr)
  })
})
