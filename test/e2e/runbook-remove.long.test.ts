/** What `runbook --kind remove` prints is run, with the AWS CLI: nothing of ours is left then, and all else is. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

import {
  CreateCachePolicyCommand,
  CreateCloudFrontOriginAccessIdentityCommand,
  CreateDistributionCommand,
  GetDistributionConfigCommand,
  ListCachePoliciesCommand,
  ListCloudFrontOriginAccessIdentitiesCommand,
  ListDistributionsCommand,
  ListOriginAccessControlsCommand,
} from '@aws-sdk/client-cloudfront'
import { CreateRoleCommand, ListRolePoliciesCommand, ListRolesCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { DescribeKeyCommand, ListAliasesCommand, ListKeysCommand } from '@aws-sdk/client-kms'
import { ListFunctionsCommand } from '@aws-sdk/client-lambda'
import { GetBucketPolicyCommand, ListObjectsV2Command, PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'
import { lexer } from 'marked'

import { tagKey } from '../../src/aws/names.ts'
import type { Runbook, RunbookStep } from '../../src/tasks/runbook/document.ts'
import { hasAws } from '../support/aws-and-boto.ts'
import { bucket, install, type Installation, shellWords } from '../support/installation.ts'
import { resultOf } from '../support/json-document.ts'

const ours = 'packagecloud_cloudfront_auth'
const theirs = {
  Sid: 'Theirs',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:PutObject',
  Resource: `arn:aws:s3:::${bucket}/it's/*`,
}

/** Everything that is there, by what AWS calls it. */
async function everything(place: Place): Promise<Record<string, unknown>> {
  const { cloudfront, iam, kms, lambda, s3 } = place.clients
  const roles = (await iam.send(new ListRolesCommand({}))).Roles ?? []
  const keys = (await kms.send(new ListKeysCommand({}))).Keys ?? []
  const policy = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket })).catch(() => undefined)
  const groups = async (region: string) =>
    JSON.parse(
      await place.succeedAws(`aws logs describe-log-groups --region ${region} --query 'logGroups[].logGroupName'`),
    ) as string[]
  return {
    roles: await Promise.all(
      roles.map(async ({ RoleName }) => [
        RoleName,
        (await iam.send(new ListRolePoliciesCommand({ RoleName }))).PolicyNames,
      ]),
    ),
    keys: await Promise.all(
      keys.map(async ({ KeyId }) => [KeyId, (await kms.send(new DescribeKeyCommand({ KeyId }))).KeyMetadata?.KeyState]),
    ),
    aliases: ((await kms.send(new ListAliasesCommand({}))).Aliases ?? []).map(({ AliasName }) => AliasName),
    functions: ((await lambda.send(new ListFunctionsCommand({}))).Functions ?? []).map(
      ({ FunctionName }) => FunctionName,
    ),
    distributions: ((await cloudfront.send(new ListDistributionsCommand({}))).DistributionList?.Items ?? []).map(
      ({ Id }) => Id,
    ),
    identities: (
      (await cloudfront.send(new ListCloudFrontOriginAccessIdentitiesCommand({}))).CloudFrontOriginAccessIdentityList
        ?.Items ?? []
    ).map(({ Comment }) => Comment),
    controls: (
      (await cloudfront.send(new ListOriginAccessControlsCommand({}))).OriginAccessControlList?.Items ?? []
    ).map(({ Name }) => Name),
    cachePolicies: (
      (await cloudfront.send(new ListCachePoliciesCommand({ Type: 'custom' }))).CachePolicyList?.Items ?? []
    ).map(({ CachePolicy }) => CachePolicy?.CachePolicyConfig?.Name),
    bucketPolicy: policy?.Policy === undefined ? undefined : (JSON.parse(policy.Policy) as unknown),
    objects: ((await s3.send(new ListObjectsV2Command({ Bucket: bucket }))).Contents ?? []).map(({ Key }) => Key),
    logGroups: [await groups('eu-central-1'), await groups('us-east-1')],
  }
}

interface Place extends Installation {
  /** Runs lines in a shell that has the AWS CLI. */
  shell(lines: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }>
  succeedAws(line: string): Promise<string>
}

