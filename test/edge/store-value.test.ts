import { expect } from 'chai'
import fc from 'fast-check'

import { longestValue, parseStoreValue, storeValue } from '../../src/edge/store-value.ts'

const current = 'MDI2ZDhhYmMxYThiMjVmMTBlODM4OWNmZWZiZmI2NWI'
const previous = '--__--__--__--__--__--__--=='

describe("value of the KeyValueStore's key", () => {
  it('holds both secrets as they stand in packagecloud.rb, the previous one only where there is one', () => {
    expect(storeValue([current])).to.equal(`{"c":"${current}"}`)
    expect(storeValue([current, previous])).to.equal(`{"c":"${current}","p":"${previous}"}`)
  })

  it('is read back as it was made', () => {
    const secret = fc
      .uint8Array({ minLength: 16, maxLength: 300 })
      .map((bytes) => Buffer.from(bytes).toString('base64'))
    fc.assert(
      fc.property(secret, fc.option(secret), (one, other) => {
        const secrets = other === null ? ([one] as const) : ([one, other] as const)
        expect(parseStoreValue(storeValue(secrets))).to.deep.equal(secrets)
      }),
    )
  })

  it('is not understood where anything else is in it', () => {
    for (const text of [
      '',
      'null',
      '[]',
      '{}',
      current,
      `"${current}"`,
      `["${current}"]`,
      `{"c":""}`,
      `{"c":"c2hvcnQ="}`,
      `{"c":"${current}!"}`,
      `{"c":1}`,
      `{"p":"${current}"}`,
      `{"c":"${current}","p":""}`,
      `{"c":"${current}","p":null}`,
      `{"c":"${current}","n":"${current}"}`,
      `{"c":"${current}"}${' '.repeat(longestValue)}`,
    ]) {
      expect(parseStoreValue(text), text).to.be.undefined
    }
  })

  it('is not made of what the edge could not use or a store can not hold, and no message tells the secret', () => {
    for (const secrets of [[''], ['c2hvcnQ='], ['A'.repeat(longestValue)], [current, '?'.repeat(44)]] as const) {
      expect(() => storeValue(secrets))
        .to.throw(RangeError)
        .with.property('message')
        .that.does.not.include('A'.repeat(8))
        .and.not.include('?')
        .and.not.include(current)
    }
  })
})
