import { expect } from 'chai'
import fc from 'fast-check'

import { PassingTrouble, Secrets } from '../../src/edge/secrets.ts'

const away = () => new PassingTrouble('KMS is away')
const denied = () => new Error('not authorized to kms:Decrypt')

/** A KMS with a clock of its own, which tells when it was called and for what. */
function world(ciphertexts: readonly string[]) {
  const calls: { at: number; of: string }[] = []
  const state = {
    now: 0,
    /** What KMS does instead of its work. */
    trouble: undefined as ((ciphertext: string) => Error | undefined) | undefined,
  }
  const secrets = new Secrets({
    ciphertexts,
    async decrypt(of) {
      calls.push({ at: state.now, of })
      const trouble = state.trouble?.(of)
      if (trouble !== undefined) throw trouble
      return `key of ${of}`
    },
    now: () => state.now,
    pause: async (milliseconds) => (state.now += milliseconds),
  })
  /** What a request gets to know of each secret. */
  const ask = async () =>
    (await Promise.allSettled(secrets.all())).map((one) =>
      one.status === 'fulfilled' ? one.value : String(one.reason),
    )
  return { calls, state, ask }
}

describe('secrets at the edge', () => {
  it('calls once for each, and never again', async () => {
    const { ask, calls } = world(['a', 'b'])
    expect(await Promise.all([ask(), ask()])).to.deep.equal([
      ['key of a', 'key of b'],
      ['key of a', 'key of b'],
    ])
    await ask()
    expect(calls.map(({ of }) => of)).to.deep.equal(['a', 'b'])
  })

  it('gets over what passes within the request, and leaves what does not', async () => {
    const { ask, calls, state } = world(['a'])
    const troubles = [away(), undefined]
    state.trouble = () => troubles.shift()
    expect(await ask()).to.deep.equal(['key of a'])
    expect(calls).to.have.length(2)
    const other = world(['a'])
    other.state.trouble = denied
    expect(await other.ask()).to.deep.equal([String(denied())])
    expect(other.calls).to.have.length(1)
  })

  it('calls once a second at most while KMS is down, whatever comes', () =>
    fc.assert(
      fc.asyncProperty(
        fc.subarray(['a', 'b', 'c'], { minLength: 1 }),
        fc.array(fc.integer({ min: 0, max: 400 }), { minLength: 1, maxLength: 200 }),
        fc.boolean(),
        async (ciphertexts, pauses, isDenied) => {
          const { ask, calls, state } = world(ciphertexts)
          state.trouble = isDenied ? denied : away
          await ask()
          const first = calls.length
          for (const milliseconds of pauses) {
            state.now += milliseconds
            await Promise.all([ask(), ask()])
          }
          const times = calls.slice(first - 1).map(({ at }) => at)
          for (const [index, at] of times.slice(1).entries()) expect(at - (times[index] ?? 0)).to.be.at.least(1000)
          expect(first).to.be.at.most(2 * ciphertexts.length)
        },
      ),
    ))

  it('has all of them with the first request that finds KMS up again', async () => {
    const { ask, state } = world(['a', 'b'])
    state.trouble = away
    await ask()
    state.trouble = undefined
    expect(await ask()).to.deep.equal([String(away()), String(away())])
    state.now += 1000
    expect(await ask()).to.deep.equal(['key of a', 'key of b'])
  })

  it('has what can be decrypted though another one never can, and asks for that once a second', async () => {
    const { ask, calls, state } = world(['broken', 'good'])
    state.trouble = away
    await ask()
    state.trouble = (of) => (of === 'broken' ? denied() : undefined)
    for (let second = 0; second < 3; second++) {
      state.now += 1000
      await ask()
    }
    expect(await ask()).to.deep.equal([String(denied()), 'key of good'])
    const before = calls.length
    for (let request = 0; request < 100; request++) {
      state.now += 50
      await ask()
    }
    expect(calls.length - before).to.equal(5)
  })

  it('asks again though the clock was set back', async () => {
    const { ask, state } = world(['a'])
    state.trouble = denied
    await ask()
    state.trouble = undefined
    state.now -= 3_600_000
    expect(await ask()).to.deep.equal(['key of a'])
  })
})
