import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import { decodePath } from '../../src/edge/path.ts'
import { decodeSecret } from '../../src/edge/secret-text.ts'
import { verify } from '../../src/edge/signature.ts'
import { checkExpiry, findToken } from '../../src/edge/token.ts'
import type { CliRun } from '../support/run-cli.ts'
import { runQuickly } from '../support/run-here.ts'

const root = join(import.meta.dirname, '../..')
const secret = 'MDI2ZDhhYmMxYThiMjVmMTBlODM4OWNmZWZiZmI2NWI'
const domain = 'd111111abcdef8.cloudfront.net'

describe('sign-url', () => {
  let folder: string
  let config: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-sign-'))
    config = join(folder, 'packagecloud.rb')
    await writeConfig(`packagecloud_rails['cloudfront_packages_domain'] = '${domain}'`)
  })
  after(() => rm(folder, { recursive: true }))

  const writeConfig = (line: string) =>
    writeFile(config, `packagecloud_rails['cloudfront_secret'] = '${secret}'\n${line}\n`)
  const sign = (args: string[], input = ''): Promise<CliRun> =>
    runQuickly(['sign-url', '--config', config, ...args], { input })

  /** What a URL opens, and for how many seconds from now; fails if it opens nothing. */
  function opened(url: string, host = `https://${domain}`): { path: string; life: number; algorithm: string } {
    expect(url.startsWith(host), url).to.equal(true)
    const [received = '', querystring = ''] = url.slice(host.length).split('?')
    const path = decodePath(received) ?? ''
    const token = findToken(querystring)
    if ('refused' in token) throw new Error(token.reason)
    expect(verify(token, path, [decodeSecret(secret)])).to.deep.equal({ secretIndex: 0 })
    const now = Date.now() / 1000
    expect(checkExpiry(token, now)).to.equal(undefined)
    return { path, life: token.expires - now, algorithm: token.algorithm }
  }

  it('prints URLs and nothing else, good for five minutes', async () => {
    const { stdout, stderr, code } = await sign(['pool/a+b~c 100%.deb', '/simple/é/'])
    expect({ stderr, code }).to.deep.equal({ stderr: '', code: 0 })
    const [first = '', second = '', ...rest] = stdout.split('\n')
    expect(rest).to.deep.equal([''])
    expect(opened(first)).to.include({ path: '/pool/a+b~c 100%.deb', algorithm: 'sha256' })
    expect(opened(second)).to.include({ path: '/simple/é/' })
    expect(opened(first).life).to.be.within(270, 300)
  })

  it('takes life, hash and domain from flags', async () => {
    const { stdout } = await sign(['--expires', '2h', '--algorithm', 'sha1', '--domain', '127.0.0.1:4567', 'x'])
    const { path, life, algorithm } = opened(stdout.trim(), 'http://127.0.0.1:4567')
    expect({ path, algorithm }).to.deep.equal({ path: '/x', algorithm: 'sha1' })
    expect(life).to.be.within(7170, 7200)
  })

  it('warns of a life longer than a week, on stderr', async () => {
    const { stdout, stderr, code } = await sign(['--expires', '8d', 'x'])
    expect(code).to.equal(0)
    expect(opened(stdout.trim()).path).to.equal('/x')
    expect(stderr).to.include('8 d')
    expect((await sign(['--expires', '7d', 'x'])).stderr).to.equal('')
  })

  it('reads keys from stdin where - stands', async () => {
    const { stdout, code } = await sign(['a', '-', 'd'], 'b\n\n c \n')
    expect(code).to.equal(0)
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((url) => opened(url).path),
    ).to.deep.equal(['/a', '/b', '/ c ', '/d'])
  })

  it('signs a hundred thousand keys in a moment', async function () {
    this.timeout(60_000)
    const keys = Array.from({ length: 100_000 }, (_, n) => `pool/foo_1.0+deb${n}_amd64.deb`)
    const { stdout, code } = await sign(['-'], keys.join('\n'))
    expect(code).to.equal(0)
    const urls = stdout.trimEnd().split('\n')
    expect(urls).to.have.length(keys.length)
    expect(opened(urls.at(-1) ?? '').path).to.equal(`/${keys.at(-1) ?? ''}`)
  })

  it('ends quietly when its reader has seen enough', async () => {
    const [node, run, keys] = [process.execPath, 'bin/run.js', join(folder, 'keys')]
    await writeFile(keys, 'pool/foo.deb\n'.repeat(50_000))
    const script = `"$0" "$1" sign-url --config "$2" - < "$3" | head -n 1; echo "\${PIPESTATUS[*]}"`
    const { stdout, stderr } = await promisify(execFile)('bash', ['-c', script, node, run, config, keys], { cwd: root })
    expect(stderr).to.equal('')
    expect(stdout).to.match(/^https:.*\n0 0\n$/)
  })

  it('gives --json one document', async () => {
    const { stdout, stderr, code } = await sign(['--json', '/a', '-'], 'b\n')
    expect({ stderr, code }).to.deep.equal({ stderr: '', code: 0 })
    const signed = resultOf(stdout) as { key: string; url: string; expires: number }[]
    expect(signed.map(({ key }) => key)).to.deep.equal(['a', 'b'])
    for (const { key, url, expires } of signed) {
      expect(opened(url).path).to.equal(`/${key}`)
      expect(url).to.include(`?t=${expires}_`)
    }
  })

  it('refuses keys that no path can fetch, naming the line', async () => {
    const bad = await sign(['-'], 'a\nb/../c\n')
    expect(bad.code).to.equal(2)
    expect(bad.stderr).to.include('Line 2 of standard input').and.to.include('".."')
    expect((await sign([''])).code).to.equal(2)
    expect(await sign(['-'], 'a\r\n'))
      .to.have.property('stderr')
      .that.includes('control character')
  })

  it('refuses what it does not understand on the command line', async () => {
    for (const args of [[], ['--expires', '5', 'x'], ['--expires', '300d300', 'x'], ['--algorithm', 'md5', 'x']]) {
      const { stdout, code } = await sign(args)
      expect({ stdout, code }, args.join(' ')).to.deep.equal({ stdout: '', code: 2 })
    }
    expect(await sign(['--expires', '999999999d', 'x'])).to.include({ stdout: '', code: 2 })
  })

  it('says what is missing in the configuration, and never shows the secret', async () => {
    await writeConfig('')
    const noDomain = await sign(['x'])
    expect(noDomain).to.include({ stdout: '', code: 3 })
    expect(noDomain.stderr).to.include('cloudfront_packages_domain')
    for (const wrong of ['https://d.example/', 'd.example/x']) {
      const { code, stderr } = await sign(['--domain', wrong, 'x'])
      expect(code).to.equal(2)
      expect(stderr).to.include('bare domain').and.not.to.include(secret)
    }
    await writeConfig(`packagecloud_rails['cloudfront_packages_domain'] = 'https://${domain}'`)
    expect(await sign(['x'])).to.include({ stdout: '', code: 3 })
    await writeFile(config, "packagecloud_rails['cloudfront_packages_domain'] = 'd.example'\n")
    const noSecret = await sign(['x'])
    expect(noSecret).to.include({ stdout: '', code: 3 })
    expect(noSecret.stderr).to.include('cloudfront_secret')
    await writeFile(config, "packagecloud_rails['cloudfront_secret'] = 'too:odd'\n")
    const malformed = await sign(['--domain', 'd.example', 'x'])
    expect(malformed).to.include({ stdout: '', code: 3 })
    expect(malformed.stderr).not.to.include('too:odd')
  })
})
