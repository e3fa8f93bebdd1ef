import { expect } from 'chai'
import fc from 'fast-check'

import {
  decodeText,
  type Field,
  parseStanzas,
  signedText,
  valueOf,
  withField,
  writeStanza,
} from '../../../src/repositories/apt/deb822.ts'
import { Malformed } from '../../../src/repositories/apt/malformed.ts'

const fieldName = fc.stringMatching(/^[A-Za-z0-9][A-Za-z0-9_!$.+*/-]{0,12}$/)
const word = fc
  .string({ unit: 'grapheme', maxLength: 20 })
  .map((text) => text.replace(/[\s\u0000-\u001f\u0085\ufeff]/gu, '').trim())
const line = word.filter((text) => text !== '')
const value = fc
  .tuple(word, fc.array(line, { maxLength: 3 }))
  .map(([first, more]) => [first, ...more.map((text) => ` ${text}`)].join('\n'))
const stanza = fc.array(fc.tuple(fieldName, value), { minLength: 1, maxLength: 8 })

describe('apt: deb822', () => {
  it('reads back what it writes, in the same order, known or not', () => {
    fc.assert(
      fc.property(fc.array(stanza, { maxLength: 4 }), (stanzas) => {
        const text = stanzas.map(writeStanza).join('\n')
        expect([...parseStanzas(text)]).to.deep.equal(stanzas)
      }),
    )
  })

  it('keeps every byte of what apt-ftparchive writes', () => {
    const text =
      'Package: a\nDepends: b (>= 1),\n c\nX-Foo: 1\nDescription: short\n long\n .\n  indented\nTag:\n x::y\n'
    expect([...parseStanzas(text)].map(writeStanza).join('\n')).to.equal(text)
  })

  it('takes lines of blanks for the end of a stanza, and compares names without regard to case', () => {
    const [first, second, third] = [...parseStanzas('\n\nA: 1\n \t\nB: 2\r\n\r\n\n')]
    expect(valueOf(first ?? [], 'a')).to.equal('1')
    expect(second).to.deep.equal([['B', '2']])
    expect(third).to.equal(undefined)
  })

  it('either reads any text or calls it malformed, and never takes long', () => {
    const lines = fc.array(fc.oneof(fc.string(), fc.constantFrom('A: 1', ' b', '', ':', '-----BEGIN', '\u0000')), {
      maxLength: 50,
    })
    fc.assert(
      fc.property(lines, (found) => {
        try {
          for (const one of parseStanzas(found.join('\n'))) expect(one).not.to.be.empty
        } catch (error) {
          expect(error).to.be.instanceOf(Malformed)
        }
      }),
    )
    const long = `${'a'.repeat(1_000_000)}\n`
    expect(() => [...parseStanzas(long)]).to.throw(Malformed, /not a field: "a{60}…"/)
  })

  it('sets a field where it is, under the name it has', () => {
    const fields: Field[] = [
      ['Package', 'a'],
      ['SECTION', 'x'],
    ]
    expect(withField(fields, 'Section', 'y')).to.deep.equal([
      ['Package', 'a'],
      ['SECTION', 'y'],
    ])
    expect(withField(fields, 'Priority', 'p').at(-1)).to.deep.equal(['Priority', 'p'])
  })

  it('finds the text inside a clear signature, with its dashes', () => {
    const signed = [
      '-----BEGIN PGP SIGNED MESSAGE-----',
      'Hash: SHA512',
      '',
      'Origin: x',
      '- -dash: y',
      '-----BEGIN PGP SIGNATURE-----',
      '',
      'abc',
      '-----END PGP SIGNATURE-----',
      '',
    ].join('\n')
    expect(signedText(signed)).to.equal('Origin: x\n-dash: y\n')
    const endless = `-----BEGIN PGP SIGNED MESSAGE-----\n${'a'.repeat(1_000_000)}`
    expect(signedText(endless)).to.have.length.below(endless.length + 2)
    expect(signedText('Origin: x\n')).to.equal('Origin: x\n')
  })

  it('reads Latin-1 where an index is no UTF-8', () => {
    expect(decodeText(Buffer.from('Zoë', 'latin1'))).to.equal('Zoë')
    expect(decodeText(Buffer.from('Zoë', 'utf8'))).to.equal('Zoë')
  })
})
