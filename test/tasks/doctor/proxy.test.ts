import { expect } from 'chai'

import { examineProxy } from '../../../src/tasks/doctor/proxy.ts'

const set = (environment: NodeJS.ProcessEnv, domain = 'cdn.example.org') => examineProxy({ domain }, environment)

describe('the look at proxies', () => {
  it('says which variable is set and that it is not used, and not what is in it', async () => {
    const [examination] = set({ HTTPS_PROXY: 'http://user:hush@proxy.example.org:3128' })
    const finding = await examination?.look()
    expect(finding).to.include({ status: 'warning', seen: 'HTTPS_PROXY is set, and not used here' })
    expect(JSON.stringify(finding)).not.to.include('hush')
    expect(set({ all_proxy: 'socks5://proxy' })).to.have.length(1)
  })

  it('says nothing where there is none, or none for this domain', () => {
    const https_proxy = 'http://proxy:3128'
    expect(set({})).to.be.empty
    expect(set({ https_proxy: '' })).to.be.empty
    expect(set({ http_proxy: 'http://proxy:3128' })).to.be.empty
    for (const no_proxy of ['*', 'cdn.example.org', 'localhost, .example.org', 'EXAMPLE.org', '*.example.org']) {
      expect(set({ https_proxy, no_proxy }), no_proxy).to.be.empty
    }
    for (const no_proxy of ['', 'ample.org', 'example.com', 'other.cdn.example.org']) {
      expect(set({ https_proxy, no_proxy }), no_proxy).to.have.length(1)
    }
    expect(set({ https_proxy }, 'localhost:4567')).to.be.empty
  })
})
