import { expect } from 'chai'
import fc from 'fast-check'

import { isInvalidated } from '../../../src/sandbox/edge/cache.ts'
import { errorTtl, freshnessOf, parseCacheControl } from '../../../src/sandbox/edge/freshness.ts'
import { parseRanges } from '../../../src/sandbox/edge/answer.ts'
import { matchesPattern } from '../../../src/sandbox/edge/behavior.ts'

const now = Date.UTC(2026, 10, 22)
const open = { min: 0, default: 86_400, max: 31_536_000 }
const freshFor = (cacheControl: string | undefined, ttl = open, more: Record<string, string> = {}): number =>
  freshnessOf({ ...(cacheControl === undefined ? {} : { 'cache-control': cacheControl }), ...more }, ttl, now).freshFor

/** Rows of the table in "Manage how long content stays in the cache (expiration)". */
describe('how long the edge keeps a response', () => {
  it('follows the table for a minimum TTL of 0', () => {
    expect(freshFor('max-age=60')).to.equal(60)
    expect(freshFor('max-age=99999999')).to.equal(open.max)
    expect(freshFor(undefined)).to.equal(open.default)
    expect(freshFor('max-age=60, s-maxage=30')).to.equal(30)
    expect(freshFor(undefined, open, { expires: new Date(now + 5000).toUTCString() })).to.equal(5)
    expect(freshFor('max-age=60', open, { expires: new Date(now + 5000).toUTCString() })).to.equal(60)
    expect(freshFor(undefined, open, { expires: '0' })).to.equal(0)
    for (const header of ['no-cache', 'no-store', 'private', 'no-cache, max-age=60', 'NO-STORE']) {
      expect(freshFor(header)).to.equal(0)
    }
  })

  it('follows the table for a minimum TTL above 0', () => {
    const ttl = { min: 60, default: 30, max: 600 }
    expect(freshFor('max-age=300', ttl)).to.equal(300)
    expect(freshFor('max-age=5', ttl)).to.equal(60)
    expect(freshFor('max-age=5000', ttl)).to.equal(600)
    expect(freshFor(undefined, ttl)).to.equal(60)
    expect(freshFor(undefined, { ...ttl, default: 90 })).to.equal(90)
    for (const header of ['no-cache', 'no-store', 'private']) expect(freshFor(header, ttl)).to.equal(60)
  })

  it('stays between minimum and maximum, whatever the origin sends', () => {
    const ttls = fc
      .record({ min: fc.nat(1e6), more: fc.nat(1e6), most: fc.nat(1e6) })
      .map(({ min, more, most }) => ({ min, default: min + more, max: min + more + most }))
    const directive = fc.oneof(
      fc.nat().map((age) => `max-age=${age}`),
      fc.nat().map((age) => `s-maxage="${age}"`),
      fc.constantFrom('public', 'immutable', 'no-cache', 'private', 'no-store', 'stale-if-error=0', 'max-age=x'),
    )
    fc.assert(
      fc.property(ttls, fc.array(directive), (ttl, directives) => {
        const { freshFor: seconds } = freshnessOf({ 'cache-control': directives.join(', ') }, ttl, now)
        expect(seconds).to.be.within(ttl.min, ttl.max)
      }),
    )
  })

  it('keeps what must be asked for each time as a last resort, but not with stale-if-error=0', () => {
    const spare = (header: string, ttl = open): number =>
      freshnessOf({ 'cache-control': header }, ttl, now).staleIfErrorFor
    expect(spare('no-cache')).to.equal(Infinity)
    expect(spare('no-cache, no-store, max-age=0, must-revalidate, stale-if-error=0')).to.equal(0)
    expect(spare('max-age=1, stale-if-error=30')).to.equal(30)
    expect(spare('no-cache', { min: 0, default: 0, max: 0 })).to.equal(0)
  })

  it('caches errors as documented', () => {
    expect(errorTtl(404, {}, undefined, now)).to.equal(10)
    expect(errorTtl(404, {}, 0, now)).to.equal(1)
    expect(errorTtl(503, { 'cache-control': 'max-age=60' }, 5, now)).to.equal(60)
    expect(errorTtl(403, {}, 60, now)).to.equal(0)
    expect(errorTtl(403, { 'cache-control': 'max-age=60' }, undefined, now)).to.equal(60)
  })

  it('reads Cache-Control with quotes, spaces and repetitions', () => {
    const directives = parseCacheControl('Max-Age = "5" ,no-cache="set-cookie, x", max-age=7,, private')
    expect([...directives]).to.deep.equal([
      ['max-age', '5'],
      ['no-cache', 'set-cookie, x'],
      ['private', ''],
    ])
  })
})

