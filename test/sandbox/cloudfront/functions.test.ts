import {
  CloudFrontClient,
  CreateDistributionCommand,
  CreateFunctionCommand,
  CreateKeyValueStoreCommand,
  DeleteFunctionCommand,
  DeleteKeyValueStoreCommand,
  DescribeFunctionCommand,
  DescribeKeyValueStoreCommand,
  GetDistributionCommand,
  GetFunctionCommand,
  ListFunctionsCommand,
  ListKeyValueStoresCommand,
  ListTagsForResourceCommand,
  PublishFunctionCommand,
  TagResourceCommand,
  TestFunctionCommand,
  UntagResourceCommand,
  UpdateDistributionCommand,
  UpdateFunctionCommand,
  UpdateKeyValueStoreCommand,
  type FunctionConfig,
  type FunctionStage,
} from '@aws-sdk/client-cloudfront'
import { GetResourcesCommand } from '@aws-sdk/client-resource-groups-tagging-api'
import { expect } from 'chai'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startSandbox } from '../../../src/sandbox/host/sandbox.ts'
import { hasBoto, boto } from '../../support/aws-and-boto.ts'
import { behavior, config, startCloudFront, type CloudFrontFixture } from '../../support/cloudfront-fixture.ts'
import { failureOf } from '../../support/s3-client.ts'

const source = 'function handler(event) { return event.request }'
/** The ETags that everything has when it is made, and after its first change. */
const [firstTag, secondTag] = ['ETVPDKIKX0DER', 'E3UN6WX5RRO2AG']