function withShell(place: Installation): Place {
  const { accessKeyId, secretAccessKey, endpoint } = place.sandbox
  const env = {
    PATH: process.env['PATH'],
    HOME: place.folder,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_ENDPOINT_URL: endpoint,
    // CloudFront and IAM have no region; the CLI of some distributions wants one all the same.
    AWS_DEFAULT_REGION: 'us-east-1',
  }
  // Some CLIs do not know AWS_ENDPOINT_URL.
  const before = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }'
  const shell: Place['shell'] = (lines) =>
    promisify(execFile)('sh', ['-c', [before, ...lines].join('\n')], { env, cwd: place.folder }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      (error: unknown) => error as { code: number; stdout: string; stderr: string },
    )
  return {
    ...place,
    shell,
    async succeedAws(line) {
      const { code, stdout, stderr } = await shell([line])
      expect(code, `${line}\n${stderr}`).to.equal(0)
      return stdout
    },
  }
}

/** What others have made in the same account. */
async function makeTheirs(place: Place): Promise<void> {
  const { cloudfront, iam, s3 } = place.clients
  await place.succeed(['bootstrap-cloudfront', '--installation', 'packagecloud-two'])
  await iam.send(
    new PutRolePolicyCommand({
      RoleName: 'packagecloud-two_cloudfront_auth',
      PolicyName: 'theirs',
      PolicyDocument: '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}',
    }),
  )
  await s3.send(
    new PutBucketPolicyCommand({
      Bucket: bucket,
      Policy: JSON.stringify({ Version: '2012-10-17', Statement: [theirs] }),
    }),
  )
  const config = { CallerReference: 'theirs', Comment: 'theirs' }
  await cloudfront.send(
    new CreateCloudFrontOriginAccessIdentityCommand({ CloudFrontOriginAccessIdentityConfig: config }),
  )
  await cloudfront.send(new CreateCachePolicyCommand({ CachePolicyConfig: { Name: 'theirs', MinTTL: 0 } }))
  for (const name of [ours, `us-east-1.${ours}_too`]) {
    await place.succeedAws(`aws logs create-log-group --region us-east-1 --log-group-name /aws/lambda/${name}`)
  }
  await place.succeedAws(
    `aws logs create-log-group --region eu-central-1 --log-group-name /aws/lambda/us-east-1.${ours}`,
  )
}

/** The role of jobs that compute checksums, as a run leaves it: nothing else need be there of jobs. */
async function makeChecksumRole({ clients: { iam } }: Place): Promise<void> {
  const name = 'packagecloud_checksum_eu-central-1'
  const document = '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}'
  const AssumeRolePolicyDocument =
    '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"batchoperations.s3.amazonaws.com"},"Action":"sts:AssumeRole"}]}'
  const Tags = [{ Key: tagKey, Value: 'packagecloud' }]
  await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument, Tags }))
  await iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: name, PolicyDocument: document }))
}

/** A distribution of somebody else's, as ours but without our mark. */
async function copyDistribution({ clients: { cloudfront } }: Place): Promise<string> {
  const [first] = (await cloudfront.send(new ListDistributionsCommand({}))).DistributionList?.Items ?? []
  const { DistributionConfig: config } = await cloudfront.send(new GetDistributionConfigCommand({ Id: first?.Id }))
  if (config?.DefaultCacheBehavior === undefined) throw new Error('there is no distribution')
  const { Distribution: made } = await cloudfront.send(
    new CreateDistributionCommand({
      DistributionConfig: {
        ...config,
        CallerReference: 'theirs',
        DefaultCacheBehavior: {
          ...config.DefaultCacheBehavior,
          CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
          LambdaFunctionAssociations: { Quantity: 0 },
        },
        Origins: {
          Quantity: 1,
          Items: (config.Origins?.Items ?? []).map((origin) => ({
            ...origin,
            S3OriginConfig: { OriginAccessIdentity: '' },
            OriginAccessControlId: '',
          })),
        },
      },
    }),
  )
  return made?.Id ?? ''
}

const runbookOf = async (place: Place): Promise<Runbook> =>
  resultOf((await place.run(['runbook', '--kind', 'remove', '--json'])).stdout) as Runbook

