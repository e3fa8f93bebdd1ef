import { expect } from 'chai'
import fc from 'fast-check'

import { pathsOfKey } from '../../../src/tasks/cf/invalidation-path.ts'
import { collapse, fits, inBatches, type Quota, withoutCovered } from '../../../src/tasks/cf/invalidation-quota.ts'

const covers = (wide: string, path: string): boolean =>
  wide === path || (wide.endsWith('*') && path.replace(/\*$/, '').startsWith(wide.slice(0, -1)))
const unescaped = (path: string): boolean => !/%(?![0-9A-F]{2})/.test(path)

const segment = fc.constantFrom('a', 'b', 'ab', 'a+b', 'ä', 'ö', '%', 'c', 'lib')
const paths = fc
  .array(fc.tuple(fc.array(segment, { minLength: 1, maxLength: 4 }), fc.boolean()), { minLength: 1, maxLength: 60 })
  .map((all) => all.flatMap(([words, all]) => pathsOfKey(words.join('/') + (all ? '*' : '')).paths))
const quotas: fc.Arbitrary<Quota> = fc.record({
  paths: fc.integer({ min: 1, max: 12 }),
  wildcards: fc.integer({ min: 1, max: 5 }),
})

describe('the quota of invalidations', () => {
  it('drops what a wildcard names already', () => {
    expect(withoutCovered(['/b', '/a/x', '/a/*', '/a/y/*', '/a', '/b'])).to.deep.equal(['/a', '/a/*', '/b'])
    fc.assert(
      fc.property(paths, (all) => {
        const left = withoutCovered(all)
        for (const path of all) expect(left.filter((wide) => covers(wide, path))).to.have.length(1)
        for (const path of left) expect(all).to.include(path)
      }),
    )
  })

  it('splits into batches that each fit, and loses nothing', () => {
    fc.assert(
      fc.property(paths, quotas, (all, quota) => {
        const batches = inBatches(all, quota)
        expect(batches.flat()).to.deep.equal(all)
        for (const batch of batches) expect(fits(batch, quota) && batch.length > 0).to.equal(true)
      }),
    )
  })

  it('leaves alone what fits', () => {
    const all = Array.from({ length: 2985 }, (_item, index) => `/a/${index}`)
    const wild = Array.from({ length: 15 }, (_item, index) => `/b/${index}/*`)
    expect(collapse([...all, ...wild])).to.have.members([...all, ...wild])
  })

  it('collapses into what fits and covers all, with whole escapes', () => {
    fc.assert(
      fc.property(paths, quotas, (all, quota) => {
        const left = collapse(all, quota)
        expect(fits(left, quota), left.join(' ')).to.equal(true)
        for (const path of all) expect(left.some((wide) => covers(wide, path))).to.equal(true)
        for (const path of left) expect(unescaped(path) && path.startsWith('/'), path).to.equal(true)
      }),
      { numRuns: 500 },
    )
  })

  const wildIn = (all: readonly string[]) => all.filter((path) => path.endsWith('*'))
  const folder = (name: string, size: number) => Array.from({ length: size }, (_item, at) => `/${name}/${at + 1000}`)

  it('takes in as few paths as it can, by wildcards as long as they can be', () => {
    const all = [...folder('a', 100), ...folder('b', 6), ...folder('c', 5)]
    expect(wildIn(collapse(all, { paths: 110, wildcards: 1 }))).to.deep.equal(['/c/100*'])
    expect(wildIn(collapse(all, { paths: 106, wildcards: 1 }))).to.deep.equal(['/b/100*'])
    expect(wildIn(collapse(all, { paths: 30, wildcards: 1 }))).to.deep.equal(['/a/10*'])
    expect(collapse(all, { paths: 1, wildcards: 1 })).to.deep.equal(['/*'])
  })

  it('collapses only as many of many folders as it must', () => {
    const all = Array.from({ length: 100 }, (_item, at) => folder(`f${at + 100}`, 31)).flat()
    const left = collapse(all)
    expect(wildIn(left)[0]).to.equal('/f100/100*')
    expect(left).to.have.length(3100 - 12 * 9)
  })

  it('makes a few wildcards of thousands that tildes have left, in no time', () => {
    const all = Array.from({ length: 20_000 }, (_item, at) => {
      const [path = ''] = pathsOfKey(`pool/main/${'abcdefgh'[at % 8] ?? ''}/p${at}/p${at}_1.0~rc1.deb`).paths
      return path
    })
    expect(collapse(all)).to.deep.equal(Array.from('abcdefgh', (letter) => `/pool/main/${letter}/p*`))
  }).timeout(5_000)
})
