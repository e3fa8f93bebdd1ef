import { CloudFrontClient, CreateDistributionCommand } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'
import fc from 'fast-check'

import { parseTarget, resolveTargets, wholeDistributions } from '../../../src/tasks/cf/targets.ts'
import { CtlError } from '../../../src/errors.ts'
import { type AwsUnderTest, startAws } from '../../support/aws-under-test.ts'
import { config } from '../../support/cloudfront-fixture.ts'

const id = fc.stringMatching(/^[A-Z0-9]{1,16}$/)
const failure = async (work: Promise<unknown>): Promise<CtlError> => {
  const error: unknown = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  if (error instanceof CtlError) return error
  throw new Error(`no CtlError: ${String(error)}`)
}

describe('what names a distribution', () => {
  it('is read back from every form that is written', () => {
    fc.assert(
      fc.property(id, id, fc.constantFrom('cf', 'CF', 'Cf'), fc.constantFrom('', '/'), (one, other, scheme, slash) => {
        expect(parseTarget(one)).to.deep.equal({ kind: 'distribution', word: one, id: one })
        const word = `${scheme}://${one}${slash}`
        expect(parseTarget(word)).to.deep.equal({ kind: 'distribution', word, id: one })
        const invalidation = `${scheme}://${one}/${other}${slash}`
        expect(parseTarget(invalidation)).to.include({ id: one, invalidation: other })
      }),
    )
  })

  it('may be a domain name or an ARN, in whatever spelling', () => {
    for (const word of ['cdn.example.org', 'CDN.Example.org', 'cf://cdn.example.org', 'cf://cdn.example.org./']) {
      expect(parseTarget(word), word).to.deep.equal({ kind: 'name', word, name: 'cdn.example.org' })
    }
    expect(parseTarget('*.example.org')).to.include({ name: '*.example.org' })
    expect(parseTarget('münchen.example.org')).to.include({ name: 'xn--mnchen-3ya.example.org' })
    expect(parseTarget('cf://d111111abcdef8.cloudfront.net/I1')).to.include({ kind: 'name', invalidation: 'I1' })
    const arn = 'arn:aws:cloudfront::111122223333:distribution/E1A2'
    expect(parseTarget(arn)).to.deep.equal({ kind: 'distribution', word: arn, id: 'E1A2' })
  })

  it('keeps a key as it is, whatever is in it', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[^/]+$/), fc.string({ unit: 'binary' }), (bucket, key) => {
        const word = `s3://${bucket}/${key}`
        expect(parseTarget(word)).to.deep.equal({ kind: 'bucket', word, bucket, key })
      }),
    )
    expect(parseTarget('s3://b')).to.include({ bucket: 'b', key: '' })
    expect(parseTarget('S3://b/')).to.include({ bucket: 'b', key: '' })
  })

  it('is nothing else: any text is a target or a usage error, and no other error', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.string().map((text) => `cf://${text}`),
          fc.string().map((text) => `s3://${text}`),
        ),
        (word) => {
          try {
            expect(parseTarget(word).word).to.equal(word)
          } catch (error) {
            expect(error).to.be.instanceOf(CtlError).with.property('failure', 'usage')
          }
        },
      ),
    )
    for (const word of [
      '',
      'cf://',
      's3://',
      's3:///key',
      'e123',
      'cf://e123',
      'E1/I1',
      'http://E1',
      'cf://E1/I1/X',
      'a..b',
      'logo.jpg',
      'E1.',
      '/E1',
    ]) {
      expect(() => parseTarget(word), word)
        .to.throw(CtlError)
        .with.property('failure', 'usage')
    }
  })

  it('is a whole distribution where one is wanted', () => {
    expect(wholeDistributions(['E1', 'cf://E2', 's3://b/'])).to.have.length(3)
    expect(() => wholeDistributions(['s3://b/key'])).to.throw(
      'Use s3:// URI with a bucket name only instead of: s3://b/key',
    )
    expect(() => wholeDistributions(['cf://E1/I1'])).to.throw('names an invalidation')
  })
})

