import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import { runQuickly } from '../support/run-here.ts'

const old = 'NGFlNmY1YjA3YzEyMzlkODg1NDNlMGIxYTdjNmQ5ZjI'
const oneLine = /^packagecloud_rails\['cloudfront_secret'\] = '[A-Za-z0-9+/]{43}'\n$/

describe('generate-cloudfront-secret', () => {
  let folder: string
  let config: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "pc ctl's-"))
    config = join(folder, 'packagecloud.rb')
  })
  after(() => rm(folder, { recursive: true }))

  /** Runs it on a file, and makes sure that the file is left alone. */
  const generate = async (source: string, ...flags: string[]) => {
    await writeFile(config, source)
    const run = await runQuickly(['generate-cloudfront-secret', '--config', config, ...flags])
    expect(await readFile(config, 'utf8')).to.equal(source)
    return run
  }

  it('prints the line to paste, and on stderr what comes next, with the flags in use', async () => {
    const { stdout, stderr, code } = await generate(
      "packagecloud_rails['cloudfront_secret'] = ''",
      '--installation',
      'two',
    )
    expect(code).to.equal(0)
    expect(stdout).to.match(oneLine)
    expect(stderr).to.include(config)
    const quoted = `'${config.replace("'", `'\\''`)}'`
    expect(stderr).to.match(/packagecloud-ctl reconfigure\n +pc-ctl bootstrap-cloudfront /)
    expect(stderr).to.include(`pc-ctl bootstrap-cloudfront --config ${quoted} --installation two\n`)
    expect(stderr).to.not.include(/'([^']{43})'\n$/.exec(stdout)?.[1])
  })

  it('works where there is no packagecloud.rb, and says so', async () => {
    const { stdout, stderr, code } = await runQuickly(['generate-cloudfront-secret'])
    expect(code).to.equal(0)
    expect(stdout).to.match(oneLine)
    expect(stderr).to.include('/etc/packagecloud/packagecloud.rb does not exist here')
  })

  it('refuses where there is a secret, and says how to replace it', async () => {
    const { stdout, stderr, code } = await generate(`\npackagecloud_rails['cloudfront_secret'] = '${old}'`)
    expect([stdout, code]).to.deep.equal(['', 4])
    expect(stderr).to.include(`${config}:2: packagecloud_rails['cloudfront_secret'] is already set.`)
    expect(stderr).to.include('pc-ctl generate-cloudfront-secret --force --config ').and.not.include(old)
  })

  it('refuses where there may be a secret', async () => {
    const { stdout, stderr, code } = await generate("packagecloud_rails['cloudfront_secret'] = File.read('/x')")
    expect([stdout, code]).to.deep.equal(['', 4])
    expect(stderr).to.match(/is already set, although not to a value that pc-ctl can read: it depends on File\.read/)
  })

  it('forced, prints both secrets, and the steps with the restart at the end', async () => {
    const { stdout, stderr, code } = await generate(`packagecloud_rails['cloudfront_secret'] = '${old}'`, '--force')
    expect(code).to.equal(0)
    const [first, second, ...rest] = stdout.split('\n')
    expect(`${first ?? ''}\n`)
      .to.match(oneLine)
      .and.not.include(old)
    expect([second, ...rest]).to.deep.equal([`packagecloud_rails['cloudfront_previous_secret'] = '${old}'`, ''])
    const steps = [
      'two lines above in place of line 1',
      '2. packagecloud-ctl reconfigure',
      'pc-ctl bootstrap-cloudfront',
      'Deployed',
      'packagecloud-ctl restart',
    ]
    const places = steps.map((step) => stderr.indexOf(step))
    expect(places).to.not.include(-1)
    expect(places).to.deep.equal([...places].sort((a, b) => a - b))
    expect(stderr).to.not.include(old)
  })

  it('forced, leaves a secret that it cannot read in its place, and says so', async () => {
    const { stdout, stderr, code } = await generate(
      "packagecloud_rails['cloudfront_secret'] = File.read('/x')",
      '--force',
    )
    expect(code).to.equal(0)
    expect(stdout).to.match(oneLine)
    expect(stderr).to.match(/In line 1 .* rename cloudfront_secret to cloudfront_previous_secret/)
  })

  it('forced, does not keep a secret that is none, and speaks of an earlier previous one', async () => {
    const source = `packagecloud_rails['cloudfront_secret'] = 'x'\npackagecloud_rails['cloudfront_previous_secret'] = '${old}'`
    const { stdout, stderr, code } = await generate(source, '--force')
    expect(code).to.equal(0)
    expect(stdout).to.match(oneLine)
    expect(stderr).to.include('The old secret is not kept').and.include('Remove line 2')
  })

  it('refuses where a line that is not evaluated names the secret, or runs what cannot be seen', async () => {
    const hidden = join(folder, 'hidden')
    await mkdir(hidden, { recursive: true })
    for (const line of [
      "eval(ENV['EXTRA'].to_s + foo)",
      `instance_eval(File.read(${JSON.stringify(hidden)}))`,
      "instance_eval(File.read('/nonexistent/x.rb'))",
      "require_relative 'nowhere'",
      'packagecloud_rails.send(foo, 1)',
      "%w(cloudfront_secret).map { |key| packagecloud_rails[key] = File.read('/x') }",
      "Vault.read(:x).each { |key, value| packagecloud_rails[key] = value if key == 'cloudfront_secret' }",
    ]) {
      const { stdout, stderr, code } = await generate(`# first\n${line}\n`)
      expect([stdout, code], line).to.deep.equal(['', 4])
      expect(stderr, line).to.include(`${config}:2: `).and.include('pc-ctl generate-cloudfront-secret --force')
    }
  })

  it('refuses where a file that is run sets the secret', async () => {
    const other = join(folder, 'other.rb')
    await writeFile(other, `packagecloud_rails['cloudfront_secret'] = '${old}'\n`)
    const line = `instance_eval(File.read("${other}")) if File.exist?("${other}")`
    const refused = await generate(line)
    expect([refused.stdout, refused.code]).to.deep.equal(['', 4])
    const forced = await generate(line, '--force')
    expect(forced.code).to.equal(0)
    expect(forced.stdout).to.match(oneLine)
    expect(forced.stderr)
      .to.match(/is\s+lost\s+to\s+the\s+edge/)
      .and.include("packagecloud_rails['cloudfront_previous_secret'] = '...'")
      .and.not.include(old)
  })

  it('warns of lines that are not evaluated and might set the secret, and goes on', async () => {
    for (const line of [
      "Vault.read('x').each { |key, value| packagecloud_rails[key] = value }",
      "eval(File.read('/nonexistent/x.rb')) if File.exist?('/nonexistent/x.rb')",
      'Chef::Site.configure(packagecloud_rails)',
    ]) {
      const { stdout, stderr, code } = await generate(`\n${line}\n`)
      expect(code, line + stderr).to.equal(0)
      expect(stdout).to.match(oneLine)
      expect(stderr.replaceAll(/\s+/g, ' ')).to.include(`${config}:2 is not evaluated and might set the secret: `)
    }
  })

  it('takes lines that can be seen to set other keys only', async () => {
    const other = join(folder, 'proxy.rb')
    await writeFile(other, "packagecloud_rails['proxy'] = 'x'\n")
    for (const line of [
      `eval(File.read(${JSON.stringify(other)}))`,
      "instance_eval \"packagecloud_rails['proxy'] = 'x'\"",
      '%w(smtp proxy).each { |key| packagecloud_rails[key] = foo }',
      '%w(a b).map { |key| packagecloud_rails["x_#{key}"] = 1 }',
      'foo.each { |key, value| packagecloud_rails["smtp_#{key}"] = value }',
      'foo.each { |key, value| nginx[key] = value }',
      "require 'json'",
    ]) {
      const { stdout, stderr, code } = await generate(line)
      expect(code, line + stderr).to.equal(0)
      expect(stdout).to.match(oneLine)
      expect(stderr, line).to.not.include('might set')
    }
  })

  it('forced where a line might set a secret, says how to keep that', async () => {
    const { stdout, stderr, code } = await generate('eval(foo)', '--force')
    expect(code).to.equal(0)
    expect(stdout).to.match(oneLine)
    expect(stderr)
      .to.match(/is\s+lost\s+to\s+the\s+edge/)
      .and.match(/cloudfront_previous_secret/)
  })

  it('gives the secret as JSON', async () => {
    const { stdout, code } = await generate('', '--json')
    const { secret, lines } = resultOf(stdout) as { secret: string; lines: string[] }
    expect(code).to.equal(0)
    expect(lines).to.deep.equal([`packagecloud_rails['cloudfront_secret'] = '${secret}'`])
  })

  it('refuses as JSON too', async () => {
    const { stdout, code } = await generate(`packagecloud_rails['cloudfront_secret'] = '${old}'`, '--json')
    expect(code).to.equal(4)
    expect(JSON.parse(stdout)).to.have.nested.property('error.code', 'refused')
  })

  it('stops at a file that is not Ruby', async () => {
    const { stdout, stderr, code } = await generate("\npackagecloud_rails['a'] = '", '--force')
    expect([stdout, code]).to.deep.equal(['', 3])
    expect(stderr).to.match(/^Error: .*packagecloud\.rb:2: /)
  })
})
