/** What becomes of the tasks of a job. */
import { createHash } from 'node:crypto'

import { CreateFunctionCommand, LambdaClient, PutFunctionConcurrencyCommand } from '@aws-sdk/client-lambda'
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutBucketPolicyCommand,
  PutBucketVersioningCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { expect } from 'chai'
import { setTimeout as sleep } from 'node:timers/promises'

import {
  bucket,
  furnish,
  jobClient,
  jobRights,
  jobsTrust,
  startJobs,
  taskFunction,
  valueIn,
  type JobFixture,
} from '../../support/batch-jobs.ts'
import { clientConfig } from '../../support/clients.ts'
import { edgeTrust, functionZip } from '../../support/function-zip.ts'

/** A function's source that calls S3 in its own name: `ask(method, key, body, headers)` answers the status. */
const calling = (code: string): string => `
import { createHash, createHmac } from 'node:crypto'
const { AWS_ACCESS_KEY_ID: id, AWS_SECRET_ACCESS_KEY: secret, AWS_SESSION_TOKEN: token, AWS_REGION: region, AWS_ENDPOINT_URL: endpoint } = process.env
const hmac = (key, text) => createHmac('sha256', key).update(text).digest()
const sha256 = (text) => createHash('sha256').update(text).digest('hex')
const ask = async (method, key, body = '', more = {}) => {
  const stamp = new Date().toISOString().replace(/[:-]|\\.\\d+/g, '')
  const headers = { host: new URL(endpoint).host, 'x-amz-content-sha256': sha256(body), 'x-amz-date': stamp, 'x-amz-security-token': token, ...more }
  const names = Object.keys(headers).sort()
  const canonical = [method, '/${bucket}/' + key, '', ...names.map((name) => name + ':' + headers[name]), '', names.join(';'), sha256(body)].join('\\n')
  const scope = [stamp.slice(0, 8), region, 's3', 'aws4_request']
  const signing = scope.reduce(hmac, 'AWS4' + secret)
  const signature = hmac(signing, ['AWS4-HMAC-SHA256', stamp, scope.join('/'), sha256(canonical)].join('\\n')).toString('hex')
  const authorization = 'AWS4-HMAC-SHA256 Credential=' + id + '/' + scope.join('/') + ', SignedHeaders=' + names.join(';') + ', Signature=' + signature
  const answer = await fetch(endpoint + '/${bucket}/' + key, { method, headers: { ...headers, authorization }, ...(body === '' ? {} : { body }) })
  await answer.text()
  return answer.status
}
${taskFunction(code)}`

const rowsOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `${bucket},shard-${index}`)
const counts = (text: string): number[] =>
  ['TotalNumberOfTasks', 'NumberOfTasksSucceeded', 'NumberOfTasksFailed'].map((name) => Number(valueIn(text, name)))

