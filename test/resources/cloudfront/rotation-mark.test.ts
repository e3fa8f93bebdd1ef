import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

import { CloudFrontClient } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'
import fc from 'fast-check'

import type { Aws } from '../../../src/aws/connect.ts'
import { markText, readRotationMark, sinceIn } from '../../../src/resources/cloudfront/rotation-mark.ts'

const hex = fc.string({ unit: fc.constantFrom('0', '7', '9', 'a', 'c', 'f'), minLength: 64, maxLength: 64 })

describe('what a distribution remembers of a rotation', () => {
  it('is read as it was written, to the second', () => {
    fc.assert(
      fc.property(hex, hex, fc.integer({ min: 0, max: 4_000_000_000 }), (current, previous, since) => {
        const text = markText({ current, previous }, since + 0.25)
        expect(sinceIn(text, { current, previous })).to.equal(since)
        // Characters that CloudFront takes in the value of a tag, and no more of them than it takes.
        expect(text).to.match(/^[\p{L}\p{Z}\p{N}_.:/=+\-@]{1,256}$/u)
      }),
    )
  })

  const replacement = { current: 'a'.repeat(64), previous: 'b'.repeat(64) }
  it('counts for its two secrets alone', () => {
    const text = markText(replacement, 1_795_000_000)
    expect(sinceIn(text, { ...replacement, current: 'c'.repeat(64) })).to.equal(undefined)
    expect(sinceIn(text, { ...replacement, previous: 'c'.repeat(64) })).to.equal(undefined)
  })

  it('counts for nothing where it was taken back, or is not as we write it', () => {
    for (const text of [
      undefined,
      '',
      markText(replacement, undefined),
      `${markText(replacement, 1)} `,
      markText(replacement, 1_795_000_000).replace('2026-11', '2026-99'),
      markText(replacement, 1_795_000_000).replace('Z', ''),
    ]) {
      expect(sinceIn(text, replacement), text ?? 'none').to.equal(undefined)
    }
  })

  it("goes by AWS's clock, whatever this machine's is", async () => {
    const there = Date.UTC(2031, 0, 2, 3, 4, 5)
    const server = createServer((_request, response) => {
      const tag = `<Tag><Key>packagecloud:rotation</Key><Value>${markText(replacement, 1_795_000_000)}</Value></Tag>`
      response.setHeader('date', new Date(there).toUTCString())
      response.end(`<Tags><Items>${tag}</Items></Tags>`)
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    const credentials = { accessKeyId: 'AKIA', secretAccessKey: 'secret' }
    const client = new CloudFrontClient({ endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials })
    const aws = { client: () => client } as unknown as Aws
    try {
      const mark = await readRotationMark(aws, 'arn:aws:cloudfront::111122223333:distribution/E', replacement)
      expect(mark).to.deep.equal({ since: 1_795_000_000, now: there / 1000 })
    } finally {
      client.destroy()
      server.close()
    }
  })
})
