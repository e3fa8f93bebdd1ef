import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

import { expect } from 'chai'

import { cacheControl } from '../../../src/repositories/cache-control.ts'
import { examineMetadata, examinePackage, examineRange } from '../../../src/tasks/doctor/cache.ts'
import { type Check, examine, type Examination } from '../../../src/tasks/doctor/check.ts'
import { examineRefusals, examineSigned, judgeClock } from '../../../src/tasks/doctor/edge.ts'
import { chooseSamples, examineMissing, examineOddKeys } from '../../../src/tasks/doctor/keys.ts'
import { ask } from '../../../src/tasks/doctor/network.ts'
import { notServed } from '../../../src/tasks/doctor/not-served.ts'
import { type Place, signedUrl } from '../../../src/tasks/doctor/place.ts'
import { behind } from './behind-stub.ts'
import { secret } from './installation.ts'

type Respond = (request: IncomingMessage, response: ServerResponse) => void

/** What the sandbox cannot be brought to do, a server that says so does. */
describe('doctor: answers of an edge that is not as it should be', () => {
  let respond: Respond
  let place: Place
  const asked: IncomingMessage[] = []
  const edge = createServer((request, response) => {
    asked.push(request)
    respond(request, response)
  })
  before(async () => {
    await once(edge.listen(0, '127.0.0.1'), 'listening')
    const address = edge.address()
    if (typeof address !== 'object' || address === null) throw new Error('no port')
    place = {
      domain: `127.0.0.1:${address.port}`,
      secrets: [{ name: 'current', text: secret }],
      now: () => Date.now() / 1000,
      carried: ['--installation', 'staging'],
      behind: behind(),
    }
  })
  after(() => {
    edge.closeAllConnections()
    edge.close()
  })

  const seeing = async (examination: Examination | undefined, answer: Respond): Promise<Check> => {
    if (examination === undefined) throw new Error('nothing to examine')
    respond = answer
    return examine(examination)
  }
  const answering =
    (status: number, body = '', headers: Record<string, string> = {}): Respond =>
    (_, response) =>
      void response.writeHead(status, headers).end(body)
  const s3Refusal = '<?xml version="1.0"?><Error><Code>AccessDenied</Code></Error>'

  describe('refusals', () => {
    const unsigned = () => examineRefusals(place, 'a.deb', 'b.deb')[0]
    const good = { 'cache-control': 'no-store' }

    it('asks without a signature, with an old one, and with those of others', async () => {
      asked.length = 0
      for (const each of examineRefusals(place, 'a.deb', 'b.deb'))
        await seeing(each, answering(403, 'missing token', good))
      const [plain, old, cut, other] = asked.map(({ url = '' }) => url)
      expect(plain).to.equal('/a.deb')
      expect(old).to.match(/^\/a\.deb\?t=\d{10}_[0-9a-f]{64}$/)
      expect(cut).to.match(/^\/a\.deb\?t=\d{10}_[0-9a-f]{64}$/)
      const [, token] = signedUrl(place, 'b.deb').split('_')
      expect(other?.slice(0, 9)).to.equal('/a.deb?t=')
      expect(token).to.have.length(64)
      expect(cut).not.to.equal(other)
    })

    for (const [what, status, body, headers, meaning] of [
      ['is served', 200, 'x', good, 'Anybody can download'],
      ['is refused by S3 only', 403, s3Refusal, good, 'Not the function refused'],
      ["is refused on CloudFront's own account", 403, '<html>', good, 'Not the function refused'],
      ['is refused for another reason', 403, 'bad signature\n', good, 'another reason'],
      ['is refused in a way that may be kept', 403, 'missing token\n', {}, 'the next who asks'],
      ['is refused from a cache', 403, 'missing token\n', { ...good, age: '3' }, 'the next who asks'],
      [
        'meets a broken function',
        503,
        'the signature cannot be checked at the moment\n',
        good,
        'function at the edge failed',
      ],
    ] as const) {
      it(`fails where an unsigned URL ${what}`, async () => {
        const check = await seeing(unsigned(), answering(status, body, headers))
        expect(check.status).to.equal('failed')
        expect(check.meaning).to.include(meaning)
        expect(check.todo.join('\n')).to.include('pc-ctl bootstrap-cloudfront --installation staging')
      })
    }

    it('is content with the right reason', async () => {
      expect(await seeing(unsigned(), answering(403, 'missing token\n', good))).to.include({ status: 'ok' })
    })

    it('fails where only one of two tampered URLs is refused', async () => {
      const tampered = examineRefusals(place, 'a.deb', 'b.deb')[2]
      let count = 0
      const check = await seeing(tampered, (request, response) =>
        count++ === 0
          ? answering(403, 'bad signature\n', good)(request, response)
          : answering(200, 'x')(request, response),
      )
      expect(check).to.include({ status: 'failed' })
    })
  })

  describe('objects', () => {
    for (const [what, status, body, meaning] of [
      ['a broken function', 502, '<html>', 'function at the edge failed'],
      ['a geographic restriction', 403, '<html>', 'geographic restriction'],
      ['a proxy that drops the query', 403, 'missing token\n', 'on the way changed'],
      ['anything else', 500, '', 'not served'],
    ] as const) {
      it(`explains ${what}`, async () => {
        const check = await seeing(examineSigned(place, 'a.deb'), answering(status, body))
        expect(check.status).to.equal('failed')
        expect(check.meaning).to.include(meaning)
        expect(check.todo).not.to.be.empty
      })
    }

    it('does not hang where nobody answers in time, or not to the end', async () => {
      respond = () => undefined
      const silent = await ask(`http://${place.domain}/`, { patienceMs: 100 }).catch((error: unknown) => error)
      expect(silent).to.be.instanceOf(Error).with.property('message', 'none within 0.1 s')
      respond = (_, response) => void response.writeHead(200).write('x')
      const stalled = ask(`http://${place.domain}/`, { most: 12, patienceMs: 100 }).catch((error: unknown) => error)
      expect(await stalled).to.be.instanceOf(Error)
    })

    it('takes no answer for a finding', async () => {
      const check = await seeing(examineSigned(place, 'a.deb'), (request) => void request.destroy())
      expect(check.status).to.equal('failed')
      expect(check.seen).to.match(/^no answer: /)
      expect(check.todo).not.to.be.empty
    })

    it('notices a page in place of a 404', async () => {
      const check = await seeing(examineMissing(place, 'dists/x'), answering(200, 'sorry'))
      expect(check).to.include({ status: 'failed', seen: '200 OK for dists/x' })
      expect(check.todo.join()).to.include('custom error response')
    })

    it('notices that another object is served for a key', async () => {
      const samples = chooseSamples([{ key: 'a+b.deb', size: 100 }])
      const [plus] = examineOddKeys(place, samples)
      const check = await seeing(plus, answering(206, 'x', { 'content-range': 'bytes 0-0/7' }))
      expect(check).to.include({
        status: 'failed',
        seen: '206 Partial Content, but 7 bytes in place of 100 for a+b.deb',
      })
    })

    it('warns where a package has the right Cache-Control and still is not cached', async () => {
      const headers = { 'cache-control': cacheControl.package, 'x-cache': 'Miss from cloudfront' }
      const check = await seeing(examinePackage(place, 'a_1.0_all.deb'), answering(206, 'x', headers))
      expect(check).to.include({ status: 'warning' })
    })

    it('wants no other Cache-Control for a package that may be overwritten', async () => {
      for (const control of [cacheControl.overwritable, `${cacheControl.overwritable}, no-store`]) {
        const headers = { 'cache-control': control, 'x-cache': 'RefreshHit from cloudfront' }
        const check = await seeing(examinePackage(place, 'a_1.0_all.deb'), answering(206, 'x', headers))
        expect(check.status, control).to.equal('ok')
        expect(check.meaning).to.include('asks S3 each time')
      }
    })

    it('finds a package cached once it is, not before', async () => {
      let count = 0
      const check = await seeing(examinePackage(place, 'a.deb'), (_, response) => {
        response.writeHead(206, { 'x-cache': `${count++ < 2 ? 'Miss' : 'Hit'} from cloudfront` }).end('x')
      })
      expect(check).to.include({ status: 'ok', seen: 'Miss, Miss, Hit for a.deb' })
    })

    it('does not blame the Cache-Control of an index that is right and is kept all the same', async () => {
      for (const result of ['Hit', 'RefreshHit']) {
        const headers = { 'cache-control': cacheControl.metadata, 'x-cache': `${result} from cloudfront` }
        const check = await seeing(examineMetadata(place, 'dists/x'), answering(200, 'x', headers))
        expect(check.status).not.to.equal('ok')
        expect(check.todo.join('\n')).to.include('cache policy').and.not.to.include('reindex-everything')
      }
    })

    it('looks at metadata three times', async () => {
      let count = 0
      const check = await seeing(examineMetadata(place, 'dists/x'), (_, response) => {
        response.writeHead(200, { 'x-cache': `${count++ < 2 ? 'Miss' : 'Hit'} from cloudfront` }).end('x')
      })
      expect(check).to.include({ status: 'failed' })
      expect(check.seen).to.include('no Cache-Control')
    })
  })

  describe('Range', () => {
    const body = 'abcdefghijklmnopqrstuvwxyz'
    const cutting =
      (status: number, part: string, contentRange: string): Respond =>
      (request, response) =>
        request.headers.range === undefined
          ? void response.end(body)
          : void response.writeHead(status, { 'content-range': contentRange }).end(part)

    it('is content with the right bytes', async () => {
      const check = await seeing(examineRange(place, 'a.deb'), cutting(206, 'efghijkl', 'bytes 4-11/26'))
      expect(check).to.include({ status: 'ok' })
    })
    it('notices the wrong bytes', async () => {
      const check = await seeing(examineRange(place, 'a.deb'), cutting(206, 'fghijklm', 'bytes 4-11/26'))
      expect(check.meaning).to.include('wrong part')
    })
    it('notices a range that is ignored', async () => {
      const check = await seeing(examineRange(place, 'a.deb'), answering(200, body))
      expect(check).to.include({ status: 'failed' })
      expect(check.meaning).to.include('start anew')
    })
  })

  it('reads the clock of a cached answer with its age', async () => {
    const date = new Date((Math.floor(Date.now() / 1000) - 500) * 1000).toUTCString()
    respond = answering(200, '', { date, age: '500' })
    expect(judgeClock(await ask(`http://${place.domain}/`), Date.now() / 1000)).to.include({ status: 'ok' })
  })

  it('never downloads a package whole', async () => {
    respond = (_, response) => {
      const pump = (): unknown =>
        response.destroyed ? undefined : setTimeout(pump, response.write(Buffer.alloc(65_536)) ? 0 : 5)
      pump()
    }
    // It never ends, and who reads on hears of that after a while.
    const { body } = await ask(`http://${place.domain}/`, { most: 12 })
    expect(body).to.have.length(12)
    await ask(`http://${place.domain}/`)
  })

  it('says what to do about every answer that is not the object', async () => {
    const answer = { headers: {}, body: Buffer.alloc(0), date: undefined, said: '?' }
    for (const status of [301, 400, 403, 404, 405, 416, 500, 502, 503, 504]) {
      for (const reason of [undefined, 'bad signature', 'expired 3 s ago', 'missing token', 'S3 says AccessDenied']) {
        const { meaning, todo } = await notServed(place, 'a', { ...answer, status, reason })
        expect(meaning).to.be.a('string').that.is.not.empty
        expect(todo).not.to.be.empty
      }
    }
  })
})
