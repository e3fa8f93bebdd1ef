import { expect } from 'chai'

import type { LiveDistribution } from '../../../src/resources/cloudfront/live-distribution.ts'
import type { Behind } from '../../../src/tasks/doctor/behind.ts'
import type { Place } from '../../../src/tasks/doctor/place.ts'
import { nameRepairs, repairs } from '../../../src/tasks/doctor/repair.ts'
import type { Status, StatusLine } from '../../../src/tasks/status/status.ts'
import { CtlError } from '../../../src/errors.ts'
import { verbatim } from '../../../src/text.ts'
import { behind } from './behind-stub.ts'
import { secret } from './installation.ts'

const version = 'arn:aws:lambda:us-east-1:111122223333:function:packagecloud_cloudfront_auth:4'
const ours = { id: 'E1EXAMPLE', domain: 'd111111abcdef8.cloudfront.net', status: 'Deployed' }

const live = (id: string, ...aliases: string[]): LiveDistribution => ({
  id,
  arn: `arn:aws:cloudfront::111122223333:distribution/${id}`,
  domain: id === ours.id ? ours.domain : 'd222222abcdef8.cloudfront.net',
  status: 'Deployed',
  etag: 'E',
  received: undefined,
  config: {
    CallerReference: id,
    Origins: { Quantity: 0, Items: [] },
    DefaultCacheBehavior: { TargetOriginId: '', ViewerProtocolPolicy: 'https-only' },
    Comment: '',
    Enabled: true,
    Aliases: { Quantity: aliases.length, Items: aliases },
  },
})

const line = (kind: string, more: Partial<StatusLine> = {}): StatusLine => ({
  title: '',
  kind,
  name: 'its name',
  id: '',
  do: 'keep',
  because: [],
  changes: [],
  state: 'ok',
  repair: undefined,
  todo: [],
  dependsOn: [],
  inTheWay: [],
  ...more,
})

const status = (more: Partial<Status> = {}): Status => ({
  installation: 'packagecloud',
  account: '111122223333',
  bucket: { name: 'packages-example-org', region: 'eu-central-1' },
  resources: [line('KMS key')],
  distribution: ours,
  engine: 'lambda',
  otherEngine: null,
  version: { associated: version, published: version },
  secret: 'same',
  rotation: null,
  originAccess: 'oai',
  cacheControl: { looked: 0, right: 0, wrong: [] },
  leftOver: { keys: [] },
  runtimeWarning: null,
  keyRotation: true,
  otherInstallations: [],
  packagesDomain: null,
  notDecided: [],
  drift: false,
  ...more,
})

const place = (known: Partial<Behind>, domain = ours.domain): Place => ({
  domain,
  secrets: [{ name: 'current', text: secret }],
  now: () => 0,
  carried: ['--profile', 'ops'],
  behind: behind({ distribution: async () => live(ours.id), ...known }),
})

const from = async (found: Status | CtlError, known: Partial<Behind> = {}): Promise<string[]> =>
  (await repairs(place({ status: async () => found, ...known }))).map(String)

