/** Values that are mistyped: what was meant is told where that is known, or can be looked up without a right of its own. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { CreateBucketCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { bucket, type Installation, install } from '../support/installation.ts'
import { resultOf } from '../support/json-document.ts'

describe('a value that is mistyped', function () {
  this.timeout(60_000)
  let place: Installation
  let id = ''
  before(async () => {
    place = await install({ timing: { deploy: 0 } })
    await place.clients.s3.send(new CreateBucketCommand({ Bucket: 'logs-example-org' }))
    const made = JSON.parse(await place.succeed(['cfcreate', `s3://${bucket}`, '--json'])) as {
      result: { distributions: { id: string }[] }
    }
    id = made.result.distributions[0]?.id ?? ''
    await writeFile(join(place.folder, 'package.deb'), 'a package')
    await mkdir(join(place.folder, '.aws'))
    await writeFile(join(place.folder, '.aws/config'), '[profile packages]\nregion = us-east-1\n')
  })
  after(() => place.close())
  afterEach(() => place.sandbox.faults.clear())

  const wrong = async (code: number, ...words: string[]): Promise<string> => {
    const run = await place.run(words, { env: { AWS_CONFIG_FILE: join(place.folder, '.aws/config') } })
    expect(run.code, run.stderr).to.equal(code)
    return run.stderr
  }
  const otherId = (): string => `${id.slice(0, -1)}${id.endsWith('X') ? 'Y' : 'X'}`

  it('of a bucket: one of the account', async () => {
    expect(await wrong(3, 'status', '--bucket', 'pakcages-example-org')).to.contain(`Did you mean \`${bucket}\`?`)
    const file = join(place.folder, 'package.deb')
    expect(await wrong(1, 'put', file, 's3://log-example-org/')).to.contain('Did you mean `logs-example-org`?')
    expect(await wrong(1, 'put', file, 's3://quite-another-one/'))
      .to.contain('Check its name.')
      .and.not.contain('mean')
  })

  it('of a bucket that may not be looked for: nothing, and the failure is still that there is none', async () => {
    place.sandbox.faults.add('s3:ListBuckets:*:before:AccessDenied')
    expect(await wrong(3, 'status', '--bucket', 'pakcages-example-org'))
      .to.contain('does not exist')
      .and.not.match(/mean|denied/i)
  })

  it('of a distribution: one of the account, as it was typed', async () => {
    expect(await wrong(1, 'cfinfo', `cf://${otherId()}`)).to.contain(`Did you mean \`cf://${id}\`?`)
    expect(await wrong(1, 'cfinfo', otherId())).to.contain(`Did you mean \`${id}\`?`)
    expect(await wrong(1, 'cfinval', 's3://packages-exmple-org/x')).to.contain(`Did you mean \`s3://${bucket}\`?`)
    const [, arn = ''] = await place.bootstrap()
    const words = ['reconfigure-cloudfront-distribution', arn, '--distribution', otherId()]
    expect(await wrong(3, ...words)).to.contain(`Did you mean \`${id}\`?`)
    place.sandbox.faults.add('cloudfront:ListDistributions:*:before:AccessDenied')
    expect(await wrong(1, 'cfinfo', otherId()))
      .to.contain('does not exist')
      .and.not.match(/mean|denied/i)
  })

  it('of an invalidation: one of its distribution', async () => {
    const made = resultOf(await place.succeed(['cfinval', `s3://${bucket}/x`, '--json'])) as {
      invalidations: { uri: string }[]
    }
    const { uri = '' } = made.invalidations[0] ?? {}
    const slip = `${uri.slice(0, -1)}${uri.endsWith('X') ? 'Y' : 'X'}`
    expect(await wrong(1, 'cfinvalinfo', slip)).to.contain(`Did you mean \`${uri}\`?`)
    expect(await wrong(1, 'cfinvalinfo', `cf://${id}/I0`))
      .to.contain(`pc-ctl cfinvalinfo cf://${id}`)
      .and.not.contain('mean')
    place.sandbox.faults.add('cloudfront:ListInvalidations:*:before:AccessDenied')
    expect(await wrong(1, 'cfinvalinfo', slip))
      .to.contain('does not exist')
      .and.not.match(/mean|denied/i)
  })

  it('of an ARN: what the function of the installation is called', async () => {
    const [command = '', arn = ''] = await place.bootstrap()
    expect(await wrong(2, command, arn.replace('_auth:', '_aut:'))).to.contain(
      'That of the installation is called packagecloud_cloudfront_auth.',
    )
  })

  it('of an installation that has nothing yet: those of the account, the nearest first', async () => {
    await place.bootstrap('--installation', 'staging')
    await place.bootstrap('--installation', 'production')
    const told = await place.succeed(['status', '--installation', 'stagign', '--no-pager'])
    expect(told).to.match(
      /This account has the installations staging, .*production[^]*\n +pc-ctl status --installation staging\n/,
    )
    expect(await place.succeed(['status', '--installation', 'staging'])).not.to.contain('This account has')
    place.sandbox.faults.add('tagging:GetResources:*:before:AccessDenied')
    expect(await place.succeed(['status', '--installation', 'stagign'])).not.to.contain('This account has')
  })

  it('of a file: one beside it', async () => {
    const file = (name: string): string => join(place.folder, name)
    expect(await wrong(2, 'put', file('pacakge.deb'), `s3://${bucket}/`))
      .to.contain("pacakge.deb can't be read: there is no such file.")
      .and.contain(`Did you mean \`${file('package.deb')}\`?`)
    expect(await wrong(3, 'status', '--config', file('packagecluod.rb'))).to.contain(file('packagecloud.rb'))
    for (const flag of ['--mapping', '--signing-key']) {
      expect(await wrong(flag === '--mapping' ? 2 : 3, 'reindex-everything', flag, file('packag.deb'))).to.contain(
        `Did you mean \`${file('package.deb')}\`?`,
      )
    }
    expect(await wrong(2, 'invalidate', '--from-report', file('packag.deb'))).to.contain('Did you mean')
    // A folder that is not there has nothing beside it.
    expect(await wrong(2, 'put', file('none/package.deb'), `s3://${bucket}/`)).not.to.contain('mean')
  })

  it('of a profile: one of the configuration', async () => {
    expect(await wrong(3, 'status', '--profile', 'pacakges')).to.contain('Did you mean `packages`?')
  })
})
