import { expect } from 'chai'
import fc from 'fast-check'

import { pathOfKey } from '../../../src/edge/path.ts'
import { classify } from '../../../src/repositories/cache-control.ts'
import { chooseSamples, missingKeyNear } from '../../../src/tasks/doctor/keys.ts'

describe('doctor: objects to test with', () => {
  it('takes a small package and a small index, but none that is too small', () => {
    const { package: pack, metadata } = chooseSamples([
      { key: 'large_1_all.deb', size: 5_000_000 },
      { key: 'empty_1_all.deb', size: 0 },
      { key: 'small_1_all.deb', size: 900 },
      { key: 'dists/large/Release', size: 5_000 },
      { key: 'dists/small/Release', size: 500 },
      { key: 'readme', size: 70 },
    ])
    expect(pack?.key).to.equal('small_1_all.deb')
    expect(metadata?.key).to.equal('dists/small/Release')
  })

  it('does with what there is', () => {
    expect(chooseSamples([{ key: 'empty_1_all.deb', size: 0 }]).package?.key).to.equal('empty_1_all.deb')
    expect(chooseSamples([{ key: 'readme' }])).to.deep.include({ any: { key: 'readme' } })
    expect(chooseSamples([])).not.to.have.property('any')
  })

  it('leaves keys out that no URL can mean', () => {
    expect(chooseSamples([{ key: 'a/../b.deb' }, { key: 'line\nbreak.deb' }])).not.to.have.property('any')
  })

  it('finds each odd character where there is one, and only there', () => {
    const keys = fc.array(
      fc.string({ unit: fc.constantFrom('a', '+', '~', ' ', 'é', '日', '/', '.deb'), minLength: 1 }),
    )
    fc.assert(
      fc.property(keys, (all) => {
        const usable = all.filter((key) => {
          try {
            return pathOfKey(key) !== ''
          } catch {
            return false
          }
        })
        const { odd, package: pack, metadata } = chooseSamples(all.map((key) => ({ key })))
        const characters = { plus: '+', tilde: '~', space: ' ' } as const
        for (const { oddity, sample } of odd) {
          const has = (key: string): boolean =>
            oddity.id === 'non-ascii' ? /[é日]/.test(key) : key.includes(characters[oddity.id as 'plus'])
          expect(sample !== undefined, oddity.name).to.equal(usable.some(has))
          if (sample !== undefined) expect(has(sample.key)).to.equal(true)
        }
        if (pack !== undefined) expect(classify(pack.key)).to.equal('package')
        if (metadata !== undefined) expect(classify(metadata.key)).to.equal('metadata')
      }),
    )
  })

  it('looks for what is missing beside an index, and never for the same twice', () => {
    const samples = chooseSamples([{ key: '7/11/debian/dists/stable/InRelease' }, { key: 'a.deb' }])
    expect(missingKeyNear(samples)).to.match(/^7\/11\/debian\/dists\/stable\/InRelease\.does-not-exist-[0-9a-f]{8}$/)
    expect(missingKeyNear(samples)).not.to.equal(missingKeyNear(samples))
    expect(missingKeyNear(chooseSamples([{ key: 'a.deb' }]))).to.match(/^InRelease\.does-not-exist-/)
    expect(missingKeyNear(chooseSamples([]))).to.match(/^dists\/stable\/InRelease\.does-not-exist-/)
  })
})
