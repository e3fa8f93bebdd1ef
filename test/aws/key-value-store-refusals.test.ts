/** What the API of key value stores refuses in words of its own, on the sandbox, which has them from AWS. */
import { CloudFrontClient, CreateKeyValueStoreCommand, DescribeKeyValueStoreCommand } from '@aws-sdk/client-cloudfront'
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

import { connect } from '../../src/aws/connect.ts'
import { KeyValueStoreClient } from '../../src/aws/key-value-store-client.ts'
import { edgeRegion } from '../../src/aws/names.ts'
import { CtlError } from '../../src/errors.ts'
import { whyLookAgain } from '../../src/tasks/chain/look-again.ts'
import { noSettings, startAws, type AwsUnderTest } from '../support/aws-under-test.ts'

const failureOf = (sent: Promise<unknown>): Promise<unknown> =>
  sent.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('a key value store that refuses', () => {
  let bench: AwsUnderTest
  let arn: string
  before(async () => {
    bench = await startAws()
    const cloudfront = bench.aws.client(CloudFrontClient, edgeRegion)
    const { KeyValueStore } = await cloudfront.send(new CreateKeyValueStoreCommand({ Name: 'store' }))
    arn = KeyValueStore?.ARN ?? ''
    const isReady = async (): Promise<boolean> => {
      const described = await cloudfront.send(new DescribeKeyValueStoreCommand({ Name: 'store' }))
      return described.KeyValueStore?.Status === 'READY'
    }
    while (!(await isReady())) continue
  })
  after(() => bench.close())

  it('a version that is no longer the newest is looked at again', async () => {
    const store = bench.aws.client(KeyValueStoreClient, edgeRegion)
    const { etag } = await store.send({ operation: 'DescribeKeyValueStore', arn })
    const write = (Value: string) =>
      store.send({ operation: 'UpdateKeys', arn, etag, puts: [{ Key: 'secrets', Value }] })
    await write('first')
    const error = await failureOf(write('second'))
    expect(whyLookAgain(error, 1)).to.equal('changed by someone else meanwhile; looking again')
    const { document } = await store.send({ operation: 'GetKey', arn, key: 'secrets' })
    expect(document['Value']).to.equal('first')
  })

  it('a value that is too long is not', async () => {
    const store = bench.aws.client(KeyValueStoreClient, edgeRegion)
    const { etag } = await store.send({ operation: 'DescribeKeyValueStore', arn })
    const puts = [{ Key: 'secrets', Value: 'x'.repeat(1025) }]
    const error = await failureOf(store.send({ operation: 'UpdateKeys', arn, etag, puts }))
    expect(error).to.include({ name: 'ValidationException' })
    expect(whyLookAgain(error, 1)).to.equal(undefined)
  })

  it('a session of the global endpoint of STS is told what is wrong with its token', async () => {
    const session = await globalSession()
    Object.assign(process.env, {
      AWS_ACCESS_KEY_ID: session?.AccessKeyId,
      AWS_SECRET_ACCESS_KEY: session?.SecretAccessKey,
      AWS_SESSION_TOKEN: session?.SessionToken,
    })
    const aws = await connect(noSettings)
    const store = aws.client(KeyValueStoreClient, edgeRegion)
    const error = await failureOf(store.send({ operation: 'DescribeKeyValueStore', arn }))
    aws.close()
    if (!(error instanceof CtlError)) throw new Error(`Not explained: ${String(error)}`)
    expect(error.message).to.match(/does not accept this session: Authentication failed/)
    expect(String(error.hint)).to.match(/AWS_STS_REGIONAL_ENDPOINTS=regional/)
  })

  async function globalSession() {
    const { sandbox, aws } = bench
    const iam = aws.client(IAMClient, edgeRegion)
    const allow = (Action: string, more: object) =>
      JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, ...more }] })
    await iam.send(new CreateUserCommand({ UserName: 'caller' }))
    const mayAssume = { PolicyName: 'p', PolicyDocument: allow('sts:AssumeRole', { Resource: '*' }) }
    await iam.send(new PutUserPolicyCommand({ UserName: 'caller', ...mayAssume }))
    const trust = allow('sts:AssumeRole', { Principal: { AWS: sandbox.accountId } })
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'operator', AssumeRolePolicyDocument: trust }))
    const mayAll = { PolicyName: 'p', PolicyDocument: allow('cloudfront-keyvaluestore:*', { Resource: '*' }) }
    await iam.send(new PutRolePolicyCommand({ RoleName: 'operator', ...mayAll }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'caller' }))
    const sts = new STSClient({
      endpoint: `${sandbox.endpoint}/sts.amazonaws.com`,
      region: edgeRegion,
      credentials: { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' },
    })
    const assumed = await sts.send(new AssumeRoleCommand({ RoleArn: Role?.Arn, RoleSessionName: 'test' }))
    sts.destroy()
    return assumed.Credentials
  }
})
