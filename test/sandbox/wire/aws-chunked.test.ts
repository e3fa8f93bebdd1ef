import { createHash } from 'node:crypto'

import { expect } from 'chai'
import fc from 'fast-check'

import { unframe } from '../../../src/sandbox/wire/aws-chunked.ts'
import { chainSignature } from '../../../src/sandbox/wire/signature.ts'

const signing = { key: Buffer.from('key'), scope: 'scope', timestamp: '20261122T100000Z', seed: 'f'.repeat(64) }
const hash = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex')

/** Frames chunks as the S3 API reference describes; written apart from the reader. */
function frame(chunks: readonly Buffer[], signed: boolean, trailer?: [string, string]): Buffer {
  let previous = signing.seed
  const pieces: Buffer[] = []
  for (const chunk of [...chunks, Buffer.alloc(0)]) {
    previous = chainSignature(signing.key, 'PAYLOAD', { ...signing, previous, hashes: [hash(''), hash(chunk)] })
    const head = chunk.length.toString(16) + (signed ? `;chunk-signature=${previous}` : '')
    pieces.push(Buffer.from(`${head}\r\n`), chunk, Buffer.from(chunk.length === 0 ? '' : '\r\n'))
  }
  if (trailer !== undefined) {
    pieces.push(Buffer.from(`${trailer[0]}:${trailer[1]}\r\n`))
    const hashes = [hash(`${trailer[0]}:${trailer[1]}\n`)]
    const signature = chainSignature(signing.key, 'TRAILER', { ...signing, previous, hashes })
    if (signed) pieces.push(Buffer.from(`x-amz-trailer-signature:${signature}\r\n`))
  }
  return Buffer.concat([...pieces, Buffer.from('\r\n')])
}

async function* inPieces(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size)
}

async function read(
  framed: Buffer,
  length: number,
  signed: boolean,
  size = 7,
): Promise<[string, Record<string, string>]> {
  const trailers: Record<string, string> = {}
  const pieces: Buffer[] = []
  for await (const piece of unframe(inPieces(framed, size), length, signed ? signing : undefined, trailers))
    pieces.push(piece)
  return [Buffer.concat(pieces).toString('hex'), trailers]
}

const failure = async (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'accepted',
    (error: unknown) => (error instanceof Error && 'code' in error ? String(error.code) : String(error)),
  )

describe('sandbox aws-chunked bodies', () => {
  const chunk = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes))

  it('gives back what was framed, however it arrives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(chunk, { maxLength: 5 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 90 }),
        async (chunks, signed, size) => {
          const whole = Buffer.concat(chunks)
          const framed = frame(chunks, signed, ['x-amz-checksum-crc32', 'AAAAAA=='])
          expect(await read(framed, whole.length, signed, size)).to.deep.equal([
            whole.toString('hex'),
            { 'x-amz-checksum-crc32': 'AAAAAA==' },
          ])
        },
      ),
    )
  })

  it('refuses a changed byte, a changed trailer, a missing end and a wrong length', async () => {
    const framed = frame([Buffer.from('hello'), Buffer.from('world')], true, ['x-amz-checksum-crc32', 'AAAAAA=='])
    const changed = (from: string, to: string): Buffer =>
      Buffer.from(framed.toString('latin1').replace(from, to), 'latin1')
    expect(await failure(read(framed, 10, true))).to.equal('accepted')
    expect(await failure(read(changed('hello', 'hellO'), 10, true))).to.equal('SignatureDoesNotMatch')
    expect(await failure(read(changed('AAAAAA==', 'BAAAAA=='), 10, true))).to.equal('SignatureDoesNotMatch')
    expect(await failure(read(framed.subarray(0, 120), 10, true))).to.equal('IncompleteBody')
    expect(await failure(read(framed, 11, true))).to.equal('IncompleteBody')
  })
})
