import { expect } from 'chai'

import { causesOf } from '../../src/ui/causes.ts'
import { CtlError } from '../../src/errors.ts'

const named = (name: string, message: string, cause?: unknown): Error =>
  Object.assign(new Error(message, { cause }), { name })

describe('causesOf', () => {
  it('tells what lies behind an expected failure, the nearest first', () => {
    const cause = named('ECONNRESET', 'socket hang up', new Error('the end'))
    expect(causesOf(new CtlError('failed', 'It failed.', { cause }))).to.deep.equal([
      'caused by ECONNRESET: socket hang up',
      'caused by the end',
    ])
  })

  it('has no line for an expected failure without a cause, nor for one that wraps another', () => {
    const inner = new CtlError('failed', 'inner')
    expect(causesOf(new CtlError('failed', 'outer', { cause: inner }))).to.deep.equal([])
  })

  it('names the functions of a mistake of ours, and no places', () => {
    function stumble(): unknown {
      return (undefined as unknown as { member: unknown }).member
    }
    let mistake: unknown
    try {
      stumble()
    } catch (error) {
      mistake = error
    }
    for (const error of [mistake, new CtlError('failed', 'It failed.', { cause: mistake })]) {
      const [first, second, ...others] = causesOf(error)
      expect(first).to.match(/^caused by TypeError: Cannot read properties of undefined/)
      expect(second).to.match(/^in stumble/)
      expect(others).to.deep.equal([])
      expect(causesOf(error).join('\n')).not.to.match(/file:|\.ts:|node:internal/)
    }
  })

  it('tells the first line of what was thrown, whatever it was', () => {
    expect(causesOf('text')).to.deep.equal(['caused by text'])
    expect(causesOf(new CtlError('failed', 'x', { cause: new Error('one\ntwo') }))).to.deep.equal(['caused by one'])
  })

  it('ends where causes go in a circle', () => {
    const first = new Error('first')
    first.cause = new Error('second', { cause: first })
    expect(causesOf(new CtlError('failed', 'x', { cause: first })).length).to.be.lessThan(10)
  })
})
