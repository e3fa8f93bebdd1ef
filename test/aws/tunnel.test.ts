import { createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'

import { expect } from 'chai'

import type { Proxy } from '../../src/aws/proxy.ts'
import { openTunnel, ProxyFailure } from '../../src/aws/tunnel.ts'
import { type ConnectProxy, type ConnectProxyOptions, startProxy } from '../support/connect-proxy.ts'

describe('tunnels through a proxy that has let none through yet', () => {
  const opened: { close(): unknown }[] = []
  const sockets: Socket[] = []
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy()
    for (const one of opened.splice(0)) await one.close()
  })
  const start = async (options: ConnectProxyOptions): Promise<{ own: ConnectProxy; proxy: Proxy }> => {
    const own = await startProxy(options)
    opened.push(own)
    const proxy = { name: `localhost:${own.port}`, variable: 'HTTPS_PROXY', hostname: 'localhost', port: own.port }
    return { own, proxy: { ...proxy, secure: false, authorization: undefined } }
  }
  const statuses = async (tries: Promise<Socket>[]): Promise<(number | undefined | 'open')[]> =>
    (await Promise.allSettled(tries)).map((outcome) => {
      if (outcome.status === 'rejected') return outcome.reason instanceof ProxyFailure ? outcome.reason.status : NaN
      sockets.push(outcome.value)
      return 'open'
    })

  it('are asked for once where it asks for a password', async () => {
    const { own, proxy } = await start({ user: 'u', password: 'p' })
    const tries = ['a', 'b', 'c', 'a'].map((host) => openTunnel(proxy, host, 443))
    expect(await statuses(tries)).to.deep.equal([407, 407, 407, 407])
    expect(own.tunnels).to.deep.equal(['a:443'])
    expect(await statuses([openTunnel(proxy, 'a', 443)])).to.deep.equal([407])
    expect(own.tunnels).to.have.length(2)
  })

  it('are asked for once a host where it refuses that host', async () => {
    const { own, proxy } = await start({ refuse: 403 })
    const tries = ['a', 'b', 'a', 'b', 'c'].map((host) => openTunnel(proxy, host, 443))
    expect(await statuses(tries)).to.deep.equal([403, 403, 403, 403, 403])
    expect(own.tunnels.toSorted()).to.deep.equal(['a:443', 'b:443', 'c:443'])
  })

  it('are all opened where it lets them through, one host refused or not', async () => {
    const server: Server = createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    opened.push(server)
    const address = server.address()
    const port = typeof address === 'object' ? (address?.port ?? 0) : 0
    const refuse = (authority: string): number | undefined => (authority.startsWith('no') ? 403 : undefined)
    const { own, proxy } = await start({ refuse, hosts: { a: { host: '127.0.0.1', port } } })
    const tries = ['no', 'a', 'a', 'a', 'no'].map((host) => openTunnel(proxy, host, 443))
    expect(await statuses(tries)).to.deep.equal([403, 'open', 'open', 'open', 403])
    expect(own.tunnels.filter((one) => one === 'a:443')).to.have.length(3)
    expect(own.tunnels.filter((one) => one === 'no:443')).to.have.length(1)
  })
})
