import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { CreateBucketCommand, HeadBucketCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { clientConfig } from '../support/clients.ts'
import { expectPlainTalk } from '../support/installation.ts'
import { startSuite, type Suite } from './suite.ts'

describe('test:live, before it makes anything', () => {
  let suite: Suite
  before(async () => (suite = await startSuite()))
  after(() => suite.close())

  /** How it ends, having made nothing. */
  const end = async (...args: readonly string[]): Promise<string> => {
    suite.changes()
    const { code, stderr, stdout } = await suite.run(args)
    expect(stdout).to.equal('')
    expectPlainTalk(stderr)
    expect(suite.changes()).to.deep.equal([])
    return `${code} ${stderr}`
  }

  it('tells what it would make and cost, and needs an answer to go on', async () => {
    const said = await end()
    expect(said).to.match(/^2 Makes the installation pc-ctl-live in account 111122223333/)
    expect(said).to.match(
      /Budget: \$1\.00 a month for the KMS key until its deletion is scheduled, and at most \$0\.\d\d/,
    )
    expect(said).to.contain('Run it with --yes if the answer is yes.')
  })

  it('means no installation that may be in use', async () => {
    for (const name of ['packagecloud', 'pc-ctl-lively', 'pc-ctl-live-', 'pc-ctl-live-A']) {
      expect(await end('--yes', '--installation', name)).to.match(/^2 Error: --installation .* is no name for/)
    }
    expect(await end('--yes', '--bucket', 'mine')).to.match(/^2 Error: Unknown option '--bucket'/)
  })

  it('takes no bucket that it did not make', async () => {
    const [, bucket = ''] = /the buckets (\S+)/.exec(await end()) ?? []
    const s3 = new S3Client(clientConfig(suite.sandbox, suite.sandbox, 'eu-central-1'))
    const place = { CreateBucketConfiguration: { LocationConstraint: 'eu-central-1' as const } }
    try {
      await s3.send(new CreateBucketCommand({ Bucket: bucket, ...place }))
      expect(await end('--yes')).to.match(new RegExp(`^4 Error: .*There is a bucket ${bucket}, which no run`))
      await s3.send(new HeadBucketCommand({ Bucket: bucket }))
    } finally {
      s3.destroy()
    }
  })

  it('takes no folder of a run in another account', async () => {
    const folder = join(suite.folder, 'pc-ctl-live-other')
    await mkdir(folder)
    await writeFile(join(folder, 'run.json'), JSON.stringify({ run: 'a', place: 'elsewhere', asked: [] }))
    expect(await end('--yes', '--installation', 'pc-ctl-live-other')).to.match(/^4 Error: .* another account or region/)
  })
})

describe('test:live without permission', () => {
  it('ends with 5 and the statements to add, having made nothing', async () => {
    const look = { Effect: 'Allow', Action: ['iam:SimulatePrincipalPolicy', 's3:ListBucket'], Resource: '*' }
    const suite = await startSuite({ policies: [JSON.stringify({ Version: '2012-10-17', Statement: look })] })
    try {
      const { code, stderr } = await suite.run(['--yes'])
      expect(code, stderr).to.equal(5)
      expect(stderr).to.match(/Add to the policy of these credentials:[^]*"lambda:CreateFunction"/)
      expect(stderr).to.contain('To go on from there: `npm run test:live -- --folder')
      expect(suite.changes()).to.deep.equal([])
    } finally {
      await suite.close()
    }
  })
})
