import { CloudFrontClient, UntagResourceCommand } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import { CtlError } from '../../../src/errors.ts'
import {
  createDistribution,
  isMadeUnder,
  type NewDistribution,
} from '../../../src/resources/cloudfront/new-distribution.ts'
import { type AwsUnderTest, startAws } from '../../support/aws-under-test.ts'
import { config } from '../../support/cloudfront-fixture.ts'

const operation = 'CreateDistributionWithTags'
const wanted: NewDistribution = {
  config: { ...config('ours'), CallerReference: 'ours' },
  tags: { by: 'us' },
  isOurs: ({ by }) => by === 'us',
  refusal: ({ id }, cause) => new CtlError('refused', `${id} is not ours`, { cause }),
}

describe('createDistribution', () => {
  let bench: AwsUnderTest
  beforeEach(async () => {
    bench = await startAws()
  })
  afterEach(() => bench.close())

  const create = () => createDistribution(bench.aws, wanted, bench.talk)

  it('finds the one that a call without an answer, or somebody who was faster, has made', async () => {
    const first = await create()
    expect(first.tags).to.deep.equal({ by: 'us' })
    expect(await create()).to.include({ id: first.id, etag: first.etag })
    const made = bench.sandbox.calls.list().filter((call) => call.operation === operation && call.status === 201)
    expect(made).to.have.length(1)
  })

  it('refuses one under the same reference that is not ours', async () => {
    const { id, arn } = await create()
    const client = bench.aws.client(CloudFrontClient, 'us-east-1')
    await client.send(new UntagResourceCommand({ Resource: arn, TagKeys: { Items: ['by'] } }))
    const error: unknown = await create().catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(CtlError).with.property('message', `${id} is not ours`)
    expect(bench.told.join()).to.include('waiting until CloudFront shows the tag')
  })

  it('takes the next reference where that of a removed one is still taken, and knows it again', async () => {
    const what = { kind: 'error', code: 'DistributionAlreadyExists', status: 409 } as const
    for (const [index, id] of ['E0GONE', 'E1GONE'].entries()) {
      const message = `The caller reference is in use. Already exists: ${id}`
      bench.sandbox.faults.add({ operation, calls: index + 1, what: { ...what, message } })
    }
    const made = await create()
    expect(made.config.CallerReference).to.equal('ours:after:E1GONE')
    expect(isMadeUnder('ours', made.config)).to.equal(true)
    expect(isMadeUnder('ours', { ...made.config, CallerReference: 'ours' })).to.equal(true)
    expect(isMadeUnder('ours', { ...made.config, CallerReference: 'ours too' })).to.equal(false)
  })

  it('waits until what it refers to is known', async () => {
    const what = { kind: 'error', code: 'NoSuchCachePolicy', status: 404 } as const
    bench.sandbox.faults.add({ operation, calls: 1, what })
    await create()
    expect(bench.told.join()).to.include('knows the new cache policy everywhere')
  })
})
