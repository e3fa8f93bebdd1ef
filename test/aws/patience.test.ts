import { expect } from 'chai'
import fc from 'fast-check'

import {
  type Clock,
  deployment,
  looking,
  type Pace,
  patiently,
  pause,
  propagation,
  settling,
  spreading,
  type Talk,
  until,
} from '../../src/aws/patience.ts'
import { CtlError } from '../../src/errors.ts'

const fast: Pace = { first: 1, most: 4, total: 60_000 }
const brief: Pace = { ...fast, total: 60 }
const slow: Pace = { first: 60_000, most: 60_000, total: 600_000 }

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

async function interruptedAfter(milliseconds: number, talk: { interrupt(): void }, what: Promise<unknown>) {
  const started = Date.now()
  setTimeout(() => talk.interrupt(), milliseconds)
  const error = await thrownBy(what)
  expect(error).to.be.instanceOf(CtlError).and.to.include({ failure: 'interrupted', exitCode: 130 })
  // However slow the machine is: not what it would have gone on waiting.
  expect(Date.now() - started).to.be.lessThan(slow.first)
}

/** A clock that nobody waits for. */
class FakeClock implements Clock {
  #now = 0
  now = () => this.#now
  pause = async (milliseconds: number) => void (this.#now += milliseconds)
}

/**
 * Waits for what happens at a time that nobody knows, with looks that each take theirs and see what is so at a part of
 * that.
 */
async function waitFor(happens: number, pace: Pace, { takes, sees }: { takes: number; sees: number }) {
  const clock = new FakeClock()
  const again = looking(pace, listening(), clock)
  let count = 0
  do {
    count++
    const seenAt = clock.now() + takes * sees
    await clock.pause(takes)
    if (seenAt >= happens) return { ended: clock.now(), count }
  } while (await again('waiting'))
  return undefined
}

describe('looking', () => {
  const paces = { propagation, spreading, settling, deployment }
  const kinds = fc.constantFrom(...Object.values(paces))
  const look = fc.record({ takes: fc.integer({ min: 0, max: 450 }), sees: fc.double({ min: 0, max: 1, noNaN: true }) })

  it('ends at most a tenth of the time that it took after it happened, or a second, whichever is longer', () =>
    fc.assert(
      fc.asyncProperty(kinds, fc.double({ min: 0, max: 1, noNaN: true }), look, async (pace, part, how) => {
        // As many short ones as long ones.
        const happens = (pace.total - 1_000) ** part - 1
        const done = await waitFor(happens, pace, how)
        expect(done?.ended).to.be.at.most(happens + Math.max(1_000, happens / 10) + 0.001)
      }),
      { numRuns: 1_000 },
    ))

  it('does not ask AWS all the time for it', async () => {
    const usual = { takes: 150, sees: 0.5 }
    const counts = [1_000, 10_000, 60_000, 300_000, 1_800_000].map(
      async (happens) => (await waitFor(happens, deployment, usual))?.count,
    )
    expect(await Promise.all(counts)).to.deep.equal([3, 13, 34, 59, 207])
    // Nor where each look takes long.
    expect((await waitFor(10_000, deployment, { takes: 2_000, sees: 1 }))?.count).to.equal(5)
  })

  it('gives up when the total time is over, whatever a look takes', () =>
    fc.assert(
      fc.asyncProperty(kinds, look, async (pace, how) => {
        expect(await waitFor(Infinity, pace, how)).to.equal(undefined)
      }),
    ))
})

describe('until', () => {
  it('does not wait for what is there already', async () => {
    const talk = listening()
    expect(await until('it', async () => 'found', slow, talk)).to.equal('found')
    expect(talk.told).to.deep.equal([])
  })

  it('looks again and again until there is an answer, and says what it waits for', async () => {
    const talk = listening()
    let looks = 0
    const probe = async (): Promise<number | undefined> => (++looks === 4 ? looks : undefined)
    expect(await until('the role', probe, fast, talk)).to.equal(4)
    expect(talk.told).to.have.length.at.least(3)
    expect(new Set(talk.told)).to.deep.equal(new Set(['waiting for the role (0 s)']))
  })

  it('takes a falsy answer for an answer', async () => {
    expect(await until('it', async () => false, slow, listening())).to.equal(false)
  })

  it('ends at once with an error of the look', async () => {
    const denied = new Error('denied')
    expect(await thrownBy(until('it', () => Promise.reject(denied), slow, listening()))).to.equal(denied)
  })

  it('gives up after the total time, and says how long it waited and how to go on', async () => {
    let looks = 0
    const probe = async (): Promise<undefined> => {
      looks++
    }
    const started = Date.now()
    const error = await thrownBy(until('the edges', probe, brief, listening()))
    expect(error).to.be.instanceOf(CtlError).and.to.include({ failure: 'failed' })
    expect(error).to.have.property('message', 'Still waiting for the edges after 0 s.')
    expect(error).to.have.deep.property('hint', ['Run the same command again to go on waiting.'])
    expect(Date.now() - started).to.be.at.least(brief.total)
    expect(looks).to.be.greaterThan(0)
  })

  it('ends the wait at once when interrupted', async () => {
    const talk = listening()
    await interruptedAfter(
      20,
      talk,
      until('it', async () => undefined, slow, talk),
    )
  })

  it('keeps the elapsed time moving during a long delay', async () => {
    const talk = listening()
    setTimeout(() => talk.interrupt(), 1_150)
    await thrownBy(until('it', async () => undefined, slow, talk))
    const [begun, moved] = talk.told
    expect(begun).to.equal('waiting for it (0 s)')
    expect(moved).to.match(/^waiting for it \([1-9]\d* s\)$/)
  })
})

describe('patiently', () => {
  const passing = (error: unknown): string | undefined =>
    error instanceof Error && error.message === 'not yet' ? 'waiting until Lambda can assume the role' : undefined

  it('repeats an attempt whose error passes, and says why it waits', async () => {
    const talk = listening()
    let attempts = 0
    const attempt = async (): Promise<string> => {
      if (++attempts < 3) throw new Error('not yet')
      return 'done'
    }
    expect(await patiently(attempt, passing, fast, talk)).to.equal('done')
    expect(talk.told[0]).to.equal('waiting until Lambda can assume the role (0 s)')
  })

  it('does not repeat what fails for good', async () => {
    let attempts = 0
    const attempt = async (): Promise<never> => {
      attempts++
      throw new Error('never')
    }
    expect(await thrownBy(patiently(attempt, passing, slow, listening()))).to.have.property('message', 'never')
    expect(attempts).to.equal(1)
  })

  it('ends with the last error once the total time is over', async () => {
    const attempt = (): Promise<never> => Promise.reject(new Error('not yet'))
    expect(await thrownBy(patiently(attempt, passing, fast, listening()))).to.have.property('message', 'not yet')
  })

  it('ends the wait at once when interrupted', async () => {
    const talk = listening()
    const attempt = (): Promise<never> => Promise.reject(new Error('not yet'))
    await interruptedAfter(20, talk, patiently(attempt, passing, slow, talk))
  })

  it('lets the call in hand finish when interrupted', async () => {
    const talk = listening()
    const attempt = async (): Promise<string> => {
      talk.interrupt()
      return 'written'
    }
    expect(await patiently(attempt, passing, slow, talk)).to.equal('written')
  })
})

describe('pause', () => {
  it('does not begin once interrupted', async () => {
    const talk = listening()
    talk.interrupt()
    await interruptedAfter(0, talk, pause(60_000, talk.signal))
  })
})
