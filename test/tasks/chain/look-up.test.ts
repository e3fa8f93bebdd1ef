import { expect } from 'chai'

import { lookUp } from '../../../src/tasks/chain/look-up.ts'
import { CtlError } from '../../../src/errors.ts'

describe('a look', () => {
  const quiet = (signal = new AbortController().signal) => ({ show: 'nothing', signal }) as const
  const failureOf = (what: Promise<unknown>): Promise<unknown> =>
    what.then(
      () => undefined,
      (error: unknown) => error,
    )

  it('answers what was found', async () => {
    expect(await lookUp('Look', async () => 'found', quiet())).to.equal('found')
  })

  it('fails as what was looked at, with what was being done', async () => {
    const refused = new CtlError('refused', 'No.')
    expect(await failureOf(lookUp('Look', () => Promise.reject(refused), quiet()))).to.equal(refused)
    const broken = await failureOf(lookUp('List all', () => Promise.reject(new Error('it broke')), quiet()))
    expect(broken).to.be.instanceOf(CtlError).and.have.property('message', 'List all: it broke')
  })

  it('ends at once where it is interrupted, however long it would take', async () => {
    const keyboard = new AbortController()
    const looking = failureOf(lookUp('Look', () => new Promise(() => undefined), quiet(keyboard.signal)))
    await new Promise(setImmediate)
    keyboard.abort()
    expect(await looking)
      .to.be.instanceOf(CtlError)
      .and.include({ failure: 'interrupted', exitCode: 130 })
  })
})
