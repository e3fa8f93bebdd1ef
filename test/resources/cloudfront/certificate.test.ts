import { expect } from 'chai'
import fc from 'fast-check'

import { bestCertificate, covers, uncovered } from '../../../src/resources/cloudfront/certificate.ts'

const certificate = (arn: string, notAfter: number, ...names: string[]) => ({ arn, notAfter, names })
const label = fc.stringMatching(/^[a-z0-9]{1,8}$/)
const domain = fc.array(label, { minLength: 2, maxLength: 4 }).map((labels) => labels.join('.'))

describe('certificates', () => {
  it('cover by a wildcard exactly one label', () => {
    fc.assert(
      fc.property(domain, label, label, (parent, one, two) => {
        expect(covers(`*.${parent}`, `${one}.${parent}`)).to.equal(true)
        expect(covers(`*.${parent}`, parent)).to.equal(false)
        expect(covers(`*.${parent}`, `${two}.${one}.${parent}`)).to.equal(false)
        expect(covers(parent, `${one}.${parent}`)).to.equal(false)
        expect(covers(parent.toUpperCase(), parent)).to.equal(true)
        expect(covers(`*.${parent}`, `*.${parent}`)).to.equal(true)
      }),
    )
  })

  it('are chosen if they are good for all names, the one that lasts longest', () => {
    const all = [
      certificate('part', 9, 'cdn.example.org'),
      certificate('soon', 1, '*.example.org', 'example.org'),
      certificate('late', 5, 'example.org', '*.example.org'),
    ]
    expect(bestCertificate(all, ['cdn.example.org', 'example.org'])?.arn).to.equal('late')
    expect(bestCertificate(all, ['cdn.example.org'])?.arn).to.equal('part')
    expect(bestCertificate(all, ['a.b.example.org'])).to.equal(undefined)
    expect(uncovered(certificate('x', 1, '*.example.org'), ['example.org', 'a.example.org'])).to.deep.equal([
      'example.org',
    ])
  })
})
