import {
  CloudFrontClient,
  CreateFunctionCommand,
  CreateKeyValueStoreCommand,
  DescribeFunctionCommand,
  DescribeKeyValueStoreCommand,
  ListFunctionsCommand,
  ListKeyValueStoresCommand,
  PublishFunctionCommand,
  TagResourceCommand,
  UpdateFunctionCommand,
  UpdateKeyValueStoreCommand,
} from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import { startSandbox, type Sandbox } from '../../../src/sandbox/host/sandbox.ts'
import { failureOf } from '../../support/s3-client.ts'

const account = '111122223333'
const [functions, stores] = ['function', 'key-value-store'].map((kind) => `arn:aws:cloudfront::${account}:${kind}`)
const tag = { Tags: { Items: [{ Key: 'installation', Value: 'one' }] } }
const IfMatch = 'ETVPDKIKX0DER'
const saved = {
  FunctionConfig: { Comment: '', Runtime: 'cloudfront-js-2.0' as const },
  FunctionCode: Buffer.from('x'),
}

describe('permissions of CloudFront Functions and key value stores', () => {
  let sandbox: Sandbox
  let root: CloudFrontClient
  let operator: CloudFrontClient

  /** With an operator who may do this and nothing else. */
  const start = async (...statements: object[]): Promise<void> => {
    const policy = { Version: '2012-10-17', Statement: statements.map((one) => ({ Effect: 'Allow', ...one })) }
    sandbox = await startSandbox({ policies: [JSON.stringify(policy)], timing: { storeReady: 0 } })
    const clientOf = (credentials: { accessKeyId: string; secretAccessKey: string }) =>
      new CloudFrontClient({ endpoint: sandbox.endpoint, region: 'us-east-1', credentials, maxAttempts: 1 })
    root = clientOf(sandbox)
    operator = clientOf(sandbox.credentials)
  }
  afterEach(async () => {
    root.destroy()
    operator.destroy()
    await sandbox.close()
  })
  const denied = async (sent: Promise<unknown>, what: string): Promise<void> => {
    const { name, message } = await failureOf(sent)
    expect(name).to.equal('AccessDenied')
    expect(message).to.include(`is not authorized to perform: ${what}`)
  }

  it('are by action and by the name of the function, but for creating it', async () => {
    const actions = ['UpdateFunction', 'DescribeFunction'].map((action) => `cloudfront:${action}`)
    const mine = `${functions ?? ''}/mine`
    await start({ Action: [...actions, 'cloudfront:CreateFunction'], Resource: mine })
    const early = operator.send(new CreateFunctionCommand({ Name: 'mine', ...saved }))
    await denied(early, 'cloudfront:CreateFunction on resource: *')
    for (const Name of ['mine', 'other']) await root.send(new CreateFunctionCommand({ Name, ...saved }))
    await operator.send(new UpdateFunctionCommand({ Name: 'mine', IfMatch, ...saved }))
    await operator.send(new DescribeFunctionCommand({ Name: 'mine' }))
    const other = operator.send(new DescribeFunctionCommand({ Name: 'other' }))
    await denied(other, `cloudfront:DescribeFunction on resource: ${functions ?? ''}/other`)
    const published = operator.send(new PublishFunctionCommand({ Name: 'mine', IfMatch }))
    await denied(published, 'cloudfront:PublishFunction')
    await denied(operator.send(new ListFunctionsCommand({})), 'cloudfront:ListFunctions on resource: *')
  })

  it('are by the name of the store, and need TagResource where it is made with tags', async () => {
    await start(
      { Action: 'cloudfront:CreateKeyValueStore', Resource: '*' },
      { Action: 'cloudfront:ListKeyValueStores', Resource: '*' },
      { Action: 'cloudfront:DescribeKeyValueStore', Resource: `${stores ?? ''}/mine` },
    )
    await operator.send(new CreateKeyValueStoreCommand({ Name: 'mine' }))
    await operator.send(new ListKeyValueStoresCommand({}))
    await operator.send(new DescribeKeyValueStoreCommand({ Name: 'mine' }))
    const described = operator.send(new DescribeKeyValueStoreCommand({ Name: 'other' }))
    await denied(described, `cloudfront:DescribeKeyValueStore on resource: ${stores ?? ''}/other`)
    const tagged = operator.send(new CreateKeyValueStoreCommand({ Name: 'other', ...tag }))
    await denied(tagged, `cloudfront:TagResource on resource: ${stores ?? ''}/*`)
  })

  it('are by tags, those that are given and those that are there', async () => {
    const given = { StringEquals: { 'aws:RequestTag/installation': 'one' } }
    const there = { StringEquals: { 'aws:ResourceTag/installation': 'one' } }
    await start(
      { Action: ['cloudfront:CreateFunction', 'cloudfront:TagResource'], Resource: '*', Condition: given },
      { Action: ['cloudfront:CreateKeyValueStore'], Resource: '*', Condition: given },
      { Action: ['cloudfront:UpdateFunction', 'cloudfront:UpdateKeyValueStore'], Resource: '*', Condition: there },
    )
    await operator.send(new CreateFunctionCommand({ Name: 'mine', ...saved, ...tag }))
    await denied(operator.send(new CreateFunctionCommand({ Name: 'other', ...saved })), 'cloudfront:CreateFunction')
    await operator.send(new UpdateFunctionCommand({ Name: 'mine', IfMatch, ...saved }))
    await operator.send(new CreateKeyValueStoreCommand({ Name: 'mine', ...tag }))
    const { KeyValueStore } = await root.send(new CreateKeyValueStoreCommand({ Name: 'other' }))
    const comment = (Name: string) => operator.send(new UpdateKeyValueStoreCommand({ Name, Comment: 'c', IfMatch }))
    await comment('mine')
    await denied(comment('other'), 'cloudfront:UpdateKeyValueStore')
    await operator.send(new TagResourceCommand({ Resource: KeyValueStore?.ARN, ...tag }))
    await comment('other')
  })
})
