import { expect } from 'chai'
import fc from 'fast-check'

import { CtlError } from '../../src/errors.ts'
import { ReaderGone, Result, type Sink } from '../../src/ui/result.ts'

const named = (code: string, errno = -1): Error => Object.assign(new Error(code), { code, errno })

/** Takes a few bytes at a time, or throws, in turns. */
function sink(turns: readonly (number | Error)[] = [], close: () => void = () => undefined) {
  const taken: number[] = []
  let turn = 0
  const at: Sink = {
    write(bytes) {
      const next = turns[turn++] ?? Infinity
      if (next instanceof Error) throw next
      const some = bytes.subarray(0, next)
      taken.push(...some)
      return some.length
    },
    close,
  }
  return { at, text: () => Buffer.from(taken).toString(), writes: () => turn }
}

const endOf = (what: Promise<unknown>): Promise<unknown> =>
  what.then(
    () => undefined,
    (error: unknown) => error,
  )

describe('a result', () => {
  it('that is made piece by piece is made no sooner than it can be written, and no longer than anybody reads', async () => {
    for (const [turns, problem] of [
      [[], undefined],
      [[3, named('EAGAIN'), 5], undefined],
      [[3, named('EAGAIN'), named('EPIPE')], ReaderGone],
    ] as const) {
      let made = 0
      const most = 1000
      const pieces = function* (): Generator<string> {
        for (; made < most; made++) yield `${made} ${'x'.repeat(1000)}\n`
      }
      const { at, text } = sink(turns)
      const result = new Result(at)
      result.print('before\n')
      result.printAll(pieces())
      result.print('after\n')
      // Where a pipe is full, what comes then is not made yet.
      if (turns.length > 0) expect(made).to.equal(0)
      const end = await endOf(result.end())
      if (problem === undefined) {
        expect(end).to.equal(undefined)
        const lines = text().split('\n')
        expect([lines[0], lines[1]?.slice(0, 2), lines.at(-3)?.slice(0, 4), ...lines.slice(-2)]).to.deep.equal([
          'before',
          '0 ',
          '999 ',
          'after',
          '',
        ])
      } else {
        expect(end).to.be.instanceOf(problem)
        expect(made).to.be.lessThan(most)
      }
    }
  })

  it('is written whole and in order, however little is taken at a time and however often a pipe is full', async () => {
    const turns = fc.array(fc.oneof(fc.integer({ min: 1, max: 3 }), fc.constant(named('EAGAIN'))), { maxLength: 12 })
    await fc.assert(
      fc.asyncProperty(fc.array(fc.string({ unit: 'grapheme' })), turns, async (texts, taking) => {
        const { at, text } = sink(taking)
        const result = new Result(at)
        for (const one of texts) result.print(one)
        await result.end()
        expect(text()).to.equal(texts.join(''))
      }),
      { numRuns: 40 },
    )
  })

  it('that can not be written is an error, with the reason and what to do; nothing more is tried', async () => {
    const full = sink([2, named('ENOSPC', -28)])
    const result = new Result(full.at)
    result.print('all of it')
    result.print('and more')
    const error = await endOf(result.end())
    expect(error).to.be.instanceOf(CtlError).and.to.include({ failure: 'failed', exitCode: 1, code: 'ENOSPC' })
    expect((error as CtlError).message).to.equal('The result could not be written to stdout: no space left on device.')
    expect((error as CtlError).hint).to.have.length(1)
    expect([full.text(), full.writes()]).to.deep.equal(['al', 2])
    result.ifLost('It is done already.')
    expect(await endOf(result.taken()))
      .to.have.property('hint')
      .that.deep.equals(['It is done already.'])
  })

  it('ends quietly where nobody reads on', async () => {
    for (const code of ['EPIPE', 'ECONNRESET']) {
      const gone = sink([3, named(code)])
      const result = new Result(gone.at)
      result.print('some lines')
      result.print('and more')
      expect(await endOf(result.taken())).to.be.instanceOf(ReaderGone)
      expect([gone.text(), gone.writes()]).to.deep.equal(['som', 2])
    }
  })

  it('counts as not written if that is only told in the end', async () => {
    const { at } = sink([], () => {
      throw named('EDQUOT', -122)
    })
    const result = new Result(at)
    result.print('x')
    await result.taken()
    expect(await endOf(result.end())).to.have.property('code', 'EDQUOT')
  })

  it('of nothing needs nothing written', async () => {
    const { at, writes } = sink([named('ENOSPC')])
    const result = new Result(at)
    result.print('')
    await result.end()
    expect(writes()).to.equal(0)
  })
})
