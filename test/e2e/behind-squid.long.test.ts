import { once } from 'node:events'
import { createServer } from 'node:net'

import { expect } from 'chai'

import type { CliRun } from '../support/run-cli.ts'
import { makeAuthority, type OwnAuthority, startTls } from '../support/authority.ts'
import { hasSquid, type Squid, startSquid } from '../support/squid.ts'
import { bucket, expectPlainTalk, install, type Installation, wordsOf } from '../support/installation.ts'

const name = 'aws.example.test'
const refused = `refused.${name}`
const password = 'p@ss:w/rd%'

/** A proxy that knows nothing of our tests. */
describe('behind squid', function () {
  this.timeout(300_000)
  let place: Installation
  let authority: OwnAuthority
  let tls: { port: number; close(): void }
  let squid: Squid

  before(async function () {
    if (!hasSquid) this.skip()
    // Where its TLS is must be known before the sandbox starts, which knows what clients call it.
    const port = await freePort()
    place = await install({ built: true, calledEndpoint: `https://${name}:${port}` })
    authority = await makeAuthority(place.folder, [name])
    tls = await startTls(authority, Number(new URL(place.sandbox.endpoint).port), port)
    squid = await startSquid({
      folder: place.folder,
      user: 'operator',
      password,
      names: [name, refused],
      refused: [refused],
    })
  })
  after(async () => {
    if (!hasSquid) return
    await squid.close()
    tls.close()
    await place.close()
  })

  const address = (host = name): string => `${host}:${tls.port}`
  const run = (args: readonly string[], HTTPS_PROXY: string, more: Record<string, string> = {}): Promise<CliRun> =>
    place.run(args, {
      env: { AWS_ENDPOINT_URL: `https://${address()}`, AWS_CA_BUNDLE: authority.file, HTTPS_PROXY, ...more },
    })
  const openly = (): string => `http://127.0.0.1:${squid.open}`
  const asking = (user = 'operator', word = password): string =>
    `http://${user}:${encodeURIComponent(word)}@127.0.0.1:${squid.asking}`

  it('an installation is made and looked at through it, with a password', async () => {
    const succeed = async (...args: string[]): Promise<string> => {
      const { stdout, stderr, code } = await run(args, asking())
      expect(code, `${args.join(' ')}\n${stdout}${stderr}`).to.equal(0)
      expectPlainTalk(stderr)
      return stdout
    }
    await place.paste(await succeed(...wordsOf(await succeed('bootstrap-cloudfront'))))
    await succeed('status')
    await succeed('put', place.config, `s3://${bucket}/pool/one.deb`)
    await succeed('reindex-everything', '--attributes-only')
    await place.put('pool/two.deb', 'deb')
    await succeed('reindex-everything', '--attributes-only', '--run-on', 'batch', '--yes')
    await succeed('audit-cache-control')
    const log = await squid.log()
    expect(log).to.include(`200 CONNECT ${address()} operator`)
    expect(log.filter((line) => line.includes('CONNECT') && !line.endsWith(' operator'))).to.be.empty
  })

  it('without a password where it asks for none', async () => {
    const { stderr, code } = await run(['cflist'], openly())
    expect(code, stderr).to.equal(0)
    expect((await squid.log()).at(-1)).to.equal(`200 CONNECT ${address()} -`)
  })

  it('an endpoint without TLS is reached by a tunnel, or not at all: squid writes Cache-Control anew', async () => {
    const variables = { AWS_ENDPOINT_URL: `http://${address(refused)}`, HTTP_PROXY: openly() }
    const { stderr, code } = await run(['put', place.config, `s3://${bucket}/pool/two.deb`], '', variables)
    expect(code, stderr).to.equal(1)
    expect(stderr).to.include(`(HTTP_PROXY) refuses to connect to ${address(refused)}: 403`)
    expect((await squid.log()).filter((line) => line.includes(' PUT '))).to.be.empty
  })

  it('NO_PROXY goes past it', async () => {
    const before = (await squid.log()).length
    const direct = await run(['cflist'], openly(), { NO_PROXY: '.example.test' })
    // This machine does not know the name.
    expect(direct.stderr).to.match(/ENOTFOUND|EAI_AGAIN/)
    expect(await squid.log()).to.have.length(before)
  })

  const failing = async (url: string, more: Record<string, string> = {}): Promise<string> => {
    const { code, stderr, stdout } = await run(['status'], url, more)
    expect({ code, stdout }, stderr).to.deep.equal({ code: 1, stdout: '' })
    expectPlainTalk(stderr)
    expect(stderr).not.to.include(password).and.not.include(encodeURIComponent(password))
    expect(stderr.match(/^Error: /gm)).to.have.length(1)
    return stderr
  }

  it('is named when it wants a password, or another one', async () => {
    expect(await failing(`http://127.0.0.1:${squid.asking}`)).to.include(
      `The proxy 127.0.0.1:${squid.asking} (HTTPS_PROXY) asks for a user and password: 407`,
    )
    expect(await failing(asking('operator', `${password}!`))).to.include('does not accept the user and password')
  })

  it('is named when it refuses', async () => {
    const said = await failing(openly(), { AWS_ENDPOINT_URL: `https://${address(refused)}` })
    expect(said).to.include(
      `The proxy 127.0.0.1:${squid.open} (HTTPS_PROXY) refuses to connect to ${address(refused)}: 403`,
    )
  })

  it('is named when it can not get on', async () => {
    const said = await failing(openly(), { AWS_ENDPOINT_URL: `https://unknown.${address()}` })
    expect(said).to.match(new RegExp(`The proxy .* could not reach unknown\\.${address()}: 50[0-9]`))
  })
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  return typeof address === 'object' && address !== null ? address.port : 0
}
