import { expect } from 'chai'

import { type Course, nextLimit, Pace } from '../../src/reindex/pace.ts'

describe('the pace', () => {
  /** Runs stretches against a server that does so many calls a second at most. */
  const settle = (capacity: number, stretches: number, cap = 256, latency = 0.03): number => {
    let limit = 8
    let course: Course = { best: { rate: 0, limit: 8 }, still: 0 }
    for (let index = 0; index < stretches; index++) {
      const rate = Math.min(capacity, limit / latency)
      ;({ limit, course } = nextLimit({ limit, rate, slowDown: false, wanting: true }, course, cap))
    }
    return limit
  }

  it('grows until more brings nothing, and no further', () => {
    expect(settle(2500, 60)).to.be.within(60, 200)
    expect(settle(300, 60)).to.be.within(8, 25)
    expect(settle(1e9, 60)).to.equal(256)
    expect(settle(1e9, 60, 20)).to.equal(20)
  })

  it('halves when S3 asks for fewer, and grows slowly after that', () => {
    const course: Course = { best: { rate: 100, limit: 64 }, still: 0 }
    const half = nextLimit({ limit: 64, rate: 100, slowDown: true, wanting: true }, course, 256)
    expect(half.limit).to.equal(32)
    expect(nextLimit({ limit: 32, rate: 100, slowDown: false, wanting: true }, half.course, 256).limit).to.equal(33)
    expect(nextLimit({ limit: 1, rate: 1, slowDown: true, wanting: true }, course, 256).limit).to.equal(1)
  })

  it('lets no more through than it allows, and forgets nobody', async () => {
    const pace = new Pace(3)
    let [active, most, done] = [0, 0, 0]
    await Promise.all(
      Array.from({ length: 50 }, (_call, index) =>
        pace
          .run(async () => {
            most = Math.max(most, ++active)
            await new Promise((resolve) => setImmediate(resolve))
            active--
            if (index % 7 === 0) throw new Error('it failed')
          })
          .catch(() => undefined)
          .finally(() => done++),
      ),
    )
    expect([most, done]).to.deep.equal([3, 50])
  })
})
