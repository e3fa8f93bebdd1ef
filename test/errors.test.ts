import { expect } from 'chai'

import { CtlError, exitCodes, type Failure, messageOf } from '../src/errors.ts'

describe('CtlError', () => {
  it('ends in the exit code that scripts rely on', () => {
    const codes: Record<Failure, number> = {
      failed: 1,
      usage: 2,
      configuration: 3,
      refused: 4,
      denied: 5,
      interrupted: 130,
    }
    for (const [failure, code] of Object.entries(codes)) {
      expect(new CtlError(failure as Failure, 'x').exitCode).to.equal(code)
    }
    expect(exitCodes).to.include({ done: 0, changes: 6 })
  })

  it('has hints as a list, and a code of its own or that of its kind', () => {
    expect(new CtlError('failed', 'x')).to.deep.include({ hint: [], code: 'failed' })
    expect(new CtlError('failed', 'x', { hint: 'a' }).hint).to.deep.equal(['a'])
    expect(new CtlError('failed', 'x', { hint: ['a', 'b'], code: 'Throttling' })).to.deep.include({
      hint: ['a', 'b'],
      code: 'Throttling',
    })
  })

  it('keeps its cause, and claims none where there is none', () => {
    const cause = new Error('why')
    expect(new CtlError('failed', 'x', { cause }).cause).to.equal(cause)
    expect('cause' in new CtlError('failed', 'x')).to.equal(false)
  })
})

describe('messageOf', () => {
  it('finds words for whatever was thrown', () => {
    expect(messageOf(new Error('text'))).to.equal('text')
    expect(messageOf('text')).to.equal('text')
    expect(messageOf(undefined)).to.equal('undefined')
  })
})
