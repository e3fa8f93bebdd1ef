import { expect } from 'chai'
import fc from 'fast-check'

import { cleanVersion, compareVersions, newestOf } from '../../../src/repositories/npm/semver.ts'

/** The examples of the specification (11), and what lies between them. */
const ordered = [
  ...['0.0.0', '1.0.0-0', '1.0.0-9', '1.0.0-10', '1.0.0-99999999999999999999', '1.0.0--', '1.0.0-alpha'],
  ...['1.0.0-alpha.1', '1.0.0-alpha.beta', '1.0.0-beta', '1.0.0-beta.2', '1.0.0-beta.11', '1.0.0-rc.1', '1.0.0'],
  ...['1.0.1', '1.2.0', '1.10.0', '2.0.0', '2.1.0', '2.1.1', '9007199254740991.0.0'],
]

describe('versions of npm packages', () => {
  it('are in the order of the specification, however they come', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(ordered, { minLength: ordered.length }), (shuffled) => {
        expect([...shuffled].sort(compareVersions)).to.deep.equal(ordered)
      }),
    )
    for (const version of ordered) expect(compareVersions(version, version)).to.equal(0)
  })

  it('are written without what says nothing about them', () => {
    expect(cleanVersion('v1.2.3')).to.equal('1.2.3')
    expect(cleanVersion(' =1.2.3-rc.1+build.5 ')).to.equal('1.2.3-rc.1')
    for (const none of [
      '',
      '1',
      '1.2',
      '1.2.3.4',
      '01.2.3',
      '1.2.3-01',
      '1.2.3-',
      'latest',
      '__proto__',
      '9007199254740992.0.0',
    ]) {
      expect(cleanVersion(none), none).to.equal(undefined)
    }
    expect(cleanVersion(`1.0.0-${'a'.repeat(300)}`)).to.equal(undefined)
  })

  it('have a newest release, or what comes nearest to one', () => {
    expect(newestOf(['1.0.0', '2.0.0-rc.1', '1.10.0', '1.9.0'])).to.equal('1.10.0')
    expect(newestOf(['2.0.0-rc.1', '2.0.0-rc.10', '2.0.0-rc.9'])).to.equal('2.0.0-rc.10')
    expect(newestOf([])).to.equal(undefined)
  })
})