describe("the sandbox's CloudFront Functions", () => {
  let fixture: CloudFrontFixture
  let client: CloudFrontFixture['client']
  /** Stands still where it is set. */
  let clock: number | undefined
  let count = 0

  before(async () => {
    fixture = await startCloudFront(() => clock ?? Date.now())
    client = fixture.client
  })
  after(() => fixture.close())
  afterEach(() => {
    clock = undefined
  })

  const newName = (): string => `function-${++count}`
  const plain: FunctionConfig = { Comment: '', Runtime: 'cloudfront-js-2.0' }
  const code = (text: string): Uint8Array => Buffer.from(text)
  const create = (Name: string, more: Partial<FunctionConfig> = {}, text = source, tags?: Record<string, string>) =>
    client.send(
      new CreateFunctionCommand({
        Name,
        FunctionConfig: { ...plain, ...more },
        FunctionCode: code(text),
        ...(tags !== undefined && { Tags: { Items: Object.entries(tags).map(([Key, Value]) => ({ Key, Value })) } }),
      }),
    )
  const update = (Name: string, IfMatch: string, more: Partial<FunctionConfig> = {}, text = source) =>
    client.send(
      new UpdateFunctionCommand({ Name, IfMatch, FunctionConfig: { ...plain, ...more }, FunctionCode: code(text) }),
    )
  const publish = (Name: string, IfMatch: string) => client.send(new PublishFunctionCommand({ Name, IfMatch }))
  const describeStage = (Name: string, Stage?: FunctionStage) =>
    client.send(new DescribeFunctionCommand({ Name, ...(Stage !== undefined && { Stage }) }))
  const codeOf = async (Name: string, Stage?: FunctionStage): Promise<string> => {
    const { FunctionCode } = await client.send(new GetFunctionCommand({ Name, ...(Stage !== undefined && { Stage }) }))
    return Buffer.from(FunctionCode ?? []).toString()
  }
  const newStore = async (settled = true) => {
    const Name = newName()
    const { KeyValueStore } = await client.send(new CreateKeyValueStoreCommand({ Name, Comment: 'secrets' }))
    const store = { name: Name, arn: KeyValueStore?.ARN ?? '' }
    while (settled) {
      const described = await client.send(new DescribeKeyValueStoreCommand({ Name }))
      if (described.KeyValueStore?.Status === 'READY') return store
    }
    return store
  }
  const reading = (arn: string) => ({
    KeyValueStoreAssociations: { Quantity: 1, Items: [{ KeyValueStoreARN: arn }] },
  })
  const arnOf = (name: string): string => `arn:aws:cloudfront::${fixture.sandbox.accountId}:function/${name}`
  const associated = (FunctionARN: string, EventType: 'viewer-request' | 'origin-request' = 'viewer-request') => ({
    DefaultCacheBehavior: behavior({
      FunctionAssociations: { Quantity: 1, Items: [{ FunctionARN, EventType }] },
    }),
  })

  describe('are saved', () => {
    it('under a name that nothing else has, in the stage of development', async () => {
      const name = newName()
      const made = await create(name, { Comment: 'checks URLs' })
      expect(made.ETag).to.equal(firstTag)
      expect(made.Location).to.match(new RegExp(`/2020-05-31/function/${name}$`))
      expect(made.FunctionSummary).to.deep.include({ Name: name, Status: 'UNPUBLISHED' })
      expect(made.FunctionSummary?.FunctionConfig).to.deep.equal({ ...plain, Comment: 'checks URLs' })
      expect(made.FunctionSummary?.FunctionMetadata).to.include({ FunctionARN: arnOf(name), Stage: 'DEVELOPMENT' })
      expect(await codeOf(name)).to.equal(source)
      expect(await failureOf(create(name))).to.include({ name: 'FunctionAlreadyExists', status: 409 })
      expect(await failureOf(describeStage('none'))).to.include({ name: 'NoSuchFunctionExists', status: 404 })
      const live = await failureOf(describeStage(name, 'LIVE'))
      expect(live, 'nothing was published').to.include({ name: 'NoSuchFunctionExists', status: 404 })
    })

    it('once, of several that ask for the same name at once', async () => {
      const name = newName()
      const outcomes = await Promise.allSettled(Array.from({ length: 8 }, () => create(name)))
      expect(outcomes.filter(({ status }) => status === 'fulfilled')).to.have.length(1)
      const updates = await Promise.allSettled(Array.from({ length: 8 }, () => update(name, firstTag)))
      expect(updates.filter(({ status }) => status === 'fulfilled')).to.have.length(1)
    })

    it('whatever their code is, up to 10 KB', async () => {
      await create(newName(), {}, 'class {')
      await create(newName(), {}, ' '.repeat(10_240))
      const large = await failureOf(create(newName(), {}, ' '.repeat(10_241)))
      expect(large).to.include({ name: 'FunctionSizeLimitExceeded', status: 413 })
      expect(await failureOf(create('a name'))).to.include({ name: 'InvalidArgument' })
      expect(await failureOf(create(newName(), { Comment: 'x'.repeat(129) }))).to.include({ name: 'InvalidArgument' })
    })

    it('as a whole: what an update leaves out is gone', async () => {
      const [name, store] = [newName(), await newStore()]
      await create(name, reading(store.arn))
      const updated = await update(name, firstTag, {}, `${source} // new`)
      expect(updated.ETag).to.equal(secondTag)
      expect(updated.FunctionSummary?.FunctionConfig).to.deep.equal(plain)
      expect(await codeOf(name)).to.equal(`${source} // new`)
      expect(await failureOf(update(name, firstTag))).to.include({ name: 'PreconditionFailed', status: 412 })
      expect(await failureOf(update(name, 'EXAMPLE'))).to.include({ name: 'InvalidIfMatchVersion', status: 400 })
    })

    it('with one store at most, which is there and ready', async () => {
      const [store, other] = [await newStore(), await newStore()]
      const two = [store, other].map(({ arn }) => ({ KeyValueStoreARN: arn }))
      const both = { KeyValueStoreAssociations: { Quantity: 2, Items: two } }
      expect(await failureOf(create(newName(), both))).to.include({ name: 'InvalidArgument' })
      const old = { ...reading(store.arn), Runtime: 'cloudfront-js-1.0' as const }
      expect(await failureOf(create(newName(), old))).to.include({ name: 'InvalidArgument' })
      expect(await failureOf(create(newName(), reading(`${store.arn}0`)))).to.include({ name: 'InvalidArgument' })
      const slow = await newStore(false)
      const early = await failureOf(create(newName(), reading(slow.arn)))
      expect(early).to.include({ name: 'InvalidArgument', status: 400 })
      expect(early.message).to.match(/cannot be associated before the resource is provisioned$/)
    })
  })

  describe('are published', () => {
    it('to a stage with an ETag of its own, which edges have a while later', async () => {
      const name = newName()
      await create(name)
      expect(await failureOf(publish(name, secondTag))).to.include({ name: 'PreconditionFailed' })
      const start = Date.now()
      clock = start
      const { FunctionSummary } = await publish(name, firstTag)
      expect(FunctionSummary).to.deep.include({ Status: 'UNASSOCIATED' })
      expect(FunctionSummary?.FunctionMetadata?.Stage).to.equal('LIVE')
      expect((await describeStage(name)).FunctionSummary?.Status, 'the same as what is live').to.equal('UNASSOCIATED')
      await update(name, firstTag, {}, 'second')
      expect((await describeStage(name)).FunctionSummary?.Status).to.equal('UNPUBLISHED')
      expect(await codeOf(name, 'LIVE')).to.equal(source)
      expect((await describeStage(name, 'LIVE')).ETag).to.equal(firstTag)
      const atEdge = () => fixture.sandbox.services.cloudfront.liveFunction(arnOf(name))?.code
      clock = start + 10_000
      await publish(name, secondTag)
      expect((await describeStage(name, 'LIVE')).ETag).to.equal(secondTag)
      expect(atEdge(), 'not yet').to.equal(source)
      clock = start + 20_000
      expect(atEdge()).to.equal('second')
      const before = await describeStage(name, 'LIVE')
      await publish(name, secondTag)
      expect(await describeStage(name, 'LIVE'), 'there was nothing to do').to.deep.include({
        ETag: before.ETag,
        FunctionSummary: before.FunctionSummary,
      })
    })

    it('before they can be associated, and roll out the distributions that have them', async () => {
      const name = newName()
      await create(name)
      const make = (more: object) =>
        client.send(new CreateDistributionCommand({ DistributionConfig: config(newName(), more) }))
      const early = await failureOf(make(associated(arnOf(name))))
      expect(early).to.include({ name: 'InvalidFunctionAssociation', status: 400 })
      await publish(name, firstTag)
      const wrongEvent = await failureOf(make(associated(arnOf(name), 'origin-request')))
      expect(wrongEvent).to.include({ name: 'InvalidFunctionAssociation' })
      const made = await make({})
      const Id = made.Distribution?.Id ?? ''
      const DistributionConfig = { ...made.Distribution?.DistributionConfig, ...associated(arnOf(name)) }
      const withFunction = await client.send(
        new UpdateDistributionCommand({
          Id,
          IfMatch: made.ETag,
          DistributionConfig: {
            ...config(''),
            ...DistributionConfig,
            DefaultCacheBehavior: {
              ...made.Distribution?.DistributionConfig?.DefaultCacheBehavior,
              ...associated(arnOf(name)).DefaultCacheBehavior,
            },
          },
        }),
      )
      expect((await describeStage(name, 'LIVE')).FunctionSummary?.Status).to.equal('IN_PROGRESS')
      await fixture.deployed()
      expect((await describeStage(name, 'LIVE')).FunctionSummary?.Status).to.equal('DEPLOYED')
      const inUse = await failureOf(client.send(new DeleteFunctionCommand({ Name: name, IfMatch: firstTag })))
      expect(inUse).to.include({ name: 'FunctionInUse', status: 409 })
      expect(inUse.message).to.equal(`Cannot delete function ${name}, it is in use by 1 distributions`)
      await update(name, firstTag, {}, 'second')
      await publish(name, secondTag)
      const rolled = await client.send(new GetDistributionCommand({ Id }))
      expect(rolled.Distribution?.Status).to.equal('InProgress')
      expect(rolled.ETag, 'a version of its own').not.to.equal(withFunction.ETag)
    })
  })

  it('are tested in a stage, against its ETag', async () => {
    const name = newName()
    await create(name)
    const test = (IfMatch: string, event: string, Stage?: FunctionStage) =>
      client.send(
        new TestFunctionCommand({
          Name: name,
          IfMatch,
          EventObject: code(event),
          ...(Stage !== undefined && { Stage }),
        }),
      )
    const { TestResult } = await test(firstTag, '{}')
    expect(TestResult?.FunctionSummary?.Name).to.equal(name)
    expect(TestResult?.ComputeUtilization).to.match(/^\d+$/)
    expect(await failureOf(test(secondTag, '{}'))).to.include({ name: 'InvalidIfMatchVersion', status: 400 })
    expect(await failureOf(test(firstTag, '{'))).to.include({ name: 'InvalidArgument' })
    expect(await failureOf(test(firstTag, '{}', 'LIVE'))).to.include({ name: 'NoSuchFunctionExists' })
  })

  it('are listed by stage, in pages, and gone when they are deleted', async () => {
    const names = [newName(), newName()]
    for (const name of names) await create(name)
    await publish(names[0] ?? '', firstTag)
    const all = await client.send(new ListFunctionsCommand({}))
    const stages = (all.FunctionList?.Items ?? [])
      .filter(({ Name = '' }) => names.includes(Name))
      .map(({ FunctionMetadata }) => FunctionMetadata?.Stage)
    expect(stages).to.have.members(['DEVELOPMENT', 'LIVE', 'DEVELOPMENT'])
    const live = await client.send(new ListFunctionsCommand({ Stage: 'LIVE' }))
    expect(live.FunctionList?.Items?.map(({ Name }) => Name))
      .to.include(names[0])
      .and.not.include(names[1])
    const first = await client.send(new ListFunctionsCommand({ MaxItems: 1, Stage: 'DEVELOPMENT' }))
    expect(first.FunctionList).to.include({ Quantity: 1, MaxItems: 1 })
    const Marker = first.FunctionList?.NextMarker
    const second = await client.send(new ListFunctionsCommand({ MaxItems: 1, Marker, Stage: 'DEVELOPMENT' }))
    expect(second.FunctionList?.Items?.[0]?.Name).not.to.equal(first.FunctionList?.Items?.[0]?.Name)
    await client.send(new DeleteFunctionCommand({ Name: names[1], IfMatch: firstTag }))
    expect(await failureOf(describeStage(names[1] ?? ''))).to.include({ name: 'NoSuchFunctionExists' })
  })

  it('and their stores have tags, which the tagging API finds', async () => {
    const [name, store] = [newName(), await newStore()]
    await create(name, {}, source, { installation: 'one' })
    const tag = { Tags: { Items: [{ Key: 'installation', Value: 'one' }] } }
    await client.send(new TagResourceCommand({ Resource: store.arn, ...tag }))
    const found = await fixture.tagging.send(
      new GetResourcesCommand({ TagFilters: [{ Key: 'installation', Values: ['one'] }] }),
    )
    const arns = found.ResourceTagMappingList?.map(({ ResourceARN }) => ResourceARN)
    expect(arns).to.have.members([arnOf(name), store.arn])
    const ResourceTypeFilters = ['cloudfront:key-value-store']
    const stores = await fixture.tagging.send(new GetResourcesCommand({ ResourceTypeFilters }))
    expect(stores.ResourceTagMappingList?.map(({ ResourceARN }) => ResourceARN)).to.deep.equal([store.arn])
    await client.send(new UntagResourceCommand({ Resource: arnOf(name), TagKeys: { Items: ['installation'] } }))
    const { Tags } = await client.send(new ListTagsForResourceCommand({ Resource: arnOf(name) }))
    expect(Tags?.Items ?? []).to.deep.equal([])
  })

  describe('have stores', () => {
    it('that are provisioned for a while, and are named once', async () => {
      const { name, arn } = await newStore(false)
      expect(arn).to.match(/^arn:aws:cloudfront::\d{12}:key-value-store\/[0-9a-f-]{36}$/)
      const early = await client.send(new DescribeKeyValueStoreCommand({ Name: name }))
      expect(early.KeyValueStore).to.include({ Status: 'PROVISIONING', Name: name, Comment: 'secrets' })
      expect(early.ETag).to.equal(firstTag)
      const again = await failureOf(client.send(new CreateKeyValueStoreCommand({ Name: name })))
      expect(again).to.include({ name: 'EntityAlreadyExists', status: 409 })
      const ImportSource = { SourceType: 'S3' as const, SourceARN: 'arn:aws:s3:::bucket/keys.json' }
      const imported = await failureOf(client.send(new CreateKeyValueStoreCommand({ Name: newName(), ImportSource })))
      expect(imported).to.include({ name: 'UnsupportedOperation' })
      const none = await failureOf(client.send(new DescribeKeyValueStoreCommand({ Name: 'none' })))
      expect(none).to.include({ name: 'EntityNotFound', status: 404 })
    })

    it('whose comment can be changed, and which go when no function has them', async () => {
      const [name, store] = [newName(), await newStore()]
      const changed = await client.send(
        new UpdateKeyValueStoreCommand({ Name: store.name, Comment: 'other', IfMatch: firstTag }),
      )
      expect(changed.KeyValueStore?.Comment).to.equal('other')
      expect(changed.ETag).to.equal(secondTag)
      await create(name, reading(store.arn))
      const remove = (IfMatch: string) =>
        failureOf(client.send(new DeleteKeyValueStoreCommand({ Name: store.name, IfMatch })))
      expect(await remove(firstTag)).to.include({ name: 'PreconditionFailed' })
      expect(await remove(secondTag)).to.include({ name: 'CannotDeleteEntityWhileInUse', status: 409 })
      await client.send(new DeleteFunctionCommand({ Name: name, IfMatch: firstTag }))
      await client.send(new DeleteKeyValueStoreCommand({ Name: store.name, IfMatch: secondTag }))
      const { KeyValueStoreList } = await client.send(new ListKeyValueStoresCommand({}))
      expect(KeyValueStoreList?.Items?.map(({ Name }) => Name)).not.to.include(store.name)
    })
  })

  it('and their keys are there in the next run', async () => {
    const state = mkdtempSync(join(tmpdir(), 'functions-state-'))
    try {
      const first = await startSandbox({ state, timing: { storeReady: 0 } })
      const keys = { accessKeyId: first.accessKeyId, secretAccessKey: first.secretAccessKey }
      const its = new CloudFrontClient({ endpoint: first.endpoint, region: 'us-east-1', credentials: keys })
      const { KeyValueStore } = await its.send(new CreateKeyValueStoreCommand({ Name: 'kept' }))
      const arn = KeyValueStore?.ARN ?? ''
      const FunctionConfig = { ...plain, ...reading(arn) }
      await its.send(new CreateFunctionCommand({ Name: 'kept', FunctionConfig, FunctionCode: code(source) }))
      await its.send(new PublishFunctionCommand({ Name: 'kept', IfMatch: firstTag }))
      its.destroy()
      first.services.cloudfront.replaceKeys(arn, new Map([['__proto__', 'v']]))
      await first.close()
      const second = await startSandbox({ state })
      const { cloudfront } = second.services
      expect(cloudfront.liveFunction(arnOf('kept'))).to.include({ code: source, storeArn: arn })
      expect([...(cloudfront.keyValueStore(arn)?.values ?? [])]).to.deep.equal([['__proto__', 'v']])
      await second.close()
    } finally {
      rmSync(state, { recursive: true })
    }
  })

  it('are understood by boto3', async function () {
    if (!hasBoto) this.skip()
    this.timeout(60_000)
    const script = `
import json
c = boto3.client('cloudfront')
store = c.create_key_value_store(Name='boto', Comment='c')
while c.describe_key_value_store(Name='boto')['KeyValueStore']['Status'] != 'READY': pass
config = {'Comment': '', 'Runtime': 'cloudfront-js-2.0', 'KeyValueStoreAssociations': {'Quantity': 1, 'Items': [{'KeyValueStoreARN': store['KeyValueStore']['ARN']}]}}
made = c.create_function(Name='boto', FunctionConfig=config, FunctionCode=b'x')
updated = c.update_function(Name='boto', IfMatch=made['ETag'], FunctionConfig=config, FunctionCode=b'y')
tested = c.test_function(Name='boto', IfMatch=updated['ETag'], EventObject=b'{}')['TestResult']
c.publish_function(Name='boto', IfMatch=updated['ETag'])
live = c.get_function(Name='boto', Stage='LIVE')
print(json.dumps([updated['ETag'], live['FunctionCode'].read().decode(), live['ContentType'], sorted(tested)]))
`
    const { stdout } = await boto({ env: fixture.sandbox.environment }, script)
    expect(JSON.parse(stdout)).to.deep.equal([
      secondTag,
      'y',
      'application/octet-stream',
      ['ComputeUtilization', 'FunctionErrorMessage', 'FunctionExecutionLogs', 'FunctionOutput', 'FunctionSummary'],
    ])
  })
})