describe('resolving targets', function () {
  this.timeout(60_000)
  let bench: AwsUnderTest
  const make = async (reference: string, DomainName: string, website = false): Promise<string> => {
    const custom = { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: 'http-only' as const }
    const kind = website ? { CustomOriginConfig: custom } : { S3OriginConfig: { OriginAccessIdentity: '' } }
    const Origins = { Quantity: 1, Items: [{ Id: 'bucket', DomainName, ...kind }] }
    const command = new CreateDistributionCommand({ DistributionConfig: config(reference, { Origins }) })
    return (await bench.aws.client(CloudFrontClient, 'us-east-1').send(command)).Distribution?.Id ?? ''
  }
  beforeEach(async () => {
    bench = await startAws()
  })
  afterEach(() => bench.close())

  it('finds a bucket by each kind of host, and an id without listing', async () => {
    const hosts: [string, string, boolean?][] = [
      ['global', 'global.s3.amazonaws.com'],
      ['regional', 'regional.s3.eu-central-1.amazonaws.com'],
      ['dual', 'dual.s3.dualstack.eu-central-1.amazonaws.com'],
      ['site', 'site.s3-website.eu-central-1.amazonaws.com', true],
      ['fast', 'fast.s3-accelerate.amazonaws.com', true],
    ]
    for (const [bucket, host, website] of hosts) {
      const made = await make(bucket, host, website)
      const [found] = await resolveTargets(bench.aws, [`s3://${bucket}`])
      expect(found?.distribution.id, host).to.equal(made)
    }
    const [, other] = await resolveTargets(bench.aws, ['s3://global', 's3://site/a/key'])
    expect(other?.target).to.include({ bucket: 'site', key: 'a/key' })
    bench.sandbox.calls.clear()
    await resolveTargets(bench.aws, [`cf://${other?.distribution.id ?? ''}/I2`, other?.distribution.id ?? ''])
    expect(bench.sandbox.calls.list().map(({ operation }) => operation)).to.deep.equal([
      'GetDistribution',
      'GetDistribution',
    ])
  })

  it('goes through all pages: more than a hundred distributions', async () => {
    for (let number = 0; number < 104; number++) await make(`many-${number}`, `many-${number}.s3.amazonaws.com`)
    const words = Array.from({ length: 104 }, (_, number) => `s3://many-${number}`)
    expect(new Set((await resolveTargets(bench.aws, words)).map(({ distribution }) => distribution.id)).size).to.equal(
      104,
    )
    expect(bench.sandbox.calls.list(({ operation }) => operation === 'ListDistributions')).to.have.length(2)
  })

  it('lists the candidates and asks for one where several serve a bucket', async () => {
    const ids = [await make('one', 'b.s3.amazonaws.com'), await make('two', 'b.s3.eu-central-1.amazonaws.com')]
    const error = await failure(resolveTargets(bench.aws, ['s3://b']))
    expect([error.failure, error.message]).to.deep.equal(['usage', '2 distributions serve s3://b.'])
    for (const one of ids) expect(error.hint.join('\n')).to.contain(`cf://${one}`)
  })

  it('says what does not exist, and reads all words before it asks', async () => {
    const none = await failure(resolveTargets(bench.aws, ['s3://none']))
    expect([none.failure, none.code]).to.deep.equal(['failed', 'NoSuchDistribution'])
    expect(none.hint.join()).to.contain('pc-ctl cfcreate s3://none')
    expect((await failure(resolveTargets(bench.aws, ['cf://E0NONE']))).message).to.contain('cf://E0NONE does not exist')
    bench.sandbox.calls.clear()
    await failure(resolveTargets(bench.aws, ['s3://none', 'what?']))
    expect(bench.sandbox.calls.list()).to.deep.equal([])
  })

  it('does not take a denied list for an empty one', async () => {
    bench.sandbox.faults.add({
      operation: 'ListDistributions',
      what: { kind: 'error', code: 'AccessDenied', status: 403 },
    })
    const error = await failure(resolveTargets(bench.aws, ['s3://b']))
    expect([error.failure, error.exitCode]).to.deep.equal(['denied', 5])
    expect(error.message).to.contain('cloudfront:ListDistributions')
  })
})
