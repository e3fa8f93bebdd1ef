import { expect } from 'chai'
import fc from 'fast-check'

import { parseStanzas, type Stanza, writeStanza } from '../../../src/repositories/apt/deb822.ts'
import { KeptPackage, packDeb } from '../../../src/repositories/apt/kept-package.ts'
import { packagesStanza } from '../../../src/repositories/apt/packages.ts'

const sha256 = 'a'.repeat(64)
const md5 = 'b'.repeat(32)

const control = fc
  .subarray([
    ['Priority', 'optional'],
    ['section', 'misc'],
    ['Depends', 'a, b (>= 1)'],
    ['MSDOS-Filename', 'x.deb'],
    ['SHA1', 'not its own'],
    ['Homepage', 'https://example.org/é'],
    ['Description', 'a greeting\n It greets.\n .\n Twice.'],
    ['X-Own', ''],
    ['Tag', '\n a::b'],
    ['Provides', ''],
    ['Multi-Arch', 'odd'],
  ] as Stanza[number][])
  .chain((fields) => fc.shuffledSubarray(fields, { minLength: fields.length }))
  .map((fields): Stanza => [['Package', 'hello'], ['Version', '1.0'], ['Architecture', 'amd64'], ...fields])

/** A present entry: of another version of the package, or of this with perhaps something changed in it. */
const changes = fc.constantFrom<(text: string) => string>(
  (text) => text,
  (text) => text.replace(/^SHA256.*\n/m, `SHA1: ${'c'.repeat(40)}\n$&SHA512: ${'d'.repeat(128)}\n`),
  (text) => text.replace(/^Size/m, `Phased-Update-Percentage: 10\n$&`),
  (text) => text.replace(/^SHA256.*/m, `SHA256: ${'e'.repeat(64)}`),
  (text) => text.replace(/^Size: 7/m, 'Size: 8'),
  (text) => text.replace(/^Size: 7\n/m, ''),
  (text) => text.replace(/^Filename: /m, '$&./'),
  (text) => text.replace(/^MD5sum/m, 'MD5Sum'),
  (text) => text.replace(/^MD5sum.*\n/m, ''),
  (text) => text.replace(/^MD5sum.*/m, `MD5sum: ${'f'.repeat(32)}`),
  (text) => text.replace(/^Section.*/im, 'Section: net'),
  (text) => text.replace('Twice.', 'Twice'),
  (text) => text.split('\n').slice(0, 4).join('\n') + '\n',
)

const digests = fc.constantFrom({ sha256 }, { md5, sha256 })

describe('apt: what is kept of a package', () => {
  it('makes the same entry as its control file would, with whatever entry is there', () => {
    fc.assert(
      fc.property(control, digests, digests, changes, changes, (stanza, known, listed, first, second) => {
        const listing = { filename: 'pool/hello.deb', size: 7 }
        const fresh = writeStanza(packagesStanza(stanza, { ...listing, digests: listed }))
        const present = second(first(fresh))
        const [old = []] = [...parseStanzas(present)]
        const kept = new KeptPackage(packDeb(stanza))
        expect(kept.entry({ ...listing, digests: listed }, undefined)?.toString()).to.equal(fresh)
        const made = kept.entry({ ...listing, digests: known }, { bytes: Buffer.from(present), stanza: () => old })
        expect(made?.toString() ?? present).to.equal(
          writeStanza(packagesStanza(stanza, { ...listing, digests: known, old })),
        )
      }),
    )
  })

  it('finds an entry that says the same without taking it apart', () => {
    const stanza: Stanza = [
      ['Package', 'hello'],
      ['Version', '1.0'],
      ['Architecture', 'amd64'],
      ['Description', 'a greeting'],
    ]
    const listing = { filename: 'pool/hello.deb', size: 7, digests: { sha256 } }
    const bytes = Buffer.from(writeStanza(packagesStanza(stanza, { ...listing, digests: { md5, sha256 } })))
    const fail = (): never => {
      throw new Error('taken apart')
    }
    const kept = new KeptPackage(packDeb(stanza))
    expect(kept.entry(listing, { bytes, stanza: fail })).to.equal(undefined)
    expect(kept.entry({ ...listing, filename: 'é.deb' }, { bytes, stanza: fail })?.toString()).to.equal(
      bytes.toString().replace('pool/hello.deb', 'é.deb'),
    )
  })
})
