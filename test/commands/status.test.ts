import { GetDistributionConfigCommand, UpdateDistributionCommand } from '@aws-sdk/client-cloudfront'
import { DisableKeyRotationCommand, EnableKeyRotationCommand } from '@aws-sdk/client-kms'
import { PutObjectCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'
import { XMLParser } from 'fast-xml-parser'

import { resultOf } from '../support/json-document.ts'
import type { Status } from '../../src/tasks/status/status.ts'
import { runOnTerminals } from '../support/terminals.ts'
import { bucket, install, type Installation, secret, wordsOf } from '../support/installation.ts'

describe('pc-ctl status', () => {
  let place: Installation
  beforeEach(async () => {
    place = await install()
  })
  afterEach(() => place.close())

  const report = async (): Promise<Status> => resultOf(await place.succeed(['status', '--json'])) as Status

  it('shows an empty account as missing everything, writes nothing, and exits 6 with --exit-code', async () => {
    expect(await place.changes(report)).to.deep.equal([])
    const { stdout, code } = await place.run(['status', '--exit-code'])
    expect(code).to.equal(6)
    expect(stdout).to.match(/✖ missing +IAM role/)
    expect(stdout).to.contain('repair: pc-ctl bootstrap-cloudfront')
  })

  it('finds nothing to say about a finished installation', async () => {
    await place.connect()
    const status = await report()
    expect(status.resources.map(({ state }) => state)).to.deep.equal(status.resources.map(() => 'ok'))
    expect(status.resources).to.have.lengthOf(9)
    expect(status.secret).to.equal('same')
    expect(status.version.associated).to.equal(status.version.published)
    expect(status.distribution?.status).to.equal('Deployed')
    expect(status.drift).to.equal(false)
    expect((await place.run(['status', '--exit-code'])).code).to.equal(0)
  })

  it('names the field that differs and the command that repairs it, and the command does', async () => {
    await place.connect()
    const Id = (await report()).distribution?.id
    const { ETag, DistributionConfig: config } = await place.clients.cloudfront.send(
      new GetDistributionConfigCommand({ Id }),
    )
    if (config?.DefaultCacheBehavior === undefined) throw new Error('no config')
    const DefaultCacheBehavior = { ...config.DefaultCacheBehavior, Compress: true }
    await place.clients.cloudfront.send(
      new UpdateDistributionCommand({
        Id,
        IfMatch: ETag,
        DistributionConfig: { ...config, DefaultCacheBehavior },
      }),
    )
    const status = await report()
    const line = status.resources.find(({ state }) => state === 'drift')
    expect(line?.changes.map(({ field }) => field)).to.deep.equal(['DefaultCacheBehavior.Compress'])
    expect((await place.run(['status'])).stdout).to.contain('DefaultCacheBehavior.Compress: true → false')
    await place.succeed(
      String(line?.repair ?? '')
        .split(' ')
        .slice(1),
    )
    expect((await report()).drift).to.equal(false)
  })

  it('tells that the edge has another secret than packagecloud.rb, and prints neither', async () => {
    await place.connect()
    const other = 'bm90aGVyIHNlY3JldCBvZiB0aGlydHktdHdvIGJ5dGVzIQ'
    await place.paste(`packagecloud_rails['cloudfront_secret'] = '${other}'\n`)
    const status = await report()
    expect(status.secret).to.equal('different')
    expect(status.drift).to.equal(true)
    const { stdout, stderr } = await place.run(['status'])
    expect(stdout).to.contain('NOT the one in packagecloud.rb')
    expect(stdout + stderr).not.to.contain(other)
    expect(stdout + stderr).not.to.contain(secret)
  })

  it('tells while a secret is being replaced that the edge has but the previous one', async () => {
    await place.connect()
    const lines = await place.succeed(['generate-cloudfront-secret', '--force'])
    await place.paste(lines)
    expect((await report()).secret).to.equal('previous only')
    const { stdout } = await place.run(['status'])
    expect(stdout).to.match(/Secret at the edge +the previous one only: do not restart front servers/)
    expect(stdout).to.match(/Function version +1 at the edge; a newer one is to be published/)
    await place.connect()
    expect((await report()).secret).to.equal('same')
  })

  it('sees objects whose Cache-Control is wrong', async () => {
    await place.connect()
    const Key = 'dists/stable/InRelease'
    await place.clients.s3.send(
      new PutObjectCommand({ Bucket: bucket, Key, Body: 'Origin: x', CacheControl: 'max-age=60' }),
    )
    expect((await report()).cacheControl.wrong).to.include(Key)
    expect((await place.run(['status'])).stdout).to.contain('reindex-everything')
  })

  it('tells of a key that is not rotated, which is no drift, and what it prints turns it on', async () => {
    const { kms } = place.clients
    await place.connect()
    const { keyRotation, resources } = await report()
    expect(keyRotation).to.equal(true)
    const KeyId = resources.find(({ kind }) => kind === 'KMS key')?.id
    await kms.send(new DisableKeyRotationCommand({ KeyId }))
    const { stdout, code } = await place.run(['status', '--exit-code'])
    expect(code).to.equal(0)
    expect(stdout)
      .to.match(/^✔ ok +KMS key/m)
      .and.to.match(/^Key rotation +off$/m)
    const [, id] = /aws kms enable-key-rotation --region us-east-1 --key-id\s+([0-9a-f-]{36})`/.exec(stdout) ?? []
    await kms.send(new EnableKeyRotationCommand({ KeyId: id }))
    expect((await place.run(['status'])).stdout).not.to.match(/rotation/i)
    place.sandbox.faults.add('kms:GetKeyRotationStatus:*:AccessDeniedException')
    expect(await report()).to.include({ keyRotation: null, drift: false })
    expect((await place.run(['status'])).stdout).to.match(/^Key rotation +not checked: /m)
  })

  it('warns of a Lambda runtime whose time is over, which is no drift', async () => {
    await place.paste(await place.succeed(await place.bootstrap('--runtime', 'nodejs22.x')))
    const { stdout, code } = await place.run(['status', '--exit-code'])
    expect(code, stdout).to.equal(0)
    const [, command = ''] =
      /^Warning: Lambda's runtime nodejs22\.x w.* deprecated on 2027-04-30; .*: `(pc-ctl [^`]+)`/m.exec(stdout) ?? []
    await place.succeed(wordsOf(await place.succeed(wordsOf(command))))
    expect(await report()).to.include({ runtimeWarning: null, drift: false })
  }).timeout(60_000)

  const edges = [
    'client(["package manager"]) -->|"signed URL"| CloudFrontdistribution',
    'IAMrolepolicy -->|"allows"| IAMrole',
    'IAMrolepolicy -->|"to decrypt with"| KMSkey',
    'Lambdafunction -->|"runs as"| IAMrole',
    'Lambdafunction -->|"has its secret encrypted with"| KMSkey',
    'Lambdaversion -->|"published from"| Lambdafunction',
  ]
  const ofServing = (access: string, readBy: string): string[] => [
    'S3bucketpolicy -->|"of"| S3bucket',
    `S3bucketpolicy -->|"lets in"| ${readBy}`,
    'CloudFrontdistribution -->|"viewer-request"| Lambdaversion',
    'CloudFrontdistribution -->|"refers to"| CloudFrontcachepolicy',
    `CloudFrontdistribution -->|"fetches as"| ${access}`,
    'CloudFrontdistribution -->|"fetches from"| S3bucket',
  ]

  it('draws what depends on what: what is there, and what is still to be made', async () => {
    const drawn = async (): Promise<string[]> => {
      const graph = await place.succeed(['status', '--graph'])
      expect(graph).to.match(/^flowchart LR\n/)
      return graph.split('\n').map((line) => line.trim())
    }
    const arrows = (graph: readonly string[]) => graph.filter((line) => line.includes('-->'))
    const identity = 'CloudFrontoriginaccessidentity'
    const before = await drawn()
    expect(arrows(before)).to.have.members([...edges, ...ofServing(identity, identity)])
    expect(before.filter((line) => line.endsWith(':::drift'))).to.have.lengthOf(9)
    await place.connect()
    const after = await drawn()
    expect(arrows(after)).to.have.members([...edges, ...ofServing(identity, identity)])
    expect(after.join()).not.to.contain(':::drift')
    await place.connect('--origin-access', 'oac')
    const control = 'CloudFrontoriginaccesscontrol'
    expect(arrows(await drawn())).to.have.members([...edges, ...ofServing(control, 'CloudFrontdistribution')])
    expect(await place.succeed(['status', '--graph', 'mermaid'])).to.match(/^flowchart LR\n/)
  })

  it('draws it as a tree, and as pictures that are whole', async () => {
    await place.connect()
    const { stdout } = await runOnTerminals(['status', '--graph'], {
      stdout: 'tty',
      stderr: 'pipe',
      columns: 200,
      env: { ...place.env, NO_COLOR: '1', LC_ALL: 'C.UTF-8' },
    })
    const oneOf = (line: string) => line.replace(/ [A-Z0-9]{13,}| [0-9a-f-]{36}/g, ' ID').trimEnd()
    expect(stdout.trimEnd().split('\n').map(oneOf)).to.deep.equal([
      'package manager',
      '└─ ✔ signed URL: CloudFront distribution ID',
      '   ├─ ✔ viewer-request: Lambda version packagecloud_cloudfront_auth:1',
      '   │  └─ ✔ published from: Lambda function packagecloud_cloudfront_auth',
      '   │     ├─ ✔ runs as: IAM role packagecloud_cloudfront_auth',
      '   │     └─ ✔ has its secret encrypted with: KMS key ID',
      '   ├─ ✔ refers to: CloudFront cache policy ID',
      '   ├─ ✔ fetches as: CloudFront origin access identity ID',
      '   └─ ✔ fetches from: S3 bucket packages-example-org',
      '✔ IAM role policy packagecloud_cloudfront_auth',
      '├─ ✔ allows: IAM role packagecloud_cloudfront_auth',
      '└─ ✔ to decrypt with: KMS key ID',
      '✔ S3 bucket policy packages-example-org',
      '├─ ✔ of: S3 bucket packages-example-org',
      '└─ ✔ lets in: CloudFront origin access identity ID',
    ])
    const svg = await place.succeed(['status', '--graph', 'svg'])
    expect(svg)
      .to.match(/^<svg xmlns[^]*<\/svg>\n$/)
      .and.include('>viewer-request</text>')
      .and.include('>packages-example-org</text>')
    // Of pixels there are no parts.
    expect(svg).to.not.match(/\d\.\d/)
    expect(new XMLParser().parse(svg)).to.have.nested.property('svg.g').with.length(11)
    const html = await place.succeed(['status', '--graph=html'])
    expect(html)
      .to.match(/^<!doctype html>\n/)
      .and.include(svg.trimEnd())
      // The same page as a report is, light and dark.
      .and.include('prefers-color-scheme: dark')
      .and.include('All 9 resources are as pc-ctl would make them.')
    const refused = await place.run(['status', 'svg'])
    expect(refused).to.include({ code: 2, stdout: '' })
    expect(refused.stderr).to.include('pc-ctl status --graph svg')
  })
})