describe('a job of the sandbox', () => {
  let fixture: JobFixture
  before(async () => {
    fixture = await startJobs()
    await furnish(fixture)
  })
  after(() => fixture.close())
  afterEach(() => fixture.sandbox.faults.clear())

  /** Status, and code and reason of the failure, of a job that ends at once. */
  const failing = async (rows: readonly string[], asked: Parameters<JobFixture['create']>[1]): Promise<string[]> => {
    const text = await fixture.until(await fixture.create(rows, asked), 'Failed')
    return [valueIn(text, 'FailureCode'), valueIn(text, 'FailureReason')]
  }

  it('tells tasks that succeed from those that fail, and completes with both', async () => {
    const functionArn = await fixture.function(
      'mixed',
      taskFunction(`
        if (task.s3Key === 'shard-0') return ['Succeeded', 'say "done", twice']
        if (task.s3Key === 'shard-1') return ['PermanentFailure', 'nobody reads this']
        if (task.s3Key === 'shard-2') throw new TypeError('no such luck')
        if (task.s3Key === 'shard-3') await new Promise((resolve) => setTimeout(resolve, 60_000))
        return ['Whatever', '']`),
      { Timeout: 1 },
    )
    const id = await fixture.create(rowsOf(5), { functionArn })
    expect(counts(await fixture.until(id, 'Complete'))).to.deep.equal([5, 1, 4])
    expect(await fixture.reported(id, 'succeeded')).to.deep.equal([
      'packages,shard-0,,succeeded,200,,"say ""done"", twice"',
    ])
    const failed = (await fixture.reported(id, 'failed')).sort()
    expect(failed.map((line) => line.split(',').slice(0, 6).join(','))).to.deep.equal(
      [1, 2, 3, 4].map((number) => `packages,shard-${number},,failed,200,PermanentFailure`),
    )
    expect(failed[0]).to.equal('packages,shard-1,,failed,200,PermanentFailure,')
    expect(failed[1]).to.match(
      /,"Lambda returned function error: \{""errorType"":""TypeError"",""errorMessage"":""no such luck"".*\}"$/,
    )
    expect(failed[2]).to.include('Task timed out after 1.00 seconds')
    expect(failed[3]).to.include('invalid response')
  })

  it('redrives what fails for the time being, and gives up in the end', async () => {
    const functionArn = await fixture.function(
      'moody',
      `const seen = new Map()
      ${taskFunction(`
        const tries = (seen.get(task.s3Key) ?? 0) + 1
        seen.set(task.s3Key, tries)
        if (task.s3Key === 'shard-0') return ['TemporaryFailure', '']
        return tries < 3 ? ['TemporaryFailure', ''] : ['Succeeded', String(tries)]`)}`,
    )
    await fixture.lambda.send(
      new PutFunctionConcurrencyCommand({ FunctionName: 'moody', ReservedConcurrentExecutions: 1 }),
    )
    const id = await fixture.create(rowsOf(3), { functionArn })
    expect(counts(await fixture.until(id, 'Complete'))).to.deep.equal([3, 2, 1])
    expect(await fixture.reported(id, 'succeeded')).to.have.members([
      'packages,shard-1,,succeeded,200,,"3"',
      'packages,shard-2,,succeeded,200,,"3"',
    ])
    expect(await fixture.reported(id, 'failed')).to.deep.equal(['packages,shard-0,,failed,200,TemporaryFailure,'])
  })

  it('takes keys that are missing in an answer for what the function says, else for a temporary failure', async () => {
    const answering = (
      treat: string,
    ): string => `export const handler = async ({ invocationSchemaVersion, invocationId }) =>
      ({ invocationSchemaVersion, invocationId, results: [], ${treat} })`
    const silent = await fixture.function('silent', answering(''))
    const first = await fixture.create(rowsOf(1), { functionArn: silent })
    await fixture.until(first, 'Complete')
    expect(await fixture.reported(first, 'failed')).to.deep.equal(['packages,shard-0,,failed,200,TemporaryFailure,'])
    const content = await fixture.function('content', answering("treatMissingKeysAs: 'Succeeded'"))
    const second = await fixture.create(rowsOf(1), { functionArn: content })
    expect(counts(await fixture.until(second, 'Complete'))).to.deep.equal([1, 1, 0])
  })

  it('runs as many at once as are reserved, and none where none are', async () => {
    const functionArn = await fixture.function(
      'counted',
      taskFunction("await new Promise((resolve) => setTimeout(resolve, 30)); return ['Succeeded', '']"),
    )
    const reserve = (ReservedConcurrentExecutions: number) =>
      fixture.lambda.send(new PutFunctionConcurrencyCommand({ FunctionName: 'counted', ReservedConcurrentExecutions }))
    await reserve(0)
    const id = await fixture.create(rowsOf(6), { functionArn })
    await fixture.until(id, 'Active')
    await sleep(150)
    expect(counts(await fixture.describe(id))).to.deep.equal([6, 0, 0])
    let running = 0
    let most = 0
    const stop = fixture.sandbox.onCall(({ operation }, phase) => {
      if (operation === 'Invoke') most = Math.max(most, (running += phase === 'before' ? 1 : -1))
      return undefined
    })
    await reserve(2)
    expect(counts(await fixture.until(id, 'Complete'))).to.deep.equal([6, 6, 0])
    stop()
    const refused = fixture.sandbox.calls.list(({ operation, status }) => operation === 'Invoke' && status === 429)
    expect(refused).not.to.deep.equal([])
    expect(most).to.be.greaterThan(1)
  })

  it('fails as a whole when more than half of a thousand tasks have', async () => {
    const functionArn = await fixture.function(
      'half',
      taskFunction("return [Number(task.s3Key.slice(6)) % 5 === 0 ? 'Succeeded' : 'PermanentFailure', '']"),
    )
    const id = await fixture.create(rowsOf(1200), { functionArn })
    const text = await fixture.until(id, 'Failed')
    expect(valueIn(text, 'FailureCode')).to.equal('TooManyTasksFailed')
    const [total = 0, succeeded = 0, failed = 0] = counts(text)
    expect([total, succeeded + failed >= 1000 && succeeded + failed < 1200]).to.deep.equal([1200, true])
    expect((await fixture.reported(id, 'failed')).length).to.equal(failed)
  }).timeout(60_000)

  it('writes the failed tasks alone, or no report, where that was asked for', async () => {
    const functionArn = await fixture.function(
      'reporting',
      taskFunction("return [task.s3Key === 'shard-0' ? 'PermanentFailure' : 'Succeeded', '']"),
    )
    const report = (more: string): string =>
      `<Bucket>arn:aws:s3:::${bucket}</Bucket><Format>Report_CSV_20180820</Format>${more}<Prefix>reports</Prefix>`
    const some = await fixture.create(rowsOf(2), {
      functionArn,
      report: report('<Enabled>true</Enabled><ReportScope>FailedTasksOnly</ReportScope>'),
    })
    await fixture.until(some, 'Complete')
    expect(await fixture.reported(some, 'succeeded')).to.deep.equal([])
    expect((await fixture.reported(some, 'failed')).length).to.equal(1)
    const none = await fixture.create(rowsOf(2), { functionArn, report: '<Enabled>false</Enabled>' })
    await fixture.until(none, 'Complete')
    expect(await fixture.keys(`reports/job-${none}`)).to.deep.equal([])
  })

  it('stops at a cancellation when what is on its way has ended, and reports that', async () => {
    const functionArn = await fixture.function(
      'slow',
      taskFunction("await new Promise((resolve) => setTimeout(resolve, 100)); return ['Succeeded', '']"),
    )
    const id = await fixture.create(rowsOf(200), { functionArn })
    await fixture.until(id, 'Active')
    while (counts(await fixture.describe(id))[1] === 0) await sleep(10)
    const asked = await fixture.ask('POST', `/${id}/status?requestedJobStatus=Cancelled`)
    expect(valueIn(asked.text, 'Status')).to.equal('Cancelling')
    const [, succeeded = 0] = counts(await fixture.until(id, 'Cancelled'))
    expect(succeeded).to.be.within(1, 150)
    expect((await fixture.reported(id, 'succeeded')).length).to.equal(succeeded)
    const early = await fixture.create(rowsOf(1), { functionArn, confirmation: true })
    await fixture.until(early, 'Suspended')
    await fixture.ask('POST', `/${early}/status?requestedJobStatus=Cancelled`)
    await fixture.until(early, 'Cancelled')
    expect(await fixture.keys(`reports/job-${early}`)).to.deep.equal([])
  })

  it('makes way for a job of a higher priority', async () => {
    const functionArn = await fixture.function(
      'patient',
      taskFunction("await new Promise((resolve) => setTimeout(resolve, 50)); return ['Succeeded', '']"),
    )
    const low = await fixture.create(rowsOf(60), { functionArn, priority: 1 })
    await fixture.until(low, 'Active')
    const high = await fixture.create(rowsOf(20), { functionArn, priority: 2 })
    await fixture.until(low, 'Paused')
    const before = counts(await fixture.describe(low))
    await fixture.until(high, 'Complete')
    expect(before[1]).to.be.lessThan(60)
    expect(counts(await fixture.until(low, 'Complete'))).to.deep.equal([60, 60, 0])
  })

  describe('refuses a manifest', () => {
    let functionArn: string
    before(async () => {
      functionArn = await fixture.function('never', taskFunction("return ['Succeeded', '']"))
    })

    const wrong: Readonly<Record<string, [rows: string[], reason: RegExp, fields?: string[]]>> = {
      'with a header line': [['Bucket,Key', 'packages,a'], /Row 1: &quot;Bucket&quot; is no bucket/],
      'with keys that are not URL-encoded': [['packages,a', 'packages,100%'], /Row 2: the key is not URL-encoded/],
      'with keys that are too long': [[`packages,${'x'.repeat(1025)}`], /more than 1024 characters/],
      'with a comma in a key': [['packages,a,b'], /3 fields, and not 2/],
      'with versions here and there': [['packages,a,v1', 'packages,b,'], /Version IDs/, ['Bucket', 'Key', 'VersionId']],
      'that is empty': [[], /empty/],
    }
    for (const [what, [rows, reason, fields]] of Object.entries(wrong)) {
      it(what, async () => {
        const [code, why] = await failing(rows, { functionArn, ...(fields === undefined ? {} : { fields }) })
        expect(code).to.equal('InvalidManifest')
        expect(why).to.match(reason)
      })
    }

    it('of another ETag, or one in quotes', async () => {
      const etag = await fixture.put('.pc-ctl/manifest.csv', 'packages,shard-0\n')
      expect((await failing(rowsOf(1), { functionArn, etag: '0'.repeat(32) }))[0]).to.equal('ManifestETagMismatch')
      expect((await failing(rowsOf(1), { functionArn, etag: `"${etag}"` }))[0]).to.equal('ManifestETagMismatch')
    })

    it('that is not there, in another region, or encrypted with keys of KMS or of a customer', async () => {
      const manifest = `arn:aws:s3:::${bucket}/.pc-ctl/other.csv`
      // Who may not list the bucket is not told that a key is not there.
      expect((await failing(rowsOf(1), { functionArn, manifest }))[0]).to.equal('ManifestReadForbidden')
      const key = { Bucket: bucket, Key: '.pc-ctl/other.csv', Body: 'packages,a\n' }
      await fixture.s3.send(new PutObjectCommand({ ...key, ServerSideEncryption: 'aws:kms' }))
      expect((await failing(rowsOf(1), { functionArn, manifest }))[0]).to.match(/InvalidManifest|ManifestReadForbidden/)
      await fixture.grant('jobs', [
        ...jobRights(fixture.sandbox.accountId),
        { Effect: 'Allow', Action: 'kms:*', Resource: '*' },
      ])
      expect((await failing(rowsOf(1), { functionArn, manifest }))[0]).to.equal('InvalidManifest')
      await fixture.s3.send(
        new PutObjectCommand({ ...key, SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'k'.repeat(32) }),
      )
      expect((await failing(rowsOf(1), { functionArn, manifest }))[0]).to.equal('ManifestNotReadable')
      await fixture.grant('jobs', jobRights(fixture.sandbox.accountId))
    })
  })

  describe('has no more rights than its role', () => {
    let functionArn: string
    before(async () => {
      functionArn = await fixture.function('plain', taskFunction("return ['Succeeded', '']"))
    })
    const rights = (without: string): object[] =>
      jobRights(fixture.sandbox.accountId).filter((statement) => !JSON.stringify(statement).includes(without))

    it('which must trust it, for this account', async () => {
      const { accountId } = fixture.sandbox
      await fixture.role('strangers', jobsTrust('999999999999'), rights('nothing'))
      await fixture.role('functions', edgeTrust, rights('nothing'))
      for (const name of ['strangers', 'functions', 'nobody']) {
        const [code] = await failing(rowsOf(1), { functionArn, role: `arn:aws:iam::${accountId}:role/${name}` })
        expect(code, name).to.equal('RoleNotAssumable')
      }
    })

    it('to read the manifest, to invoke the function, to write the report', async () => {
      const role = await fixture.role('poor', jobsTrust(fixture.sandbox.accountId), rights('s3:GetObject'))
      expect((await failing(rowsOf(1), { functionArn, role }))[0]).to.equal('ManifestReadForbidden')
      await fixture.grant('poor', rights('lambda:InvokeFunction'))
      const denied = await fixture.create(rowsOf(1), { functionArn, role })
      expect(counts(await fixture.until(denied, 'Complete'))).to.deep.equal([1, 0, 1])
      expect((await fixture.reported(denied, 'failed'))[0]).to.match(
        /,failed,403,AccessDeniedException,"Lambda refused/,
      )
      await fixture.grant('poor', rights('s3:PutObject'))
      expect((await failing(rowsOf(1), { functionArn, role }))[0]).to.equal('ReportNotWritten')
      await fixture.grant('poor', rights('nothing'))
      expect(
        counts(await fixture.until(await fixture.create(rowsOf(1), { functionArn, role }), 'Complete')),
      ).to.deep.equal([1, 1, 0])
    })

    it('and comes from no address and no VPC of the operator', async () => {
      const reading = await fixture.function(
        'reading',
        calling("return ['Succeeded', String(await ask('GET', 'open/a'))]"),
      )
      await fixture.put('open/a', 'a')
      const policy = (Condition: object): Promise<unknown> =>
        fixture.s3.send(
          new PutBucketPolicyCommand({
            Bucket: bucket,
            Policy: JSON.stringify({
              Version: '2012-10-17',
              Statement: {
                Effect: 'Deny',
                Principal: '*',
                Action: 's3:GetObject',
                Resource: `arn:aws:s3:::${bucket}/*`,
                Condition,
              },
            }),
          }),
        )
      const id = await fixture.create(rowsOf(1), { functionArn: reading })
      await fixture.until(id, 'Complete')
      expect(await fixture.reported(id, 'succeeded')).to.deep.equal(['packages,shard-0,,succeeded,200,,"200"'])
      await policy({ NotIpAddress: { 'aws:SourceIp': '127.0.0.0/8' } })
      expect((await failing(rowsOf(1), { functionArn: reading }))[0]).to.equal('ManifestReadForbidden')
      await policy({
        NotIpAddress: { 'aws:SourceIp': '127.0.0.0/8' },
        StringLike: { 'aws:PrincipalArn': '*:role/function' },
      })
      const shut = await fixture.create(rowsOf(1), { functionArn: reading })
      await fixture.until(shut, 'Complete')
      expect(await fixture.reported(shut, 'succeeded')).to.deep.equal(['packages,shard-0,,succeeded,200,,"403"'])
      await policy({
        StringNotEquals: { 'aws:SourceVpce': 'vpce-1a2b3c4d' },
        StringLike: { 'aws:PrincipalArn': '*role/jobs' },
      })
      expect((await failing(rowsOf(1), { functionArn: reading }))[0]).to.equal('ManifestReadForbidden')
      await fixture.s3.send(new DeleteBucketPolicyCommand({ Bucket: bucket }))
    })
  })

  it('tells the checksums of objects as they are', async () => {
    const { accountId } = fixture.sandbox
    const role = await fixture.role('sums', jobsTrust(accountId), [
      { Effect: 'Allow', Action: 's3:*', Resource: `arn:aws:s3:::${bucket}/*` },
    ])
    await fixture.put('sums/a b+c', 'content')
    const key = { Bucket: bucket, Key: 'sums/closed', Body: 'x' }
    await fixture.s3.send(
      new PutObjectCommand({ ...key, SSECustomerAlgorithm: 'AES256', SSECustomerKey: 'k'.repeat(32) }),
    )
    const summed = (algorithm: string): string =>
      `<S3ComputeObjectChecksum><ChecksumAlgorithm>${algorithm}</ChecksumAlgorithm><ChecksumType>FULL_OBJECT</ChecksumType></S3ComputeObjectChecksum>`
    const report =
      `<Bucket>arn:aws:s3:::${bucket}</Bucket><Format>Report_CSV_20180820</Format><Enabled>true</Enabled>` +
      `<Prefix>reports</Prefix><ReportScope>AllTasks</ReportScope>`
    const owned = `${report}<ExpectedBucketOwner>${accountId}</ExpectedBucketOwner>`
    const rows = [`${bucket},sums/a%20b%2Bc`, `${bucket},sums/closed`, `${bucket},sums/none`]
    const id = await fixture.create(rows, { operation: summed('SHA256'), report: owned, role })
    expect(counts(await fixture.until(id, 'Complete'))).to.deep.equal([3, 1, 2])
    const [line = ''] = await fixture.reported(id, 'succeeded')
    const [, told = ''] = /^packages,sums\/a%20b%2Bc,,succeeded,200,,"(.*)"$/.exec(line) ?? []
    expect(told).to.include(String.raw`\u003d`)
    const digest = createHash('sha256').update('content').digest()
    expect(JSON.parse(told.replaceAll('""', '"'))).to.deep.equal({
      checksum_base64: digest.toString('base64'),
      etag: createHash('md5').update('content').digest('hex'),
      checksumAlgorithm: 'SHA256',
      checksumType: 'FULL_OBJECT',
      checksum_hex: digest.toString('hex').toUpperCase(),
    })
    const failed = await fixture.reported(id, 'failed')
    expect(failed[0]).to.match(/closed,,failed,200,PermanentFailure,"error details: .*SSE-C.*""errorCode"":""400""\}"$/)
    expect(failed[1]).to.match(
      /none,,failed,200,PermanentFailure,"error details: .*""errorCode"":""404""\}"$|AccessDenied/,
    )
    const ask = (operation: string, of: string) =>
      fixture.ask('POST', '', fixture.document({ operation, report: of, role }))
    expect(await ask(summed('SHA256'), report)).to.include({ code: 'BadRequestException' })
    expect(await ask(summed('XXHASH3'), owned)).to.include({ code: 'NotImplemented' })
  })

  it('is where the bucket is, and reads the version of the manifest that it was told', async () => {
    const Bucket = 'in-ireland'
    const ireland = 'eu-west-1'
    const { accountId } = fixture.sandbox
    const [s3, lambda] = [S3Client, LambdaClient].map(
      (Client) => new Client({ ...clientConfig(fixture.sandbox), region: ireland }),
    ) as [S3Client, LambdaClient]
    const LocationConstraint = ireland
    await s3.send(new CreateBucketCommand({ Bucket, CreateBucketConfiguration: { LocationConstraint } }))
    await s3.send(new PutBucketVersioningCommand({ Bucket, VersioningConfiguration: { Status: 'Enabled' } }))
    const put = (Body: string) => s3.send(new PutObjectCommand({ Bucket, Key: 'manifest.csv', Body }))
    const { ETag = '', VersionId = '' } = await put(`${Bucket},first\n`)
    await put(`${Bucket},second\n`)
    const { FunctionArn = '' } = await lambda.send(
      new CreateFunctionCommand({
        ...{
          FunctionName: 'regional',
          Role: fixture.roleArn('function'),
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
        },
        Code: { ZipFile: functionZip(taskFunction("return ['Succeeded', task.s3Key + ' ' + process.env.AWS_REGION]")) },
        Environment: { Variables: { MINE: '1' } },
      }),
    )
    const allowed = [
      { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: FunctionArn },
      { Effect: 'Allow', Action: ['s3:GetObjectVersion', 's3:PutObject'], Resource: `arn:aws:s3:::${Bucket}/*` },
    ]
    const role = await fixture.role('irish', jobsTrust(accountId), allowed)
    const asked = {
      ...{ functionArn: FunctionArn, role, etag: ETag.replaceAll('"', '') },
      ...{ manifest: `arn:aws:s3:::${Bucket}/manifest.csv`, manifestVersion: VersionId },
      report: `<Bucket>arn:aws:s3:::${Bucket}</Bucket><Format>Report_CSV_20180820</Format><Enabled>true</Enabled><ReportScope>AllTasks</ReportScope>`,
    }
    const ask = jobClient(fixture.sandbox, { region: ireland })
    const id = valueIn((await ask('POST', '', fixture.document(asked))).text, 'JobId')
    let text = ''
    do {
      await sleep(20)
      text = (await ask('GET', `/${id}`)).text
    } while (!['Complete', 'Failed'].includes(valueIn(text, 'Status')))
    expect(counts(text)).to.deep.equal([1, 1, 0])
    const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket, Prefix: `job-${id}/results/` }))
    const { Body } = await s3.send(new GetObjectCommand({ Bucket, Key: Contents[0]?.Key }))
    expect(await Body?.transformToString()).to.equal(`${Bucket},first,,succeeded,200,,"first eu-west-1"\n`)
    for (const client of [s3, lambda]) client.destroy()

    // A job of another region than the bucket's gets nothing of it.
    const manifest = `arn:aws:s3:::${Bucket}/manifest.csv`
    const here = await fixture.function('here', taskFunction("return ['Succeeded', '']"))
    const [code, reason] = await failing(rowsOf(1), { functionArn: here, manifest })
    expect([code, reason]).to.deep.equal(['ManifestNotReadable', "The manifest can't be read: PermanentRedirect"])
  })

  describe('goes on', () => {
    it('when a call of its own breaks off or is refused for a while', async () => {
      const functionArn = await fixture.function('steady', taskFunction("return ['Succeeded', '']"))
      for (const fault of [
        'sts:AssumeRole:1:drop',
        's3:GetObject:1:drop',
        'lambda:Invoke:1:drop',
        'lambda:Invoke:2:after:drop',
        'lambda:Invoke:3:throttle',
        'lambda:Invoke:4:ServiceException',
        's3:PutObject:1-2:drop',
      ]) {
        const etag = await fixture.put('.pc-ctl/manifest.csv', 'packages,shard-0\npackages,shard-1\n')
        fixture.sandbox.faults.add(fault)
        const answer = await fixture.ask('POST', '', fixture.document({ functionArn, etag }))
        const id = valueIn(answer.text, 'JobId')
        expect(counts(await fixture.until(id, 'Complete')), fault).to.deep.equal([2, 2, 0])
        expect((await fixture.reported(id, 'succeeded')).length, fault).to.equal(2)
        fixture.sandbox.faults.clear()
      }
    })

    it('when its function is killed at a call', async () => {
      const functionArn = await fixture.function(
        'mortal',
        calling("return ['Succeeded', String(await ask('PUT', 'out/' + task.s3Key, 'x', { 'if-none-match': '*' }))]"),
      )
      const etag = await fixture.put('.pc-ctl/manifest.csv', 'packages,shard-0\npackages,shard-1\npackages,shard-2\n')
      fixture.sandbox.faults.add('s3:PutObject:1:kill')
      fixture.sandbox.faults.add('s3:PutObject:2:after:kill')
      const answer = await fixture.ask('POST', '', fixture.document({ functionArn, etag }))
      const id = valueIn(answer.text, 'JobId')
      await fixture.until(id, 'Complete')
      expect(counts(await fixture.describe(id))).to.deep.equal([3, 1, 2])
      expect((await fixture.reported(id, 'failed')).every((line) => line.includes('Runtime.ExitError'))).to.equal(true)
      // What was killed before its call has written nothing.
      expect((await fixture.keys('out/')).length).to.equal(2)
    })
  })
})
