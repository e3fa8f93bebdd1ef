import {
  type CacheBehavior,
  type CloudFrontClient,
  CreateFunctionCommand,
  GetDistributionConfigCommand,
  PublishFunctionCommand,
  UntagResourceCommand,
  UpdateDistributionCommand,
} from '@aws-sdk/client-cloudfront'
import { PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import type { Status, StatusLine } from '../../src/tasks/status/status.ts'
import { statementsOf } from '../support/end-state.ts'
import { bucket, install, type Installation, objectKey } from '../support/installation.ts'

const everything = [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`]
const deny = (Condition: object, more: object = {}) => ({
  Sid: 'Theirs',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: everything,
  Condition,
  ...more,
})
const onlyByVpc = { StringNotEquals: { 'aws:SourceVpc': 'vpc-1a2b3c4d' }, ArnNotLike: { 'aws:PrincipalArn': '*:root' } }

/** Somebody else's function, which distributions can run. */
async function publishRewriting(cloudfront: CloudFrontClient): Promise<string> {
  const Name = 'rewrite'
  const FunctionCode = Buffer.from('function handler(event) { return event.request }')
  const FunctionConfig = { Comment: '', Runtime: 'cloudfront-js-2.0' as const }
  const { ETag } = await cloudfront.send(new CreateFunctionCommand({ Name, FunctionCode, FunctionConfig }))
  const { FunctionSummary } = await cloudfront.send(new PublishFunctionCommand({ Name, IfMatch: ETag }))
  return FunctionSummary?.FunctionMetadata?.FunctionARN ?? ''
}

describe('pc-ctl status, of what others have set', function () {
  this.timeout(60_000)
  let place: Installation
  before(async () => {
    place = await install()
  })
  after(() => place.close())
  afterEach(() => place.sandbox.faults.clear())

  /** Puts a statement into the policy beside those that are not of its name. */
  async function putStatement(statement: object): Promise<void> {
    const others = ((await statementsOf(place.clients)) as { Sid?: string }[]).filter(({ Sid }) => Sid !== 'Theirs')
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [...others, statement] })
    await place.clients.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }))
  }

  async function read(expected: number): Promise<string> {
    const { stdout, stderr, code } = await place.run(['status', '--exit-code'])
    expect(code, stdout + stderr).to.equal(expected)
    return stdout
  }

  async function look(expected: number): Promise<{ report: Status; line: (kind: string) => StatusLine }> {
    const { stdout, stderr, code } = await place.run(['status', '--exit-code', '--json'])
    expect(code, stdout + stderr).to.equal(expected)
    const report = resultOf(stdout) as Status
    const line = (kind: string): StatusLine => {
      const found = report.resources.find((one) => one.kind.endsWith(kind))
      if (found === undefined) throw new Error(`no ${kind}`)
      return found
    }
    return { report, line }
  }

  it('tells of a Deny before there is anything that it keeps off', async () => {
    await putStatement(deny(onlyByVpc))
    expect((await look(6)).line('bucket policy').inTheWay.join())
      .to.include('the statement Theirs')
      .and.include('s3:GetObject of every')
    expect(await read(6)).to.include('`pc-ctl status` prints it with an exception')
  })

  it('tells of it as the only thing that is wrong, with what lets CloudFront in, and so does what connects', async () => {
    const next = await place.bootstrap()
    const { stdout, stderr, code } = await place.run(next)
    expect(code, stderr).to.equal(0)
    expect(stderr).to.match(/^Warning: the statement Theirs in the policy of bucket \S+ denies CloudFront/m)
    await place.paste(stdout)
    const { report, line } = await look(6)
    expect(report.resources.filter(({ state }) => state !== 'ok').map(({ kind }) => kind)).to.deep.equal([
      'S3 bucket policy',
    ])
    expect(line('bucket policy').state).to.equal('drift')
    const text = await read(6)
    expect(text)
      .to.include('aws s3api put-bucket-policy')
      .and.not.to.match(/^ *repair:/m)

    const url = (await place.succeed(['sign-url', objectKey])).trim()
    expect((await fetch(url)).status).to.equal(403)
    await putStatement(JSON.parse(/^ *(\{"Sid":"Theirs".*\})$/m.exec(text)?.[1] ?? '') as object)
    expect((await fetch(url)).status).to.equal(200)
  })

  it('is content with one that is not about CloudFront', async () => {
    await putStatement(deny({ Bool: { 'aws:SecureTransport': 'false' } }))
    expect((await look(0)).report.notDecided).to.deep.equal([])
  })

  it('says what it can not know, and that is no drift', async () => {
    await putStatement(
      deny({ NotIpAddress: { 'aws:SourceIp': '81.2.69.0/24' }, ArnNotLike: { 'aws:PrincipalArn': '*:root' } }),
    )
    const { report } = await look(0)
    expect(report.drift).to.equal(false)
    expect(report.notDecided.join()).to.include('the statement Theirs').and.include('depends on aws:SourceIp')
    expect(await read(0)).to.match(/^Warning: whether the statement Theirs .* was not decided/m)
  })

  it('says that it was not checked where the keys may not be listed', async () => {
    const part = deny({}, { Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/7/*`, Condition: undefined })
    await putStatement({ ...part, Condition: { ArnNotLike: { 'aws:PrincipalArn': '*:root' } } })
    expect((await look(6)).line('bucket policy').inTheWay.join()).to.include(`objects such as ${objectKey}`)
    // The first is that of the objects whose Cache-Control is looked at.
    place.sandbox.faults.add('s3:ListObjectsV2:2:AccessDenied')
    const { stdout, code } = await place.run(['status', '--exit-code'])
    expect(code, stdout).to.equal(0)
    expect(stdout).to.match(
      /^Warning: whether the policy of bucket \S+ denies CloudFront was not checked: .*s3:ListBucket/m,
    )
  })

  it('tells of a distribution that is to be adopted what is in the way there', async () => {
    await putStatement(deny({ Bool: { 'aws:SecureTransport': 'false' } }))
    const { cloudfront } = place.clients
    const Id = (await look(0)).report.distribution?.id ?? ''
    const { ETag, DistributionConfig: config } = await cloudfront.send(new GetDistributionConfigCommand({ Id }))
    if (config?.DefaultCacheBehavior === undefined) throw new Error('no configuration')
    const viewerFunction = await publishRewriting(cloudfront)
    const rewriting = { Quantity: 1, Items: [{ EventType: 'viewer-request' as const, FunctionARN: viewerFunction }] }
    const open: CacheBehavior = {
      ...config.DefaultCacheBehavior,
      PathPattern: '/open/*',
      LambdaFunctionAssociations: { Quantity: 0 },
      FunctionAssociations: rewriting,
    }
    const edited = {
      ...config,
      Origins: { Quantity: 1, Items: (config.Origins?.Items ?? []).map((one) => ({ ...one, OriginPath: '/x' })) },
      DefaultCacheBehavior: {
        ...config.DefaultCacheBehavior,
        LambdaFunctionAssociations: { Quantity: 0 },
        FunctionAssociations: rewriting,
      },
      CacheBehaviors: { Quantity: 1, Items: [open] },
    }
    await cloudfront.send(new UpdateDistributionCommand({ Id, IfMatch: ETag, DistributionConfig: edited }))
    const Resource = `arn:aws:cloudfront::111122223333:distribution/${Id}`
    await cloudfront.send(new UntagResourceCommand({ Resource, TagKeys: { Items: ['packagecloud:enterprise'] } }))

    const before = (await look(6)).line('distribution')
    expect(before).to.include({ state: 'not ours' })
    expect(before.because.join()).to.include('has the path /x')
    expect(before.inTheWay.join()).to.include(`/open/*`).and.include(`it runs ${viewerFunction} in its place`)
    const command = String(before.repair).split(' ').slice(1)
    expect(command.at(-1)).to.equal('--adopt')
    const { stderr, code } = await place.run(command)
    expect(code, stderr).to.equal(2)
    expect(stderr).to.include('Empty the path /x of its origin').and.include(`Put the check in its place`)
    await place.succeed([...command, '--yes'])

    const after = (await look(6)).line('distribution')
    expect(after).to.include({ state: 'drift', do: 'keep' })
    expect(after.todo.join())
      .to.include(`distribution ${Id}, tab Behaviors`)
      .and.include(`in place of ${viewerFunction}`)
  })
})
