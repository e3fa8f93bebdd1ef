import {
  CreateDistributionWithTagsCommand,
  type DistributionConfig,
  GetCachePolicyCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudfront'
import { GetBucketPolicyCommand, PutBucketWebsiteCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { readBuckets } from '../../../src/tasks/cf/create.ts'
import { CtlError } from '../../../src/errors.ts'
import { bucket, type CfBench, failureOf, noEdit, originsOf, region, startCf } from './bench.ts'

describe('cfcreate', function () {
  this.timeout(60_000)
  let bench: CfBench
  beforeEach(async () => {
    bench = await startCf()
  })
  afterEach(() => bench.close())

  const policy = async (): Promise<{ Statement: { Sid: string; Condition: unknown }[] }> => {
    const { Policy = '' } = await bench.aws
      .client(S3Client, region)
      .send(new GetBucketPolicyCommand({ Bucket: bucket }))
    return JSON.parse(Policy) as Awaited<ReturnType<typeof policy>>
  }

  it('makes a public distribution, as s3cmd did, marked as ours', async () => {
    const [made] = await bench.create()
    expect(made).to.include({ outcome: 'created', enabled: true, origin: `s3://${bucket}/`, defaultRootObject: '' })
    expect(made?.comment).to.equal(`http://${bucket}.s3.amazonaws.com/`)
    expect(made?.origins).to.deep.equal([
      { host: `${bucket}.s3.us-east-1.amazonaws.com`, bucket, path: '', access: 'public' },
    ])
    expect(made?.tags).to.deep.equal({ 'pc-ctl:created-by': 'cfcreate' })
    expect(bench.changes()).to.deep.equal(['CreateCachePolicy', 'CreateDistributionWithTags'])
    // What says nothing about caching is kept for a day, what says no-cache is not kept.
    const Id = (await bench.configOf(made?.id ?? ''))?.DefaultCacheBehavior?.CachePolicyId
    const { CachePolicy } = await bench.cloudfront.send(new GetCachePolicyCommand({ Id }))
    expect(CachePolicy?.CachePolicyConfig).to.include({ MinTTL: 0, DefaultTTL: 86_400 })
  })

  it('makes one, however often it is run, and tells of the one there is', async () => {
    const [first] = await bench.create()
    bench.sandbox.calls.clear()
    const [second] = await bench.create([`s3://${bucket}`, `S3://${bucket}/`])
    expect(second).to.include({ outcome: 'exists', id: first?.id })
    expect(bench.changes()).to.deep.equal([])
  })

  it('chooses none of several that it made', async () => {
    const [first] = await bench.create()
    const DistributionConfig = { ...(await bench.configOf(first?.id ?? '')), CallerReference: 'a copy' }
    const Items = [{ Key: 'pc-ctl:created-by', Value: 'cfcreate' }]
    const DistributionConfigWithTags = { DistributionConfig: DistributionConfig as DistributionConfig, Tags: { Items } }
    const { Distribution } = await bench.cloudfront.send(
      new CreateDistributionWithTagsCommand({ DistributionConfigWithTags }),
    )
    bench.sandbox.calls.clear()
    const refused = await failureOf(bench.create())
    expect(refused.failure).to.equal('refused')
    expect(refused.message).to.include(first?.id).and.to.include(Distribution?.Id)
    expect(bench.changes()).to.deep.equal([])
  })

  it('makes one where the answer to the first call was lost', async () => {
    bench.sandbox.faults.add({
      operation: 'CreateDistributionWithTags',
      calls: 1,
      when: 'after',
      what: { kind: 'drop' },
    })
    const [made] = await bench.create()
    expect(made?.outcome).to.equal('created')
    const [again] = await bench.create()
    expect(again?.id).to.equal(made?.id)
  })

  const writes = ['CreateOriginAccessControl', 'CreateCachePolicy', 'CreateDistributionWithTags', 'UpdateDistribution']
  for (const operation of [...writes, 'PutBucketPolicy']) {
    for (const when of ['before', 'after'] as const) {
      it(`ends at ${operation}, ${when} its effect, and the same command goes on`, async () => {
        await bench.requestCertificate('*.example.org')
        const wishes = { origin: 'private', edit: { ...noEdit, addAliases: ['cdn.example.org'] } } as const
        const what = { kind: 'error' as const, code: 'ServiceFault', status: 400 }
        bench.sandbox.faults.add({ operation, calls: 1, when, what })
        expect((await failureOf(bench.create(undefined, wishes))).code).to.equal('ServiceFault')
        const [made] = await bench.create(undefined, wishes)
        expect(made?.aliases).to.deep.equal(['cdn.example.org'])
        expect((await policy()).Statement[0]?.Condition).to.deep.equal({ StringEquals: { 'AWS:SourceArn': made?.arn } })
        bench.sandbox.calls.clear()
        expect((await bench.create(undefined, wishes))[0]).to.include({ outcome: 'exists', id: made?.id })
        expect(bench.changes()).to.deep.equal([])
      })
    }
  }

  it('takes another reference where that of a removed distribution is still taken', async () => {
    const message = 'The caller reference is associated with another distribution. Already exists: E0GONE'
    bench.sandbox.faults.add({
      operation: 'CreateDistributionWithTags',
      calls: 1,
      what: { kind: 'error', code: 'DistributionAlreadyExists', status: 409, message },
    })
    const [made] = await bench.create()
    const { CallerReference } = (await bench.configOf(made?.id ?? '')) ?? {}
    expect(CallerReference).to.equal(`pc-ctl:cfcreate:${bucket}:after:E0GONE`)
  })

  it('makes a distribution of each of several buckets', async () => {
    await bench.makeBucket('another-bucket')
    const made = await bench.create([`s3://${bucket}`, 's3://another-bucket'], { tags: { team: 'web' } })
    expect(made.map((one) => [one.bucket, one.outcome, one.tags['team']])).to.deep.equal([
      [bucket, 'created', 'web'],
      ['another-bucket', 'created', 'web'],
    ])
  })

  it('reads a private bucket by an access control, and lets just this distribution in', async () => {
    const [made] = await bench.create(undefined, { origin: 'private' })
    expect(made?.origins[0]?.access).to.equal('access control')
    const { Statement } = await policy()
    expect(Statement.map(({ Sid }) => Sid)).to.deep.equal(['PcCtlCfcreateOacGetObject', 'PcCtlCfcreateOacListBucket'])
    expect(Statement[0]?.Condition).to.deep.equal({ StringEquals: { 'AWS:SourceArn': made?.arn } })
    bench.sandbox.calls.clear()
    expect((await bench.create(undefined, { origin: 'private' }))[0]?.outcome).to.equal('exists')
    // What is private is not opened by leaving the flag out.
    expect((await bench.create())[0]?.outcome).to.equal('exists')
    expect(bench.changes()).to.deep.equal([])
  })

  it('lets a public distribution of its own in before that becomes private', async () => {
    const [first] = await bench.create()
    bench.sandbox.calls.clear()
    const [second] = await bench.create(undefined, { origin: 'private' })
    expect(second).to.include({ id: first?.id, outcome: 'modified' })
    expect(bench.changes()).to.deep.equal(['CreateOriginAccessControl', 'PutBucketPolicy', 'UpdateDistribution'])
  })

  it('fetches from the website endpoint of a bucket that has one', async () => {
    const refused = await failureOf(bench.create(undefined, { origin: 'website' }))
    expect([refused.failure, refused.message]).to.deep.equal([
      'refused',
      `The bucket ${bucket} is not set up as a web site, so it has no website endpoint.`,
    ])
    const WebsiteConfiguration = { IndexDocument: { Suffix: 'index.html' } }
    await bench.aws.client(S3Client, region).send(new PutBucketWebsiteCommand({ Bucket: bucket, WebsiteConfiguration }))
    const [made] = await bench.create(undefined, { origin: 'website' })
    expect(made?.origin).to.equal(`http://${bucket}.s3-website-us-east-1.amazonaws.com/`)
  })

  it('finds the certificate for its aliases, and prints the DNS records', async () => {
    const refused = await failureOf(bench.create(undefined, { edit: { ...noEdit, addAliases: ['cdn.example.org'] } }))
    expect([refused.failure, refused.code]).to.deep.equal(['refused', 'NoCertificate'])
    expect(bench.changes()).to.deep.equal([])
    const arn = await bench.requestCertificate('example.org', '*.example.org')
    await bench.requestCertificate('cdn.example.net')
    const addAliases = ['cdn.example.org', 'example.org']
    const [made] = await bench.create(undefined, { edit: { ...noEdit, addAliases } })
    expect(made).to.deep.include({ certificate: arn, aliases: addAliases })
    expect(made?.dns.map(({ type }) => type)).to.deep.equal(['CNAME', 'ALIAS'])
    expect(made?.advice.join('\n')).to.contain(`cdn.example.org. IN CNAME ${made?.domain ?? ''}.`)
  })

  it('keeps the distribution where an alias is taken, and says by whom', async () => {
    const arn = await bench.requestCertificate('*.example.org')
    const ViewerCertificate = { ACMCertificateArn: arn, SSLSupportMethod: 'sni-only' as const }
    const Aliases = { Quantity: 1, Items: ['cdn.example.org'] }
    const holder = await bench.makeForeign('other', { ViewerCertificate, Aliases })
    const edit = { ...noEdit, addAliases: ['cdn.example.org'] }
    const error = await failureOf(bench.create(undefined, { edit }))
    expect([error.failure, error.code]).to.deep.equal(['failed', 'CNAMEAlreadyExists'])
    expect(error.message).to.contain(`cdn.example.org belongs to cf://${holder}`)
    expect(error.hint.join('\n')).to.contain(`pc-ctl cfmodify cf://${holder} --remove-alias cdn.example.org`)
    await bench.modify(holder, { edit: { ...noEdit, removeAliases: ['cdn.example.org'] } })
    const [made] = await bench.create(undefined, { edit })
    expect(made).to.deep.include({ outcome: 'modified', aliases: ['cdn.example.org'] })
  })

  it('tells of another’s distribution, and refuses to change it', async () => {
    const foreign = await bench.makeForeign('s3://packages-example-org/', originsOf(`${bucket}.s3.amazonaws.com`))
    bench.sandbox.calls.clear()
    expect((await bench.create())[0]).to.include({ id: foreign, outcome: 'exists' })
    const error = await failureOf(bench.create(undefined, { edit: { ...noEdit, comment: 'ours now' } }))
    expect([error.failure, error.exitCode]).to.deep.equal(['refused', 4])
    expect(error.hint.join()).to.contain(`pc-ctl cfmodify cf://${foreign}`)
    expect((await failureOf(bench.create(undefined, { origin: 'private' }))).failure).to.equal('refused')
    expect(bench.changes()).to.deep.equal([])
  })

  it('does not take a distribution that lost its mark for its own', async () => {
    const [made] = await bench.create()
    const TagKeys = { Items: ['pc-ctl:created-by'] }
    await bench.cloudfront.send(new UntagResourceCommand({ Resource: made?.arn, TagKeys }))
    const error = await failureOf(bench.create(undefined, { edit: { ...noEdit, comment: 'x' } }))
    expect(error.failure).to.equal('refused')
  })

  it('refuses log buckets without ACLs', async () => {
    const error = await failureOf(bench.create(undefined, { edit: { ...noEdit, logging: { bucket, prefix: '' } } }))
    expect([error.failure, error.message]).to.deep.equal([
      'refused',
      `The bucket ${bucket} has ACLs off, and CloudFront writes these logs by ACL.`,
    ])
  })

  it('reads only names of buckets, in s3cmd’s words', () => {
    const refused: [string, RegExp, string][] = [
      ['bucket', /Distribution can only be created from a s3:\/\/ URI instead of: bucket/, 'usage'],
      ['cf://E1', /instead of: cf:\/\/E1/, 'usage'],
      ['s3://bucket/key', /Use s3:\/\/ URI with a bucket name only instead of: s3:\/\/bucket\/key/, 'usage'],
      ['s3://Upper_Case', /upper-case letters and underscores/, 'usage'],
      ['s3://ab', /3 to 63/, 'usage'],
      ['s3://10.0.0.1', /IP address/, 'usage'],
    ]
    for (const [word, message, failure] of refused) {
      expect(() => readBuckets([word], noEdit), word)
        .to.throw(CtlError, message)
        .with.property('failure', failure)
    }
    expect(() => readBuckets(['s3://aaa', 's3://bbb'], { ...noEdit, addAliases: ['a.b'] })).to.throw(
      'one distribution only',
    )
  })
})
