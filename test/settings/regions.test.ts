import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { readFileSync } from 'node:fs'

import { expect } from 'chai'

import { regions } from '../../src/settings/regions.ts'

describe('the regions of AWS', () => {
  it('are those that the SDK in use knows', () => {
    const core = dirname(createRequire(import.meta.url).resolve('@aws-sdk/core/package.json'))
    const file = join(core, 'dist-es/submodules/client/util-endpoints/lib/aws/partitions.js')
    const known = readFileSync(file, 'utf8').matchAll(/"([a-z]+(?:-[a-z]+)+-\d+)": \{/g)
    expect(Array.from(known, ([, name]) => name).sort()).to.deep.equal(regions)
  })
})