describe('paths at the edge', () => {
  const named = (path: string, pattern: string, query = ''): boolean => isInvalidated({ path, query }, pattern)

  it('invalidates exact paths and wildcards at the end', () => {
    expect(named('/a/b', '/a/b')).to.equal(true)
    expect(named('/a/b', 'a/b')).to.equal(true)
    expect(named('/a/b', '/a/*')).to.equal(true)
    expect(named('/a/b', '/*')).to.equal(true)
    expect(named('/a/b', '/a')).to.equal(false)
    expect(named('/a/b', '/A/b')).to.equal(false)
    expect(named('/a', '/a', 'x=1')).to.equal(true)
    expect(named('/a', '/a?x=1', 'x=1')).to.equal(true)
    expect(named('/a', '/a?x=2', 'x=1')).to.equal(false)
  })

  it('takes encodings of unsafe characters for the same, and tildes for nothing', () => {
    expect(named('/%c3%a9%20x', '/é x')).to.equal(true)
    expect(named('/a%2Bb', '/a%2bb')).to.equal(true)
    expect(named('/a%2Bb', '/a+b')).to.equal(false)
    expect(named('/a~b', '/a~b')).to.equal(false)
    expect(named('/a~b', '/a*')).to.equal(true)
  })

  it('matches path patterns', () => {
    expect(matchesPattern('*.deb', '/pool/a.deb')).to.equal(true)
    expect(matchesPattern('/dists/*', '/dists/x/y')).to.equal(true)
    expect(matchesPattern('a?c.x', '/abc.x')).to.equal(true)
    expect(matchesPattern('a?c.x', '/abcyx')).to.equal(false)
    expect(matchesPattern('*.DEB', '/a.deb')).to.equal(false)
  })
})

describe('ranges at the edge', () => {
  it('reads single ranges as RFC 9110 says', () => {
    expect(parseRanges('bytes=0-0', 10)).to.deep.equal([{ start: 0, end: 0 }])
    expect(parseRanges('bytes=-3', 10)).to.deep.equal([{ start: 7, end: 9 }])
    expect(parseRanges('bytes=-30', 10)).to.deep.equal([{ start: 0, end: 9 }])
    expect(parseRanges('bytes=7-', 10)).to.deep.equal([{ start: 7, end: 9 }])
    expect(parseRanges('bytes=10-', 10)).to.deep.equal([])
    for (const wrong of ['bytes=', 'bytes=5-2', 'lines=1-2', 'bytes=a-b', 'bytes=0-3,2-5', 'bytes=5-6,0-1']) {
      expect(parseRanges(wrong, 10), wrong).to.equal(undefined)
    }
  })

  it('never reaches outside of the object', () => {
    fc.assert(
      fc.property(fc.nat(100), fc.array(fc.tuple(fc.option(fc.nat(120)), fc.option(fc.nat(120)))), (size, parts) => {
        const header = `bytes=${parts.map(([first, last]) => `${first ?? ''}-${last ?? ''}`).join(',')}`
        for (const { start, end } of parseRanges(header, size) ?? []) {
          expect(start).to.be.within(0, size - 1)
          expect(end).to.be.within(start, size - 1)
        }
      }),
    )
  })
})
