import { expect } from 'chai'
import fc from 'fast-check'

import { encodePath } from '../../../src/edge/path.ts'
import { isInvalidated } from '../../../src/sandbox/edge/cache.ts'
import { type InvalidationPaths, pathsOfKey, pathsOfUrl } from '../../../src/tasks/cf/invalidation-path.ts'
import { CtlError } from '../../../src/errors.ts'

/** Developer guide, "What you need to know when invalidating files"; unsafe characters: RFC 1738 §2.2. */
const asCloudFrontWants = /^\/(?:[^\u0000-\u0020\u007f-\uffff"<>#%{}|\\^~[\]`*]|%[0-9A-Fa-f]{2})*\*?$/

const key = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 40 }).filter((text) => {
  return text.isWellFormed() && !/[\u0000-\u001f\u007f*]|\/$|^\//.test(text)
})
const wrong = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof CtlError && error.failure === 'usage') return error.message
  }
  throw new Error('no usage error')
}
const whole = ({ paths }: InvalidationPaths): string => paths.join(' ')

describe('paths of an invalidation', () => {
  const keys: readonly (readonly [key: string, paths: string])[] = [
    ['dists/stable/InRelease', '/dists/stable/InRelease'],
    ['', '/*'],
    ['pool/main/', '/pool/main/*'],
    ['pool/lib*', '/pool/lib*'],
    ['a+b.deb', '/a+b.deb /a%2Bb.deb'],
    ['g++/', '/g++/* /g%2B%2B/*'],
    ['1:2.0.rpm', '/1:2.0.rpm /1%3A2.0.rpm'],
    ['ä ö', '/%C3%A4%20%C3%B6'],
    ['50%', '/50%25'],
    ['a%2Bb', '/a%252Bb'],
    ['what?', '/what%3F'],
    ['a[1]^', '/a%5B1%5D%5E'],
    ['/leading', '//leading'],
    ['hello_1.0~rc1.deb', '/hello_1.0*'],
    ['c++_1~2', '/c++_1* /c%2B%2B_1*'],
    ['~user/', '/*'],
  ]
  for (const [given, paths] of keys) {
    it(`of the key ${JSON.stringify(given)}: ${paths}`, () => expect(whole(pathsOfKey(given))).to.equal(paths))
  }

  const urls: readonly (readonly [url: string, paths: string])[] = [
    ['/index.html', '/index.html'],
    ['index.html', '/index.html'],
    ['/', '/'],
    ['/*', '/*'],
    ['*', '/*'],
    ['/dir/', '/dir/'],
    ['/a%2Bb', '/a%2Bb /a+b'],
    ['/a+b', '/a+b /a%2Bb'],
    ['/a%2bb', '/a%2bb /a+b /a%2Bb'],
    ['/ä', '/%C3%A4'],
    ['/a%2Ab', '/a%2Ab'],
    ['/%E9', '/%E9'],
    ['/search?q=1&r=a b', '/search?q=1&r=a%20b'],
    ['/search?q=*', '/search?q=*'],
    ['/x%7Ey', '/x*'],
  ]
  for (const [given, paths] of urls) {
    it(`of the path ${JSON.stringify(given)}: ${paths}`, () => expect(whole(pathsOfUrl(given))).to.equal(paths))
  }

  it('tells when a tilde makes more of it', () => {
    expect(pathsOfKey('hello_1.0~rc1.deb').note).to.equal(
      "CloudFront can't invalidate a path with ~: hello_1.0~rc1.deb becomes /hello_1.0*",
    )
    expect(pathsOfKey('hello_1.0.deb').note).to.equal(undefined)
  })

  it('refuses what no path names', () => {
    expect(wrong(() => pathsOfKey('a*b'))).to.contain('a * that is not at its end')
    expect(wrong(() => pathsOfUrl('/a*b'))).to.contain('a * that is not at its end')
    expect(wrong(() => pathsOfKey('a\nb'))).to.contain('control character')
    expect(wrong(() => pathsOfKey('\ud800'))).to.contain('not valid Unicode')
    expect(wrong(() => pathsOfUrl('/50%'))).to.contain('a % that begins no escape')
    expect(wrong(() => pathsOfUrl(`/${'a'.repeat(4000)}`))).to.contain('4000 characters')
    expect(whole(pathsOfUrl(`/${'a'.repeat(3999)}`))).to.have.length(4000)
  })

  it('takes every key, and spells it as CloudFront takes it', () => {
    fc.assert(
      fc.property(key, (text) => {
        for (const path of pathsOfKey(text).paths) expect(path).to.match(asCloudFrontWants)
      }),
    )
  })

  it('hits the entry of the function, which forwards the canonical encoding, and that of what clients leave as it is', () => {
    fc.assert(
      fc.property(key, (text) => {
        // Clients resolve such segments before they send.
        fc.pre(!/(^|\/)\.{1,2}(\/|$)/.test(text))
        const { paths } = pathsOfKey(text)
        const left = new URL('https://host')
        left.pathname = `/${text.replace(/[%\\]/g, encodeURIComponent)}`
        for (const path of [encodePath(`/${text}`), left.pathname]) {
          expect(
            paths.some((one) => isInvalidated({ path, query: '' }, one)),
            `${path} by ${paths.join(' ')}`,
          ).to.equal(true)
        }
      }),
    )
  })

  it('names nothing but the object, unless it says so', () => {
    fc.assert(
      fc.property(key, key, (one, other) => {
        const { paths, note } = pathsOfKey(one)
        fc.pre(note === undefined && one !== other)
        const path = encodePath(`/${other}`)
        expect(paths.some((spelled) => isInvalidated({ path, query: '' }, spelled))).to.equal(false)
      }),
    )
  })

  it('reads a URL that it wrote as the same', () => {
    fc.assert(
      fc.property(key, (text) => {
        const { paths } = pathsOfKey(text)
        for (const path of paths.filter((one) => !one.endsWith('*'))) {
          expect([...pathsOfUrl(path).paths].sort()).to.deep.equal([...paths].sort())
        }
      }),
    )
  })
})
