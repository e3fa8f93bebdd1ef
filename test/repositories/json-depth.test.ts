import { expect } from 'chai'

import { isTooDeep } from '../../src/repositories/json-depth.ts'
import { readPackument } from '../../src/repositories/npm/packument.ts'
import { readJson } from '../../src/repositories/pypi/json-page.ts'

const nested = (depth: number): string => '['.repeat(depth) + ']'.repeat(depth)

describe('how deep JSON is nested', () => {
  it('is told by brackets, and not by those in texts', () => {
    expect(isTooDeep(nested(1000))).to.equal(false)
    expect(isTooDeep(nested(1001))).to.equal(true)
    expect(isTooDeep(`[${'{}'.repeat(5000)}]`)).to.equal(false)
    expect(isTooDeep(JSON.stringify({ readme: `"\\"${'['.repeat(5000)}\\` }))).to.equal(false)
    expect(isTooDeep(`{"a":"${'\\"'.repeat(10)}","b":${nested(2000)}}`)).to.equal(true)
  })

  it('is the same for whatever Node reads a document', async () => {
    const deep = nested(1500)
    expect(readJson(Buffer.from(`{"files":[],"more":${deep}}`))).to.equal(undefined)
    expect(readJson(Buffer.from('{"files":[],"more":[]}'))).to.not.equal(undefined)
    expect(await readPackument(Buffer.from(`{"versions":{},"more":${deep}}`))).to.equal(undefined)
    expect(await readPackument(Buffer.from('{"versions":{},"more":[]}'))).to.not.equal(undefined)
  })
})
