import { existsSync } from 'node:fs'
import { appendFile, mkdtemp, rm, truncate, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'
import fc from 'fast-check'

import { fileSource, type ObjectSource, streamSource } from '../../../src/resources/s3/object-source.ts'

describe('sources of an upload', () => {
  let folder = ''
  let file = ''
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'pc-ctl-source-'))
    file = join(folder, 'file')
  })
  after(() => rm(folder, { recursive: true }))

  const all = async (source: ObjectSource, pieceSize: number): Promise<Buffer[]> => {
    const pieces: Buffer[] = []
    for await (const { number, bytes } of source.pieces(pieceSize)) {
      expect(number).to.equal(pieces.length + 1)
      pieces.push(Buffer.from(bytes))
    }
    return pieces
  }
  async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
    yield* chunks
  }

  it('come in pieces of one size, the last one shorter', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.uint8Array({ maxLength: 20 })),
        fc.integer({ min: 1, max: 9 }),
        async (chunks, size) => {
          const whole = Buffer.concat(chunks)
          await writeFile(file, whole)
          for (const source of [await fileSource(file), streamSource(streamOf(chunks))]) {
            const pieces = await all(source, size)
            expect(Buffer.concat(pieces).equals(whole)).to.equal(true)
            expect(pieces.slice(0, -1).every(({ length }) => length === size)).to.equal(true)
            expect(pieces).to.have.length(Math.max(1, Math.ceil(whole.length / size)))
          }
        },
      ),
      { numRuns: 50 },
    )
  })

  it('are not taken at their word where they say that they are empty', async function () {
    const made = '/proc/self/status'
    if (!existsSync(made)) this.skip()
    const thrown = await fileSource(made).catch((error: unknown) => error)
    expect(thrown).to.include({ failure: 'usage', message: `${made} says that it is empty, and is not.` })
  })

  it('are never half the old file and half the new one', async () => {
    for (const alter of [() => appendFile(file, 'x'), () => truncate(file, 3), () => writeFile(file, '9876543210')]) {
      await writeFile(file, '0123456789')
      const pieces = (await fileSource(file)).pieces(4)
      await pieces.next()
      await alter()
      let failure = ''
      try {
        while ((await pieces.next()).done !== true);
      } catch (error) {
        failure = String(error)
      }
      expect(failure).to.contain('was changed while it was read')
    }
  })

  it('must be files that can be read', async () => {
    for (const [path, says] of [
      [folder, 'is a directory'],
      [join(folder, 'missing'), "can't be read"],
      ['/dev/null', 'is not a file'],
    ] as const) {
      const failure = await fileSource(path).then(() => '', String)
      expect(failure).to.contain(says)
    }
  })
})
