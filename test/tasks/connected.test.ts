import { expect } from 'chai'

import { loadSettings } from '../../src/settings/settings.ts'
import { connected } from '../../src/tasks/connected.ts'
import type { Reconfigure } from '../../src/tasks/reconfigure-cloudfront-distribution.ts'
import { inOneLine } from '../../src/text.ts'

describe('what reconfigure-cloudfront-distribution ends in', () => {
  const alias = 'packages.example.org'
  const done = {
    access: 'oai',
    bucket: { name: 'packages-example-org', region: 'eu-central-1', encryption: 'AES256' },
    bucketPolicy: { document: { Version: '2012-10-17', Statement: [] } },
    distribution: {
      id: 'E1EXAMPLE00001',
      arn: 'arn:aws:cloudfront::111122223333:distribution/E1EXAMPLE00001',
      domain: 'd111111abcdef8.cloudfront.net',
      status: 'Deployed',
      config: { Aliases: { Quantity: 1, Items: [alias] } },
    },
  } as unknown as Reconfigure

  it('has the DNS record of an alias before the restart', async () => {
    const settings = await loadSettings(
      { config: '/etc/packagecloud/packagecloud.rb', installation: 'packagecloud' },
      {},
    )
    const { dns, next } = await connected(done, settings, [], [alias])
    expect(dns.map(({ type, value }) => ({ type, value }))).to.deep.equal([
      { type: 'CNAME', value: 'd111111abcdef8.cloudfront.net' },
    ])
    expect(inOneLine(next)).to.match(
      /packages\.example\.org\. IN CNAME d111111abcdef8\..*before the restart.*ctl restart/,
    )
    expect((await connected(done, settings, [])).dns).to.deep.equal([])
  })
})
