import { expect } from 'chai'

import { exemptionsIn, isAlwaysDirect } from '../../src/aws/no-proxy.ts'
import { proxiesOf, showProxies } from '../../src/aws/proxy.ts'
import { CtlError } from '../../src/errors.ts'

const proxyFor = (environment: NodeJS.ProcessEnv, scheme: 'http' | 'https' = 'https', host = 'aws.example.org') =>
  proxiesOf(environment).for(scheme, host, scheme === 'https' ? 443 : 80)

describe('the proxy of a connection', () => {
  it('is the one of its scheme, the lower-case name first; an empty one is not set', () => {
    const one = 'http://one:1'
    const two = 'http://two:2'
    const cases: [NodeJS.ProcessEnv, string | undefined, string | undefined][] = [
      [{}, undefined, undefined],
      [{ HTTPS_PROXY: one }, 'one:1', undefined],
      [{ HTTP_PROXY: one }, undefined, 'one:1'],
      [{ https_proxy: one, HTTPS_PROXY: two }, 'one:1', undefined],
      [{ https_proxy: '', HTTPS_PROXY: two }, 'two:2', undefined],
      [{ http_proxy: one, HTTP_PROXY: two }, undefined, 'one:1'],
      [{ ALL_PROXY: one }, 'one:1', 'one:1'],
      [{ all_proxy: one, ALL_PROXY: two, https_proxy: two }, 'two:2', 'one:1'],
      [{ HTTPS_PROXY: one, NO_PROXY: '*' }, undefined, undefined],
      [{ HTTPS_PROXY: one, no_proxy: 'other.org', NO_PROXY: '*' }, 'one:1', undefined],
      [{ HTTPS_PROXY: one, no_proxy: '', NO_PROXY: 'example.org' }, undefined, undefined],
    ]
    for (const [environment, https, http] of cases) {
      const found = [proxyFor(environment)?.name, proxyFor(environment, 'http')?.name]
      expect(found, JSON.stringify(environment)).to.deep.equal([https, http])
    }
  })

  it('is read off its URL, with user and password decoded', () => {
    const basic = (text: string): string => `Basic ${Buffer.from(text).toString('base64')}`
    const cases: [string, object][] = [
      ['proxy.example.org:3128', { name: 'proxy.example.org:3128', secure: false, authorization: undefined }],
      ['http://proxy.example.org', { name: 'proxy.example.org:80', port: 80 }],
      ['https://proxy.example.org', { name: 'proxy.example.org:443', secure: true }],
      ['HTTP://Proxy:1/', { name: 'proxy:1' }],
      ['http://[fd00::1]:3128', { name: '[fd00::1]:3128', hostname: 'fd00::1', port: 3128 }],
      ['http://u:p@proxy:1', { authorization: basic('u:p') }],
      ['u:p%40%3A%2F@proxy:1', { authorization: basic('u:p@:/') }],
      ['http://u%20v:%C3%B6@proxy:1', { authorization: basic('u v:ö') }],
      ['http://u@proxy:1', { authorization: basic('u:') }],
      // What is no encoding stands for itself.
      ['http://u:100%@proxy:1', { authorization: basic('u:100%') }],
      ['  http://proxy:1\n', { name: 'proxy:1' }],
    ]
    for (const [HTTPS_PROXY, expected] of cases) expect(proxyFor({ HTTPS_PROXY }), HTTPS_PROXY).to.include(expected)
  })

  it('that is none is an error of the configuration, which does not repeat it', () => {
    for (const ALL_PROXY of [
      'socks5://u:hush@proxy',
      'http://',
      'http://u:hu#sh@proxy:1',
      'u:hush@:99999',
      'ftp://hush',
    ]) {
      let thrown: unknown
      try {
        proxyFor({ ALL_PROXY })
      } catch (error) {
        thrown = error
      }
      expect(thrown, ALL_PROXY).to.be.instanceOf(CtlError).with.property('failure', 'configuration')
      const { message, hint } = thrown as CtlError
      expect(message).to.match(/^ALL_PROXY /)
      expect(`${message}${hint.join()}`).not.to.match(/hush|hu#sh/)
      // What does not need it is not bothered.
      expect(proxiesOf({ ALL_PROXY }).for('https', 'localhost', 443)).to.equal(undefined)
    }
  })

  it('is none for this machine and for where it gets credentials', () => {
    const direct = [
      'localhost',
      'LOCALHOST.',
      'x.localhost',
      '127.0.0.1',
      '127.255.0.3',
      '::1',
      '[::1]',
      '::ffff:127.0.0.1',
      '0.0.0.0',
      '169.254.169.254',
      '169.254.170.2',
      '169.254.170.23',
      'fd00:ec2::254',
      '[fd00:ec2::23]',
      'fe80::1',
    ]
    for (const host of direct) expect(isAlwaysDirect(host, 80), host).to.equal(true)
    const others = [
      'localhost.example.org',
      'notlocalhost',
      '128.0.0.1',
      '::2',
      'fd00:ec3::254',
      '169.253.0.1',
      '1.2.3.4',
    ]
    for (const host of others) expect(isAlwaysDirect(host, 80), host).to.equal(false)
  })
})

describe('NO_PROXY', () => {
  const cases: [entries: string, exempt: [string, number?][], not: [string, number?][]][] = [
    ['', [], [['a.org']]],
    ['*', [['a.org'], ['1.2.3.4'], ['::2']], []],
    ['a.org', [['a.org'], ['A.ORG'], ['a.org.'], ['x.a.org'], ['y.x.a.org']], [['xa.org'], ['a.org.x'], ['org']]],
    ['.a.org', [['a.org'], ['x.a.org']], [['xa.org']]],
    ['*.a.org', [['x.a.org']], [['xa.org']]],
    [
      'a.org:8443',
      [
        ['a.org', 8443],
        ['x.a.org', 8443],
      ],
      [['a.org', 443]],
    ],
    ['b.org , a.org', [['a.org'], ['b.org']], [['c.org']]],
    ['b.org a.org', [['a.org'], ['b.org']], []],
    ['10.0.0.0/8', [['10.1.2.3'], ['10.0.0.0'], ['::ffff:10.1.2.3']], [['11.0.0.1'], ['a10.0.0.1']]],
    ['192.168.1.7', [['192.168.1.7']], [['192.168.1.70'], ['x.192.168.1.7.org']]],
    ['192.168.1.7:3000', [['192.168.1.7', 3000]], [['192.168.1.7', 443]]],
    ['192.168.0.0/16:3000', [['192.168.9.9', 3000]], [['192.168.9.9', 443]]],
    ['fd12::/16', [['fd12::9'], ['[fd12::9]']], [['fd13::9']]],
    ['fd12::9', [['[fd12::9]']], [['fd12::99']]],
    ['[fd12::9]:443', [['fd12::9', 443]], [['fd12::9', 80]]],
    // No network at all: exempts nothing, and breaks nothing.
    ['10.0.0.0/99, a.org', [['a.org']], [['10.0.0.0']]],
    [' ,, .', [], [['a.org']]],
  ]
  for (const [entries, exempt, not] of cases) {
    it(JSON.stringify(entries), () => {
      const test = exemptionsIn(entries)
      for (const [host, port = 443] of exempt) expect(test(host, port), `${host}:${port}`).to.equal(true)
      for (const [host, port = 443] of not) expect(test(host, port), `${host}:${port}`).to.equal(false)
    })
  }
})

describe('what is shown of proxies', () => {
  it('is where they come from, and no password', () => {
    const shown = showProxies({
      https_proxy: 'http://us:hush@proxy:3128',
      ALL_PROXY: 'socks5://hush',
      NO_PROXY: 'a.org',
    })
    expect(shown).to.deep.include.members([
      { name: 'HTTPS_PROXY', value: 'http://us:***@proxy:3128', source: 'https_proxy' },
      { name: 'NO_PROXY', value: 'a.org', source: 'NO_PROXY' },
    ])
    expect(shown[1]).to.include({ name: 'HTTP_PROXY', value: null, source: 'ALL_PROXY' })
    expect(shown[1]?.problem).to.include('socks5')
    expect(JSON.stringify(shown)).not.to.include('hush')
    expect(showProxies({}).map(({ value }) => value)).to.deep.equal([null, null, null])
  })
})
