import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'
import fc from 'fast-check'

import { newSecret } from '../../src/settings/new-secret.ts'
import { overview } from '../../src/settings/overview.ts'
import { readRuby } from '../../src/settings/ruby/read.ts'
import { checkSecret, maskSecret } from '../../src/settings/secret.ts'
import {
  carriedFlags,
  describeSource,
  type Flags,
  loadSettings,
  need,
  optional,
  type Settings,
} from '../../src/settings/settings.ts'
import { CtlError } from '../../src/errors.ts'
import { plain } from './ruby/ruby-of.ts'

const sample = join(import.meta.dirname, 'packagecloud.rb')

describe('the sample packagecloud.rb', () => {
  it('has the values that Ruby gives it', async () => {
    const ruby = await readRuby(await readFile(sample), sample, {})
    const value = (name: string, key?: string) => plain(ruby.get(name, key)?.value)
    expect(value('external_url')).to.equal('https://packages.example.org')
    expect(value('packagecloud_rails', 'cloudfront_enabled')).to.equal(true)
    expect(value('packagecloud_rails', 'cloudfront_secret')).to.have.length(43)
    expect(value('packagecloud_rails', 'aws_secret_key')).to.match(/#KEY$/)
    expect(value('packagecloud_rails', 's3_bucket')).to.equal('packages-ops-example-org')
    expect(value('packagecloud_rails', 's3_storage_class')).to.equal(':standard')
    expect(value('packagecloud_rails', 'aws_host')).to.equal(undefined)
    expect(value('packagecloud_rails', 'smtp')).to.deep.equal({ address: 'smtp.example.org', port: 587n, tls: true })
    expect(value('packagecloud_rails', 'motd')).to.include("\npackagecloud_rails['cloudfront_enabled'] = false   <-")
    expect(value('packagecloud_rails', 'enterprise_license')).to.match(/^-----BEGIN LICENSE-----\n {2}Zm/)
    expect(value('redis', 'maxmemory')).to.equal(2147483648n)
    expect(value('unicorn', 'worker_processes')).to.equal(8n)
    expect(value('mysql', 'enable')).to.equal(false)
    expect(value('backups', 'bucket')).to.equal('packages-db-backups')
    expect(value('resque', 'queues')).to.deep.equal(['indexer', 'mailer', 'default'])
    expect(value('nginx', 'custom_headers')).to.deep.equal({
      'X-Frame-Options': 'SAMEORIGIN',
      'Strict-Transport-Security': 'max-age=31536000',
      cache_control: null,
    })
    expect(ruby.notes.map(({ line, text }) => `${line} ${text}`)).to.deep.equal(['70 eval(…)'])
  })

  it('follows the environment', async () => {
    const settings = await loadSettings(
      { config: sample, installation: 'packagecloud' },
      { AWS_REGION: 'eu-west-3', PC_ENV: 'qa', PC_AWS_KEY: 'AKIAOTHER' },
    )
    expect(settings.region?.value).to.equal('eu-west-3')
    expect(settings.bucket?.value).to.equal('packages-qa-example-org')
    expect(settings.accessKey?.value).to.equal('AKIAOTHER')
  })
})

describe('settings', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-settings-'))
  })
  after(() => rm(folder, { recursive: true }))

  const load = async (source: string, flags: Partial<Flags> = {}, environment: NodeJS.ProcessEnv = {}) => {
    const config = join(folder, 'packagecloud.rb')
    await writeFile(config, source)
    return loadSettings({ config, installation: 'packagecloud', ...flags }, environment)
  }
  const failure = (act: () => unknown): CtlError => {
    try {
      act()
    } catch (error) {
      if (error instanceof CtlError) return error
      throw error
    }
    throw new Error('did not fail')
  }
  const rejection = async (promise: Promise<unknown>): Promise<CtlError> => {
    const error: unknown = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    if (error instanceof CtlError) return error
    throw new Error('did not fail as expected', { cause: error })
  }
  const place = (settings: Settings, name: 'bucket' | 'region') => {
    const found = settings[name]
    return found && [found.value, describeSource(found.source).replace(`${folder}/`, '')]
  }

  it('prefer flag, then variable, then file', async () => {
    const source = "packagecloud_rails['aws_bucket'] = 'file'"
    const variable = { PC_CTL_BUCKET: 'variable' }
    expect(place(await load(source), 'bucket')).to.deep.equal(['file', 'packagecloud.rb:1 (aws_bucket)'])
    // oclif puts a variable's value where the flag's would be.
    expect(place(await load(source, { bucket: 'variable' }, variable), 'bucket')).to.deep.equal([
      'variable',
      'PC_CTL_BUCKET',
    ])
    expect(place(await load(source, { bucket: 'flag' }, variable), 'bucket')).to.deep.equal(['flag', '--bucket'])
  })

  it('know bucket and region under any of their names, and say which', async () => {
    for (const key of ['s3_bucket', 'aws_bucket', 'bucket']) {
      const settings = await load(`packagecloud_rails[:${key}] = 'b'`)
      expect(place(settings, 'bucket')).to.deep.equal(['b', `packagecloud.rb:1 (${key})`])
    }
    for (const key of ['aws_region', 's3_region', 'region']) {
      const settings = await load(`packagecloud_rails['${key}'] = 'r'`)
      expect(place(settings, 'region')).to.deep.equal(['r', `packagecloud.rb:1 (${key})`])
    }
  })

  it('take two names with one value, refuse two values, unless a flag decides', async () => {
    const same = "packagecloud_rails['bucket'] = 'b'\npackagecloud_rails['s3_bucket'] = 'b'"
    expect(need(await load(same), 'bucket')).to.equal('b')
    const differ = "packagecloud_rails['bucket'] = 'b'\npackagecloud_rails['s3_bucket'] = 'c'"
    const settings = await load(differ)
    const error = failure(() => need(settings, 'bucket'))
    expect(error.exitCode).to.equal(3)
    expect(error.message).to.match(/rb:1: packagecloud_rails\['bucket'\] differs from s3_bucket in line 2\.$/)
    expect(need(await load(differ, { bucket: 'd' }), 'bucket')).to.equal('d')
  })

  it('that only running the file could tell fail where they are needed, with what supplies them instead', async () => {
    const settings = await load("name = File.read('/etc/hostname')\n\npackagecloud_rails['s3_bucket'] = name.strip")
    for (const read of [need, optional]) {
      const error = failure(() => read(settings, 'bucket'))
      expect(error.message).to.match(/packagecloud\.rb:3: packagecloud_rails\['s3_bucket'\] cannot be told/)
      expect(error.message).to.include('it depends on File.read, which is not evaluated (line 1)')
      expect(error.hint.join()).to.include('--bucket').and.include('PC_CTL_BUCKET')
    }
    expect(optional(settings, 'region')).to.equal(undefined)
  })

  it('of the wrong type fail where they are needed', async () => {
    const settings = await load(
      "packagecloud_rails['cloudfront_enabled'] = 'true'\npackagecloud_rails['region'] = :eu\n" +
        "packagecloud_rails['bucket'] = %w(a)\npackagecloud_rails['aws_host'] = nil",
    )
    expect(failure(() => need(settings, 'cloudfrontEnabled')).message).to.match(
      /:1: .* is a String, but true or false is wanted\.$/,
    )
    expect(failure(() => need(settings, 'region')).message).to.match(/:2: .* is a Symbol, but a String is wanted\.$/)
    expect(failure(() => need(settings, 'bucket')).message).to.match(/:3: .* is an Array, but a String is wanted\.$/)
    expect(optional(settings, 'awsHost')).to.equal(undefined)
  })

  it('that are missing are named, with the lines that might set them', async () => {
    const settings = await load("packagecloud_rails['cloudfront_secret'] = ''\neval(File.read('x'))")
    const secret = failure(() => need(settings, 'cloudfrontSecret'))
    expect(secret.message).to.match(/packagecloud\.rb:1: packagecloud_rails\['cloudfront_secret'\] is empty\.$/)
    expect(secret.hint.join('\n'))
      .to.match(/generate-cloudfront-secret/)
      .and.match(/Line 2 .*eval\(…\)/)
    expect(optional(settings, 'cloudfrontSecret')).to.equal(undefined)
    const bucket = failure(() => need(settings, 'bucket'))
    expect(bucket.message).to.match(/packagecloud\.rb: packagecloud_rails\['s3_bucket'\] is not set\.$/)
    expect(bucket.exitCode).to.equal(3)
  })

  it('do without a file, unless one was named', async () => {
    const nowhere = join(folder, 'nowhere.rb')
    const flags = { config: nowhere, installation: 'packagecloud', bucket: 'b' }
    const named = await rejection(loadSettings(flags, {}))
    expect([named.message, named.exitCode]).to.deep.equal([`${nowhere} does not exist.`, 3])
    await rejection(loadSettings(flags, { PC_CTL_CONFIG: nowhere }))
    const settings = await loadSettings({ ...flags, config: '/etc/packagecloud/packagecloud.rb' }, {})
    expect(settings.configFound).to.equal(false)
    expect(need(settings, 'bucket')).to.equal('b')
    expect(failure(() => need(settings, 'cloudfrontSecret')).message).to.match(/wanted, but \/etc.* does not exist\.$/)
  })

  it('say why a file cannot be read', async () => {
    const error = await rejection(loadSettings({ config: folder, installation: 'packagecloud' }, {}))
    expect([error.message, error.exitCode]).to.deep.equal([`${folder} is a directory, not a file.`, 3])
  })

  it('say that a file may not be read', async () => {
    const config = join(folder, 'secret.rb')
    await writeFile(config, '')
    await chmod(config, 0)
    await chmod(folder, 0o755)
    const isRoot = process.geteuid?.() === 0
    // Nothing is unreadable to root; this is nobody.
    if (isRoot) process.seteuid?.(65_534)
    const error = await rejection(loadSettings({ config, installation: 'packagecloud' }, {})).finally(() => {
      if (isRoot) process.seteuid?.(0)
    })
    expect([error.message, error.exitCode]).to.deep.equal([`${config} cannot be read: permission denied.`, 3])
  })

  it('take only names of installations that fit AWS', async () => {
    for (const installation of ['packagecloud', 'a', 'a1-b2', 'x'.repeat(40)]) {
      expect((await load('', { installation })).installation.value).to.equal(installation)
    }
    for (const installation of ['', 'A', '1a', 'a-', '-a', 'a--b', 'a-1', 'a_b', 'a b', 'a\n', 'x'.repeat(41)]) {
      expect((await rejection(load('', { installation }))).exitCode, installation).to.equal(2)
    }
  })

  it('hand on the flags that were given', () => {
    const flags = { config: '/a b', bucket: 'b', region: undefined, profile: 'p', installation: 'packagecloud' }
    expect(carriedFlags(flags, { PC_CTL_PROFILE: 'p' })).to.deep.equal(['--config', '/a b', '--bucket', 'b'])
  })

  it('are shown without secrets', async () => {
    const secrets = ['NGFlNmY1YjA3YzEyMzlkODg1NDNlMGIxYTdjNmQ5ZjI', 'wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY']
    const settings = await load(
      `packagecloud_rails['cloudfront_secret'] = '${secrets[0] ?? ''}'\n` +
        `packagecloud_rails['cloudfront_previous_secret'] = '${secrets[1] ?? ''}'\n` +
        `packagecloud_rails['aws_secret_key'] = '${secrets[1] ?? ''}'\n` +
        `packagecloud_rails['aws_access_key'] = 'AKIAIOSFODNN7EXAMPLE'`,
    )
    const shown = overview(settings)
    for (const secret of secrets) {
      for (let at = 0; at + 6 <= secret.length; at += 1) {
        expect(JSON.stringify(shown)).to.not.include(secret.slice(at, at + 6))
      }
    }
    const valueOf = (name: string) => shown.find((each) => each.name === name)?.value
    expect(valueOf('aws_access_key')).to.equal('AKIA…MPLE')
    expect(valueOf('cloudfront_secret')).to.equal('******** (43 characters, fingerprint 56008982)')
  })
})

