import { expect } from 'chai'

import { dnsRecord, isApex } from '../../../src/tasks/names/dns.ts'

describe('the DNS record for an alias', () => {
  it('is a CNAME, except where a zone can have none', () => {
    const domain = 'd111111abcdef8.cloudfront.net'
    for (const name of ['cdn.example.org', '*.example.org', 'a.b.example.co.uk', 'www.co.org']) {
      expect(dnsRecord(name, domain), name).to.include({ type: 'CNAME', text: `${name}. IN CNAME ${domain}.` })
    }
    for (const name of ['example.org', 'example.co.uk', 'example.com.au']) {
      expect(isApex(name), name).to.equal(true)
      expect(dnsRecord(name, domain)).to.include({ type: 'ALIAS', value: domain })
      expect(dnsRecord(name, domain).text).not.to.contain(' IN CNAME ')
    }
  })
})
