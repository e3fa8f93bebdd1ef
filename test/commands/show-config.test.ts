import { join } from 'node:path'

import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import { runQuickly } from '../support/run-here.ts'

const sample = join(import.meta.dirname, '../settings/packagecloud.rb')

describe('show-config', () => {
  it('prints each setting with where it came from, secrets masked, and nothing else', async () => {
    const { stdout, stderr, code } = await runQuickly(['show-config', '--region', 'eu-west-1'], {
      env: { PC_CTL_CONFIG: sample, PC_CTL_BUCKET: 'other' },
    })
    expect(code).to.equal(0)
    const rows = stdout
      .trimEnd()
      .split('\n')
      .map((line) => line.split(/ {2,}/))
    expect(rows).to.deep.include.members([
      ['NAME', 'VALUE', 'SOURCE'],
      ['installation', 'packagecloud', 'default'],
      ['profile', '-', 'not set'],
      ['bucket', 'other', 'PC_CTL_BUCKET'],
      ['region', 'eu-west-1', '--region'],
      ['aws_access_key', 'AKIA…MPLE', `${sample}:18 (aws_access_key)`],
      ['cloudfront_secret', '******** (43 characters, fingerprint 56008982)', `${sample}:28 (cloudfront_secret)`],
      ['cloudfront_enabled', 'true', `${sample}:27 (cloudfront_enabled)`],
    ])
    // No warning of Node's either.
    expect(stderr.split('\n').filter((line) => !line.startsWith('Warning: Everybody'))).to.deep.equal([
      `${sample}:70: not evaluated, may change settings: eval(…)`,
      '',
    ])
  })

  it('shows proxies, own authorities and AWS_PROFILE, passwords masked', async () => {
    const env = {
      PC_CTL_CONFIG: sample,
      HTTPS_PROXY: 'http://operator:p%40ss@proxy.example.org:3128',
      no_proxy: '.example.org,10.0.0.0/8',
      AWS_CA_BUNDLE: '/nonexistent/ca.pem',
      AWS_PROFILE: 'operator',
    }
    const { stdout, code } = await runQuickly(['show-config'], { env })
    expect(code).to.equal(0)
    expect(stdout).to.match(/^HTTPS_PROXY +http:\/\/operator:\*\*\*@proxy\.example\.org:3128 +HTTPS_PROXY$/m)
    expect(stdout).to.match(/^NO_PROXY +\.example\.org,10\.0\.0\.0\/8 +no_proxy$/m)
    expect(stdout).to.match(/^HTTP_PROXY +- +not set$/m)
    expect(stdout).to.match(/^profile +operator +AWS_PROFILE$/m)
    expect(stdout).to.match(/^AWS_CA_BUNDLE +\(unusable\) +AWS_CA_BUNDLE: .*can't be read/m)
    expect(stdout).to.match(/^NODE_EXTRA_CA_CERTS +- +not set$/m)
    const document = resultOf((await runQuickly(['show-config', '--json'], { env })).stdout) as { network: unknown[] }
    expect(document.network).to.deep.include({ name: 'HTTP_PROXY', value: null, source: null })
    expect(stdout + JSON.stringify(document))
      .not.to.include('p%40ss')
      .and.not.to.include('p@ss')
  })

  it('says the same as JSON', async () => {
    const { stdout, code } = await runQuickly(['show-config', '--json', '--config', sample])
    const document = resultOf(stdout) as { config: unknown; settings: unknown[]; notes: unknown }
    expect(code).to.equal(0)
    expect(document.config).to.deep.equal({ file: sample, found: true })
    expect(document.settings).to.deep.include({
      name: 'bucket',
      value: 'packages-ops-example-org',
      source: `${sample}:21 (s3_bucket)`,
    })
    expect(document.notes).to.deep.equal([{ file: sample, line: 70, text: 'eval(…)' }])
    expect(stdout).to.not.match(/NGFlNmY1|wJalrXUt/)
  })

  it('fails with one message for a file that is not there', async () => {
    const { stdout, stderr, code } = await runQuickly(['show-config', '--config', '/nonexistent/x.rb'])
    expect([stdout, code]).to.deep.equal(['', 3])
    expect(stderr).to.match(/^Error: \/nonexistent\/x\.rb does not exist\.\n/)
  })
})
