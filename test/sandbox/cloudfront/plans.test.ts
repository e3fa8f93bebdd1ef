import {
  CreateCachePolicyCommand,
  CreateCloudFrontOriginAccessIdentityCommand,
  CreateDistributionCommand,
  CreateFunctionCommand,
  CreateKeyValueStoreCommand,
  DeleteDistributionCommand,
  DescribeKeyValueStoreCommand,
  GetDistributionConfigCommand,
  PublishFunctionCommand,
  UpdateDistributionCommand,
  type DistributionConfig,
} from '@aws-sdk/client-cloudfront'
import { setTimeout as sleep } from 'node:timers/promises'

import { expect } from 'chai'

import { behavior, config, startCloudFront, type CloudFrontFixture } from '../../support/cloudfront-fixture.ts'

interface Failure {
  name: string
  message: string
}

const failureOf = (call: Promise<unknown>): Promise<Failure> =>
  call.then(
    () => expect.fail('it was not refused'),
    (error: unknown) => error as Failure,
  )

describe('flat-rate plans', () => {
  let fixture: CloudFrontFixture
  before(async () => {
    fixture = await startCloudFront()
  })
  after(() => fixture.close())

  const control = (method: string, body?: string): Promise<Response> =>
    fetch(`${fixture.sandbox.endpoint}/_sandbox/plans`, { method, ...(body !== undefined && { body }) })

  const put = async (line: string): Promise<void> => {
    const answer = await control('POST', `${line}\n`)
    expect(answer.status, await answer.text()).to.equal(200)
  }

  let count = 0
  const distribution = async (more: Partial<DistributionConfig> = {}): Promise<string> => {
    const command = new CreateDistributionCommand({ DistributionConfig: config(`plan-${count++}`, more) })
    return (await fixture.client.send(command)).Distribution?.Id ?? ''
  }

  const update = async (Id: string, change: (config: DistributionConfig) => DistributionConfig): Promise<void> => {
    const { DistributionConfig: live, ETag } = await fixture.client.send(new GetDistributionConfigCommand({ Id }))
    if (live === undefined) throw new Error('no config')
    await fixture.client.send(new UpdateDistributionCommand({ Id, IfMatch: ETag, DistributionConfig: change(live) }))
  }

  const withBehavior =
    (more: Parameters<typeof behavior>[0]) =>
    (live: DistributionConfig): DistributionConfig => ({
      ...live,
      DefaultCacheBehavior: { ...behavior(), ...live.DefaultCacheBehavior, ...more },
    })

  it('are listed, changed and ended; a distribution on one has a web ACL and can be updated otherwise', async () => {
    const id = await distribution()
    await put(`${id} free`)
    await put(`${id} business`)
    expect(await (await control('GET')).json()).to.deep.include({ distributionId: id, plan: 'business' })
    await update(id, (live) => {
      expect(live.WebACLId).to.match(/^arn:aws:wafv2:us-east-1:\d+:global\/webacl\//)
      return { ...live, Comment: 'changed' }
    })
    expect((await failureOf(update(id, (live) => ({ ...live, WebACLId: '' })))).name).to.equal('InvalidArgument')
    await put(`${id} none`)
    expect(await (await control('GET')).json()).not.to.deep.include({ distributionId: id, plan: 'business' })
    await update(id, (live) => ({ ...live, WebACLId: '' }))
  })

  it('have no Lambda@Edge, OAI, ForwardedValues or staging, whichever it is', async () => {
    const id = await distribution()
    await put(`${id} premium`)
    const version = await fixture.publish('on-a-plan')
    const identity = await fixture.client.send(
      new CreateCloudFrontOriginAccessIdentityCommand({
        CloudFrontOriginAccessIdentityConfig: { CallerReference: 'on-a-plan', Comment: '' },
      }),
    )
    const OriginAccessIdentity = `origin-access-identity/cloudfront/${identity.CloudFrontOriginAccessIdentity?.Id ?? ''}`
    const ForwardedValues = { QueryString: false, Cookies: { Forward: 'none' as const } }
    const changes: Record<string, (live: DistributionConfig) => DistributionConfig> = {
      'Lambda@Edge': withBehavior({
        LambdaFunctionAssociations: {
          Quantity: 1,
          Items: [{ LambdaFunctionARN: version, EventType: 'viewer-request' }],
        },
      }),
      'origin access identities': (live) => ({
        ...live,
        Origins: {
          Quantity: 1,
          Items: (live.Origins?.Items ?? []).map((one) => ({ ...one, S3OriginConfig: { OriginAccessIdentity } })),
        },
      }),
      ForwardedValues: withBehavior({ CachePolicyId: undefined, ForwardedValues, MinTTL: 0 }),
      'continuous deployment': (live) => ({ ...live, Staging: true }),
    }
    for (const [what, change] of Object.entries(changes)) {
      const { name, message } = await failureOf(update(id, change))
      expect(name, what).to.equal('InvalidArgument')
      expect(message).to.contain('Premium pricing plan').and.to.contain(what)
    }
  })

  it('have custom cache policies from Business on', async () => {
    const made = await fixture.client.send(
      new CreateCachePolicyCommand({ CachePolicyConfig: { Name: 'on-a-plan', MinTTL: 0 } }),
    )
    const change = withBehavior({ CachePolicyId: made.CachePolicy?.Id })
    const id = await distribution()
    await put(`${id} pro`)
    expect((await failureOf(update(id, change))).message)
      .to.contain('Pro pricing plan')
      .and.to.contain('cache policies')
    await put(`${id} business`)
    await update(id, change)
    const back = await control('POST', `${id} pro`)
    expect(back.status).to.equal(400)
    expect(await back.text()).to.contain('cache policies')
  })

  it('have functions that read a key value store from Pro on, and other functions always', async () => {
    const id = await distribution()
    await put(`${id} free`)
    await fixture.client.send(new CreateKeyValueStoreCommand({ Name: 'on-a-plan' }))
    await sleep(150)
    const store = await fixture.client.send(new DescribeKeyValueStoreCommand({ Name: 'on-a-plan' }))
    const publish = async (Name: string, stores: { KeyValueStoreARN: string | undefined }[]) => {
      const made = await fixture.client.send(
        new CreateFunctionCommand({
          Name,
          FunctionCode: Buffer.from('function handler(event) { return event.request }'),
          FunctionConfig: {
            Comment: '',
            Runtime: 'cloudfront-js-2.0',
            KeyValueStoreAssociations: { Quantity: stores.length, Items: stores },
          },
        }),
      )
      await fixture.client.send(new PublishFunctionCommand({ Name, IfMatch: made.ETag }))
      const FunctionARN = made.FunctionSummary?.FunctionMetadata?.FunctionARN
      return withBehavior({
        FunctionAssociations: { Quantity: 1, Items: [{ FunctionARN, EventType: 'viewer-request' }] },
      })
    }
    const reading = await publish('on-a-plan-reading', [{ KeyValueStoreARN: store.KeyValueStore?.ARN }])
    expect((await failureOf(update(id, reading))).message)
      .to.contain('Free pricing plan')
      .and.to.contain('KeyValueStore')
    await update(id, await publish('on-a-plan-plain', []))
    await put(`${id} pro`)
    await update(id, reading)
  })

  it('have so many behaviors and no more', async () => {
    const id = await distribution()
    await put(`${id} free`)
    const behaviors = (many: number) => (live: DistributionConfig) => ({
      ...live,
      CacheBehaviors: {
        Quantity: many,
        Items: Array.from({ length: many }, (_, index) => ({
          ...behavior(),
          ...live.DefaultCacheBehavior,
          PathPattern: `/${index}/*`,
        })),
      },
    })
    await update(id, behaviors(4))
    expect((await failureOf(update(id, behaviors(5)))).message).to.contain('5 cache behaviors')
  })

  it('hold a distribution until they end', async () => {
    const id = await distribution({ Enabled: false })
    await put(`${id} pro`)
    await fixture.deployed()
    const remove = async (): Promise<unknown> => {
      const { ETag } = await fixture.client.send(new GetDistributionConfigCommand({ Id: id }))
      return fixture.client.send(new DeleteDistributionCommand({ Id: id, IfMatch: ETag }))
    }
    expect((await failureOf(remove())).name).to.equal('InvalidArgument')
    await put(`${id} none`)
    await remove()
  })

  it('are named one a line, for distributions that there are', async () => {
    const id = await distribution()
    for (const [line, status] of [
      [id, 400],
      [`${id} gold`, 400],
      [`${id} pro now`, 400],
      ['E1MISSING pro', 404],
    ] as const) {
      expect((await control('POST', line)).status, line).to.equal(status)
    }
    expect(await (await control('GET')).json()).not.to.deep.include({ distributionId: id, plan: 'pro' })
  })
})
