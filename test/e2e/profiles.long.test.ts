import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { dirname, join } from 'node:path'

import {
  type AccessKey,
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { expect } from 'chai'

import type { CliRun } from '../support/run-cli.ts'
import { hasTerminals, runOnTerminals } from '../support/terminals.ts'
import { bucket, expectPlainTalk, install, type Installation, secret, sideBySide } from '../support/installation.ts'

const device = 'arn:aws:iam::123456789012:mfa/operator'
const everything = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }],
})
const ssoProfile = 'sso_account_id = 123456789012\nsso_role_name = Operator\n'

/** What AWS's own tools read, in each form that pc-ctl may meet it. packagecloud.rb has no keys here. */
describe('profiles', function () {
  this.timeout(300_000)
  let place: Installation
  let keys: Partial<AccessKey>
  let role = ''
  let portal: Server

  before(async () => {
    place = await install({ built: true })
    await writeFile(
      place.config,
      `packagecloud_rails['s3_bucket'] = '${bucket}'\npackagecloud_rails['cloudfront_secret'] = '${secret}'\n`,
    )
    const { iam } = place.clients
    const { User } = await iam.send(new CreateUserCommand({ UserName: 'operator' }))
    await iam.send(new PutUserPolicyCommand({ UserName: 'operator', PolicyName: 'p', PolicyDocument: everything }))
    keys = (await iam.send(new CreateAccessKeyCommand({ UserName: 'operator' }))).AccessKey ?? {}
    const trust = {
      Effect: 'Allow',
      Principal: { AWS: User?.Arn },
      Action: 'sts:AssumeRole',
      Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
    }
    const AssumeRolePolicyDocument = JSON.stringify({ Version: '2012-10-17', Statement: [trust] })
    role = (await iam.send(new CreateRoleCommand({ RoleName: 'admin', AssumeRolePolicyDocument }))).Role?.Arn ?? ''
    await iam.send(new PutRolePolicyCommand({ RoleName: 'admin', PolicyName: 'p', PolicyDocument: everything }))
    // IAM Identity Center: its sessions are over, and its roles are for others.
    portal = createServer(({ headers }, answer) => {
      const isOver = headers['x-amz-sso_bearer_token'] === 'over'
      answer.writeHead(isOver ? 401 : 403, { 'x-amzn-requestid': 'request-of-the-portal' })
      answer.end(JSON.stringify({ message: isOver ? 'Session token not found or invalid' : 'No access' }))
    })
    await once(portal.listen(0, '127.0.0.1'), 'listening')
  })
  after(async () => {
    portal.close()
    await place.close()
  })

  let made = 0
  /** Files of a profile, in a home of its own. */
  async function environment(config: string, credentials = ''): Promise<Record<string, string>> {
    const home = join(place.folder, `home-${++made}`)
    await mkdir(join(home, '.aws/sso/cache'), { recursive: true })
    if (config !== '') await writeFile(join(home, '.aws/config'), config)
    if (credentials !== '') await writeFile(join(home, '.aws/credentials'), credentials)
    return {
      HOME: home,
      AWS_CONFIG_FILE: join(home, '.aws/config'),
      AWS_SHARED_CREDENTIALS_FILE: join(home, '.aws/credentials'),
    }
  }
  const operator = (): string =>
    `[keys]\naws_access_key_id = ${keys.AccessKeyId ?? ''}\naws_secret_access_key = ${keys.SecretAccessKey ?? ''}\n`
  const withMfa = (): string =>
    `[profile admin]\nrole_arn = ${role}\nsource_profile = keys\nmfa_serial = ${device}\nregion = eu-central-1\n`
  const run = (args: readonly string[], env: Record<string, string>): Promise<CliRun> => place.run(args, { env })

  /** A session of IAM Identity Center, as `aws sso login` leaves it. */
  async function session(env: Record<string, string>, accessToken: string, name: string, hours: number): Promise<void> {
    const expiresAt = new Date(Date.now() + hours * 3_600_000).toISOString()
    const file = join(env['HOME'] ?? '', '.aws/sso/cache', `${createHash('sha1').update(name).digest('hex')}.json`)
    await mkdir(dirname(file), { recursive: true })
    await writeFile(file, JSON.stringify({ accessToken, expiresAt, region: 'eu-west-1', startUrl: name }))
  }

  const process = (script: string): string => `[profile p]\ncredential_process = ${script}\n`
  /** What must be told, and the command that is next. Each is exit code 3 and one sentence. */
  const kinds: Readonly<Record<string, readonly [config: string, says: readonly string[]]>> = {
    'no file at all': [
      '',
      ['There is no profile "p" (--profile): there is no configuration of AWS', 'aws configure --profile p'],
    ],
    'a profile that is not there': [
      '[profile other]\nregion = x\n[sso-session s]\nsso_region = x\n',
      ['There is no profile "p" (--profile)', 'have only other.'],
    ],
    'a source that is not there': [
      `[profile p]\nrole_arn = ${device}\nsource_profile = gone\n`,
      ['There is no profile "gone" (source_profile of profile p)'],
    ],
    'a source of its own': [
      `[profile p]\nrole_arn = ${device}\nsource_profile = q\n[profile q]\nrole_arn = ${device}\nsource_profile = p\n`,
      ['The profile p has itself as its source, by way of q.'],
    ],
    'a role without a source': [
      `[profile p]\nrole_arn = ${device}\n`,
      ['neither source_profile nor credential_source'],
    ],
    'half of the keys': ['[profile p]\naws_access_key_id = AKIA\n', ['The profile p lacks aws_secret_access_key.']],
    'a region only': ['[profile p]\nregion = eu-west-1\n', ['The profile p holds no credentials, only region.']],
    'a process that fails': [
      process(`sh -c "echo 'vault: permission denied' >&2; exit 2" --token hunter2`),
      ['The credential_process of profile p (sh) failed: vault: permission denied.'],
    ],
    'a process that is not there': [process('/opt/no/such-thing'), ['(such-thing) failed: ', 'not found']],
    'a process that prints no JSON': [process('echo hunter2'), ['(echo) printed something that is no JSON']],
    'a process whose credentials are old': [
      process(
        `echo '{"Version":1,"AccessKeyId":"AKIA","SecretAccessKey":"hunter2","Expiration":"2020-01-01T00:00:00Z"}'`,
      ),
      ['printed credentials that have expired'],
    ],
    'a token file that is not there': [
      `[profile p]\nrole_arn = ${device}\nweb_identity_token_file = /no/such/token\n`,
      ["web_identity_token_file of profile p names /no/such/token, which can't be read"],
    ],
    'a login that is over': [
      '[profile p]\nlogin_session = me\n',
      ['The session of profile p is over', 'aws login --profile p'],
    ],
    'no session of Identity Center': [
      `[profile p]\nsso_session = corp\n${ssoProfile}[sso-session corp]\nsso_start_url = https://corp.example.org\nsso_region = eu-west-1\n`,
      ['There is no session of IAM Identity Center for profile p.', 'aws sso login --profile p'],
    ],
    'half of what Identity Center needs': [
      `[profile p]\nsso_start_url = https://corp.example.org\n${ssoProfile}`,
      ['The profile p lacks sso_region.', 'aws configure sso --profile p'],
    ],
    'an sso-session that is not there': [
      `[profile p]\nsso_session = gone\n${ssoProfile}`,
      ['The profile p names the sso-session gone'],
    ],
  }

  it('say in words what they lack, and what is next', () =>
    sideBySide(Object.entries(kinds), async ([title, [config, says]]) => {
      const { code, stderr, stdout } = await run(['cflist', '--profile', 'p'], await environment(config))
      expect({ code, stdout }, `${title}: ${stderr}`).to.deep.equal({ code: 3, stdout: '' })
      for (const part of says) expect(stderr.replace(/\s+/g, ' '), title).to.include(part)
      expect(stderr, title).not.to.match(/callback|CredentialsProvider|any providers/i)
      expect(stderr, title).not.to.include('hunter2')
      expectPlainTalk(stderr)
    }))

  it('a role that can not be assumed: that call is told, and no other', async () => {
    const config = `[profile p]\nrole_arn = ${role}\nsource_profile = keys\n`
    const { AWS_ACCESS_KEY_ID: id = '', AWS_SECRET_ACCESS_KEY: key = '' } = place.sandbox.environment
    const root = `[keys]\naws_access_key_id = ${id}\naws_secret_access_key = ${key}\n`
    for (const credentials of [operator(), root]) {
      const { code, stderr } = await run(['cflist', '--profile', 'p'], {
        ...(await environment(config, credentials)),
        AWS_REGION: '',
      })
      expect(code, stderr).to.equal(5)
      expect(stderr).to.include('AWS denied sts:AssumeRole').and.include('The trust policy of the role')
      expect(stderr).not.to.match(/cloudfront:|@aws-sdk/)
      expectPlainTalk(stderr)
    }
  })

  it('without any: what was looked at', async () => {
    const { code, stderr } = await run(['status'], await environment('[profile other]\ncredential_process = x\n'))
    expect(code).to.equal(3)
    expect(stderr).to.include('No AWS credentials were found: packagecloud.rb sets no aws_access_key')
    expect(stderr)
      .to.include('have no profile "default"')
      .and.include('AWS_EC2_METADATA_DISABLED')
      .and.include('--profile other')
    expectPlainTalk(stderr)
  })

  describe('of IAM Identity Center', () => {
    const profile = `[profile p]\nsso_start_url = https://corp.example.org\nsso_region = eu-west-1\n${ssoProfile}`
    const told = async (token: string, hours: number): Promise<string> => {
      const env = await environment(profile)
      await session(env, token, 'https://corp.example.org', hours)
      const { port } = portal.address() as AddressInfo
      const more = { AWS_PROFILE: 'p', AWS_ENDPOINT_URL_SSO: `http://127.0.0.1:${port}` }
      const { code, stderr } = await run(['cflist'], { ...env, ...more })
      expect(code, stderr).to.equal(3)
      return stderr
    }

    it('a session that is over: how to log in', async () => {
      for (const [token, hours] of [
        ['old', -1],
        ['over', 8],
      ] as const) {
        const said = await told(token, hours)
        expect(said, token).to.include('The session of IAM Identity Center for profile p is over.')
        expect(said, token).to.include('aws sso login --profile p')
      }
    })

    it('a role that is for others: who must give it', async () => {
      const said = await told('good', 8)
      expect(said).to.include('does not give you the role Operator in account 123456789012 (profile p)')
      expect(said).to.include('request-of-the-portal')
    })
  })

  describe('with an MFA device', () => {
    it('take the code from --mfa-code and from PC_CTL_MFA_CODE, and give it once', async () => {
      const env = await environment(withMfa(), operator())
      const first = await run(['status', '--profile', 'admin', '--mfa-code', '123 456'], env)
      // It calls four services.
      expect(first.code, first.stderr).to.equal(0)
      const again = await run(['cflist', '--profile', 'admin', '--mfa-code', '123456'], env)
      expect(again.code, again.stderr).to.equal(3)
      expect(again.stderr).to.match(/did not take the code .* for profile admin: MultiFactorAuthentication failed/)
      expect(again.stderr).to.include('with the next one').and.include('request id')
      const variable = await run(['cflist', '--profile', 'admin'], { ...env, PC_CTL_MFA_CODE: '654321' })
      expect(variable.code, variable.stderr).to.equal(0)
    })

    it('without a terminal and a code: exit code 3, and the flag', async () => {
      const env = await environment(withMfa(), operator())
      for (const args of [['status'], ['reindex-everything'], ['put', place.config, `s3://${bucket}/x`]]) {
        const { code, stderr } = await run([...args, '--profile', 'admin'], env)
        expect(code, stderr).to.equal(3)
        expect(stderr).to.include(`needs a code of the MFA device ${device}`).and.include('--mfa-code CODE')
      }
      const { code, stderr } = await run(['cflist', '--profile', 'admin', '--mfa-code', 'secret'], env)
      expect(code).to.equal(3)
      expect(stderr).to.include('it has six digits').and.not.include('secret')
    })

    it('ask for it on a terminal, before anything else is written there', async function () {
      if (!hasTerminals) this.skip()
      const env = { ...place.env, ...(await environment(withMfa(), operator())), AWS_PROFILE: 'admin' }
      const question = `Code of the MFA device ${device}: `
      const on = { stdin: 'tty', stdout: 'pipe', stderr: 'tty', columns: 200, env } as const
      const { code, stderr } = await runOnTerminals(['cflist'], {
        ...on,
        when: [{ stream: 'stderr', text: question, do: 'type', keys: '111222\n' }],
      })
      expect(code, stderr).to.equal(0)
      expect(stderr.replace(/\u001b\[[\d;?]*[A-Za-z]/g, '')).to.match(/^Code of/)
      const typed = await runOnTerminals(['cflist'], {
        ...on,
        when: [{ stream: 'stderr', text: question, do: 'type', keys: '\u0003' }],
      })
      expect(typed.code).to.equal(130)
    })

    it('are not asked where packagecloud.rb has the keys', async () => {
      const config = join(place.folder, 'with-keys.rb')
      const { AccessKeyId = '', SecretAccessKey = '' } = keys
      await writeFile(
        config,
        `packagecloud_rails['aws_access_key'] = '${AccessKeyId}'\npackagecloud_rails['aws_secret_key'] = '${SecretAccessKey}'\n`,
      )
      const env = await environment(withMfa(), operator())
      const { code, stderr } = await run(['cflist'], { ...env, AWS_PROFILE: 'admin', PC_CTL_CONFIG: config })
      expect(code, stderr).to.equal(0)
    })
  })
})
