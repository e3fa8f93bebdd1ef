import { XMLParser } from 'fast-xml-parser'
import { expect } from 'chai'
import fc from 'fast-check'
import { parseEvr } from '../../src/repositories/yum/evr.ts'
import { escapeAttribute, escapeText, unescapeXml } from '../../src/repositories/xml.ts'

const anything = fc.string({ unit: 'binary', maxLength: 40 })
const allowed = (text: string): string => text.replace(/[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]/g, '')

describe('escaping for XML', () => {
  it('drops what no document may hold and keeps all else', () => {
    fc.assert(
      fc.property(anything, (text) => {
        expect(unescapeXml(escapeText(text))).to.equal(allowed(text))
        expect(unescapeXml(escapeAttribute(text))).to.equal(allowed(text))
      }),
    )
  })

  it('drops half characters', () => {
    expect(escapeText('a\ud800b')).to.equal('ab')
    expect(escapeAttribute('a\udc00b')).to.equal('ab')
  })

  it('is read back by another parser', () => {
    const parser = new XMLParser({
      ignoreAttributes: false,
      attributeNamePrefix: '',
      trimValues: false,
      parseTagValue: false,
      parseAttributeValue: false,
      processEntities: true,
      htmlEntities: true,
    })
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('a', 'é', '"', "'", '<', '>', '&', ';', '#', '€') }), (text) => {
        const read: unknown = parser.parse(`<a><b c="${escapeAttribute(text)}">x${escapeText(text)}</b></a>`)
        expect(read).to.deep.equal({ a: { b: { '#text': `x${text}`, c: text } } })
      }),
    )
  })

  it('keeps attributes in ASCII, with blanks as references', () => {
    expect(escapeAttribute('é\t\n\r"<&>€')).to.equal('&#xE9;&#9;&#10;&#13;&quot;&lt;&amp;&gt;&#x20AC;')
    expect(escapeText('é\t\n\r"<&>€')).to.equal('é\t\n&#13;"&lt;&amp;&gt;€')
  })
})

describe('a version', () => {
  const part = fc.stringMatching(/^[a-z0-9.~^+]{1,8}$/)

  it('is put together again from its parts', () => {
    fc.assert(
      fc.property(fc.option(fc.nat()), part, fc.option(part), (epoch, version, release) => {
        const evr = `${epoch === null ? '' : `${epoch}:`}${version}${release === null ? '' : `-${release}`}`
        const expected = { epoch: String(epoch ?? 0), version, ...(release === null ? {} : { release }) }
        expect(parseEvr(evr)).to.deep.equal(expected)
      }),
    )
  })

  it('has nothing where there is nothing', () => {
    expect(parseEvr('')).to.deep.equal({})
    expect(parseEvr('1:')).to.deep.equal({ epoch: '1' })
    expect(parseEvr('1-')).to.deep.equal({ epoch: '0', version: '1' })
    expect(parseEvr(':1-2-3')).to.deep.equal({ epoch: '0', version: '1', release: '2-3' })
  })
})
