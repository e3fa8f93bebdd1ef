import { GetKeyRotationStatusCommand, KMSClient, ListKeysCommand } from '@aws-sdk/client-kms'
import { expect } from 'chai'

import { key } from '../../../src/resources/kms/key.ts'
import { type AwsUnderTest, startAws } from '../../support/aws-under-test.ts'

describe('The KMS key, when it is made', () => {
  let bench: AwsUnderTest
  beforeEach(async () => {
    bench = await startAws()
  })
  afterEach(() => bench.close())

  /** One run: looks, decides, applies. */
  const run = async (): Promise<void> => {
    const resource = key(bench.aws)
    const want = { names: bench.names, accountId: bench.sandbox.accountId, adopt: false }
    const live = await resource.describe(want)
    if (resource.decide(want, live).do !== 'keep') await resource.apply(want, live, bench.talk)
  }
  const written = (): string[] => bench.sandbox.calls.changing().map(({ operation }) => operation)
  const rotations = async () => {
    const kms = bench.aws.client(KMSClient, 'us-east-1')
    const { Keys = [] } = await kms.send(new ListKeysCommand({}))
    return Promise.all(
      Keys.map(async ({ KeyId }) => (await kms.send(new GetKeyRotationStatusCommand({ KeyId }))).KeyRotationEnabled),
    )
  }

  it('is rotated before it has its alias', async () => {
    await run()
    expect(written()).to.deep.equal(['CreateKey', 'EnableKeyRotation', 'CreateAlias'])
    expect(await rotations()).to.deep.equal([true])
  })

  for (const [cut, then] of [
    ['EnableKeyRotation:1:before', ['EnableKeyRotation', 'CreateAlias']],
    ['EnableKeyRotation:1:after', ['CreateAlias']],
    ['CreateAlias:1:before', ['CreateAlias']],
  ] as const) {
    it(`gets what it lacks by a run after one that ended at ${cut}`, async () => {
      bench.sandbox.faults.add(`kms:${cut}:AccessDeniedException`)
      await run().then(
        () => expect.fail('it went through'),
        (error: unknown) => expect(error).to.have.property('name', 'AccessDeniedException'),
      )
      bench.sandbox.calls.clear()
      await run()
      expect(written()).to.deep.equal(then)
      expect(await rotations()).to.deep.equal([true])
    })
  }

  it('is left unrotated where KMS can not', async () => {
    bench.sandbox.faults.add('kms:EnableKeyRotation:1:before:code=UnsupportedOperationException,status=400')
    await run()
    expect(written()).to.include('CreateAlias')
  })

  it('is rotated once KMS knows it', async () => {
    bench.sandbox.faults.add('kms:EnableKeyRotation:1-2:before:NotFoundException')
    await run()
    expect(bench.told.join('\n')).to.include('waiting until KMS knows the new key everywhere')
    expect(await rotations()).to.deep.equal([true])
  })
})
