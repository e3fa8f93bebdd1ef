import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'

import { expect } from 'chai'
import fc from 'fast-check'

import { compareVersions } from '../../../src/repositories/maven/version-order.ts'

const words = '0 1 2 10 01 a b m x alpha beta milestone rc cr ga final release snapshot SNAPSHOT sp foo 20240101'.split(
  ' ',
)
const version = fc
  .array(fc.tuple(fc.constantFrom('.', '-', '', '_', '..', '-.'), fc.constantFrom(...words)), {
    minLength: 1,
    maxLength: 6,
  })
  .map((parts) => parts.map(([separator, word], index) => (index === 0 ? word : separator + word)).join(''))

describe("the order of Maven's versions", () => {
  it('is that of the specification', () => {
    const sorted = [
      '1-alpha2',
      '1-beta',
      '1-m1',
      '1-rc',
      '1-SNAPSHOT',
      '1',
      '1-sp',
      '1-x',
      '1-1',
      '1.1',
      '1.2',
      '1.10',
      '2',
    ]
    expect([...sorted].reverse().sort(compareVersions)).to.deep.equal(sorted)
    for (const same of ['1', '1.0', '1.0.0', '1-ga', '1.final', '1_0'.replace('_', '.')]) {
      expect(compareVersions(same, '1'), same).to.equal(0)
    }
  })

  it('is one', () => {
    fc.assert(
      fc.property(version, version, (one, other) => {
        expect(Math.sign(compareVersions(one, other)) + Math.sign(compareVersions(other, one))).to.equal(0)
      }),
    )
  })

  it('takes whatever it is given, and not for long', () => {
    for (const odd of ['', '.', '-', '-'.repeat(1e6), '9'.repeat(1e6), '1a'.repeat(1e5), '\u{1f600}', '1.\0']) {
      expect(compareVersions(odd, odd)).to.equal(0)
    }
  })

  const jar = '/usr/share/java/maven3-artifact.jar'
  const canAsk = existsSync(jar) && spawnSync('java', ['-version']).status === 0
  const ask = canAsk ? it : it.skip
  ask("java finds the same with Maven's own comparison", () => {
    const versions = fc.sample(version, { numRuns: 1500, seed: 20240101 })
    const path = `${jar}:/usr/share/java/commons-lang3.jar`
    const main = 'org.apache.maven.artifact.versioning.ComparableVersion'
    const said = execFileSync('java', ['-cp', path, main, ...versions], { encoding: 'utf8' })
    const compared = [...said.matchAll(/^ +(\S+) (<|==|>) (\S+)$/gm)]
    expect(compared).to.have.length.of.at.least(1400)
    const differing = compared.filter(
      ([, one = '', sign = '', other = '']) => ['<', '==', '>'][Math.sign(compareVersions(one, other)) + 1] !== sign,
    )
    expect(differing.map(([text]) => text.trim())).to.deep.equal([])
  })
})
