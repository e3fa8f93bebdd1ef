import { once as event } from 'node:events'
import { createServer } from 'node:http'

import { expect } from 'chai'

import { checkFront } from '../../src/tasks/disable-cloudfront-check.ts'
import { CtlError } from '../../src/errors.ts'

const quick = { first: 1, most: 5, total: 5_000 }
const s3 = { status: 302, location: 'https://packages.s3.amazonaws.com/x' }
const cloudfront = { status: 302, location: 'https://d111111abcdef8.cloudfront.net/x' }

describe('the wait for the front server', () => {
  let answers: ('none' | { status: number; location?: string })[]
  let url: string
  const front = createServer((request, response) => {
    const answer = answers.length > 1 ? answers.shift() : answers[0]
    if (answer === undefined || answer === 'none') return void request.socket.destroy()
    const { status, location } = answer
    response.writeHead(status, location === undefined ? {} : { location }).end()
  })
  before(async () => {
    await event(front.listen(0, '127.0.0.1'), 'listening')
    const address = front.address()
    if (typeof address !== 'object' || address === null) throw new Error('no port')
    url = `http://127.0.0.1:${address.port}`
  })
  after(() => {
    front.closeAllConnections()
    front.close()
  })

  const told: string[] = []
  const check = (pace = quick, signal = new AbortController().signal) =>
    checkFront(
      { front: url, token: 'token', key: 'x' },
      { bucket: 'packages', s3Hosts: [] },
      ['pc-ctl reconfigure', 'pc-ctl restart'],
      pace,
      { tell: (text) => told.push(text), signal },
    )

  it('outlasts what passes while processes start', async () => {
    answers = ['none', { status: 502 }, cloudfront, s3]
    expect(await check()).to.include({ kind: 's3', host: 'packages.s3.amazonaws.com' })
    expect(told.join('\n')).to.match(/cannot be reached[^]*502[^]*still redirects to CloudFront/)
  })

  it('gives up with the last answer', async () => {
    answers = [cloudfront]
    const error: unknown = await check({ ...quick, total: 30 }).catch((thrown: unknown) => thrown)
    expect(error).to.be.instanceOf(CtlError).and.to.include({ failure: 'failed', code: 'NotLive' })
  })

  it('does not wait for what does not pass, nor once interrupted', async () => {
    answers = [{ status: 401 }, s3]
    expect(await check().catch((thrown: unknown) => thrown)).to.have.property('code', 'FrontUnclear')
    answers = [cloudfront, s3]
    expect(await check(quick, AbortSignal.abort()).catch((thrown: unknown) => thrown)).to.have.property(
      'failure',
      'interrupted',
    )
  })
})
