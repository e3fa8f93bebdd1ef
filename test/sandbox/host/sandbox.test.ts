import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'

import { GetRoleCommand, IAMClient, ListRolesCommand } from '@aws-sdk/client-iam'
import { CreateKeyCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms'
import { ListFunctionsCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { CreateBucketCommand, ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { AwsClient } from 'aws4fetch'
import { expect } from 'chai'

import type { Call } from '../../../src/sandbox/host/call-log.ts'
import { startSandbox, type Sandbox } from '../../../src/sandbox/host/sandbox.ts'
import { clientConfig, nameOf } from '../../support/clients.ts'

const latest = (sandbox: Sandbox): string[] => {
  const call = sandbox.calls.list().at(-1)
  return [`${call?.service ?? ''}:${call?.operation ?? ''}`, String(call?.status), call?.code ?? '']
}

describe('the sandbox', () => {
  let sandbox: Sandbox
  before(async () => {
    sandbox = await startSandbox()
  })
  after(() => sandbox.close())
  afterEach(() => sandbox.faults.clear())

  const kms = (more: object = {}): KMSClient => new KMSClient({ ...clientConfig(sandbox), maxAttempts: 1, ...more })

  it('knows who calls', async () => {
    const identity = await new STSClient(clientConfig(sandbox)).send(new GetCallerIdentityCommand())
    expect(identity).to.deep.include({ Account: sandbox.accountId, Arn: `arn:aws:iam::${sandbox.accountId}:root` })
  })

  it('refuses wrong credentials in the words of each service', async () => {
    const wrong = (part: object): object => ({
      ...clientConfig(sandbox),
      maxAttempts: 1,
      credentials: { accessKeyId: sandbox.accessKeyId, secretAccessKey: sandbox.secretAccessKey, ...part },
    })
    const names = async (part: object): Promise<string[]> =>
      Promise.all([
        nameOf(new IAMClient(wrong(part)).send(new ListRolesCommand())),
        nameOf(new KMSClient(wrong(part)).send(new ListKeysCommand())),
        nameOf(new LambdaClient(wrong(part)).send(new ListFunctionsCommand())),
        nameOf(new S3Client(wrong(part)).send(new ListBucketsCommand())),
      ])
    expect(await names({ secretAccessKey: 'wrong' })).to.deep.equal([
      'SignatureDoesNotMatch',
      'InvalidSignatureException',
      'InvalidSignatureException',
      'SignatureDoesNotMatch',
    ])
    expect(await names({ accessKeyId: 'AKIAUNKNOWN' })).to.deep.equal([
      'InvalidClientTokenId',
      'UnrecognizedClientException',
      'UnrecognizedClientException',
      'InvalidAccessKeyId',
    ])
    expect(await names({ sessionToken: 'made up' })).to.deep.equal([
      'InvalidClientTokenId',
      'UnrecognizedClientException',
      'UnrecognizedClientException',
      'InvalidToken',
    ])
  })

  it('refuses requests without a signature', async () => {
    const post = async (headers: Record<string, string>, body: string): Promise<string> => {
      const answer = await fetch(sandbox.endpoint, { method: 'POST', headers, body })
      return `${answer.status} ${/Missing\w+/.exec(await answer.text())?.[0] ?? ''}`
    }
    expect(await post({ 'x-amz-target': 'TrentService.ListKeys' }, '{}')).to.equal(
      '400 MissingAuthenticationTokenException',
    )
    const form = { 'content-type': 'application/x-www-form-urlencoded' }
    expect(await post(form, 'Action=ListRoles&Version=2010-05-08')).to.equal('403 MissingAuthenticationToken')
  })

  it('serves clients that sign with aws4fetch', async () => {
    const { accessKeyId, secretAccessKey } = sandbox
    const client = new AwsClient({ accessKeyId, secretAccessKey, service: 'kms', region: 'us-east-1' })
    const answer = await client.fetch(sandbox.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'TrentService.ListKeys', 'content-type': 'application/x-amz-json-1.1' },
      body: '{}',
    })
    expect(await answer.json()).to.deep.equal({ Keys: [], Truncated: false })
  })

  describe('faults', () => {
    it('fail the chosen call before its effect', async () => {
      sandbox.faults.add('kms:CreateKey:1:code=KMSInternalException')
      sandbox.calls.clear()
      const before = (await kms().send(new ListKeysCommand())).Keys?.length
      expect(await nameOf(kms().send(new CreateKeyCommand()))).to.equal('KMSInternalException')
      expect(latest(sandbox)).to.deep.equal(['kms:CreateKey', '500', 'KMSInternalException'])
      expect((await kms().send(new ListKeysCommand())).Keys?.length).to.equal(before)
    })

    it('fail the chosen call after its effect', async () => {
      const before = (await kms().send(new ListKeysCommand())).Keys?.length ?? 0
      sandbox.faults.add({
        service: 'kms',
        operation: 'CreateKey',
        calls: 1,
        when: 'after',
        what: { kind: 'throttle' },
      })
      expect(await nameOf(kms().send(new CreateKeyCommand()))).to.equal('ThrottlingException')
      expect((await kms().send(new ListKeysCommand())).Keys?.length).to.equal(before + 1)
    })

    it('drop the connection, which the SDK tries again', async () => {
      sandbox.faults.add('kms:ListKeys:1:drop')
      sandbox.faults.add('kms:ListKeys:2:after:drop')
      sandbox.calls.clear()
      await kms({ maxAttempts: 3 }).send(new ListKeysCommand())
      expect(sandbox.calls.list().map(({ status }) => status)).to.deep.equal([undefined, undefined, 200])
    })

    it('are taken and told over HTTP, and read from one line each', async () => {
      const control = (path: string, init?: RequestInit): Promise<Response> =>
        fetch(`${sandbox.endpoint}/_sandbox${path}`, init)
      expect(
        (await control('/faults', { method: 'POST', body: 'kms:ListKeys:throttle\niam:*:2:drop\n' })).status,
      ).to.equal(200)
      expect(await (await control('/faults')).json()).to.have.length(2)
      expect((await control('/faults', { method: 'POST', body: 'nonsense' })).status).to.equal(400)
      expect(await nameOf(kms().send(new ListKeysCommand()))).to.equal('ThrottlingException')
      expect(await (await control('/calls')).json()).to.satisfy(
        (calls: Call[]) => calls.at(-1)?.code === 'ThrottlingException',
      )
      expect((await control('/faults', { method: 'DELETE' })).status).to.equal(200)
      await kms().send(new ListKeysCommand())
    })
  })

  it('tells hooks of a call before its effect and before its answer', async () => {
    const seen: string[] = []
    const stop = sandbox.onCall((call, phase) => {
      seen.push(`${call.operation} ${phase} ${String(call.status)}`)
      return undefined
    })
    await kms().send(new ListKeysCommand())
    stop()
    await kms().send(new ListKeysCommand())
    expect(seen).to.deep.equal(['ListKeys before undefined', 'ListKeys after 200'])
  })

  it('does not carry out what a hook drops before its effect', async () => {
    const count = async (): Promise<number> => (await kms().send(new ListKeysCommand())).Keys?.length ?? 0
    const before = await count()
    const stop = sandbox.onCall(({ operation }, phase) =>
      operation === 'CreateKey' && phase === 'before' ? 'drop' : undefined,
    )
    await nameOf(kms().send(new CreateKeyCommand()))
    stop()
    expect(await count()).to.equal(before)
  })

  it('does not carry out the request of a client that is gone', async () => {
    const count = async (): Promise<number> => (await kms().send(new ListKeysCommand())).Keys?.length ?? 0
    const before = await count()
    const { accessKeyId, secretAccessKey } = sandbox
    const signer = new AwsClient({ accessKeyId, secretAccessKey, service: 'kms', region: 'us-east-1' })
    const headers = { 'x-amz-target': 'TrentService.CreateKey', 'content-type': 'application/x-amz-json-1.1' }
    const signed = await signer.sign(sandbox.endpoint, { method: 'POST', headers, body: '{}' })
    const client = request(sandbox.endpoint, { method: 'POST', headers: Object.fromEntries(signed.headers) })
    client.on('error', () => undefined)
    await new Promise<void>((resolve) => {
      const stop = sandbox.onCall(async ({ operation }, phase) => {
        if (operation !== 'CreateKey' || phase !== 'before') return undefined
        stop()
        client.destroy()
        await sleep(50)
        setTimeout(resolve, 50)
        return undefined
      })
      client.end('{}')
    })
    expect(await count()).to.equal(before)
  })

  it('logs who called what, and whether it could change anything', async () => {
    sandbox.calls.clear()
    await nameOf(new IAMClient(clientConfig(sandbox)).send(new GetRoleCommand({ RoleName: 'nobody' })))
    await new S3Client(clientConfig(sandbox)).send(new CreateBucketCommand({ Bucket: 'logged' }))
    const [read, change] = sandbox.calls.list()
    expect(read).to.deep.include({ operation: 'GetRole', changing: false, status: 404, code: 'NoSuchEntity' })
    expect(read?.resource).to.equal(`arn:aws:iam::${sandbox.accountId}:role/nobody`)
    expect(change).to.deep.include({ service: 's3', operation: 'CreateBucket', changing: true, status: 200 })
    expect(change?.caller).to.equal(`arn:aws:iam::${sandbox.accountId}:root`)
    expect(change?.resource).to.equal('arn:aws:s3:::logged')
    expect(sandbox.calls.changing()).to.have.length(1)
  })

  it('knows what a call of S3 is about before its effect', async () => {
    const s3 = new S3Client({ ...clientConfig(sandbox), forcePathStyle: true })
    const seen: unknown[] = []
    const stop = sandbox.onCall(({ operation, resource }, phase) => {
      if (phase === 'before') seen.push([operation, resource])
      return undefined
    })
    await s3.send(new CreateBucketCommand({ Bucket: 'told' }))
    await s3.send(new PutObjectCommand({ Bucket: 'told', Key: 'a b/ü+%.deb', Body: '' }))
    stop()
    expect(seen).to.deep.equal([
      ['CreateBucket', 'arn:aws:s3:::told'],
      ['PutObject', 'arn:aws:s3:::told/a b/ü+%.deb'],
    ])
  })
})
