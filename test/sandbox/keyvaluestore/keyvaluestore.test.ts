import { CloudFrontClient, CreateKeyValueStoreCommand } from '@aws-sdk/client-cloudfront'
import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, STSClient } from '@aws-sdk/client-sts'
import { expect } from 'chai'

import { startSandbox, type Sandbox } from '../../../src/sandbox/host/sandbox.ts'
import { keysPath, sendSigned, type KeysAnswer, type KeysRequest } from '../../support/signed-keys.ts'

describe("keys of the sandbox's key value stores", () => {
  let sandbox: Sandbox
  let cloudfront: CloudFrontClient
  let iam: IAMClient
  let clock: number | undefined
  let count = 0

  before(async () => {
    sandbox = await startSandbox({ timing: { storeReady: 0, spread: 1000 }, now: () => clock ?? Date.now() })
    const { endpoint, accessKeyId, secretAccessKey } = sandbox
    const common = { endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 }
    cloudfront = new CloudFrontClient(common)
    iam = new IAMClient(common)
  })
  after(async () => {
    cloudfront.destroy()
    iam.destroy()
    await sandbox.close()
  })
  afterEach(() => {
    clock = undefined
  })

  const newStore = async (): Promise<string> => {
    const made = await cloudfront.send(new CreateKeyValueStoreCommand({ Name: `keys-${++count}` }))
    return made.KeyValueStore?.ARN ?? ''
  }
  const send = (request: KeysRequest): Promise<KeysAnswer> => sendSigned(sandbox, sandbox, request)
  const describeStore = (arn: string) => send({ method: 'GET', path: keysPath(arn) })
  const update = (arn: string, etag: string | undefined, body: object): Promise<KeysAnswer> =>
    send({
      method: 'POST',
      path: `${keysPath(arn)}/keys`,
      body,
      ...(etag === undefined ? {} : { headers: { 'if-match': etag } }),
    })
  const get = (arn: string, key: string) => send({ method: 'GET', path: keysPath(arn, key) })
  const put = (key: string, value = 'v') => ({ Puts: [{ Key: key, Value: value }] })

  it('are written against the ETag of what is in the store, and read', async () => {
    const arn = await newStore()
    const before = await describeStore(arn)
    expect(before.body).to.include({ ItemCount: 0, TotalSizeInBytes: 0, KvsARN: arn, Status: 'READY' })
    expect(before.etag).to.equal('KVTVPDKIKX0DER')
    const written = await update(arn, before.etag, put('__proto__', 'secret'))
    expect(written).to.deep.include({ status: 200, body: { ItemCount: 1, TotalSizeInBytes: 15 } })
    expect((await get(arn, '__proto__')).body).to.include({ Key: '__proto__', Value: 'secret' })
    const stale = await update(arn, before.etag, put('other'))
    expect(stale).to.include({ status: 400, error: 'ValidationException' })
    expect(stale.body).to.deep.equal({ Message: 'Pre-Condition failed during update of Key-Value-Store' })
    expect(await update(arn, undefined, put('other'))).to.include({ status: 400, error: 'ValidationException' })
    const gone = await update(arn, written.etag, { Deletes: [{ Key: 'never there' }] })
    expect(gone, 'nothing changed').to.include({ status: 200, etag: written.etag })
    const both = await update(arn, written.etag, { ...put('a/b c'), Deletes: [{ Key: '__proto__' }] })
    expect(both.body['ItemCount']).to.equal(1)
    expect(await get(arn, '__proto__')).to.include({ status: 404, error: 'ResourceNotFoundException' })
    expect((await get(arn, 'a/b c')).body['Value']).to.equal('v')
  })

  it('are written by one of several who have the same version', async () => {
    const arn = await newStore()
    const { etag } = await describeStore(arn)
    const answers = await Promise.all(Array.from({ length: 8 }, (_, index) => update(arn, etag, put(`k${index}`))))
    expect(answers.filter(({ status }) => status === 200)).to.have.length(1)
    expect((await describeStore(arn)).body['ItemCount']).to.equal(1)
  })

  it('are put and deleted one at a time, and listed in pages', async () => {
    const arn = await newStore()
    let { etag = '' } = await describeStore(arn)
    for (const key of ['b', 'a', 'c']) {
      const path = keysPath(arn, key)
      const answer = await send({ method: 'PUT', path, body: { Value: key }, headers: { 'if-match': etag } })
      expect(answer.status).to.equal(200)
      etag = answer.etag ?? ''
    }
    const path = `${keysPath(arn)}/keys`
    const first = await send({ method: 'GET', path: `${path}?MaxResults=2` })
    expect(first.body['Items']).to.deep.equal([
      { Key: 'a', Value: 'a' },
      { Key: 'b', Value: 'b' },
    ])
    const rest = await send({
      method: 'GET',
      path: `${path}?MaxResults=2&NextToken=${String(first.body['NextToken'])}`,
    })
    expect(rest.body).to.deep.equal({ Items: [{ Key: 'c', Value: 'c' }] })
    expect(await send({ method: 'GET', path: `${path}?MaxResults=51` })).to.include({ error: 'ValidationException' })
    const removal = await send({ method: 'DELETE', path: keysPath(arn, 'b'), headers: { 'if-match': etag } })
    expect(removal.body['ItemCount']).to.equal(2)
  })

  it('have the limits of AWS, and an update is made as a whole or not at all', async () => {
    const arn = await newStore()
    const { etag } = await describeStore(arn)
    const many = (number: number) => Array.from({ length: number }, (_, index) => ({ Key: `k${index}`, Value: 'v' }))
    const refused: [string, object][] = [
      ['a long key', put('k'.repeat(513))],
      ['no key', put('')],
      ['a long value', put('k', 'v'.repeat(1025))],
      ['51 keys', { Puts: many(51) }],
      ['a key twice', { ...put('k'), Deletes: [{ Key: 'k' }] }],
      ['nothing', {}],
      ['no value', { Puts: [{ Key: 'k' }] }],
    ]
    for (const [what, body] of refused) {
      expect(await update(arn, etag, body), what).to.include({ status: 400, error: 'ValidationException' })
    }
    expect((await describeStore(arn)).etag).to.equal(etag)
    expect(await update(arn, etag, { Puts: many(50) })).to.include({ status: 200 })
    expect(await update(arn, etag, put('k', 'v'.repeat(1024))), 'stale').to.include({ error: 'ValidationException' })
  })

  it('of stores that are not there, or not yet, are told as AWS does', async () => {
    const nowhere = `arn:aws:cloudfront::${sandbox.accountId}:key-value-store/00000000-0000-4000-8000-000000000000`
    expect(await describeStore(nowhere)).to.include({ status: 404, error: 'ResourceNotFoundException' })
    const slow = await startSandbox({ timing: { storeReady: 60_000 } })
    try {
      const { endpoint, accessKeyId, secretAccessKey } = slow
      const client = new CloudFrontClient({
        endpoint,
        region: 'us-east-1',
        credentials: { accessKeyId, secretAccessKey },
      })
      const { KeyValueStore } = await client.send(new CreateKeyValueStoreCommand({ Name: 'slow' }))
      client.destroy()
      const arn = KeyValueStore?.ARN ?? ''
      const described = await sendSigned(slow, slow, { method: 'GET', path: keysPath(arn) })
      expect(described.body['Status']).to.equal('PROVISIONING')
      const key = await sendSigned(slow, slow, { method: 'GET', path: keysPath(arn, 'k') })
      expect(key).to.include({ status: 409, error: 'ConflictException' })
    } finally {
      await slow.close()
    }
  })

  it('reach the edges a while after they were written', async () => {
    const arn = await newStore()
    const { etag } = await describeStore(arn)
    const start = Date.now()
    clock = start
    await update(arn, etag, put('k', 'new'))
    const atEdge = () => sandbox.services.cloudfront.storeAtEdge(arn)?.values.get('k')
    clock = start + 999
    expect(atEdge()).to.equal(undefined)
    expect((await get(arn, 'k')).body['Value'], 'the API has it at once').to.equal('new')
    clock = start + 1000
    expect(atEdge()).to.equal('new')
  })

  describe('take Signature Version 4A only', () => {
    let arn: string
    before(async () => {
      arn = await newStore()
    })
    const changed = (change: (headers: Record<string, string>) => Record<string, string>) =>
      sendSigned(sandbox, sandbox, { method: 'GET', path: keysPath(arn) }, change)

    it('at every name of the endpoint', async () => {
      const host = `${sandbox.accountId}.cloudfront-kvs.global.api.aws`
      const answer = await sendSigned(sandbox, sandbox, { method: 'GET', path: keysPath(arn), headers: { host } })
      expect(answer.status).to.equal(200)
    })

    it('and no other, nor a wrong one', async () => {
      const symmetric = await changed(({ authorization = '', ...headers }) => ({
        ...headers,
        authorization: authorization
          .replace('AWS4-ECDSA-P256-SHA256', 'AWS4-HMAC-SHA256')
          .replace('/cloudfront-keyvaluestore/', '/us-east-1/cloudfront-keyvaluestore/'),
      }))
      expect(symmetric).to.include({ status: 403, error: 'InvalidSignatureException' })
      expect(symmetric.body['Message']).to.equal('Credential should be scoped to a valid region.')
      const unsigned = await changed(({ host = '' }) => ({ host }))
      expect(unsigned).to.include({ status: 403, error: 'MissingAuthenticationTokenException' })
      const other = await changed((headers) => ({ ...headers, 'x-amz-region-set': 'us-east-1' }))
      expect(other, 'signed for other regions').to.include({ status: 403, error: 'InvalidSignatureException' })
      const forged = { ...sandbox, secretAccessKey: 'another' }
      const wrong = await sendSigned(sandbox, forged, { method: 'GET', path: keysPath(arn) })
      expect(wrong).to.include({ status: 403, error: 'InvalidSignatureException' })
      const stranger = { ...sandbox, accessKeyId: 'AKIAIOSFODNN7EXAMPLE' }
      const unknown = await sendSigned(sandbox, stranger, { method: 'GET', path: keysPath(arn) })
      expect(unknown).to.include({ status: 403, error: 'UnrecognizedClientException' })
      const elsewhere = { method: 'GET', path: keysPath(arn), headers: { 'x-amz-region-set': 'eu-*' } }
      const far = await sendSigned(sandbox, sandbox, elsewhere)
      expect(far).to.include({ status: 403, error: 'InvalidSignatureException' })
    })

    it('and of sessions those whose token is of version 2', async () => {
      const { accessKeyId, secretAccessKey } = await newUser('caller', ['sts:AssumeRole'], '*')
      const policy = { Effect: 'Allow', Principal: { AWS: sandbox.accountId }, Action: 'sts:AssumeRole' }
      const trust = JSON.stringify({ Version: '2012-10-17', Statement: [policy] })
      const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'reader', AssumeRolePolicyDocument: trust }))
      const PolicyDocument = allowing(['cloudfront-keyvaluestore:DescribeKeyValueStore'], arn)
      await iam.send(new PutRolePolicyCommand({ RoleName: 'reader', PolicyName: 'p', PolicyDocument }))
      const described = async (endpoint: string) => {
        const sts = new STSClient({ endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } })
        const assumed = await sts.send(new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 'test' }))
        sts.destroy()
        const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = assumed.Credentials ?? {}
        const signer = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
        return sendSigned(sandbox, signer, { method: 'GET', path: keysPath(arn) })
      }
      expect((await described(sandbox.endpoint)).status).to.equal(200)
      const old = await described(`${sandbox.endpoint}/sts.amazonaws.com`)
      expect(old).to.include({ status: 403, error: 'AccessDeniedException' })
      expect(old.body['Message']).to.equal('Authentication failed')
    })
  })

  it('are for those who may, by action and store', async () => {
    const [mine, other] = [await newStore(), await newStore()]
    const user = await newUser('writer', ['cloudfront-keyvaluestore:UpdateKeys'], mine)
    const request = (arn: string): KeysRequest => ({
      method: 'POST',
      path: `${keysPath(arn)}/keys`,
      body: put('k'),
      headers: { 'if-match': 'KVTVPDKIKX0DER' },
    })
    expect((await sendSigned(sandbox, user, request(mine))).status).to.equal(200)
    const denied = await sendSigned(sandbox, user, request(other))
    expect(denied).to.include({ status: 403, error: 'AccessDeniedException' })
    expect(denied.body['Message']).to.match(
      /not authorized to perform: cloudfront-keyvaluestore:UpdateKeys on resource/,
    )
    const read = await sendSigned(sandbox, user, { method: 'GET', path: keysPath(mine, 'k') })
    expect(read, 'may not read what it has written').to.include({ status: 403 })
    const [call] = sandbox.calls.list(({ operation }) => operation === 'UpdateKeys').slice(-2)
    expect(call).to.include({ service: 'cloudfront-keyvaluestore', changing: true, resource: mine, status: 200 })
  })

  it('fail where a fault says so', async () => {
    const arn = await newStore()
    sandbox.faults.add('cloudfront-keyvaluestore:UpdateKeys:1:code=ConflictException,status=409')
    const { etag } = await describeStore(arn)
    expect(await update(arn, etag, put('k'))).to.include({ status: 409, error: 'ConflictException' })
    sandbox.faults.clear()
  })

  const allowing = (actions: string[], resource: string): string =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: actions, Resource: resource }],
    })

  async function newUser(UserName: string, actions: string[], resource: string) {
    await iam.send(new CreateUserCommand({ UserName }))
    const PolicyDocument = allowing(actions, resource)
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'p', PolicyDocument }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
    return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
  }
})
