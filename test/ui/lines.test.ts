import { Readable } from 'node:stream'

import { expect } from 'chai'
import fc from 'fast-check'

import { CtlError } from '../../src/errors.ts'
import { readLines } from '../../src/ui/lines.ts'

/** All lines of these bytes, arriving in pieces of this size. */
async function read(bytes: Uint8Array, size: number): Promise<string[]> {
  const pieces = Array.from({ length: Math.ceil(bytes.length / size) }, (_, n) => bytes.slice(n * size, (n + 1) * size))
  const lines: string[] = []
  for await (const some of readLines(Readable.from(pieces))) {
    lines.push(...some.map(({ text, number }) => `${number} ${text}`))
  }
  return lines
}

describe('lines', () => {
  it('are the same however their bytes arrive', async () => {
    const line = fc.string({ unit: 'grapheme' }).filter((text) => !text.includes('\n') && !text.startsWith('\ufeff'))
    await fc.assert(
      fc.asyncProperty(fc.array(line), fc.integer({ min: 1, max: 9 }), fc.boolean(), async (lines, size, ended) => {
        const bytes = Buffer.from(lines.join('\n') + (ended ? '\n' : ''))
        const expected = lines.flatMap((text, at) => (text === '' ? [] : [`${at + 1} ${text}`]))
        expect(await read(bytes, size)).to.deep.equal(expected)
      }),
    )
  })

  it('end at nothing but a line feed', async () => {
    expect(await read(Buffer.from('a\rb\u2028c\nd'), 3)).to.deep.equal(['1 a\rb\u2028c', '2 d'])
  })

  it('must be UTF-8, to the last byte', async () => {
    for (const bytes of [
      [0x61, 0xff, 0x0a],
      [0x61, 0x0a, 0xc3],
    ]) {
      const error: unknown = await read(Uint8Array.from(bytes), 1).catch((thrown: unknown) => thrown)
      expect(error).to.be.instanceOf(CtlError).with.property('failure', 'usage')
    }
  })
})