/** Steps that the AWS CLI does. */
const ofAws = (runbook: Runbook): RunbookStep[] =>
  runbook.steps.filter(({ commands }) => commands.some((line) => /\baws [a-z0-9]+ [a-z]/.test(line)))

const titled = (runbook: Runbook, title: RegExp): RunbookStep => {
  const found = runbook.steps.find((step) => title.test(step.title))
  if (found === undefined) throw new Error(`no step ${title.source}`)
  return found
}

describe('what runbook --kind remove prints', function () {
  this.timeout(400_000)
  let place: Place
  let runbook: Runbook
  let beforeOurs: Record<string, unknown>
  before(async function () {
    if (!hasAws) this.skip()
    place = withShell(await install())
    await makeTheirs(place)
    beforeOurs = await everything(place)
    await place.connect()
    await makeChecksumRole(place)
    // The identity stays behind when the control takes over: both are there then.
    const [command = '', arn = ''] = await place.bootstrap()
    await place.succeed([command, arn, '--origin-access', 'oac'])
    const foreign = await copyDistribution(place)
    beforeOurs = { ...beforeOurs, distributions: [foreign] }
    runbook = await runbookOf(place)
  })
  after(async () => {
    if (hasAws) await place.close()
  })

  it('is in Markdown what it is in JSON', async () => {
    const { stdout } = await place.run(['runbook', '--kind', 'remove'])
    const fences = lexer(stdout).flatMap((token) => (token.type === 'code' ? [String(token['text'])] : []))
    const told = runbook.steps.flatMap(({ lines, commands }) => [lines.join('\n'), commands.join('\n')])
    for (const text of told.filter((one) => one !== '')) expect(fences).to.include(text)
  })

  it('is refused in another order, as AWS does', async () => {
    const early: readonly (readonly [RegExp, RegExp])[] = [
      [/^Delete the distribution/, /DistributionNotDisabled/],
      [/^Delete the cache policy/, /CachePolicyInUse/],
      [/^Delete the origin access control/, /OriginAccessControlInUse/],
      [/^Delete the function/, /replicated function/],
      [/^Delete the role$/, /DeleteConflict/],
      [/^Delete the role of jobs that compute checksums$/, /DeleteConflict/],
    ]
    for (const [title, error] of early) {
      const { code, stderr } = await place.shell(titled(runbook, title).commands)
      expect(code, title.source).to.be.above(0)
      expect(stderr).to.match(error)
    }
  })

  it('takes all that is ours away, and nothing else, and can be stopped and made anew', async () => {
    const half = ofAws(runbook).findIndex(({ title }) => title.startsWith('Take our statements'))
    for (const step of ofAws(runbook).slice(0, half)) await done(step)
    // Somebody changes the policy meanwhile: what was made before does not write over that.
    const { s3 } = place.clients
    const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))
    const document = JSON.parse(Policy) as { Statement: object[] }
    const added = { ...theirs, Sid: 'Added' }
    const changed = { ...document, Statement: [...document.Statement, added] }
    await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy: JSON.stringify(changed) }))
    const stale = await place.shell(titled(runbook, /^Take our statements/).commands)
    expect(stale.code).to.equal(1)
    expect(stale.stderr).to.include('make it anew')
    const again = await runbookOf(place)
    expect(again.steps.map(({ title }) => title).join('\n')).to.not.match(/^(?:Disable|Delete) the distribution/m)
    for (const step of ofAws(again)) await done(step)
    const { keys, roles, logGroups, ...others } = await everything(place)
    const { keys: keysBefore, roles: rolesBefore, ...othersBefore } = beforeOurs
    delete othersBefore['logGroups']
    expect(others).to.deep.equal({
      ...othersBefore,
      bucketPolicy: { Version: '2012-10-17', Statement: [theirs, added] },
    })
    expect(logGroups).to.deep.equal([[], [`/aws/lambda/us-east-1.${ours}_too`]])
    // A key is gone after its 30 days.
    expect(keys).to.include.deep.members(keysBefore as unknown[])
    const left = (keys as string[][]).filter(([id]) => !(keysBefore as string[][]).some(([known]) => known === id))
    expect(left.map(([, state]) => state)).to.deep.equal(['PendingDeletion'])
    // Those that Lambda@Edge has had made belong to the account.
    expect((roles as string[][]).filter(([name]) => !/^AWSServiceRole/.test(name ?? ''))).to.deep.equal(rolesBefore)
    const { code, stderr } = await place.run(['runbook', '--kind', 'remove'])
    expect(code, stderr).to.equal(3)
    expect(stderr).to.include('There is nothing of the installation')
  })

  async function done({ title, commands }: RunbookStep): Promise<void> {
    const { code, stderr } = await place.shell(commands)
    if (title.startsWith('Delete the logs')) expect(stderr).to.match(/^(?:\s*|.*ResourceNotFoundException.*)$/m)
    else expect(code, `${title}\n${commands.join('\n')}\n${stderr}`).to.equal(0)
  }
})

