/** What plans are made with: objects that are known by their digest, and much that is done a few at a time. */
import { expect } from 'chai'

import { indexObject } from '../../src/repositories/index-object.ts'
import { inParallel } from '../../src/repositories/in-parallel.ts'

describe('indexObject', () => {
  const contentType = 'text/plain'

  it('tells size and MD5, and has the content made again where it is told how', async () => {
    let made = 0
    const again = (): Buffer => (made++, Buffer.from('abc'))
    const object = indexObject('k', Buffer.from('abc'), { contentType, again })
    expect(object).to.include({ key: 'k', size: 3, md5: '900150983cd24fb0d6963f7d28e17f72', contentType })
    expect(made).to.equal(0)
    expect(Buffer.from(await object.body()).toString()).to.equal('abc')
    expect(made).to.equal(1)
  })

  it('writes nothing that was not planned', async () => {
    const { body } = indexObject('k', Buffer.from('abc'), { contentType, again: () => Buffer.from('abd') })
    const failure = await Promise.resolve(body()).catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(Error).and.have.property('message').that.includes('has changed meanwhile')
  })
})

describe('inParallel', () => {
  it('keeps the order, and no more under way than it may', async () => {
    let [now, most] = [0, 0]
    const results = await inParallel([3, 1, 2, 0, 5, 4], 2, async (value) => {
      most = Math.max(most, ++now)
      for (let turn = 0; turn < value; turn++) await Promise.resolve()
      now--
      return value * 10
    })
    expect(results).to.deep.equal([30, 10, 20, 0, 50, 40])
    expect(most).to.equal(2)
  })

  it('begins nothing after a failure, and waits for what is under way', async () => {
    const ended: number[] = []
    const failure = await inParallel([0, 1, 2, 3, 4], 2, async (value) => {
      if (value === 1) throw new Error('one')
      await new Promise((resolve) => setImmediate(resolve))
      ended.push(value)
    }).catch((error: unknown) => error)
    expect(failure).to.have.property('message', 'one')
    expect(ended).to.deep.equal([0])
  })
})
