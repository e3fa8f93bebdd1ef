import { RequestCertificateCommand } from '@aws-sdk/client-acm'
import { PutBucketPolicyCommand, PutPublicAccessBlockCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { assertDocument, resultOf } from '../support/json-document.ts'
import { bucket, expectPlainTalk, type Installation, install, objectBody, objectKey } from '../support/installation.ts'

const uri = `s3://${bucket}`

/** The value behind a label. */
const labelled = (lines: string, label: string): string | undefined =>
  new RegExp(`^${label}: *(.*)$`, 'm').exec(lines)?.[1]

describe('s3cmd’s commands, as typed', function () {
  this.timeout(60_000)
  let place: Installation
  before(async () => {
    place = await install()
  })
  after(() => place.close())

  let dist = ''

  it('warns that objects will answer 403, and shows the plan', async () => {
    const { code, stdout, stderr } = await place.run(['cfcreate', uri, '-n'])
    expect(code).to.equal(0)
    expect(stdout).to.contain(`+ CloudFront distribution for ${uri}: create`)
    expect(stderr).to.match(/^Warning: objects of s3:\/\/packages-example-org will answer 403: .*--private/m)
    expect((await place.run(['cfcreate', uri, '-n', '--exit-code'])).code).to.equal(6)
  })

  it('does not warn once a policy opens the bucket, and serves it', async () => {
    const { s3 } = place.clients
    await s3.send(new PutPublicAccessBlockCommand({ Bucket: bucket, PublicAccessBlockConfiguration: {} }))
    const Statement = [
      { Effect: 'Allow', Principal: '*', Action: 's3:GetObject', Resource: `arn:aws:s3:::${bucket}/*` },
    ]
    const Policy = JSON.stringify({ Version: '2012-10-17', Statement })
    await s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }))
    const { code, stdout, stderr } = await place.run([
      'cfcreate',
      '--wait',
      '--cf-comment',
      'a walk',
      '--tag',
      'team=web',
      uri,
    ])
    expect(code, stderr).to.equal(0)
    expect(stderr).not.to.contain('Warning')
    expectPlainTalk(stderr)
    const lines = stdout.trimEnd().split('\n')
    expect(lines.map((line) => line.split(':')[0])).to.deep.equal([
      'Distribution created',
      ...['Origin', 'DistId', 'DomainName', 'CNAMEs', 'Comment', 'Status', 'Enabled', 'DefaultRootObject', 'Etag'],
    ])
    expect(stdout).to.contain('Origin:         s3://packages-example-org/\n').and.contain('Enabled:        True\n')
    expect([labelled(stdout, 'Comment'), labelled(stdout, 'Status')]).to.deep.equal(['a walk', 'Deployed'])
    dist = labelled(stdout, 'DistId') ?? ''
    const path = objectKey.split('/').map(encodeURIComponent).join('/')
    const served = await fetch(`http://${labelled(stdout, 'DomainName') ?? ''}/${path}`)
    expect([served.status, await served.text()]).to.deep.equal([200, objectBody])
  })

  it('shows it by list, by id and by bucket, in three forms', async () => {
    const list = await place.succeed(['cflist'])
    const labels = list
      .trimEnd()
      .split('\n')
      .map((line) => line.split(':')[0])
    expect(labels).to.deep.equal(['Origin', 'DistId', 'DomainName', 'Status', 'Enabled'])
    expect(await place.succeed(['cfinfo'])).to.equal(list)
    const info = await place.succeed(['cfinfo', dist])
    expect(info.split('\n').map((line) => line.split(':')[0])).to.deep.equal([
      ...['Origin', 'DistId', 'DomainName', 'Status', 'Comment', 'Enabled', 'DfltRootObject', 'Logging', 'Etag'],
      '',
    ])
    expect(labelled(info, 'Logging')).to.equal('Disabled')
    expect(await place.succeed(['cfinfo', uri, dist.replace('cf://', '')])).to.equal(info)
    const table = await place.succeed(['cflist', '--format', 'table'])
    expect(table)
      .to.match(/^DISTRIBUTION +DOMAIN +ORIGIN/)
      .and.contain(dist)
    const { distributions } = resultOf(await place.succeed(['cfinfo', uri, '--json'])) as {
      distributions: Record<string, unknown>[]
    }
    expect(distributions).to.have.length(1)
    expect(distributions[0]).to.deep.include({ uri: dist, enabled: true, comment: 'a walk', aliases: [] })
    expect(distributions[0]?.['tags']).to.deep.equal({ team: 'web', 'pc-ctl:created-by': 'cfcreate' })
  })

  it('modifies with s3cmd’s words or its own, tells what changed and nothing where nothing does', async () => {
    await place.clients.acm.send(new RequestCertificateCommand({ DomainName: '*.example.org' }))
    const words = ['--cf-add-cname', 'CDN.example.org', '--cf-add-cname', 'www.example.org']
    const { code, stdout, stderr } = await place.run([
      'cfmodify',
      ...words,
      dist,
      '--cf-default-root-object',
      '/index.html',
    ])
    expect(code, stderr).to.equal(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).to.equal(`Distribution modified: ${dist}`)
    expect(lines.slice(1).map((line) => line.split(':')[0])).to.deep.equal([
      'Origin',
      'DistId',
      'DomainName',
      'Status',
      'CNAMEs',
      'Comment',
      'Enabled',
      'DefaultRootObject',
      'Etag',
    ])
    expect(labelled(stdout, 'CNAMEs')).to.equal('cdn.example.org, www.example.org')
    expect(labelled(stdout, 'DefaultRootObject')).to.equal('index.html')
    expect(stderr).to.match(/found arn:aws:acm:us-east-1:\S+ for \*\.example\.org/)
    expect(stderr).to.contain('  cdn.example.org. IN CNAME ')
    const again = await place.run(['cfmodify', uri, '--add-alias', 'cdn.example.org', '--json'])
    expect(assertDocument(again.stdout))
      .to.deep.include({ changed: false })
      .and.have.nested.property('result.comment', 'a walk')
    const removed = assertDocument(
      await place.succeed(['cfmodify', uri, '--cf-remove-cname', 'www.example.org', '--json']),
    )
    expect(removed)
      .to.deep.include({ changed: true })
      .and.have.deep.nested.property('result.aliases', ['cdn.example.org'])
    const { stdout: plan } = await place.run(['cfmodify', dist, '--disable', '--dry-run'])
    expect(plan).to.contain('Enabled: true → false')
  })

  it('shows what is there beside what is not, and exits with 1', async () => {
    const info = await place.run(['cfinfo', 'cf://E0NONE', dist])
    expect([info.code, info.stdout.includes(`DistId:         ${dist}`)], info.stderr).to.deep.equal([1, true])
    expect(info.stderr).to.contain('cf://E0NONE does not exist')
    const json = await place.run(['cfinfo', 'cf://E0NONE', dist, '--json'])
    expect([json.code, json.stderr]).to.deep.equal([1, ''])
    expect(resultOf(json.stdout)).to.have.property('missing').that.deep.equals(['cf://E0NONE'])
    const made = await place.succeed(['cfinval', dist, '/x', '--format', 's3cmd'])
    const [, one = ''] = /pc-ctl cfinvalinfo (\S+)/.exec(made) ?? []
    const look = await place.run(['cfinvalinfo', `${dist}/I0NONE`, one])
    expect([look.code, look.stdout.includes(one)], look.stderr).to.deep.equal([1, true])
    expect(look.stderr).to.contain(`${dist}/I0NONE does not exist`)
  })

  it('finds a distribution by its domain names and by its ARN', async () => {
    const { distributions } = resultOf(await place.succeed(['cfinfo', dist, '--json'])) as {
      distributions: [{ id: string; aliases: string[] }]
    }
    const [{ aliases, id }] = distributions
    const arn = `arn:aws:cloudfront::${place.sandbox.accountId}:distribution/${id}`
    for (const word of [arn, aliases[0] ?? '', `cf://${aliases[0] ?? ''}`, (aliases[0] ?? '').toUpperCase()]) {
      expect(await place.succeed(['cfinfo', word]), word).to.contain(dist)
    }
    expect(await place.succeed(['cfinval', aliases[0] ?? '', '/y'])).to.contain(dist)
    const none = await place.run(['cfinfo', 'nobody.example.org'])
    expect([none.code, none.stdout]).to.deep.equal([1, ''])
    expect(none.stderr).to.contain('No distribution in this account has the name nobody.example.org')
  })

  it('exits as it should where a word is wrong or something is not there', async () => {
    const expected: [string[], number, RegExp][] = [
      [['cfcreate', 'packages-example-org'], 2, /Distribution can only be created from a s3:\/\/ URI instead of/],
      [['cfcreate', `${uri}/key`], 2, /Use s3:\/\/ URI with a bucket name only instead of/],
      [
        ['cfcreate', 's3://Upper_Case'],
        2,
        /given as s3:\/\/Upper_Case, can't be used.*upper-case letters and underscores/s,
      ],
      [['cfcreate', 's3://no-such-bucket'], 1, /"no-such-bucket", given as s3:\/\/no-such-bucket, does not exist/],
      [
        ['cfmodify', dist, '--log-to', 's3://no-such-bucket/x'],
        1,
        /"no-such-bucket", given as --log-to, does not exist/,
      ],
      [['cfmodify', dist, '--log-to', 'logs'], 2, /not to "logs"\..*--log-to s3:\/\/BUCKET/s],
      [['cfcreate'], 2, /BUCKET/],
      [['cfmodify', dist, dist, '--enable'], 2, /Too many parameters/],
      [['cfmodify', dist], 2, /Nothing to change/],
      [['cfmodify', dist, '--enable', '--disable'], 2, /--disable/],
      [['cfmodify', dist, '--add-alias', 'a_b c'], 2, /domain name/],
      [['cfmodify', dist, '--add-alias', 'cdn.example.net'], 4, /no issued certificate/],
      [['cfinfo', 'cf://E0NONE'], 1, /does not exist/],
      [['cfinfo', 's3://no-such-bucket'], 1, /No CloudFront distribution .* serves/],
      [['cfinfo', 'http://x'], 2, /names no distribution/],
      [['cfremove', dist], 2, /there is no terminal/],
    ]
    for (const [args, code, message] of expected) {
      const run = await place.run(args)
      expect([run.code, run.stdout], `${args.join(' ')}\n${run.stderr}`).to.deep.equal([code, ''])
      expect(run.stderr).to.match(message)
      expectPlainTalk(run.stderr)
    }
  })

  it('refuses to remove what packagecloud.rb names, removes it by the old name of the command, and again', async () => {
    await place.paste(`packagecloud_rails['cloudfront_distribution_id'] = '${dist.replace('cf://', '')}'\n`)
    const refused = await place.run(['cfremove', uri, '--yes', '--json'])
    expect(refused.code).to.equal(4)
    expect(JSON.parse(refused.stdout)).to.have.nested.property('error.code', 'refused')
    const { stdout: plan } = await place.run(['cfremove', dist, '--force', '--dry-run'])
    expect(plan).to.contain('- CloudFront distribution').and.contain(': remove')
    const { code, stdout, stderr } = await place.run(['cfdelete', dist, '--force', '--yes'])
    expect([code, stdout], stderr).to.deep.equal([0, `Distribution ${dist} deleted\n`])
    expect(stderr).to.contain(`To be removed: ${dist} (`)
    const again = await place.run(['cfremove', dist, '--yes'])
    expect([again.code, again.stdout]).to.deep.equal([1, ''])
    expect(again.stderr).to.contain(`${dist} does not exist`)
    const repeated = await place.run(['cfremove', dist, '--yes', '--if-exists'])
    expect([repeated.code, repeated.stdout], repeated.stderr).to.deep.equal([0, ''])
    expect(repeated.stderr).to.contain(`${dist} does not exist: nothing to remove`)
    expect(await place.succeed(['cflist'])).to.equal('')
    expect(await place.succeed(['cflist', '--json'])).to.contain('"distributions": []')
  })
})