describe('a CloudFront secret', () => {
  const settings: Settings = {
    configFile: 'f.rb',
    configFound: true,
    installation: { value: 'packagecloud', source: { kind: 'default' } },
    problems: {},
    notes: [],
  }

  it('is made of 32 random bytes, 43 characters, and never twice', () => {
    const made = Array.from({ length: 100 }, () => newSecret(settings, false, '').lines.secret)
    expect(new Set(made)).to.have.property('size', 100)
    for (const secret of made) {
      expect(secret).to.match(/^[A-Za-z0-9+/]{43}$/)
      expect(checkSecret(secret)).to.have.length(32)
    }
  })

  it('decodes in both alphabets, padded or not, from 16 bytes on', () =>
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16 }), (bytes) => {
        const padded = Buffer.from(bytes).toString('base64')
        for (const form of [padded, padded.replace(/=/g, ''), Buffer.from(bytes).toString('base64url')]) {
          expect(Buffer.from(checkSecret(form)).equals(bytes)).to.equal(true)
        }
      }),
    ))

  it('is refused without being shown', () => {
    for (const bad of [
      '',
      'c2hvcnQ',
      'A'.repeat(41),
      `${'A'.repeat(42)}!`,
      `${'A'.repeat(43)}\n`,
      ` ${'A'.repeat(43)}`,
    ]) {
      expect(() => checkSecret(bad), bad)
        .to.throw(CtlError)
        .and.satisfy((error: CtlError) => error.exitCode === 3 && (bad === '' || !error.message.includes(bad)))
    }
  })

  it('is masked to its length and a fingerprint', () => {
    expect(maskSecret('a')).to.equal('******** (1 character, fingerprint ca978112)')
    expect(maskSecret('a')).to.not.equal(maskSecret('b'))
  })
})
