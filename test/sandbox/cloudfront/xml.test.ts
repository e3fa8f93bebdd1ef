import { AwsClient } from 'aws4fetch'
import { expect } from 'chai'
import fc from 'fast-check'

import { distributionConfig, type DistributionConfig } from '../../../src/sandbox/contracts/distribution-shape.ts'
import { readDocument } from '../../../src/sandbox/contracts/shape.ts'
import { parseXml, writeXml } from '../../../src/sandbox/wire/xml.ts'
import { startSandbox, type Sandbox } from '../../../src/sandbox/host/sandbox.ts'

const smallest = `<DistributionConfig xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">
  <CallerReference>raw</CallerReference>
  <Origins><Quantity>1</Quantity><Items><Origin><Id>o</Id><DomainName>b.s3.us-east-1.amazonaws.com</DomainName>
    <S3OriginConfig><OriginAccessIdentity></OriginAccessIdentity></S3OriginConfig></Origin></Items></Origins>
  <DefaultCacheBehavior><TargetOriginId>o</TargetOriginId><ViewerProtocolPolicy>https-only</ViewerProtocolPolicy>
    <CachePolicyId>658327ea-f89d-4fab-a63d-7e88639e58f6</CachePolicyId></DefaultCacheBehavior>
  <Comment/><Enabled>true</Enabled>
</DistributionConfig>`

describe('the XML of the sandbox CloudFront', () => {
  let sandbox: Sandbox
  let signer: AwsClient

  before(async () => {
    sandbox = await startSandbox()
    const { accessKeyId, secretAccessKey } = sandbox
    signer = new AwsClient({ accessKeyId, secretAccessKey, service: 'cloudfront', region: 'us-east-1', retries: 0 })
  })
  after(() => sandbox.close())

  const post = async (body: string) => {
    const answer = await signer.fetch(`${sandbox.endpoint}/2020-05-31/distribution`, { method: 'POST', body })
    return { status: answer.status, etag: answer.headers.get('etag'), text: await answer.text() }
  }
  const code = async (body: string) => /<Code>(.*?)<\/Code>/.exec((await post(body)).text)?.[1]

  it('takes the smallest document and answers with ETag and location', async () => {
    const answer = await post(smallest)
    expect(answer.status).to.equal(201)
    expect(answer.etag).to.match(/^E[A-Z0-9]+$/)
    expect(answer.text).to.contain('<Aliases><Quantity>0</Quantity></Aliases>')
    expect(answer.text).to.contain('<Distribution xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/">')
  })

  it('refuses what the model does not have, and quantities that do not fit', async () => {
    const changed = (from: string, to: string) => code(smallest.replace(from, to).replace('>raw<', '>other<'))
    expect(await changed('<Comment/>', '<Comment/><Coment/>')).to.equal('MalformedInput')
    expect(await changed('<Enabled>true', '<Enabled>perhaps')).to.equal('MalformedInput')
    expect(await changed('<Quantity>1', '<Quantity>2')).to.equal('InconsistentQuantities')
    expect(await changed('>https-only<', '>http-only<')).to.equal('MalformedXML')
    expect(await changed('</Origins>', '')).to.equal('MalformedXML')
    expect(await changed('<Enabled>true</Enabled>', '')).to.equal('MalformedXML')
  })

  it('names every missing member in one message', async () => {
    const answer = await post(smallest.replace('<Enabled>true</Enabled>', '').replace('<Id>o</Id>', ''))
    expect(answer.text).to.contain(
      "2 validation errors detected: Value null at 'distributionConfig.origins.items.1.member.id' failed to satisfy " +
        "constraint: Member must not be null; Value null at 'distributionConfig.enabled' failed to satisfy constraint: " +
        'Member must not be null',
    )
  })

  it('gives back every text as it came', () => {
    // What XML 1.0 can carry; anything else is not well-formed whoever writes it.
    const text = fc
      .string({ unit: 'binary', maxLength: 40 })
      .filter((value) => /^[\t\n\r\x20-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]*$/u.test(value))
    const plain = readDocument(parseXml(smallest), 'DistributionConfig', distributionConfig)
    fc.assert(
      fc.property(text, fc.array(text), fc.boolean(), fc.nat(), (comment, aliases, enabled, port) => {
        const config: DistributionConfig = {
          ...plain,
          Comment: comment,
          Enabled: enabled,
          ...(aliases.length === 0 ? {} : { Aliases: { Quantity: aliases.length, Items: aliases } }),
          CustomErrorResponses: { Quantity: 1, Items: [{ ErrorCode: 404, ErrorCachingMinTTL: port }] },
        }
        const xml = writeXml('DistributionConfig', distributionConfig.write(config))
        expect(readDocument(parseXml(xml), 'DistributionConfig', distributionConfig)).to.deep.equal(config)
      }),
    )
  })
})
