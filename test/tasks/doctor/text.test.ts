import { expect } from 'chai'

import { failed, ok, skipped, warning } from '../../../src/tasks/doctor/check.ts'
import { diagnosisText, passageSettings } from '../../../src/tasks/doctor/text.ts'
import { lay } from '../../../src/ui/layout.ts'
import { noTerminal } from '../../../src/ui/screen.ts'

const domain = 'd111111abcdef8.cloudfront.net'

describe('doctor: the report', () => {
  it('has a line for each check, and what to do beneath those that need it', () => {
    const checks = [
      { id: 'a', title: 'A', ...ok('seen', 'not shown') },
      { id: 'b', title: 'B', ...failed('seen', 'it means this', 'do this', 'then that') },
      { id: 'c', title: 'C', ...warning('seen', 'it means this', 'do this') },
      { id: 'd', title: 'D', ...skipped('because') },
    ]
    const count = { ok: 1, failed: 1, warning: 1, skipped: 1 }
    expect(lay(diagnosisText({ domain, checks, count }), noTerminal).split('\n')).to.deep.equal([
      '✔ A: seen',
      '✖ B: seen',
      '    it means this',
      '    → do this',
      '    → then that',
      '! C: seen',
      '    it means this',
      '    → do this',
      '– D: because',
      '',
      '1 ok, 1 failed, 1 warning, 1 skipped',
    ])
  })

  it('tells firewalls and proxies what they need, in their own languages', async () => {
    const { allow, text } = await passageSettings(domain, 'https://packages.example.org')
    expect(allow).to.deep.equal([
      { name: 'packages.example.org', port: '443', scheme: 'https' },
      { name: domain, port: '443', scheme: 'https' },
    ])
    const said = lay(text, noTerminal)
    const lines = said.split('\n').map((line) => line.trim())
    expect(lines).to.include.members([
      `${domain}:443 (https)`,
      String.raw`PassThroughPattern: ^(packages\.example\.org:443|d111111abcdef8\.cloudfront\.net:443)$`,
      `acl packagecloud dstdomain packages.example.org ${domain}`,
      String.raw`refresh_pattern -i ^https?://(packages\.example\.org|d111111abcdef8\.cloudfront\.net)/ 0 0% 0`,
    ])
    const pattern = /PassThroughPattern: (.*)/.exec(said)?.[1] ?? ''
    expect(new RegExp(pattern).test(`${domain}:443`)).to.equal(true)
    expect(new RegExp(pattern).test('d111111abcdef8xcloudfront.net:443')).to.equal(false)
  })

  it('names the packages domain alone where the front server is not known, with its port', async () => {
    const { allow, text } = await passageSettings('127.0.0.1:8080', undefined)
    expect(allow).to.deep.equal([{ name: '127.0.0.1', port: '8080', scheme: 'http' }])
    expect(lay(text, noTerminal)).to.include('acl packagecloud dstdomain 127.0.0.1\n')
  })
})
