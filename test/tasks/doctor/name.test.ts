import { once } from 'node:events'
import { createServer, type Server } from 'node:tls'
import { createServer as createPlainServer } from 'node:net'

import { expect } from 'chai'

import { judgeCertificate, resolves } from '../../../src/tasks/doctor/name.ts'
import { certificateOf } from '../../../src/tasks/doctor/network.ts'

/** Self-signed, for packages.example.org; made for these tests, with a key that guards nothing. */
const cert = `-----BEGIN CERTIFICATE-----
MIIB5TCCAYqgAwIBAgIUKbuSRzHf/NLLe3JTxbhI8OkeMagwCgYIKoZIzj0EAwIw
NjEVMBMGA1UECgwMcGMtY3RsIHRlc3RzMR0wGwYDVQQDDBRwYWNrYWdlcy5leGFt
cGxlLm9yZzAgFw0yNjExMjIwNDU2MjZaGA8yMTI2MTAyOTA0NTYyNlowNjEVMBMG
A1UECgwMcGMtY3RsIHRlc3RzMR0wGwYDVQQDDBRwYWNrYWdlcy5leGFtcGxlLm9y
ZzBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABBkiNKapcPTW0T4SstPAxS1Nzt8R
Rkvf1EzXnCuJtwriaUSx51XxgHfHiBIOPveceYpqkCXqu9HTrPipc+11dm2jdDBy
MB0GA1UdDgQWBBRacnJ+5P7THAIFhFUflJdNxGEfjDAfBgNVHSMEGDAWgBRacnJ+
5P7THAIFhFUflJdNxGEfjDAPBgNVHRMBAf8EBTADAQH/MB8GA1UdEQQYMBaCFHBh
Y2thZ2VzLmV4YW1wbGUub3JnMAoGCCqGSM49BAMCA0kAMEYCIQD0933iBcm6OMkP
OHmvssNS8ZJ/CgHoZNnxHAtnrE8hbgIhAOtjHDLCs4iMQBb4D1q1kfbDwqknPro0
9MBaS4+oM5+5
-----END CERTIFICATE-----
`
const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgyHF92rloHxNYXHo4
SeB2Q9gEP08jY+52IZboi3l93LqhRANCAAQZIjSmqXD01tE+ErLTwMUtTc7fEUZL
39RM15wribcK4mlEsedV8YB3x4gSDj73nHmKapAl6rvR06z4qXPtdXZt
-----END PRIVATE KEY-----
`
const name = 'packages.example.org'
const day = 86_400

describe('doctor: the name of the packages domain', () => {
  let server: Server
  let port: number
  before(async () => {
    server = createServer({ cert, key }, (socket) => socket.end())
    server.on('tlsClientError', () => undefined)
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const address = server.address()
    if (typeof address !== 'object' || address === null) throw new Error('no port')
    port = address.port
  })
  after(() => server.close())

  const look = (wanted = name, ca: string | undefined = cert) => certificateOf(wanted, port, '127.0.0.1', ca)
  const judge = async (wanted: string, now: (of: { validFrom: number; validTo: number }) => number, ca?: string) => {
    const certificate = await look(wanted, ca)
    return judgeCertificate(certificate, now(certificate), ['Rename it.'])
  }

  it('accepts a certificate for the name from a known authority, and tells the days left', async () => {
    const { status, seen } = await judge(name, ({ validTo }) => validTo - 100.5 * day)
    expect({ status, seen }).to.deep.equal({
      status: 'ok',
      seen: 'valid for 100 d, issued by pc-ctl tests, TLSv1.3',
    })
  })

  it('warns of one that nobody has renewed', async () => {
    const { status, seen } = await judge(name, ({ validTo }) => validTo - 5.5 * day)
    expect(status).to.equal('warning')
    expect(seen).to.include('5 d')
  })

  it('fails one that has expired, or is not valid yet', async () => {
    const late = await judge(name, ({ validTo }) => validTo + 2.5 * day)
    expect(late).to.include({ status: 'failed', seen: 'it expired 3 d ago' })
    expect(late.todo.join()).to.include('ACM')
    expect(await judge(name, ({ validFrom }) => validFrom - day)).to.include({
      status: 'failed',
      seen: 'it is not valid yet',
    })
  })

  it('fails one for another name', async () => {
    const { status, seen, todo } = await judge('elsewhere.example.org', ({ validFrom }) => validFrom + day)
    expect({ status, todo }).to.deep.equal({ status: 'failed', todo: ['Rename it.'] })
    expect(seen).to.include('elsewhere.example.org').and.to.include(name)
  })

  it('fails one that no known authority stands behind', async () => {
    const certificate = await certificateOf(name, port, '127.0.0.1')
    const { status, seen } = judgeCertificate(certificate, certificate.validFrom + day, [])
    expect({ status, seen }).to.deep.equal({
      status: 'failed',
      seen: 'DEPTH_ZERO_SELF_SIGNED_CERT, issued by pc-ctl tests',
    })
  })

  it('rejects where there is no TLS', async () => {
    const plain = createPlainServer((socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'))
    await once(plain.listen(0, '127.0.0.1'), 'listening')
    const address = plain.address()
    if (typeof address !== 'object' || address === null) throw new Error('no port')
    const thrown = await certificateOf(name, address.port, '127.0.0.1').catch((error: unknown) => error)
    plain.close()
    expect(thrown).to.be.instanceOf(Error)
  })

  it('finds a name, or says that it cannot', async () => {
    expect(await resolves('localhost', async () => [])).to.include({ status: 'ok' })
    const { status, seen, todo } = await resolves('no-such-host.invalid', async () => ['Make it.'])
    expect(status).to.equal('failed')
    expect(seen).to.match(/ENOTFOUND|EAI_AGAIN/)
    expect(todo).to.deep.equal(['Make it.'])
  })
})
