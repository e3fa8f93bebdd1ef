import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { expect } from 'chai'

import type { Talk } from '../../src/aws/patience.ts'
import { interruptionBehind, toldRetries } from '../../src/aws/retries.ts'
import { check, runChain } from '../../src/tasks/chain/chain.ts'
import { CtlError } from '../../src/errors.ts'
import { talking } from '../../src/ui/step-talk.ts'
import { type AwsUnderTest, startAws } from '../support/aws-under-test.ts'

function listening(): Talk & { readonly told: string[]; readonly interrupt: () => void } {
  const controller = new AbortController()
  const told: string[] = []
  return { told, tell: (text) => told.push(text), signal: controller.signal, interrupt: () => controller.abort() }
}

const thrownBy = async (what: Promise<unknown>): Promise<unknown> =>
  what.then(
    () => expect.fail('nothing was thrown'),
    (error: unknown) => error,
  )

/** An answer of AWS that asks to come back later. */
const inAMinute = (): Date => new Date(Date.now() + 60_000)

describe('retries', () => {
  const strategy = toldRetries(3)
  const failed = (errorType: 'THROTTLING' | 'TRANSIENT' | 'CLIENT_ERROR', name = 'Some') => ({
    errorType,
    error: Object.assign(new Error('It failed.') as Error & { cause?: Error }, { name }),
  })

  it('what passes within two seconds is not worth a word', async () => {
    const talk = listening()
    const again = await talking(talk, async () =>
      strategy.refreshRetryTokenForRetry(await strategy.acquireInitialRetryToken('sts'), failed('TRANSIENT')),
    )
    expect([again.getRetryCount(), talk.told]).to.deep.equal([1, []])
  })

  it('what takes longer is told to whoever watches, and an interruption ends the wait', async () => {
    const talk = listening()
    const { error, errorType } = failed('THROTTLING')
    const thrown = talking(talk, async () => {
      const first = await strategy.acquireInitialRetryToken('sts')
      return strategy.refreshRetryTokenForRetry(first, { error, errorType, retryAfterHint: inAMinute() })
    })
    setTimeout(() => talk.interrupt(), 20)
    expect(await thrownBy(thrown)).to.include({ failure: 'interrupted' })
    expect(talk.told).to.deep.equal(['AWS asks for fewer requests; trying again (0 s)'])
    expect(interruptionBehind(error)).to.include({ failure: 'interrupted' })
    expect(interruptionBehind(new Error('another'))).to.equal(undefined)
  })

  it('end after the last attempt, and never begin for a quota or what the caller did wrong', async () => {
    const first = await strategy.acquireInitialRetryToken('sts')
    const second = await strategy.refreshRetryTokenForRetry(first, failed('TRANSIENT'))
    const third = await strategy.refreshRetryTokenForRetry(second, failed('TRANSIENT'))
    await thrownBy(strategy.refreshRetryTokenForRetry(third, failed('TRANSIENT')))
    for (const final of [
      failed('CLIENT_ERROR'),
      failed('THROTTLING', 'LimitExceeded'),
      failed('THROTTLING', 'LimitExceededException'),
    ]) {
      await thrownBy(strategy.refreshRetryTokenForRetry(first, final))
    }
  })

  describe('of the clients', () => {
    let world: AwsUnderTest
    before(async () => (world = await startAws()))
    after(() => world.close())
    const callsOf = (operation: string): number =>
      world.sandbox.calls.list((call) => call.operation === operation).length

    it('make up for errors that pass, and for none else', async () => {
      world.sandbox.faults.add('sts:GetCallerIdentity:1:drop')
      await world.aws.client(STSClient, 'us-east-1').send(new GetCallerIdentityCommand({}))
      expect(callsOf('GetCallerIdentity')).to.equal(2)
      world.sandbox.faults.add('iam:CreateRole:code=LimitExceeded,status=409,message=Cannot exceed quota.')
      const role = new CreateRoleCommand({ RoleName: 'one', AssumeRolePolicyDocument: '{}' })
      const error = await thrownBy(world.aws.client(IAMClient, 'us-east-1').send(role))
      expect(error).to.include({ name: 'LimitExceededException' })
      expect(callsOf('CreateRole')).to.equal(1)
    })

    it('end with the run that is interrupted, and as an interruption', async () => {
      world.sandbox.faults.add('sts:*:throttle')
      const controller = new AbortController()
      const chain = [
        check<object>('Ask', {
          async that() {
            setTimeout(() => controller.abort(), 20)
            await world.aws.client(STSClient, 'us-east-1').send(new GetCallerIdentityCommand({}))
            return undefined
          },
        }),
      ]
      const error = await thrownBy(runChain(chain, 'apply', { show: 'nothing', signal: controller.signal }))
      expect(error).to.be.instanceOf(CtlError).and.to.include({ failure: 'interrupted', exitCode: 130 })
    })
  })
})
