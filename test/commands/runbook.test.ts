import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

import {
  GetDistributionConfigCommand,
  ListDistributionsCommand,
  TagResourceCommand,
  CreateDistributionWithTagsCommand,
} from '@aws-sdk/client-cloudfront'
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand, UntagRoleCommand } from '@aws-sdk/client-iam'
import { expect } from 'chai'
import { lexer } from 'marked'

import { tagKey } from '../../src/aws/names.ts'
import { type Runbook, runbookKinds } from '../../src/tasks/runbook/document.ts'
import { encryptBucket, expectServed } from '../support/encrypted-bucket.ts'
import { install, type Installation, secret, withInstallation, wordsOf } from '../support/installation.ts'
import { resultOf } from '../support/json-document.ts'

const wordsFor = (kind: string): string[] => [
  'runbook',
  '--kind',
  kind,
  ...(kind === 'alias' ? ['--alias', 'cdn.example.org'] : []),
]

const runbookIn = (stdout: string): Runbook => resultOf(stdout) as Runbook

describe('pc-ctl runbook', function () {
  this.timeout(120_000)
  let place: Installation
  let domain: string
  let id: string
  before(async () => {
    place = await install()
    await place.connect()
    const { Items = [] } =
      (await place.clients.cloudfront.send(new ListDistributionsCommand({}))).DistributionList ?? {}
    domain = Items[0]?.DomainName ?? ''
    id = Items[0]?.Id ?? ''
  })
  after(() => place.close())

  for (const kind of runbookKinds) {
    it(`writes a ticket for ${kind} with all that belongs into one, changes nothing and tells no secret`, async () => {
      const said = { stdout: '', stderr: '', code: 0 }
      const changes = await place.changes(async () => Object.assign(said, await place.run(wordsFor(kind))))
      expect(said.code, said.stderr).to.equal(0)
      expect(changes).to.deep.equal([])
      expect(said.stdout).not.to.contain(secret)
      expect(said.stdout).not.to.match(/undefined|\[object|known after apply|FRONT-SERVER/)
      const headings = lexer(said.stdout).flatMap((token) =>
        token.type === 'heading' && token['depth'] === 2 ? [String(token['text'])] : [],
      )
      expect(headings.filter((one) => one !== 'What changes in AWS')).to.deep.equal([
        'In short',
        'Purpose',
        'Pre-checks and what they found',
        'Steps',
        'Validation',
        'Rollback',
        'Who must be told',
        'What it costs',
        'What can not be undone',
      ])
      for (const value of ['111122223333', id, domain]) expect(said.stdout).to.contain(value)
    })
  }

  it('tells the same under --json, each step with its commands, its time and who says so', async () => {
    const { stdout } = await place.run([...wordsFor('upgrade'), '--json'])
    const { steps, checks, allow } = runbookIn(stdout)
    expect(steps.map(({ commands }) => commands.length)).to.deep.equal([1, 2, 1])
    for (const { duration, expected, state } of steps) {
      expect([duration.text, duration.source, expected].every((one) => one.length > 3)).to.equal(true)
      expect(state).to.equal('done')
    }
    expect(checks.filter(({ id: which }) => which === 'resource').map(({ status }) => status)).to.deep.equal(
      Array<string>(9).fill('ok'),
    )
    // What clients get was asked for, as doctor does.
    expect(checks.find(({ id: which }) => which === 'signed')?.status).to.equal('ok')
    expect(allow).to.deep.equal([{ name: '127.0.0.1', port: domain.split(':')[1], scheme: 'http' }])
  })

  it('has commands with the flags that were given, wherever they came from', async () => {
    const { stdout } = await place.run([...wordsFor('upgrade'), '--json', '--region', 'eu-central-1'])
    const [, bootstrap] = runbookIn(stdout).steps
    expect(bootstrap?.commands).to.deep.equal([
      `pc-ctl bootstrap-cloudfront --dry-run --config ${place.config} --region eu-central-1`,
      `pc-ctl bootstrap-cloudfront --config ${place.config} --region eu-central-1`,
    ])
    const folder = join(place.folder, "it's here")
    await mkdir(folder)
    const config = join(folder, 'packagecloud.rb')
    await writeFile(config, await readFile(place.config))
    const odd = runbookIn((await place.run([...wordsFor('remove'), '--json', '--config', config])).stdout)
    expect(odd.validation[0]?.commands).to.deep.equal([
      `pc-ctl runbook --kind remove --config '${config.replace("'", "'\\''")}'`,
    ])
  })

  it('has the AWS CLI use the profile that is used here', async () => {
    const config = join(place.folder, 'aws-config')
    const { accessKeyId, secretAccessKey } = place.sandbox
    await writeFile(
      config,
      `[profile ops]\naws_access_key_id = ${accessKeyId}\naws_secret_access_key = ${secretAccessKey}\nregion = eu-central-1\n`,
    )
    const args = [...wordsFor('remove'), '--json', '--profile', 'ops']
    const { stdout } = await place.run(args, { env: { AWS_CONFIG_FILE: config } })
    const lines = runbookIn(stdout)
      .steps.flatMap(({ commands }) => commands)
      .join('\n')
    const calls = lines.match(/\baws [a-z0-9]+ [a-z-]+[^"|;)]*/g) ?? []
    expect(calls.length).to.be.above(14)
    for (const call of calls) expect(call).to.contain('--profile ops')
  })

  it('writes it into a file, whole or not at all', async () => {
    const file = join(place.folder, 'ticket.md')
    expect((await place.run([...wordsFor('disable'), '--report', file])).stdout).to.equal('')
    expect(await readFile(file, 'utf8')).to.match(/^# Disable CloudFront/)
    const page = join(place.folder, 'ticket.html')
    await place.succeed([...wordsFor('disable'), '--report', page])
    expect(await readFile(page, 'utf8')).to.match(/^<!doctype html>/)
    if (process.getuid?.() !== 0) {
      await chmod(place.folder, 0o500)
      const { code } = await place.run([...wordsFor('disable'), '--report', join(place.folder, 'no.md')])
      await chmod(place.folder, 0o700)
      expect(code).to.equal(2)
    }
    expect((await place.run([...wordsFor('disable'), '--report', '/nowhere/no.md'])).code).to.equal(2)
    expect((await stat(file)).size).to.be.above(1000)
  })

  it('has a picture in the page', async () => {
    const page = await place.succeed([...wordsFor('remove'), '--html'])
    expect(page.match(/<svg /g)).to.have.lengthOf(1)
    expect(page).to.contain('CloudFront distribution').and.not.to.contain(secret)
    expect(page.indexOf('<svg ')).to.be.below(page.indexOf('Purpose</h2>'))
  })

  it('asks the front server too', async () => {
    const { code, stderr } = await place.run([...wordsFor('disable'), '--front', 'no url'])
    expect([code, stderr]).to.deep.equal([2, stderr])
    const { stdout } = await place.run([...wordsFor('disable'), '--front', 'http://127.0.0.1:1', '--json'])
    const { checks, validation } = runbookIn(stdout)
    expect(checks.some(({ id: which, status }) => which.startsWith('front') && status === 'failed')).to.equal(true)
    expect(validation[0]?.commands[0]).to.match(/^pc-ctl disable-cloudfront --front http:\/\/127\.0\.0\.1:1 --config /)
  })

  it('says what it does not know, and what it can not take', async () => {
    const no = async (...words: string[]): Promise<[number, string]> => {
      const { code, stderr, stdout } = await place.run(['runbook', ...words])
      expect(stdout).to.equal('')
      return [code, stderr]
    }
    expect(await no()).to.satisfy(([code]: [number]) => code === 2)
    const [code, stderr] = await no('--kind', 'rotat')
    expect(code).to.equal(2)
    expect(stderr).to.contain('Did you mean `rotate`?')
    expect((await no('--kind', 'alias'))[1]).to.contain('--alias packages-cdn.example.org')
    expect((await no('--kind', 'enable', '--alias', 'a.example.org'))[0]).to.equal(2)
    expect((await no('--kind', 'alias', '--alias', 'a.example.org', '--certificate', 'mine'))[0]).to.equal(2)
    expect((await no('--kind', 'alias', '--alias', 'no name'))[0]).to.equal(2)
    expect((await no('--kind', 'enable', '--config', '/nowhere/packagecloud.rb'))[0]).to.equal(3)
  })

  it('names the installations that there are, where the one that is meant is not there', async () => {
    for (const kind of ['rotate', 'upgrade', 'remove']) {
      const { code, stderr } = await place.run(['runbook', '--kind', kind, '--installation', 'second'])
      expect(code, kind).to.equal(3)
      expect(stderr).to.contain('There is: packagecloud.').and.to.contain('--installation')
    }
  })

  describe('by whom AWS does not let see everything', () => {
    const hidden = async (action: string, kind: string): Promise<{ code: number; stdout: string; stderr: string }> => {
      const { iam } = place.clients
      const UserName = `without-${action.replace(':', '-')}-${kind}`
      const { stdout } = await place.run(['permissions', 'look'])
      const policy = JSON.stringify(JSON.parse(stdout)).replaceAll(`"${action}"`, '"iam:ListUsers"')
      await iam.send(new CreateUserCommand({ UserName }))
      await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'look', PolicyDocument: policy }))
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
      const config = join(place.folder, `${UserName}.rb`)
      const { accessKeyId, secretAccessKey } = place.sandbox
      const text = await readFile(place.config, 'utf8')
      const own = text
        .replace(accessKeyId, AccessKey?.AccessKeyId ?? '')
        .replace(secretAccessKey, AccessKey?.SecretAccessKey ?? '')
      await writeFile(config, own)
      const { code, stdout: told, stderr } = await place.run(wordsFor(kind), { env: { PC_CTL_CONFIG: config } })
      return { code, stdout: told, stderr }
    }

    // What the others look at is among it.
    for (const kind of ['enable', 'remove']) {
      it(`needs no more for ${kind} than the permissions to look`, async () => {
        const { code, stderr, stdout } = await hidden('none:none', kind)
        expect(code, stderr).to.equal(0)
        expect(stdout).not.to.contain('could not be looked at')
      })
    }

    it('says so where the rest can be told', async () => {
      const { code, stdout, stderr } = await hidden('iam:GetRole', 'disable')
      expect(code, stderr).to.equal(0)
      expect(stdout).to.match(/\*\*skipped:\*\* The installation in AWS: could not be looked at\. .*iam:GetRole/)
      expect(stdout).to.contain("packagecloud_rails['cloudfront_enabled'] = false")
    })

    it('ends with the statement to add where nothing can', async () => {
      for (const action of ['iam:GetRole', 'cloudfront:ListOriginAccessControls']) {
        const { code, stdout, stderr } = await hidden(action, 'remove')
        expect([code, stdout], stderr).to.deep.equal([5, ''])
        expect(stderr).to.contain(action).and.to.contain('"Effect"')
      }
    })

    it('tells that other distributions were not looked for', async () => {
      const { code, stdout } = await hidden('tag:GetResources', 'remove')
      expect(code).to.equal(0)
      expect(stdout).to.contain('may not call tag:GetResources')
    })
  })
})

describe('pc-ctl runbook, where things are not as usual', function () {
  this.timeout(120_000)

  it('tells how to enable where nothing is, and nothing else', () =>
    withInstallation({ secret: false }, async (place) => {
      const { stdout } = await place.run(['runbook', '--kind', 'enable', '--json'])
      const { steps, changes } = runbookIn(stdout)
      expect(steps.map(({ state }) => state)).to.deep.equal(Array<string>(7).fill('to do'))
      expect(changes).to.have.lengthOf(9)
      expect(steps[4]?.commands[0]).to.match(/^eval "\$\(pc-ctl bootstrap-cloudfront --config .*\)"$/)
      for (const kind of runbookKinds.filter((one) => one !== 'enable')) {
        const { code, stdout: told, stderr } = await place.run(wordsFor(kind))
        expect([code, told], kind).to.deep.equal([3, ''])
        expect(stderr).to.contain('There is nothing of the installation "packagecloud"')
      }
      await place.paste(`packagecloud_rails['cloudfront_secret'] = '${secret}'\n`)
      await place.bootstrap()
      for (const kind of ['rotate', 'upgrade', 'alias', 'origin-access']) {
        const { code, stderr } = await place.run(wordsFor(kind))
        expect(code, kind).to.equal(3)
        expect(stderr).to.contain('has no distribution yet').and.to.contain('runbook --kind enable')
      }
      const disable = await place.run(wordsFor('disable'))
      expect(disable.code).to.equal(3)
      expect(disable.stderr).to.contain('CloudFront is not enabled there')
      // What is there can be taken away all the same.
      const remove = runbookIn((await place.run([...wordsFor('remove'), '--json'])).stdout)
      expect(remove.steps.map(({ title }) => title)).to.include('Delete the function, with all its versions')
      expect(remove.steps.some(({ title }) => /distribution/.test(title))).to.equal(false)
    }))

  it('takes what is not ours for what it is, and all distributions that are', () =>
    withInstallation({}, async (place) => {
      await place.connect()
      const { cloudfront, iam } = place.clients
      const [first] = (await cloudfront.send(new ListDistributionsCommand({}))).DistributionList?.Items ?? []
      const { DistributionConfig: config } = await cloudfront.send(new GetDistributionConfigCommand({ Id: first?.Id }))
      const { Distribution: second } = await cloudfront.send(
        new CreateDistributionWithTagsCommand({
          DistributionConfigWithTags: {
            DistributionConfig: config && { ...config, CallerReference: 'again' },
            Tags: { Items: [{ Key: tagKey, Value: 'packagecloud' }] },
          },
        }),
      )
      await iam.send(new UntagRoleCommand({ RoleName: 'packagecloud_cloudfront_auth', TagKeys: [tagKey] }))
      const { steps, irreversible } = runbookIn((await place.run([...wordsFor('remove'), '--json'])).stdout)
      const titles = steps.map(({ title }) => title)
      expect(titles).to.include(`Delete the distribution ${first?.Id ?? ''}`)
      expect(titles).to.include(`Delete the distribution ${second?.Id ?? ''}`)
      expect(titles.filter((title) => /role/.test(title))).to.deep.equal([])
      expect(irreversible.join('\n')).to.match(/Left alone: IAM role packagecloud_cloudfront_auth/)
      // Somebody else's by now.
      const Tags = { Items: [{ Key: tagKey, Value: 'theirs' }] }
      await cloudfront.send(new TagResourceCommand({ Resource: second?.ARN, Tags }))
      const without = await place.run(wordsFor('remove'))
      expect(without.stdout).not.to.contain(second?.Id ?? '?')
    }))

  it('takes away what is left of the other engine, but nothing of others', () =>
    withInstallation({ engine: 'function' }, async (place) => {
      await place.connect()
      const RoleName = 'packagecloud_cloudfront_auth'
      await place.succeed(['bootstrap-cloudfront', '--engine', 'lambda'])
      await place.clients.iam.send(new UntagRoleCommand({ RoleName, TagKeys: [tagKey] }))
      const { steps, irreversible } = runbookIn((await place.run([...wordsFor('remove'), '--json'])).stdout)
      const commands = steps.flatMap((step) => step.commands).join('\n')
      expect(commands).to.contain('aws cloudfront delete-function').and.contain('aws lambda delete-function')
      expect(commands).not.to.match(/aws iam /)
      expect(irreversible.join('\n')).to.match(/Left alone: IAM role packagecloud_cloudfront_auth/)
    }))

  it('changes over an identity whose bucket has got a KMS key, with the policy of the key', () =>
    withInstallation({}, async (place) => {
      const { next } = await place.connect()
      await encryptBucket(place)
      const page = await place.succeed(wordsFor('origin-access'))
      const command = `pc-ctl ${next.join(' ')} --origin-access oac --kms-key-policy`
      expect(page).to.contain(command).and.not.contain('--origin-access oai')
      await place.succeed([...wordsOf(command), '--yes'])
      await expectServed(place)
      expect((await place.run(wordsFor('origin-access'))).code).to.equal(3)
      const removal = await place.succeed(wordsFor('remove'))
      expect(removal)
        .to.contain('Take our statements out of the policy of the key')
        .and.contain('aws kms put-key-policy')
    }))

  it('says that there is nothing to change over to', () =>
    withInstallation({}, async (place) => {
      await place.connect('--origin-access', 'oac')
      const { code, stderr } = await place.run(wordsFor('origin-access'))
      expect(code).to.equal(3)
      expect(stderr).to.contain('by an origin access control already')
    }))
})
