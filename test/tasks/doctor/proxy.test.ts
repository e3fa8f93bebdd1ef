import { expect } from 'chai'

import { examine } from '../../../src/tasks/doctor/check.ts'
import { examineProxy } from '../../../src/tasks/doctor/proxy.ts'
import { startProxy } from '../../support/connect-proxy.ts'

const set = (environment: NodeJS.ProcessEnv, domain = 'cdn.example.org') => examineProxy({ domain }, environment)

describe('the look at proxies', () => {
  it('says that it is used, by a tunnel, and where it is set, but not what is in it', async () => {
    const hosts = { 'cdn.example.org': { host: '127.0.0.1', port: 0 } }
    const target = await startProxy()
    hosts['cdn.example.org'].port = target.port
    const proxy = await startProxy({ user: 'user', password: 'hush', hosts })
    try {
      const [examination] = set({ HTTPS_PROXY: proxy.url })
      const finding = await examination?.look()
      expect(finding).to.include({ status: 'ok' })
      expect(finding?.seen).to.include(`localhost:${proxy.port} (HTTPS_PROXY) opens tunnels (CONNECT)`)
      expect(JSON.stringify(finding)).not.to.include('hush')
      expect(proxy.tunnels).to.deep.equal(['cdn.example.org:443'])
    } finally {
      await Promise.all([proxy.close(), target.close()])
    }
  })

  it('fails where it refuses, asks for a password, is gone, or is none', async () => {
    const refusing = await startProxy({ refuse: 403 })
    const asking = await startProxy({ user: 'user', password: 'hush' })
    try {
      for (const [ALL_PROXY, seen] of [
        [refusing.url, 'refuses to connect to cdn.example.org:443: 403'],
        [asking.bareUrl, 'asks for a user and password'],
        ['http://127.0.0.1:9', "can't be reached"],
        ['socks5://user:hush@proxy', 'ALL_PROXY names a proxy of kind socks5'],
      ] as const) {
        const [examination] = set({ ALL_PROXY })
        if (examination === undefined) throw new Error('nothing to examine')
        const check = await examine(examination)
        expect(check, seen).to.include({ id: 'proxy', status: 'failed' })
        expect(check.seen).to.include(seen)
        expect(check.todo, seen).not.to.be.empty
        expect(JSON.stringify(check)).not.to.include('hush')
      }
    } finally {
      await Promise.all([refusing.close(), asking.close()])
    }
  })

  it('says nothing where there is none, or none for this domain', () => {
    const https_proxy = 'http://proxy:3128'
    expect(set({})).to.be.empty
    expect(set({ https_proxy: '' })).to.be.empty
    expect(set({ http_proxy: 'http://proxy:3128' })).to.be.empty
    expect(set({ https_proxy, no_proxy: '.example.org' })).to.be.empty
    expect(set({ https_proxy, no_proxy: 'example.com' })).to.have.length(1)
    expect(set({ https_proxy }, 'localhost:4567')).to.be.empty
  })
})
