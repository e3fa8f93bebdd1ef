import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { expect } from 'chai'

import { bucket, expectPlainTalk, install, type Installation, inTurn, textOf } from '../support/installation.ts'

const distribution = 'cf://E2ABCDEFGHIJKL'
const everything = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
})

/** S3 answers HEAD alike for a missing permission and for a caller that it does not know; other services differ in words. */
describe('credentials that AWS does not know', function () {
  this.timeout(300_000)
  let place: Installation
  let commands: readonly (readonly string[])[] = []
  /** How far the clock of the sandbox is ahead, in milliseconds. */
  let ahead = 0

  before(async () => {
    place = await install({ now: () => Date.now() + ahead })
    const { next } = await place.connect()
    commands = [
      ['bootstrap-cloudfront'],
      next,
      ['status'],
      ['permissions', 'bootstrap'],
      ['permissions', 'reindex', '--check'],
      ['reindex-everything'],
      ['reindex-everything', '--attributes-only', '--dry-run'],
      ['audit-cache-control'],
      ['doctor'],
      ['put', place.config, `s3://${bucket}/x`],
      ['put', '--dry-run', '--cf-invalidate', place.config, `s3://${bucket}/x`],
      ['cflist'],
      ['cfinfo', distribution],
      ['cfcreate', `s3://${bucket}`],
      ['cfmodify', distribution, '--disable'],
      ['cfremove', '--yes', distribution],
      ['cfinval', `s3://${bucket}/x`],
      ['cfinvalinfo', distribution],
      ['invalidate', '/x'],
      ['costs'],
    ]
  })
  after(() => place.close())

  async function expectNobody(env: Record<string, string>, why: RegExp): Promise<void> {
    await inTurn(commands, async (words) => {
      const { code, stdout, stderr } = await place.run(words, { env })
      const title = `${words.join(' ')}\n${stderr}`
      expect({ code, stdout }, title).to.deep.equal({ code: 3, stdout: '' })
      expect(stderr, title).to.match(why).and.to.include('request id')
      expect(stderr, title).not.to.match(/denied|Unknown|Add this statement/)
      expectPlainTalk(stderr)
    })
  }

  it('an access key that does not exist: exit code 3 in every command', async () => {
    const config = join(place.folder, 'unknown-key.rb')
    await writeFile(config, (await textOf(place)).replace(place.sandbox.accessKeyId, 'AKIAUNKNOWN000000000'))
    await expectNobody(
      { PC_CTL_CONFIG: config },
      /AWS does not accept the credentials: The .* (is invalid|does not exist)/,
    )
  })

  it('a session that is over: exit code 3 in every command', async () => {
    const config = join(place.folder, 'without-keys.rb')
    await writeFile(config, (await textOf(place)).replace(/^.*aws_(access|secret)_key.*\n/gm, ''))
    const [AWS_ACCESS_KEY_ID = '', AWS_SECRET_ACCESS_KEY = '', AWS_SESSION_TOKEN = ''] = await oldSession()
    const env = { PC_CTL_CONFIG: config, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN }
    await expectNobody(env, /AWS does not accept the credentials: .*expired[^]*The session is over/)
  })

  /** Keys of a session that was opened three hours ago, for one. */
  async function oldSession(): Promise<(string | undefined)[]> {
    const { iam } = place.clients
    const { User } = await iam.send(new CreateUserCommand({ UserName: 'operator' }))
    await iam.send(new PutUserPolicyCommand({ UserName: 'operator', PolicyName: 'p', PolicyDocument: everything }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'operator' }))
    const trust = { Effect: 'Allow', Principal: { AWS: User?.Arn }, Action: 'sts:AssumeRole' }
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] })
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'admin', AssumeRolePolicyDocument }))
    await iam.send(new PutRolePolicyCommand({ RoleName: 'admin', PolicyName: 'p', PolicyDocument: everything }))
    ahead = -3 * 3_600_000
    const sts = new STSClient({
      endpoint: place.sandbox.endpoint,
      region: 'us-east-1',
      credentials: { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' },
      systemClockOffset: ahead,
    })
    try {
      const input = { RoleArn: Role?.Arn, RoleSessionName: 'old' }
      const { Credentials } = await sts.send(new AssumeRoleCommand(input))
      return [Credentials?.AccessKeyId, Credentials?.SecretAccessKey, Credentials?.SessionToken]
    } finally {
      ahead = 0
      sts.destroy()
    }
  }
})
