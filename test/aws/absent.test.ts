import { expect } from 'chai'

import { absentAs, nameOf } from '../../src/aws/absent.ts'

const named = (name: string): Error => Object.assign(new Error('as AWS says it'), { name })
const failing = (name: string) => async (): Promise<string> => {
  throw named(name)
}

describe('absentAs', () => {
  it('hands on what is there', async () => {
    expect(await absentAs('NoSuchEntityException', async () => 'it')).to.equal('it')
  })

  it('turns the named errors into "not there"', async () => {
    expect(await absentAs('NoSuchEntityException', failing('NoSuchEntityException'))).to.be.undefined
    expect(await absentAs(['NoSuchKey', 'NotFound'], failing('NotFound'))).to.be.undefined
  })

  it('never takes "you may not look" for "not there"', async () => {
    for (const name of ['AccessDenied', 'AccessDeniedException', 'Forbidden', 'Throttling', 'NoSuchEntity']) {
      const error: unknown = await absentAs('NoSuchEntityException', failing(name)).catch((thrown: unknown) => thrown)
      expect(nameOf(error)).to.equal(name)
    }
  })

  it('does not swallow what is not an Error', async () => {
    const throwing = async (): Promise<string> => {
      // eslint-disable-next-line @typescript-eslint/only-throw-error -- what other code may do
      throw 'text'
    }
    const thrown: unknown = await absentAs('text', throwing).catch((error: unknown) => error)
    expect(thrown).to.equal('text')
    expect(nameOf(thrown)).to.equal('')
  })
})