describe('what runbooks print for CloudFront Functions', function () {
  this.timeout(400_000)
  let place: Place
  before(async function () {
    if (!hasAws) this.skip()
    place = withShell(await install({ engine: 'function' }))
    await place.connect()
  })
  after(async () => {
    if (hasAws) await place.close()
  })
  const run = async (steps: readonly RunbookStep[] = []): Promise<void> => {
    for (const { title, commands } of steps) {
      const { code, stderr } = await place.shell(commands)
      expect(code, `${title}\n${stderr}`).to.equal(0)
    }
  }

  it('brings back what edges ran before an upgrade', async () => {
    const live = () =>
      place.succeedAws(`aws cloudfront get-function --name ${ours} --stage LIVE now.js > now.json && cat now.js`)
    const { stdout } = await place.run(['runbook', '--kind', 'upgrade', '--json'])
    const { steps, rollback } = resultOf(stdout) as Runbook
    const before = await live()
    await run(steps.filter(({ title }) => title.startsWith('Keep a copy')))
    await place.succeed(['bootstrap-cloudfront', '--longest-life', '2h'])
    expect(await live()).to.not.equal(before)
    await run(rollback.slice(0, 1))
    expect(await live()).to.equal(before)
    await place.succeed(['bootstrap-cloudfront'])
  })

  it('has pc-ctl do what it says, for all other kinds', async () => {
    const printed = async (kind: string): Promise<Runbook> =>
      resultOf(await place.succeed(['runbook', '--kind', kind, '--json'])) as Runbook
    for (const kind of ['enable', 'upgrade', 'origin-access', 'rotate']) {
      const { steps, validation, rollback } = await printed(kind)
      const taken = [...steps, ...validation, ...(kind === 'origin-access' ? rollback : [])]
      for (const line of taken.flatMap(({ commands }) => commands)) {
        // What a front server has to be seen for has tests of its own.
        if (!line.startsWith('pc-ctl ') || / --(?:finish|version)\b/.test(line)) continue
        const [, ...words] = shellWords(line)
        const { code, stderr } = await place.run([...words, ...(words.includes('--write-config') ? ['--yes'] : [])])
        const isDone = code === 0 || /was not looked at|is already set/.test(stderr)
        expect(isDone, `${kind}: ${line}\n${stderr}`).to.equal(true)
      }
    }
  })

  it('takes away what is there of the other engine too, down to the store alone', async () => {
    await place.succeed(['bootstrap-cloudfront', '--engine', 'lambda'])
    const runbook = await runbookOf(place)
    const titles = ofAws(runbook).map(({ title }) => title)
    expect(titles.join('\n')).to.match(/^Delete the key value store[^]*^Delete the function/m)
    const isStore = ({ title }: RunbookStep): boolean => title.startsWith('Delete the key value store')
    await run(ofAws(runbook).filter((step) => !isStore(step) && !step.title.startsWith('Delete the logs')))
    const left = await runbookOf(place)
    expect(ofAws(left).filter(isStore)).to.have.lengthOf(1)
    await run(ofAws(left).filter(isStore))
    const { code, stderr } = await place.run(['runbook', '--kind', 'remove'])
    expect(code, stderr).to.equal(3)
    expect(stderr).to.include('There is nothing of the installation')
  })
})
