import { mkdir, readFile, writeFile } from 'node:fs/promises'
import { once } from 'node:events'
import { type AddressInfo, connect, createServer } from 'node:net'
import { networkInterfaces } from 'node:os'
import { join } from 'node:path'

import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import type { CliRun } from '../support/run-cli.ts'
import { deb } from '../repositories/apt/packages-made.ts'
import { makeAuthority, type OwnAuthority, startTls } from '../support/authority.ts'
import { type ConnectProxy, type ConnectProxyOptions, startProxy } from '../support/connect-proxy.ts'
import { bucket, expectPlainTalk, install, type Installation, wordsOf } from '../support/installation.ts'

const name = 'aws.example.test'
const inRegion = { CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' } } as const
const password = 'p@ss:w/ö%rd'

/** All that talk to AWS. The name of its endpoint is known to the proxy alone, so nothing else gets there. */
describe('behind a proxy', function () {
  this.timeout(300_000)
  let place: Installation
  let authority: OwnAuthority
  let tls: { port: number; close(): void }
  let proxy: ConnectProxy
  const others: ConnectProxy[] = []

  before(async () => {
    place = await install({ built: true, calledEndpoint: `https://${name}` })
    authority = await makeAuthority(place.folder, [name])
    tls = await startTls(authority, Number(new URL(place.sandbox.endpoint).port))
    proxy = await another({ user: 'us er', password })
  })
  after(async () => {
    await Promise.all(others.map((one) => one.close()))
    tls.close()
    await place.close()
  })

  async function another(options: ConnectProxyOptions = {}): Promise<ConnectProxy> {
    const sandbox = { host: '127.0.0.1', port: Number(new URL(place.sandbox.endpoint).port) }
    const hosts = { [name]: { host: '127.0.0.1', port: tls.port }, [`plain.${name}`]: sandbox }
    const started = await startProxy({ hosts, ...options })
    others.push(started)
    return started
  }

  const through = (variables: Record<string, string>): Record<string, string> => ({
    AWS_ENDPOINT_URL: `https://${name}`,
    AWS_CA_BUNDLE: authority.file,
    ...variables,
  })
  const run = (args: readonly string[], variables: Record<string, string> = {}): Promise<CliRun> =>
    place.run(args, { env: through({ HTTPS_PROXY: proxy.url, ...variables }) })
  const succeed = async (...args: string[]): Promise<string> => {
    const before = proxy.tunnels.length
    const { stdout, stderr, code } = await run(args)
    expect(code, `pc-ctl ${args.join(' ')}\n${stdout}${stderr}`).to.equal(0)
    expect(proxy.tunnels.slice(before), args[0]).to.include(`${name}:443`)
    expect(stdout + stderr)
      .not.to.include(password)
      .and.not.to.include(encodeURIComponent(password))
    return stdout
  }

  it('every command of AWS goes through it, with a password', async () => {
    await place.put('apt/dists/stable/Release', 'Suite: stable\nArchitectures: amd64\nComponents: main\n')
    await place.put('apt/dists/stable/main/binary-amd64/Packages', '\n')
    // So many that threads read them.
    for (let number = 0; number < 203; number++) {
      await place.put(`apt/pool/main/p/p${number}_1_amd64.deb`, deb({ fields: { Package: `p${number}` } }))
    }
    const arn = wordsOf(await succeed('bootstrap-cloudfront'))
    await place.paste(await succeed(...arn))
    await succeed('bootstrap-cloudfront')
    // What is in its store is asked for by a client of our own.
    await succeed('bootstrap-cloudfront', '--engine', 'function')
    await succeed('status')
    await succeed('permissions', 'bootstrap')
    await succeed('permissions', 'bootstrap', '--check')
    await succeed('reindex-everything')
    await succeed('audit-cache-control')
    await succeed('doctor')
    await succeed('put', place.config, `s3://${bucket}/some.txt`)
    await place.clients.s3.send(new CreateBucketCommand({ Bucket: 'files-example-org', ...inRegion }))
    const made = await succeed('cfcreate', '--private', 's3://files-example-org', '--json')
    const id = /"id": "(E[A-Z0-9]+)"/.exec(made)?.[1] ?? ''
    await succeed('cflist')
    await succeed('cfinfo', `cf://${id}`)
    await succeed('cfmodify', `cf://${id}`, '--cf-comment', 'changed')
    const invalidation = await succeed('cfinval', `s3://${bucket}/some.txt`, '--json')
    expect(invalidation).to.include('"id"')
    await succeed('cfinvalinfo', `cf://${id}`)
    await succeed('cfremove', '--yes', `cf://${id}`)
    expect(new Set(proxy.tunnels)).to.deep.equal(new Set([`${name}:443`]))
    const called = new Set(place.sandbox.calls.list().map(({ service }) => service))
    expect([...called]).to.include.members(['sts', 'iam', 'kms', 'lambda', 'cloudfront', 's3'])
  })

  it('connections through it are kept', async () => {
    const before = proxy.tunnels.length
    const calls = place.sandbox.calls.list().length
    await succeed('audit-cache-control', '--full', '--concurrency', '2')
    expect(place.sandbox.calls.list().length - calls).to.be.greaterThan(100)
    expect(proxy.tunnels.length - before).to.be.lessThan(20)
  })

  it('credentials of a profile come through it', async () => {
    const own = await another()
    const { accessKeyId, secretAccessKey } = place.sandbox
    const role = 'arn:aws:iam::111122223333:role/somebody'
    const [config, token] = [join(place.folder, 'profiles'), join(place.folder, 'token')]
    const keys = `aws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\n`
    await writeFile(token, 'a token')
    await writeFile(
      config,
      `[profile keys]\n${keys}[profile role]\nrole_arn = ${role}\nsource_profile = keys\n` +
        `[profile token]\nrole_arn = ${role}\nweb_identity_token_file = ${token}\n`,
    )
    for (const profile of ['role', 'token']) {
      const before = own.tunnels.length
      const variables = { HTTPS_PROXY: own.url, AWS_CONFIG_FILE: config, AWS_REGION: 'eu-central-1' }
      const { stderr } = await run(['cflist', '--profile', profile, '--verbose'], variables)
      // STS answers, and that this caller may not have the role is its answer.
      expect(stderr).to.match(/aws sts:AssumeRole\w* .*: 4\d\d,/)
      expect(own.tunnels.slice(before), profile).to.deep.equal([`${name}:443`])
    }
  })

  it('over TLS to the proxy itself', async () => {
    const own = await another({ tls: await makeTls(), user: 'u', password })
    const { code, stderr } = await run(['cflist'], { HTTPS_PROXY: own.url })
    expect(code, stderr).to.equal(0)
    expect(own.tunnels).to.include(`${name}:443`)
  })

  /** For localhost, by the same authority: it is trusted for proxies too. */
  async function makeTls(): Promise<{ key: string; cert: string }> {
    const folder = join(place.folder, 'proxy')
    await mkdir(folder)
    const made = await makeAuthority(folder, ['localhost'])
    const both = await Promise.all([authority, made].map(({ file: one }) => readFile(one, 'utf8')))
    const file = join(place.folder, 'both.pem')
    await writeFile(file, both.join(''))
    authority = { ...authority, file }
    return made
  }

  it('NO_PROXY names what is reached without it', async function () {
    const address = Object.values(networkInterfaces())
      .flatMap((all) => all ?? [])
      .find(({ internal, family }) => !internal && family === 'IPv4')?.address
    // An address of this machine that is none of loopback, which would be reached without it anyway.
    if (address === undefined) this.skip()
    const relay = createServer((client) => {
      const behind = connect(Number(new URL(place.sandbox.endpoint).port), '127.0.0.1')
      client.pipe(behind).pipe(client)
      for (const one of [client, behind]) one.on('error', () => undefined)
    })
    await once(relay.listen(0, address), 'listening')
    const { port } = relay.address() as AddressInfo
    try {
      const asked = async (NO_PROXY: string): Promise<string[]> => {
        const own = await another()
        const variables = { AWS_ENDPOINT_URL: `http://${address}:${port}`, HTTP_PROXY: own.url, NO_PROXY }
        const { code, stderr } = await run(['cflist'], variables)
        expect(code, stderr).to.equal(0)
        return own.tunnels
      }
      for (const all of ['', 'example.org', `${address}:1`]) expect(await asked(all), all).not.to.be.empty
      for (const none of ['*', address, `${address}/8`, `x, ${address}:${port}`])
        expect(await asked(none), none).to.be.empty
    } finally {
      relay.close()
    }
  })

  it('plain HTTP is tunnelled too', async () => {
    const own = await another()
    const endpoint = `http://plain.${name}:8080`
    const { code, stderr } = await run(['cflist'], { AWS_ENDPOINT_URL: endpoint, HTTP_PROXY: own.url })
    expect(code, stderr).to.equal(0)
    expect(own.tunnels).to.include(`plain.${name}:8080`)
  })

  it('loopback is reached without it', async () => {
    for (const host of ['127.0.0.1', 'localhost']) {
      const { port } = new URL(place.sandbox.endpoint)
      const variables = { AWS_ENDPOINT_URL: `http://${host}:${port}`, HTTP_PROXY: 'http://127.0.0.1:9' }
      const { code, stderr } = await run(['cflist'], variables)
      expect(code, stderr).to.equal(0)
    }
  })

  const failing = async (HTTPS_PROXY: string, command = ['cflist']): Promise<string> => {
    const { code, stderr, stdout } = await run(command, { HTTPS_PROXY })
    expect({ code, stdout }, stderr).to.deep.equal({ code: 1, stdout: '' })
    expect(stderr.match(/^Error: /gm)).to.have.length(1)
    expectPlainTalk(stderr)
    return stderr
  }

  it('a proxy that refuses is named, in each command', async () => {
    const own = await another({ refuse: 403, user: 'u', password })
    for (const command of [['cflist'], ['status'], ['reindex-everything'], ['put', place.config, `s3://${bucket}/x`]]) {
      const said = await failing(own.url, command)
      expect(said).to.include(
        `The proxy localhost:${own.port} (HTTPS_PROXY) refuses to connect to ${name}:443: 403 Forbidden.`,
      )
      expect(said).to.include('NO_PROXY').and.not.include(password)
    }
    // Nothing is tried again that will be refused again.
    expect(own.tunnels.length).to.be.lessThan(12)
  })

  it('a proxy that asks for a password is named, and how to give one', async () => {
    const own = await another({ user: 'u', password })
    const without = await failing(own.bareUrl)
    expect(without).to.include(`The proxy localhost:${own.port} (HTTPS_PROXY) asks for a user and password: 407`)
    expect(without).to.include(`HTTPS_PROXY=http://USER:PASSWORD@localhost:${own.port}`)
    const wrong = await failing(own.url.replace('u:', 'other:'))
    expect(wrong).to.include('does not accept the user and password').and.not.include(encodeURIComponent(password))
  })

  it('a proxy that is gone is named, at once', async () => {
    for (const [url, why] of [
      ['http://u:hush@127.0.0.1:9', 'ECONNREFUSED'],
      ['http://u:hush@no-such-proxy.invalid:3128', /ENOTFOUND|EAI_AGAIN/],
    ] as const) {
      const said = await failing(url)
      expect(said).to.include(`The proxy ${url.slice(14)} (HTTPS_PROXY) can't be reached: `)
      expect(said).not.to.include('hush')
      if (typeof why === 'string') expect(said).to.include(why)
      else expect(said).to.match(why)
    }
  })

  it('a proxy that can not get on says so', async () => {
    const own = await another({ refuse: 503 })
    expect(await failing(own.url)).to.include(`could not reach ${name}:443: 503 Service Unavailable`)
  })

  it('a variable that names no proxy is exit code 3, and is not repeated', async () => {
    for (const HTTPS_PROXY of ['http://user:hush#hush@proxy:3128', 'socks5://user:hush@proxy:1080', 'http://:3128']) {
      const { code, stderr } = await run(['cflist'], { HTTPS_PROXY })
      expect(code, stderr).to.equal(3)
      expect(stderr).to.include('HTTPS_PROXY').and.not.include('hush')
    }
  })

  it('an authority that is not named is told, and how to name it', async () => {
    const { code, stderr } = await run(['cflist'], { AWS_CA_BUNDLE: '' })
    expect(code).to.equal(1)
    expect(stderr)
      .to.match(/can't be reached.*certificate/)
      .and.include('AWS_CA_BUNDLE=FILE')
  })

  it('authorities come from NODE_EXTRA_CA_CERTS and from a profile too', async () => {
    const node = await run(['cflist'], { AWS_CA_BUNDLE: '', NODE_EXTRA_CA_CERTS: authority.file })
    expect(node.code, node.stderr).to.equal(0)
    const config = join(place.folder, 'with-authority')
    await writeFile(config, `[default]\nca_bundle = ${authority.file}\n`)
    const profile = await run(['cflist'], { AWS_CA_BUNDLE: '', AWS_CONFIG_FILE: config })
    expect(profile.code, profile.stderr).to.equal(0)
  })

  it('authorities that can not be read are exit code 3', async () => {
    for (const [file, why] of [
      [join(place.folder, 'missing.pem'), 'ENOENT'],
      [place.config, 'holds no certificate'],
    ] as const) {
      const { code, stderr } = await run(['cflist'], { AWS_CA_BUNDLE: file })
      expect(code).to.equal(3)
      expect(stderr).to.include(`AWS_CA_BUNDLE names ${file}`).and.include(why)
      expectPlainTalk(stderr)
    }
  })
})
