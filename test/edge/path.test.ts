import { expect } from 'chai'
import fc from 'fast-check'

import { findPath } from '../../src/edge/guard.ts'
import { decodePath, encodePath, pathOfKey } from '../../src/edge/path.ts'
import { ownPrefix } from '../../src/reindex/selection.ts'
import { keys, respellings } from './arbitraries.ts'

describe('path', () => {
  it('encodes every key so that decoding gives it back', () => {
    fc.assert(
      fc.property(keys, (key) => {
        const path = pathOfKey(key)
        expect(encodePath(path)).to.match(/^(?:[A-Za-z0-9\-._~/]|%[0-9A-F]{2})+$/)
        expect(decodePath(encodePath(path))).to.equal(path)
      }),
    )
  })

  it('knows the key again in every spelling of its path', () => {
    const spelled = keys.chain((key) => fc.tuple(fc.constant(key), respellings(encodePath(pathOfKey(key)))))
    fc.assert(fc.property(spelled, ([key, received]) => decodePath(received) === pathOfKey(key)))
  })

  it('is idempotent: the canonical form of anything received is its own canonical form', () => {
    const received = fc
      .string({ unit: fc.constantFrom(...'ab/%.+~2BfFeEcC39é\u0000 '.split('')) })
      .map((text) => `/${text}`)
    fc.assert(
      fc.property(received, (text) => {
        const path = decodePath(text)
        if (path !== undefined) expect(decodePath(encodePath(path))).to.equal(path)
      }),
      { numRuns: 2000 },
    )
  })

  it('escapes what S3 and clients read in two ways, and nothing unreserved', () => {
    expect(encodePath("/aZ09-._~/+ :^%é!'()*")).to.equal('/aZ09-._~/%2B%20%3A%5E%25%C3%A9%21%27%28%29%2A')
  })

  it('decodes once, and takes a plus for a plus', () => {
    expect(decodePath('/a%252Bb+c%2bd')).to.equal('/a%2Bb+c+d')
    expect(decodePath('/é')).to.equal('/é')
    expect(decodePath('/a%2Fb')).to.equal('/a/b')
  })

  it('keeps empty segments, which are part of a key', () => {
    expect(decodePath('//a///b/')).to.equal('//a///b/')
  })

  for (const [what, received] of Object.entries({
    'no leading slash': 'a',
    'a lone percent sign': '/a%',
    'half an escape': '/a%2',
    'a broken escape': '/a%zz',
    'bytes that are not UTF-8': '/%ff',
    'an overlong encoding': '/%c0%af',
    'an encoded surrogate': '/%ed%a0%80',
    'half a surrogate pair': '/\ud800',
    NUL: '/a%00',
    'a line feed': '/a%0a',
    DEL: '/a%7f',
    'a dot segment': '/./a',
    'a trailing dot segment': '/a/..',
    'an escaped dot segment': '/a/%2e%2E/b',
    'a dot segment behind escaped slashes': '/a%2f..%2fb',
  })) {
    it(`refuses ${what}`, () => {
      expect(decodePath(received)).to.equal(undefined)
    })
  }

  it('lets dots be part of a segment', () => {
    expect(decodePath('/.hidden/..a/b../...')).to.equal('/.hidden/..a/b../...')
  })

  it('gives a key its slash, once', () => {
    expect(pathOfKey('a/b')).to.equal('/a/b')
    expect(pathOfKey('/a/b')).to.equal('/a/b')
    expect(pathOfKey('//a')).to.equal('//a')
    expect(pathOfKey('100%2B')).to.equal('/100%2B')
  })

  it('refuses keys that no path can fetch', () => {
    for (const key of ['', '/', 'a\nb', 'a/../b', '.', '\ud800', 'é'.repeat(513), '.pc-ctl/lock', '/.pc-ctl/']) {
      expect(() => pathOfKey(key), JSON.stringify(key)).to.throw(RangeError)
    }
    expect(pathOfKey('é'.repeat(512))).to.have.length(513)
  })

  it('refuses what is ours in the bucket, by the name that the reindex knows it by, and nothing else', () => {
    expect(() => pathOfKey(`${ownPrefix}x`)).to.throw(RangeError, 'nothing is served below /.pc-ctl/')
    for (const path of ['/.pc-ctl', '/.pc-ctl-notes/a', '//.pc-ctl/a', '/a/.pc-ctl/b', '/.PC-CTL/a']) {
      expect(findPath(path)).to.equal(path)
    }
  })
})