describe('doctor: what puts right what it finds', () => {
  it('is what status has for all that differs, each command once, in order', async () => {
    const both = verbatim('aws kms enable-key --key-id K', 'pc-ctl bootstrap-cloudfront --profile ops')
    const wrong = {
      state: 'drift',
      repair: both,
      todo: ['Then run the command that it prints, with --adopt.'],
    } as const
    const changes = [{ field: 'Enabled', before: false, after: true }]
    const lines = await from(
      status({ resources: [line('KMS key', wrong), line('role'), line('distribution', { ...wrong, changes })] }),
    )
    expect(lines).to.deep.equal([
      'In AWS this differs: KMS key its name; distribution its name (Enabled).',
      'Run `aws kms enable-key --key-id K`.',
      'Then run `pc-ctl bootstrap-cloudfront --profile ops`.',
      'Then run the command that it prints, with --adopt.',
    ])
  })

  it('names what others have set that is in the way, and what is to be done about it', async () => {
    const changes = [{ field: 'Enabled', before: false, after: true }]
    const inTheWay = ['the behaviour for /x/* lets requests reach the bucket']
    const todo = ['Delete /x/*.', verbatim('arn')]
    const wrong = line('distribution', { state: 'drift', changes, inTheWay, because: inTheWay, todo })
    expect(await from(status({ resources: [wrong] }))).to.deep.equal([
      'In AWS this differs: distribution its name (Enabled, the behaviour for /x/* lets requests reach the bucket).',
      'Delete /x/*.',
      'arn',
    ])
  })

  it('is to wait while edges do not have the last change yet', async () => {
    const [text = ''] = await from(status({ distribution: { ...ours, status: 'InProgress' } }))
    expect(text).to.include(`\`pc-ctl reconfigure-cloudfront-distribution ${version} --profile ops\`, which waits`)
  })

  it('says so where nothing differs', async () => {
    expect(await from(status())).to.deep.equal([
      'Nothing differs in AWS from what `pc-ctl status --profile ops` expects.',
    ])
  })

  it('is the two commands where AWS can not be looked at, and why it was not', async () => {
    expect(await from(new CtlError('denied', 'AWS denied kms:ListAliases.'))).to.deep.equal([
      'Run `pc-ctl bootstrap-cloudfront --profile ops`, then the command that it prints.',
      'What differs in AWS was not looked at: AWS denied kms:ListAliases.',
    ])
  })

  it('is what keeps the look, and would keep every command, from being made', async () => {
    for (const [failure, code] of [
      ['refused', 'refused'],
      ['configuration', 'NoSuchDistribution'],
    ] as const) {
      expect(await from(new CtlError(failure, 'It is wrong.', { hint: 'Put it right.', code }))).to.deep.equal([
        'It is wrong.',
        'Put it right.',
      ])
    }
  })

  it("is nothing for the installation's distribution where the domain is another's", async () => {
    const wrong = line('distribution', { state: 'drift', repair: verbatim('pc-ctl no') })
    for (const distribution of [async () => live('E2EXAMPLE'), async () => 'none' as const]) {
      const text = (await from(status({ resources: [wrong] }), { distribution })).join('\n')
      expect(text).not.to.include('pc-ctl no')
      expect(text).to.include(`packagecloud_rails['cloudfront_packages_domain'] = '${ours.domain}'`)
      expect(text).to.include('`pc-ctl reconfigure --profile ops`, then `pc-ctl restart --profile ops`')
    }
  })
})

describe('doctor: what makes a name lead to the distribution', () => {
  const of = async (domain: string, known: Partial<Behind>): Promise<string> =>
    (await nameRepairs(place({ status: async () => status(), ...known }, domain))).map(String).join('\n')

  it('is the DNS record, where the distribution has the name', async () => {
    const text = await of('cdn.example.org', { distribution: async () => live(ours.id, 'cdn.example.org') })
    expect(text).to.include(`cdn.example.org. IN CNAME ${ours.domain}.`)
  })

  it('is the alias, where it has not', async () => {
    const text = await of('cdn.example.org', { distribution: async () => 'none' })
    expect(text).to.include(
      '`pc-ctl cfmodify --wait --add-alias cdn.example.org cf://E1EXAMPLE --profile ops`, which takes the certificate',
    )
  })

  it("is the line for packagecloud.rb, where it is a distribution's that is gone", async () => {
    const text = await of('d333333abcdef8.cloudfront.net', { distribution: async () => 'none' })
    expect(text).to.include(`packagecloud_rails['cloudfront_packages_domain'] = '${ours.domain}'`)
  })

  it("is to look at this machine's resolver, where it is CloudFront's own", async () => {
    expect(await of(ours.domain, {})).to.include('/etc/resolv.conf')
  })

  it('is to compare, where AWS tells nothing', async () => {
    const distribution = async () => new CtlError('denied', 'AWS denied it.')
    expect(await of('cdn.example.org', { distribution })).to.include('`pc-ctl status --profile ops`')
  })
})
