import { expect } from 'chai'
import fc from 'fast-check'

import { decodeText, parseStanzas, signedText } from '../../../src/repositories/apt/deb822.ts'
import { Malformed } from '../../../src/repositories/apt/malformed.ts'
import { readList } from '../../../src/repositories/apt/old-lists.ts'
import { type ListedIndex, readRelease, writeRelease } from '../../../src/repositories/apt/release.ts'

const hex = (length: number): fc.Arbitrary<string> => fc.stringMatching(new RegExp(`^[0-9a-f]{${length}}$`))
const file: fc.Arbitrary<ListedIndex> = fc
  .tuple(fc.nat(), hex(32), hex(64))
  .map(([size, md5, sha256]) => ({ size, digests: { md5, sha256 } }))
const path = fc.stringMatching(/^[a-z]{1,8}(\/[a-z.-]{1,8}){0,3}$/)
const files = fc.array(fc.tuple(path, file), { maxLength: 8 }).map((entries) => new Map(entries))
const old = [...parseStanzas('Origin: x\nSuite: s\nArchitectures: amd64 all\nComponents: main\n')][0] ?? []
const input = { old, components: [], architectures: [], now: 0, always: false }

describe('apt: Release', () => {
  it('lists what it was given, and is not written again for it', () => {
    fc.assert(
      fc.property(files, (listed) => {
        const text = writeRelease({ ...input, files: listed }) ?? ''
        const { stanza, files: found } = readRelease(text)
        expect(Object.fromEntries(found)).to.deep.equal(Object.fromEntries(listed))
        expect(writeRelease({ ...input, old: stanza, files: listed, now: 1e12 })).to.equal(undefined)
        expect(writeRelease({ ...input, old: stanza, files: listed, now: 1e12, always: true })).to.be.a('string')
      }),
    )
  })

  it('joins the architectures and components found with those that it names', () => {
    const text = writeRelease({
      ...input,
      files: new Map(),
      architectures: ['i386', 'arm64', 'amd64'],
      components: ['main'],
    })
    expect(text).to.contain('Architectures: amd64 all arm64 i386\nComponents: main\n')
    expect(text).to.contain('Date: Thu, 01 Jan 1970 00:00:00 UTC\n')
  })

  it('and lists of packages are read, or called malformed, whatever they hold', () => {
    const lines = [
      'Package: a',
      'Filename: x',
      'Size: 1',
      'Size: z',
      'Files:',
      ' 0 1 x.dsc',
      '',
      ' ',
      'SHA256: 1',
      '\u0000',
    ]
    const text = fc
      .array(fc.oneof(fc.string(), fc.constantFrom(...lines)), { maxLength: 30 })
      .map((parts) => parts.join('\n'))
    fc.assert(
      fc.property(text, fc.uint8Array(), (one, noise) => {
        for (const bytes of [Buffer.from(one), noise]) {
          for (const read of [
            () => readRelease(signedText(decodeText(bytes))),
            () => readList(bytes, 'Packages'),
            () => readList(bytes, 'Sources'),
          ]) {
            try {
              read()
            } catch (error) {
              expect(error).to.be.instanceOf(Malformed)
            }
          }
        }
      }),
    )
  })

  it('and entries keep their text to the byte', () => {
    const one = 'Package: a\nFilename: ./a.deb\nSize: 3\nX:  odd \n more\n'
    const entries = readList(Buffer.from(`\n${one}\n \n\n${one.replace('./a', 'b').trimEnd()}`), 'Packages')
    expect(entries).to.have.length(2)
    expect(entries.at(0)).to.deep.include({ filename: './a.deb', size: 3 })
    expect(entries.bytesOf(0).toString()).to.equal(one)
    expect(entries.bytesOf(1).toString()).to.equal(one.replace('./a', 'b'))
  })
})
