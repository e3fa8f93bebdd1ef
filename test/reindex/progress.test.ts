import { expect } from 'chai'

import { Progress, telling } from '../../src/reindex/progress.ts'

describe('the progress of a long run', () => {
  const part = { noun: 'packages', total: 3000, detail: () => 'apt 7/11/debian/' }

  it('is told with all that an operator wants to know, the time that is left first', () => {
    let time = 0
    const progress = new Progress(() => time)
    progress.begin(part)
    expect(progress.line()).to.equal('0 of 3,000 packages, 0/s, apt 7/11/debian/')
    time = 10_000
    progress.add(999, 50e6)
    progress.add(1, 5e6)
    progress.retries = 1200
    progress.slowDowns = 3
    expect(progress.line()).to.equal(
      '20 s left, 1,000 of 3,000 packages, 100/s, 5.5 MB/s, 1,200 retries, 3 slow-downs, apt 7/11/debian/',
    )
    // There were more than had been known.
    progress.add(2001)
    expect(progress.line()).to.match(/^3,001 packages, 300\/s, 5.5 MB\/s, 1,200 retries/)
    progress.begin({ noun: 'objects' })
    time = 20_000
    progress.add(50)
    expect(progress.line()).to.match(/^50 objects, 5\/s, 1,200 retries/)
    expect(progress.outcome()).to.equal('50 objects in 10 s')
    // What was done before it was looked at tells nothing of its pace.
    progress.begin({ noun: 'shards', total: 1000, before: 800 })
    time = 30_000
    expect(progress.line()).to.match(/^800 of 1,000 shards, 0\/s/)
    progress.add(100)
    expect(progress.line()).to.match(/^10 s left, 900 of 1,000 shards, 10\/s/)
  })

  it('fits two lines of a terminal of 80 columns, whatever is counted and however long a repository is named', () => {
    let time = 0
    const progress = new Progress(() => time)
    progress.begin({
      noun: 'objects',
      total: 10_000_000,
      detail: () => `256 at a time, in ${'\u{1f4e6}ü\u001b[2J'.repeat(90)}/`,
    })
    time = 3_600_000
    progress.add(1_234_567, 9e11)
    Object.assign(progress, { retries: 12_345, slowDowns: 1_234 })
    const line = progress.line()
    expect(line).to.match(
      /^7 h 6 min left, 1,234,567 of 10,000,000 objects, 343\/s, 250\.0 MB\/s, 12,345 retries, 1,234 slow-downs, /,
    )
    expect(line.length).to.be.lessThan(2 * 76)
    expect(line).not.to.include('\u001b')
  })

  it('counts one thing as one', () => {
    const progress = new Progress(() => 0)
    progress.begin({ noun: 'objects' })
    progress.add(1)
    expect(progress.outcome()).to.equal('1 object in 0 s')
  })

  it('is told while the work lasts, and no longer', async () => {
    const told: string[] = []
    const progress = new Progress()
    progress.begin(part)
    const signal = new AbortController().signal
    let heard: (() => void) | undefined
    const tell = (text: string): void => {
      told.push(text)
      heard?.()
    }
    const talk = { signal, tell }
    const work = async (): Promise<string> => {
      while (told.length < 3) {
        await new Promise<void>((resolve) => (heard = resolve))
        progress.add(1)
      }
      return 'done'
    }
    expect(await telling(progress, { show: 'live', talk, rhythm: { first: 1, next: 1 } }, work)).to.equal('done')
    expect(told.map((line) => line.replace(/, [\d,]+\/s.*/, '').replace(/.* left, /, ''))).to.deep.equal([
      '0 of 3,000 packages',
      '1 of 3,000 packages',
      '2 of 3,000 packages',
    ])
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(told).to.have.length(3)
  })

  it('is drawn five times a second, and written each half minute of what takes longer than a moment', async () => {
    const set = globalThis.setTimeout
    const spans: (number | undefined)[] = []
    const talk = { signal: new AbortController().signal, tell: () => undefined }
    globalThis.setTimeout = ((work: () => void, span?: number) => {
      spans.push(span)
      return set(spans.length % 2 === 1 ? work : () => undefined, spans.length % 2 === 1 ? 0 : 1_000_000)
    }) as typeof setTimeout
    try {
      for (const show of ['lines', 'live'] as const) {
        const before = spans.length
        await telling(new Progress(), { show, talk }, async () => {
          while (spans.length < before + 2) await new Promise((resolve) => setImmediate(resolve))
        })
      }
    } finally {
      globalThis.setTimeout = set
    }
    expect(spans).to.deep.equal([5_000, 30_000, 0, 200])
  })
})
