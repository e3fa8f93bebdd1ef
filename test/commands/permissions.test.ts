import { execFile, spawnSync } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

import { CreateRoleCommand, IAMClient, PutRolePolicyCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { PolicyDocument, PolicyStatement } from '../../src/aws/policy.ts'
import { type Sandbox, startSandbox } from '../../src/sandbox/host/sandbox.ts'
import type { Checked } from '../../src/tasks/permissions/check.ts'
import type { CliRun } from '../support/run-cli.ts'
import { runQuickly } from '../support/run-here.ts'
import { actionsOf as calledFor } from '../support/iam-actions.ts'
import { clientConfig } from '../support/clients.ts'

const bucket = 'packages-example-org'
const account = '111122223333'
const operator = `arn:aws:iam::${account}:user/operator`
const groups = [
  'enable',
  'bootstrap',
  'distribution',
  'rotate',
  'look',
  'audit',
  'reindex',
  'reindex-batch',
  'invalidate',
  'costs',
  's3cmd',
  'cfremove',
] as const
type Policies = Record<string, PolicyDocument>

/** Without credentials, as where policies are written before there is anybody to have them. */
const print = (...args: string[]): Promise<CliRun> =>
  runQuickly(['permissions', ...args, '--account', account, '--bucket', bucket], {
    env: { AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' },
  })

const listOf = (value: unknown): string[] => [value].flat().map(String)
const actionsOf = (policy: PolicyDocument): string[] =>
  [...new Set(policy.Statement.flatMap(({ Action }) => listOf(Action)))].sort()

const toSimulate: PolicyStatement = { Effect: 'Allow', Action: 'iam:SimulatePrincipalPolicy', Resource: operator }
const document = (...Statement: PolicyStatement[]): PolicyDocument => ({ Version: '2012-10-17', Statement })

/** Takes an action out of a policy. */
const without = (policy: PolicyDocument, action: string): PolicyDocument =>
  document(
    ...policy.Statement.map((statement) => ({
      ...statement,
      Action: listOf(statement.Action).filter((one) => one !== action),
    })).filter(({ Action }) => Action.length > 0),
  )

describe('pc-ctl permissions', () => {
  it('prints one policy for one group, and several by name, without credentials', async () => {
    const one = await print('bootstrap')
    expect(one.code).to.equal(0)
    expect(one.stderr).to.match(/^Note: The policy of bootstrap has \d+ characters .* inline policy of a user \(2048\)/)
    expect((await print('audit')).stderr).to.equal('')
    const policy = JSON.parse(one.stdout) as PolicyDocument
    expect(policy.Version).to.equal('2012-10-17')
    expect(actionsOf(policy)).to.include.members(['kms:CreateKey', 'iam:PassRole', 'lambda:PublishVersion'])
    expect(one.stdout).to.contain(`arn:aws:iam::${account}:role/packagecloud/enterprise/packagecloud_cloudfront_auth`)
    const several = JSON.parse((await print('look', 'bootstrap')).stdout) as Policies
    expect(Object.keys(several)).to.deep.equal(['bootstrap', 'look'])
    expect(several['bootstrap']).to.deep.equal(policy)
    const all = resultOf((await print('--json')).stdout) as Policies
    expect(Object.keys(all)).to.deep.equal(groups)
  })

  it('lets only cfremove delete, and only distributions of this installation', async () => {
    const all = JSON.parse((await print()).stdout) as Policies
    const deleting = Object.entries(all).filter(([, policy]) => /"[a-z]+:Delete/.test(JSON.stringify(policy)))
    expect(deleting.map(([group]) => group)).to.deep.equal(['cfremove'])
    const statement = all['cfremove']?.Statement.find(({ Action }) =>
      listOf(Action).includes('cloudfront:DeleteDistribution'),
    )
    expect(statement?.Condition).to.deep.equal({
      StringEquals: { 'aws:ResourceTag/packagecloud:enterprise': 'packagecloud' },
    })
  })

  const key = 'arn:aws:kms:eu-central-1:111122223333:key/1a2b3c4d-5e6f-4a7b-8c9d-000000000001'
  const much = ['--bucket-key', key, '--tag', 'CostCentre=4711', '--installation', 'packages-of-the-second-site']
  for (const engine of [[], ['--engine', 'lambda'], ['--engine', 'function']]) {
    it(`keeps within what a managed policy of IAM may have: 6144 characters (${engine.at(-1) ?? 'as it is'})`, async () => {
      const all = JSON.parse((await print(...engine)).stdout) as Policies
      expect(Object.keys(all)).to.deep.equal(groups)
      const more = JSON.parse((await print(...engine, ...much)).stdout) as Policies
      for (const policy of [...Object.values(all), ...Object.values(more)]) {
        expect(JSON.stringify(policy).length).to.be.at.most(6144)
        const allowed = policy.Statement.flatMap(({ Action, Resource, Condition }) =>
          listOf(Resource).flatMap((on) => listOf(Action).map((action) => JSON.stringify([action, on, Condition]))),
        )
        expect(allowed, 'allowed once').to.have.lengthOf(new Set(allowed).size)
      }
    })
  }

  it('makes as many policies of a group as it takes, and says so', async () => {
    const { stdout, stderr } = await print('enable', '--engine', 'lambda', ...much)
    expect(Object.keys(JSON.parse(stdout) as Policies)).to.deep.equal(['enable', 'enable-2'])
    expect(stderr).to.contain('attach enable and enable-2, all of them')
    const terraform = (await print('enable', '--engine', 'lambda', ...much, '--format', 'terraform')).stdout
    expect(Object.keys(terraformPolicies(terraform))).to.deep.equal(['pc_ctl_enable', 'pc_ctl_enable_2'])
  })

  it('lets those who rotate a secret of CloudFront Functions do nothing to functions of Lambda', async () => {
    const { stdout } = await print('rotate', '--engine', 'function')
    expect(stdout)
      .to.contain('cloudfront-keyvaluestore:UpdateKeys')
      .and.not.to.match(/"(?:lambda|kms):/)
  })

  it('refuses a group, a flag or an account that there is not', async () => {
    for (const args of [['bootstrap', 'nonsense'], ['nonsense'], ['bootstrap', '--nonsense'], ['--format', 'yaml']]) {
      const { code, stdout, stderr } = await print(...args)
      expect([code, stdout], args.join(' ')).to.deep.equal([2, ''])
      expect(stderr).to.match(/nonsense|yaml/)
    }
    const wrong = await runQuickly(['permissions', '--bucket', bucket, '--account', '12'])
    expect([wrong.code, wrong.stdout]).to.deep.equal([2, ''])
    expect(wrong.stderr).to.contain('twelve digits')
  })

  it('says what to give where there are no credentials, or no bucket', async () => {
    const env = { AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' }
    const noCredentials = await runQuickly(['permissions', '--bucket', bucket], { env })
    expect([noCredentials.code, noCredentials.stdout]).to.deep.equal([3, ''])
    expect(noCredentials.stderr).to.contain('--account ID')
    const noBucket = await runQuickly(['permissions', '--account', account], { env })
    expect([noBucket.code, noBucket.stdout]).to.deep.equal([3, ''])
    expect(noBucket.stderr).to.contain('--bucket')
  })

  it('prints the same policies as Terraform’s data sources', async () => {
    const { stdout } = await print('--format', 'terraform')
    expect(terraformPolicies(stdout)).to.deep.equal(
      Object.fromEntries(
        Object.entries(JSON.parse((await print()).stdout) as Policies).map(([group, policy]) => [
          `pc_ctl_${group.replaceAll('-', '_')}`,
          policy.Statement.map(({ Sid, Action, Resource, Condition }) => ({
            sid: Sid,
            actions: listOf(Action),
            resources: listOf(Resource),
            conditions: conditionsOf(Condition),
          })),
        ]),
      ),
    )
  })

  it('prints what `terraform fmt` leaves as it is', async function () {
    if (spawnSync('terraform', ['version']).status !== 0) this.skip()
    const { stdout } = await print('--format', 'terraform')
    const formatting = promisify(execFile)('terraform', ['fmt', '-'], {
      env: { ...process.env, TF_CLI_CONFIG_FILE: '/dev/null' },
    })
    formatting.child.stdin?.end(stdout)
    expect((await formatting).stdout).to.equal(stdout)
  })
})

const conditionsOf = (condition: unknown): object[] =>
  Object.entries((condition ?? {}) as Record<string, Record<string, string | string[]>>).flatMap(([test, variables]) =>
    Object.entries(variables).map(([variable, values]) => ({ test, variable, values: listOf(values) })),
  )

interface Block {
  [attribute: string]: unknown
}

/** Reads the little of HCL that is printed: blocks with attributes that are strings or lists of strings. */
function terraformPolicies(hcl: string): Record<string, object[]> {
  const policies: Record<string, object[]> = {}
  const open: Block[] = []
  let list: string[] | undefined
  for (const line of hcl.split('\n').map((text) => text.trim())) {
    const top = open.at(-1)
    const [, name] = /^data "aws_iam_policy_document" "(\w+)" \{$/.exec(line) ?? []
    const [, block] = /^(statement|condition) \{$/.exec(line) ?? []
    const [, attribute, value] = /^(\w+) += (.+)$/.exec(line) ?? []
    if (name !== undefined) open.push({ statements: (policies[name] = []) })
    else if (block !== undefined && top !== undefined) {
      const made = block === 'statement' ? { conditions: [] } : {}
      ;((block === 'statement' ? top['statements'] : top['conditions']) as object[]).push(made)
      open.push(made)
    } else if (attribute !== undefined && value === '[' && top !== undefined) top[attribute] = list = []
    else if (attribute !== undefined && top !== undefined) top[attribute] = JSON.parse(value ?? '') as unknown
    else if (line === ']') list = undefined
    else if (line === '}') open.pop()
    else if (list !== undefined) list.push(String(JSON.parse(line.replace(/,$/, ''))))
    else expect(line).to.equal('')
  }
  expect(open).to.be.empty
  return policies
}

describe('pc-ctl permissions --check', () => {
  let policies: Policies
  let sandbox: Sandbox
  let folder: string
  let iam: IAMClient
  before(async () => {
    policies = JSON.parse((await print()).stdout) as Policies
  })
  beforeEach(async () => {
    sandbox = await startSandbox({ policies: [] })
    folder = await mkdtemp(join(tmpdir(), 'permissions-'))
    iam = new IAMClient(clientConfig(sandbox))
    const s3 = new S3Client(clientConfig(sandbox))
    await s3.send(new CreateBucketCommand({ Bucket: bucket }))
    await s3.send(new PutObjectCommand({ Bucket: bucket, Key: 'a.deb', Body: 'a' }))
    s3.destroy()
  })
  afterEach(async () => {
    iam.destroy()
    await sandbox.close()
    await rm(folder, { recursive: true })
  })

  const named = (group: string): PolicyDocument => policies[group] ?? document()

  /** Gives the operator further policies. */
  async function grant(...more: PolicyDocument[]): Promise<void> {
    for (const policy of more) {
      const PolicyName = `test-${granted++}`
      const PolicyDocument = JSON.stringify(policy)
      await iam.send(new PutUserPolicyCommand({ UserName: 'operator', PolicyName, PolicyDocument }))
    }
  }
  let granted = 0

  async function check(args: readonly string[] = [], keys: Record<string, string> = {}): Promise<CliRun> {
    const config = join(folder, 'packagecloud.rb')
    const secret = 'dGhpcyBpcyBub3QgYSBzZWNyZXQsIG9ubHkgYSB0ZXN0ISE'
    const { accessKeyId, secretAccessKey } = sandbox.credentials
    const environment = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey, ...keys }
    const settings = { s3_bucket: bucket, cloudfront_secret: secret }
    const lines = Object.entries(settings).map(([name, value]) => `packagecloud_rails['${name}'] = '${value}'\n`)
    await writeFile(config, lines.join(''))
    const env = { ...sandbox.environment, ...environment, PC_CTL_CONFIG: config, HOME: folder }
    const last = sandbox.calls.list().at(-1)?.number ?? 0
    const run = await runQuickly(['permissions', '--check', ...args], { env, cwd: folder })
    expect(sandbox.calls.list(({ changing, number }) => changing && number > last)).to.be.empty
    return run
  }
  const checked = async (args: readonly string[] = [], keys: Record<string, string> = {}) => {
    const { stdout, stderr, code } = await check([...args, '--json'], keys)
    expect(stderr).to.equal('')
    return { code, ...(resultOf(stdout) as Checked) }
  }

  it('finds that the policies it prints are enough, all of them simulated', async () => {
    await grant(...Object.values(policies), document(toSimulate))
    const { code, how, caller, allowed, missing, unknown, add } = await checked()
    expect([code, how, caller, missing, unknown, add]).to.deep.equal([0, 'simulated', operator, [], [], undefined])
    expect(allowed).to.deep.equal([...new Set(Object.values(policies).flatMap(actionsOf))].sort())
    const text = await check(['look'])
    expect([text.code, text.stderr]).to.deep.equal([0, ''])
    expect(text.stdout).to.match(/^arn:aws:iam::111122223333:user\/operator: as IAM simulates it\n✔ /)
    expect(text.stdout).not.to.match(/[✖?]/)
  })

  for (const [group, action] of [
    ['bootstrap', 'kms:CreateKey'],
    ['bootstrap', 'iam:PassRole'],
    ['distribution', 'lambda:EnableReplication*'],
    ['distribution', 'iam:CreateServiceLinkedRole'],
    ['look', 'cloudfront:GetDistribution'],
    ['reindex', 's3:PutObject'],
    ['cfremove', 'cloudfront:DeleteDistribution'],
  ] as const) {
    it(`misses ${action} of ${group}, and is content with the statement that it prints`, async () => {
      await grant(without(named(group), action), document(toSimulate))
      const before = await checked([group])
      expect([before.code, before.how, before.missing]).to.deep.equal([5, 'simulated', [action]])
      expect(before.allowed).to.deep.equal(actionsOf(named(group)).filter((one) => one !== action))
      if (before.add === undefined) expect.fail('nothing to add')
      expect(actionsOf(before.add)).to.deep.equal([action])
      const text = await check([group])
      expect(text.code).to.equal(5)
      expect(text.stdout).to.contain(`✖ ${action}\n`).and.to.contain('Add to the policy of these credentials:')
      await grant(before.add)
      const after = await checked([group])
      expect([after.code, after.missing, after.add]).to.deep.equal([0, [], undefined])
    })
  }

  it('tells a permission for other resources from a sufficient one', async () => {
    const elsewhere = JSON.parse(JSON.stringify(named('reindex')).replaceAll(bucket, 'another')) as PolicyDocument
    await grant(elsewhere, document(toSimulate))
    const { code, missing } = await checked(['reindex'])
    const policy = named('reindex')
    const needed = policy.Statement.filter(({ Sid = '' }) => !Sid.endsWith('Optional'))
    expect([code, missing]).to.deep.equal([5, actionsOf({ ...policy, Statement: needed })])
  })

  it('tells a denial, which no statement lifts, from a permission that is missing', async () => {
    const denial = { Effect: 'Deny', Action: 'kms:CreateKey', Resource: '*' }
    await grant(named('bootstrap'), document(toSimulate, denial))
    const { code, missing, forbidden, add } = await checked(['bootstrap'])
    expect([code, missing, forbidden, add]).to.deep.equal([5, [], ['kms:CreateKey'], undefined])
    expect((await check(['bootstrap'])).stdout).to.match(/✖ kms:CreateKey \(denied by a policy/)
  })

  it('tells what can be done without from what is missing, simulated and tried', async () => {
    const rest = without(named('look'), 'tag:GetResources')
    for (const granted of [[rest, document(toSimulate)], [rest]]) {
      await grant(...granted)
      const { code, missing, optional, add } = await checked(['look'])
      expect([code, missing, add]).to.deep.equal([0, [], undefined])
      expect(optional.map(({ action }) => action)).to.deep.equal(['tag:GetResources'])
    }
    const text = (await check(['look'])).stdout
    expect(text).to.contain('- tag:GetResources (optional; without it status can not tell of keys that are left over)')
  })

  it('tries what reads where it may not simulate, and claims no more than it has seen', async () => {
    await grant(named('look'), named('bootstrap'))
    const { code, how, allowed, missing, unknown, allowToSimulate } = await checked(['look', 'bootstrap'])
    expect([code, how, missing, allowToSimulate]).to.deep.equal([0, 'tried', [], toSimulate])
    expect(allowed).to.include.members(['iam:GetRole', 's3:ListBucket', 'cloudfront:ListDistributions'])
    // Writes, and reads of what is not there yet.
    expect(unknown).to.include.members(['kms:CreateKey', 'iam:PassRole', 'cloudfront:GetDistribution', 'kms:Decrypt'])
    const all = [...new Set([...actionsOf(named('look')), ...actionsOf(named('bootstrap'))])].sort()
    expect([...allowed, ...unknown].sort()).to.deep.equal(all)
    const called = new Set(sandbox.calls.list().flatMap((call) => [...calledFor(call)]))
    expect(allowed.filter((action) => !called.has(action))).to.be.empty
    const text = (await check(['look'])).stdout
    expect(text).to.contain('because iam:SimulatePrincipalPolicy is not allowed')
    expect(text).to.contain(JSON.stringify(toSimulate))
    expect(text).to.contain('? cloudfront:GetDistribution (not checked)')
    await grant(document(toSimulate))
    expect((await checked(['look'])).how).to.equal('simulated')
  })

  it('names the read that is denied when it tries', async () => {
    await grant(without(named('look'), 'cloudfront:ListDistributions'))
    const { code, how, missing, add, notes } = await checked(['look'])
    expect([code, how, missing]).to.deep.equal([5, 'tried', ['cloudfront:ListDistributions']])
    expect(add && actionsOf(add)).to.deep.equal(['cloudfront:ListDistributions'])
    expect(notes.join('\n')).to.contain('ended at: ')
  })

  it('names all reads that are denied side by side, whichever answer comes first', async () => {
    const both = ['s3:GetBucketOwnershipControls', 's3:GetEncryptionConfiguration'] as const
    await grant(without(without(named('look'), both[0]), both[1]))
    const { missing, add, notes } = await checked(['look'])
    expect(missing).to.deep.equal(both)
    expect(add && actionsOf(add)).to.deep.equal(both)
    expect(notes.at(-1)).to.contain(`ended at: AWS denied ${both.join(', ')}.`)
  })

  it('does not call missing what was not asked for', async () => {
    await grant(named('reindex'))
    const { code, how, missing, add, notes, allowed } = await checked(['reindex'])
    expect([code, how, missing, add]).to.deep.equal([0, 'tried', [], undefined])
    expect(notes.join('\n')).to.match(/ended at: .*denied/)
    expect(allowed).to.include('s3:ListBucket')
  })

  it('says that the root user may do everything', async () => {
    const { accessKeyId, secretAccessKey } = sandbox
    const keys = { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey }
    const { code, how, missing, allowed } = await checked([], keys)
    expect([code, how, missing]).to.deep.equal([0, 'root', []])
    expect(allowed).to.include('cloudfront:CreateDistribution')
    expect((await check([], keys)).stdout).to.contain(':root: the root user may do everything')
  })

  it('asks about the role of a session, whatever the role’s path', async () => {
    const RoleName = 'deployer'
    const arn = `arn:aws:iam::${account}:role/teams/release/${RoleName}`
    const trust = document({ Effect: 'Allow', Principal: { AWS: operator }, Action: 'sts:AssumeRole' })
    await iam.send(
      new CreateRoleCommand({ RoleName, Path: '/teams/release/', AssumeRolePolicyDocument: JSON.stringify(trust) }),
    )
    const own = (...statements: PolicyStatement[]) =>
      iam.send(
        new PutRolePolicyCommand({
          RoleName,
          PolicyName: 'p',
          PolicyDocument: JSON.stringify(document(...statements)),
        }),
      )
    const simulating = { Effect: 'Allow', Action: ['iam:SimulatePrincipalPolicy', 'iam:GetRole'], Resource: arn }
    await own(...named('reindex').Statement, simulating)
    const sts = new STSClient(clientConfig(sandbox, sandbox.credentials))
    const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn: arn, RoleSessionName: 'release' }))
    sts.destroy()
    const keys = {
      AWS_ACCESS_KEY_ID: Credentials?.AccessKeyId ?? '',
      AWS_SECRET_ACCESS_KEY: Credentials?.SecretAccessKey ?? '',
      AWS_SESSION_TOKEN: Credentials?.SessionToken ?? '',
    }
    const { code, how, missing } = await checked(['reindex'], keys)
    expect([code, how, missing]).to.deep.equal([0, 'simulated', []])
    await own(...named('reindex').Statement, { ...simulating, Action: 'iam:SimulatePrincipalPolicy', Resource: '*' })
    const unnamed = await checked(['reindex'], keys)
    expect(unnamed.how).to.equal('tried')
    expect(unnamed.notes[0]).to.contain('iam:GetRole')
  })
})
