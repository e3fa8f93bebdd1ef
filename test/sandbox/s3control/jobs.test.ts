/** What CreateJob and its neighbours take, answer and refuse. */
import { CreateUserCommand, PutUserPolicyCommand, CreateAccessKeyCommand } from '@aws-sdk/client-iam'
import { CreateBucketCommand, ListObjectsV2Command, PutObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import {
  furnish,
  jobClient,
  startJobs,
  taskFunction,
  valueIn,
  type Asked,
  type JobAnswer,
  type JobFixture,
} from '../../support/batch-jobs.ts'

const day = 24 * 3600 * 1000

describe("the sandbox's S3 Control", () => {
  let fixture: JobFixture
  let functionArn: string
  /** Of the sandbox's clock. */
  let passed = 0

  before(async () => {
    fixture = await startJobs({ now: () => Date.now() + passed })
    await furnish(fixture)
    functionArn = await fixture.function('done', taskFunction("return ['Succeeded', '']"))
  })
  after(() => fixture.close())
  afterEach(() => {
    passed = 0
  })

  const create = (asked: Asked): Promise<JobAnswer> =>
    fixture.ask('POST', '', fixture.document({ functionArn, ...asked }))
  const idOf = async (answer: Promise<JobAnswer>): Promise<string> => valueIn((await answer).text, 'JobId')

  it('makes one job of one token', async () => {
    const asked = { token: 'once', tags: { a: 'b' } }
    const [first, second] = [await create(asked), await create(asked)]
    expect(first.status).to.equal(200)
    expect(valueIn(first.text, 'JobId')).to.match(/^[0-9a-f-]{36}$/)
    expect(valueIn(second.text, 'JobId')).to.equal(valueIn(first.text, 'JobId'))
    for (const more of [
      { priority: 11 },
      { tags: { a: 'c' } },
      { etag: 'other' },
      { more: '<Description>x</Description>' },
    ]) {
      expect(await create({ ...asked, ...more }), JSON.stringify(more)).to.include({
        status: 400,
        code: 'IdempotencyException',
      })
    }
  })

  it('has made the job whose answer was lost, and throttles in its own words', async () => {
    const { faults, calls } = fixture.sandbox
    faults.add('s3control:CreateJob:1:after:drop')
    faults.add('s3control:CreateJob:2:throttle')
    const asked = { token: 'lost' }
    const lost = await create(asked).then(
      () => 'answered',
      () => 'lost',
    )
    expect(lost).to.equal('lost')
    expect(await create(asked)).to.include({ status: 400, code: 'TooManyRequestsException' })
    const before = (await fixture.ask('GET', '')).text
    const id = await idOf(create(asked))
    expect(before).to.include(id)
    faults.clear()
    const [first] = calls.list(({ service, operation }) => service === 's3control' && operation === 'CreateJob')
    expect(first).to.deep.include({ changing: true, caller: `arn:aws:iam::${fixture.sandbox.accountId}:root` })
  })

  it('refuses what is not whole, and what it would only pretend to do', async () => {
    const plain = '<Enabled>false</Enabled>'
    const bad: Record<string, Asked> = {
      'the function of another region': { functionArn: functionArn.replace('us-east-1', 'eu-west-1') },
      'no function': { functionArn: 'done' },
      'a role of another account': { role: 'arn:aws:iam::999999999999:role/jobs' },
      'arguments in schema 1.0': { schema: '1.0', userArguments: { a: 'b' } },
      'another schema': { schema: '3.0' },
      'too many arguments': { userArguments: Object.fromEntries(Array.from('abcdefghijk', (one) => [one, ''])) },
      'a manifest without keys': { fields: ['Bucket'] },
      'a field twice': { fields: ['Bucket', 'Key', 'Key'] },
      'a field that is none': { fields: ['Bucket', 'Key', 'Size'] },
      'a bucket as manifest': { manifest: 'arn:aws:s3:::packages' },
      'a report without a place': { report: '<Enabled>true</Enabled>' },
      'no report': { report: '' },
      'a long token': { token: 'x'.repeat(65) },
      'a negative priority': { priority: -1 },
      'tags of AWS': { tags: { 'aws:mine': 'x' } },
      'an unknown element': { more: '<Surprise/>' },
      'two operations': {
        operation: `<LambdaInvoke><FunctionArn>${functionArn}</FunctionArn></LambdaInvoke><S3PutObjectTagging/>`,
      },
    }
    for (const [what, asked] of Object.entries(bad)) {
      expect(await create(asked), what).to.include({ status: 400, code: 'BadRequestException' })
    }
    expect(await create({ more: '<Role' })).to.include({ status: 400, code: 'MalformedXML' })
    for (const operation of ['S3PutObjectCopy', 'S3InitiateRestoreObject', 'S3ReplicateObject']) {
      const asked = { operation: `<${operation}><TargetResource>x</TargetResource></${operation}>`, report: plain }
      expect(await create(asked), operation).to.include({ status: 501, code: 'NotImplemented' })
    }
    expect(await create({ more: '<ManifestGenerator/>' })).to.include({ status: 501 })
    const many = Object.fromEntries(Array.from({ length: 51 }, (_, index) => [`tag${index}`, '']))
    expect(await create({ tags: many })).to.include({ status: 400, code: 'TooManyTagsException' })
  })

  it('tells of a job all that it was made with', async () => {
    const id = await idOf(
      create({
        ...{ etag: 'abc', confirmation: true, priority: 7, userArguments: { run: 'a&amp;b' } },
        more: '<Description>Rewrite &lt;all&gt;</Description>',
      }),
    )
    const text = await fixture.describe(id)
    for (const told of [
      `<JobArn>arn:aws:s3:us-east-1:${fixture.sandbox.accountId}:job/${id}</JobArn>`,
      '<ConfirmationRequired>true</ConfirmationRequired><Description>Rewrite &lt;all&gt;</Description>',
      '<Fields><member>Bucket</member><member>Key</member></Fields>',
      '<ObjectArn>arn:aws:s3:::packages/.pc-ctl/manifest.csv</ObjectArn><ETag>abc</ETag>',
      `<LambdaInvoke><FunctionArn>${functionArn}</FunctionArn><InvocationSchemaVersion>2.0</InvocationSchemaVersion><UserArguments><entry><key>run</key><value>a&amp;b</value></entry></UserArguments></LambdaInvoke>`,
      '<Priority>7</Priority>',
      '<ReportScope>AllTasks</ReportScope>',
      `<RoleArn>${fixture.roleArn('jobs')}</RoleArn>`,
    ]) {
      expect(text).to.include(told)
    }
    expect(Date.parse(valueIn(text, 'CreationTime'))).to.be.closeTo(Date.now(), 60_000)
    expect(await fixture.ask('GET', '/no-such-job')).to.include({ status: 400, code: 'NotFoundException' })
    const elsewhere = jobClient(fixture.sandbox, { region: 'eu-west-1' })
    expect(await elsewhere('GET', `/${id}`)).to.include({ code: 'NotFoundException' })
  })

  it('lets a job wait for its confirmation, thirty days long, and tells of ended ones for ninety', async () => {
    const rows = ['packages,key']
    const id = await fixture.create(rows, { functionArn, confirmation: true })
    const suspended = await fixture.until(id, 'Suspended')
    expect(valueIn(suspended, 'SuspendedCause')).to.equal('AwaitingConfirmation')
    expect(valueIn(suspended, 'TotalNumberOfTasks')).to.equal('1')
    expect(await fixture.ask('POST', `/${id}/status?requestedJobStatus=Complete`)).to.include({
      status: 400,
      code: 'BadRequestException',
    })
    const other = await fixture.create(rows, { functionArn, confirmation: true })
    await fixture.until(other, 'Suspended')

    passed = 29 * day
    const ready = await fixture.ask('POST', `/${id}/status?requestedJobStatus=Ready&statusUpdateReason=looked%20at`)
    expect([valueIn(ready.text, 'JobId'), valueIn(ready.text, 'Status')]).to.deep.equal([id, 'Ready'])
    expect(valueIn(await fixture.until(id, 'Complete'), 'StatusUpdateReason')).to.equal('looked at')
    expect(await fixture.ask('POST', `/${id}/status?requestedJobStatus=Ready`)).to.include({
      code: 'JobStatusException',
    })
    expect(await fixture.ask('POST', `/${id}/status?requestedJobStatus=Cancelled`)).to.include({
      code: 'JobStatusException',
    })

    passed = 30 * day + 60_000
    const failed = await fixture.describe(other)
    expect([valueIn(failed, 'Status'), valueIn(failed, 'FailureCode')]).to.deep.equal(['Failed', 'SuspendedTooLong'])

    passed = 118 * day
    expect(await fixture.ask('GET', `/${id}`)).to.include({ status: 200 })
    passed = 130 * day
    expect(await fixture.ask('GET', `/${id}`)).to.include({ status: 400, code: 'NotFoundException' })
    expect((await fixture.ask('GET', '')).text).not.to.include(id)
  })

  it('lists jobs by state, in pages, the latest first', async () => {
    const ids: string[] = []
    for (const name of ['one', 'two', 'three']) {
      passed += 1000
      const more = `<Description>${name}</Description>`
      const id = await fixture.create(['packages,key'], { functionArn, confirmation: true, more })
      await fixture.until(id, 'Suspended')
      ids.unshift(id)
    }
    const told: string[] = []
    let token: string | undefined
    do {
      const next = token === undefined ? '' : `&nextToken=${encodeURIComponent(token)}`
      const { text } = await fixture.ask('GET', `?jobStatuses=Suspended&maxResults=2${next}`)
      const found = Array.from(text.matchAll(/<JobId>(.*?)<\/JobId>/g), ([, id = '']) => id)
      expect(found.length).to.be.within(1, 2)
      told.push(...found)
      token = /<NextToken>(.*?)<\/NextToken>/.exec(text)?.[1]
    } while (token !== undefined)
    expect(told.slice(0, 3)).to.deep.equal(ids)
    expect((await fixture.ask('GET', '?jobStatuses=Cancelling')).text).not.to.include('<JobId>')
    expect((await fixture.ask('GET', '?jobStatuses=Suspended')).text).to.include('<Operation>LambdaInvoke</Operation>')
    expect(await fixture.ask('GET', '?jobStatuses=Slow')).to.include({ code: 'InvalidRequestException' })
    expect(await fixture.ask('GET', '?nextToken=bm9uZQ==')).to.include({ code: 'InvalidNextTokenException' })
  })

  it('keeps tags and priorities', async () => {
    const id = await fixture.create(['packages,key'], { functionArn, confirmation: true, tags: { owner: 'me' } })
    expect((await fixture.ask('GET', `/${id}/tagging`)).text).to.include('<Key>owner</Key><Value>me</Value>')
    const tags =
      '<PutJobTaggingRequest><Tags><member><Key>a</Key><Value>b</Value></member></Tags></PutJobTaggingRequest>'
    expect(await fixture.ask('PUT', `/${id}/tagging`, tags)).to.include({ status: 200 })
    const { text } = await fixture.ask('GET', `/${id}/tagging`)
    expect(text).to.include('<Key>a</Key>').and.not.to.include('owner')
    expect(await fixture.ask('DELETE', `/${id}/tagging`)).to.include({ status: 200 })
    expect((await fixture.ask('GET', `/${id}/tagging`)).text).not.to.include('<Key>')
    const changed = await fixture.ask('POST', `/${id}/priority?priority=99`)
    expect(valueIn(changed.text, 'Priority')).to.equal('99')
    expect(valueIn(await fixture.describe(id), 'Priority')).to.equal('99')
    expect(await fixture.ask('POST', `/${id}/priority?priority=high`)).to.include({ code: 'BadRequestException' })
  })

  it('is told from a bucket of the same name, and from other accounts', async () => {
    await fixture.s3.send(new CreateBucketCommand({ Bucket: 'v20180820' }))
    await fixture.s3.send(new PutObjectCommand({ Bucket: 'v20180820', Key: 'jobs', Body: 'mine' }))
    const { Contents } = await fixture.s3.send(new ListObjectsV2Command({ Bucket: 'v20180820' }))
    expect(Contents?.map(({ Key }) => Key)).to.deep.equal(['jobs'])
    const other = jobClient(fixture.sandbox, { headers: { 'x-amz-account-id': '999999999999' } })
    expect(await other('GET', '')).to.include({ status: 403, code: 'AccessDenied' })
  })

  it('asks IAM for each operation, with its condition keys, and for the role that is passed', async () => {
    const { iam, sandbox } = fixture
    await iam.send(new CreateUserCommand({ UserName: 'limited' }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'limited' }))
    const keys = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
    const limited = jobClient(sandbox, { keys })
    const allow = (Statement: object[]): Promise<unknown> =>
      iam.send(
        new PutUserPolicyCommand({
          ...{ UserName: 'limited', PolicyName: 'own' },
          PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
        }),
      )
    const etag = await fixture.put('.pc-ctl/manifest.csv', 'packages,key\n')
    const document = (asked: Asked): string => fixture.document({ functionArn, etag, confirmation: true, ...asked })
    const jobs = `arn:aws:s3:us-east-1:${sandbox.accountId}:job/*`
    const pass = {
      ...{ Effect: 'Allow', Action: 'iam:PassRole', Resource: fixture.roleArn('jobs') },
      Condition: { StringEquals: { 'iam:PassedToService': 'batchoperations.s3.amazonaws.com' } },
    }
    const creating = {
      ...{ Effect: 'Allow', Action: 's3:CreateJob', Resource: '*' },
      Condition: {
        StringEquals: { 's3:RequestJobOperation': 'LambdaInvoke', 'aws:RequestTag/packagecloud:enterprise': 'mine' },
        NumericLessThan: { 's3:RequestJobPriority': '20' },
      },
    }
    const tags = { 'packagecloud:enterprise': 'mine' }
    await allow([creating])
    expect((await limited('POST', '', document({ tags }))).message).to.include('iam:PassRole')
    await allow([creating, pass])
    expect((await limited('POST', '', document({}))).message).to.include('s3:CreateJob')
    expect((await limited('POST', '', document({ tags, priority: 20 }))).message).to.include('s3:CreateJob')
    const made = await limited('POST', '', document({ tags }))
    expect(made.status).to.equal(200)
    const id = valueIn(made.text, 'JobId')
    const paths: Record<string, [method: string, path: string, body?: string]> = {
      's3:DescribeJob': ['GET', `/${id}`],
      's3:UpdateJobPriority': ['POST', `/${id}/priority?priority=3`],
      's3:GetJobTagging': ['GET', `/${id}/tagging`],
      's3:DeleteJobTagging': ['DELETE', `/${id}/tagging`],
      's3:UpdateJobStatus': ['POST', `/${id}/status?requestedJobStatus=Cancelled`],
    }
    for (const [Action, request] of Object.entries(paths)) {
      expect((await limited(...request)).message, Action).to.include(`${Action} on resource: ${jobs.replace('*', id)}`)
      await allow([{ Effect: 'Allow', Action, Resource: jobs }])
      expect(await limited(...request), Action).to.include({ status: 200 })
    }
    expect((await limited('GET', '')).message).to.include('s3:ListJobs')
    await allow([{ Effect: 'Allow', Action: 's3:ListJobs', Resource: '*' }])
    expect(await limited('GET', '')).to.include({ status: 200 })
  })
})
