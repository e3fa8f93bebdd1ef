import { once } from 'node:events'
import { createServer } from 'node:http'

import { expect } from 'chai'

import type { StoredObject } from '../../../src/resources/s3/stored-object.ts'
import { type Check, examine } from '../../../src/tasks/doctor/check.ts'
import { examineContent } from '../../../src/tasks/doctor/content.ts'
import { chooseSamples, examineOddKeys } from '../../../src/tasks/doctor/keys.ts'
import type { Place } from '../../../src/tasks/doctor/place.ts'
import { CtlError } from '../../../src/errors.ts'
import { behind } from './behind-stub.ts'
import { secret } from './installation.ts'

const key = "pool/it's a+b_1.0~rc1.deb"
const tag = '"0123456789abcdef0123456789abcdef"'
const otherTag = '"fedcba9876543210fedcba9876543210"'
const stored: StoredObject = { etag: tag, size: 100, contentEncoding: undefined, cacheControl: undefined }

type Headers = Readonly<Record<string, string>>
const hit: Headers = { 'x-cache': 'Hit from cloudfront', age: '7200', 'content-range': 'bytes 0-0/90', etag: otherTag }
const miss: Headers = { 'x-cache': 'Miss from cloudfront', 'content-range': 'bytes 0-0/100', etag: tag }

describe('doctor: what the edge serves and what S3 holds', () => {
  let answers: readonly [number, Headers]
  let place: Place
  const edge = createServer((_, response) => void response.writeHead(...answers).end('x'))
  before(async () => {
    await once(edge.listen(0, '127.0.0.1'), 'listening')
    const address = edge.address()
    if (typeof address !== 'object' || address === null) throw new Error('no port')
    place = {
      domain: `127.0.0.1:${address.port}`,
      secrets: [{ name: 'current', text: secret }],
      now: () => Date.now() / 1000,
      carried: ['--profile', 'ops team'],
      behind: behind({ configuredId: 'E1EXAMPLE' }),
    }
  })
  after(() => {
    edge.closeAllConnections()
    edge.close()
  })

  const look = (
    headers: Headers,
    object: StoredObject | 'none' | CtlError = stored,
    { status = 206, keys = [key] } = {},
  ): Promise<Check> => {
    answers = [status, headers]
    const from = { ...place, behind: { ...place.behind, object: async () => object } }
    return examine(examineContent(from, keys))
  }

  it('tells an old copy with both sizes and ETags, why it is there, and the command that has it dropped', async () => {
    const { status, seen, meaning, todo } = await look(hit)
    expect({ status, seen }).to.deep.equal({
      status: 'failed',
      seen: `${key}: the edge has 90 bytes, ETag ${otherTag} (Hit for 2 h); S3 has 100 bytes, ETag ${tag}`,
    })
    expect(meaning).to.include('published again under the same key').and.to.include('File has unexpected size')
    const path = "'/pool/it%27s%20a%2Bb_1.0~rc1.deb'"
    expect(todo).to.deep.equal([
      `Run \`pc-ctl cfinval --wait cf://E1EXAMPLE ${path} --profile 'ops team'\`, which waits until the edges have dropped it.`,
    ])
  })

  it('names all that is old in one command, and the domain where no id is known', async () => {
    answers = [206, hit]
    const from = { ...place, behind: behind({ object: async () => stored }) }
    const { todo } = await examine(examineContent(from, ['a.deb', 'b.deb', 'a.deb']))
    expect(todo.join()).to.include(`cf://${place.domain} /a.deb /b.deb `)
  })

  for (const [what, headers, object] of [
    ['the same', miss, stored],
    ['the same from a cache', { ...hit, etag: tag, 'content-range': 'bytes 0-0/100' }, stored],
    ['the same, uploaded in parts', { ...hit, etag: '"abc-3"' }, { ...stored, etag: '"abc-3"' }],
    ['the same, compressed on the way', { ...hit, etag: `W/${tag}`, 'content-encoding': 'gzip' }, stored],
  ] as const) {
    it(`is content with ${what}`, async () => {
      expect(await look(headers, object)).to.include({ status: 'ok', seen: key })
    })
  }

  for (const [what, headers, object] of [
    ['another weak ETag', { ...hit, etag: `W/${otherTag}` }, stored],
    ['a compressed answer', { ...hit, 'content-encoding': 'br' }, stored],
    ['an answer without ETag and the same size', { 'x-cache': 'Hit', 'content-range': 'bytes 0-0/100' }, stored],
    ['what S3 does not tell', hit, new CtlError('denied', 'AWS denied s3:GetObject.')],
  ] as const) {
    it(`raises no alarm for ${what}`, async () => {
      const { status, todo } = await look(headers, object)
      expect({ status, todo }).to.deep.equal({ status: 'skipped', todo: [] })
    })
  }

  it('goes by the size where there is no ETag, of the whole answer too', async () => {
    const headers = { 'x-cache': 'Hit from cloudfront', 'content-length': '1' }
    const { status, seen } = await look(headers, stored, { status: 200 })
    expect(status).to.equal('failed')
    expect(seen).to.include('the edge has 1 bytes (Hit); S3 has 100 bytes')
  })

  it('does not blame a cache for what comes from none', async () => {
    const { status, meaning, todo } = await look({ ...miss, etag: otherTag })
    expect(status).to.equal('failed')
    expect(meaning).to.include('does not come from a cache')
    expect(todo.join('\n')).to.include('pc-ctl bootstrap-cloudfront').and.not.to.include('cfinval')
  })

  it('warns of what edges still serve although it was deleted', async () => {
    const { status, meaning, todo } = await look(hit, 'none')
    expect(status).to.equal('warning')
    expect(meaning).to.include('deleted in S3')
    expect(todo.join()).to.include('pc-ctl cfinval ')
  })

  it('says how many it did not look at', async () => {
    const keys = Array.from({ length: 25 }, (_, index) => `${index}.deb`)
    expect((await look(miss, stored, { keys })).seen).to.equal('0.deb and 19 more; 5 were not looked at')
  })

  it('leaves what is not served to other checks', async () => {
    expect(await look({}, stored, { status: 404 })).to.include({ status: 'skipped' })
  })

  it('blames how keys are read only for what does not come from a cache', async () => {
    const [plus] = examineOddKeys(
      { ...place, behind: { ...place.behind, object: async () => stored } },
      chooseSamples([{ key: 'a+b.deb', size: 100 }]),
    )
    if (plus === undefined) throw new Error('nothing to examine')
    answers = [206, hit]
    expect((await examine(plus)).seen).to.include('an old copy of a+b.deb')
    answers = [206, { 'x-cache': 'Miss from cloudfront', 'content-range': 'bytes 0-0/90', etag: otherTag }]
    expect(await examine(plus)).to.include({ status: 'failed' })
  })
})
