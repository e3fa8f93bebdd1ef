import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { expect } from 'chai'

import { startSandbox, type Sandbox } from '../../../src/sandbox/host/sandbox.ts'
import { rawCloudFront, type RawCloudFront } from '../../support/raw-cloudfront.ts'

const namespace = 'xmlns="http://cloudfront.amazonaws.com/doc/2020-05-31/"'
/** Unknown elements everywhere where CloudFront may put one. */
const first = `<First a='1 > 0' v2:b="&quot;"><Items>1</Items> &amp; <![CDATA[<x>]]><Empty/></First>`
const distribution = (reference: string) => `<?xml version="1.0"?>
<DistributionConfig ${namespace} xmlns:v2="urn:v2">${first.replace('<First', '<First xmlns:v2="urn:v2"')}
  <CallerReference>${reference}</CallerReference><Future>1</Future><Future>2</Future>
  <Aliases><Quantity>0</Quantity><Items><OnlyItem/></Items></Aliases>
  <Origins><Quantity>1</Quantity><Items><v2:OriginGate xmlns:v2="urn:v2"/>
    <Origin><Pinned/><Id>o</Id><DomainName>b.s3.us-east-1.amazonaws.com</DomainName>
    <S3OriginConfig><OriginAccessIdentity></OriginAccessIdentity><Signing>v5</Signing></S3OriginConfig></Origin></Items></Origins>
  <DefaultCacheBehavior><TargetOriginId>o</TargetOriginId><ViewerProtocolPolicy>https-only</ViewerProtocolPolicy>
    <CachePolicyId>658327ea-f89d-4fab-a63d-7e88639e58f6</CachePolicyId>
    <AllowedMethods><Quantity>2</Quantity><Items><Method>GET</Method><Method>HEAD</Method></Items><Checked/></AllowedMethods>
  </DefaultCacheBehavior>
  <Comment/><Enabled>true</Enabled><Last><Deep><Deeper>1</Deeper></Deep></Last>
</DistributionConfig>`
const kept = [
  /^<\?xml[^>]*>\n<DistributionConfig xmlns="[^"]*"><First xmlns:v2="urn:v2" a='1 > 0'/,
  first.slice(6),
  '</CallerReference><Future>1</Future><Future>2</Future><Aliases>',
  '<Aliases><Quantity>0</Quantity><Items><OnlyItem/></Items></Aliases>',
  '<Origins><Quantity>1</Quantity><Items><v2:OriginGate xmlns:v2="urn:v2"/><Origin><Pinned/><Id>o</Id>',
  '<OriginAccessIdentity></OriginAccessIdentity><Signing>v5</Signing>',
  '</Method></Items><Checked/><CachedMethods>',
  '</Enabled><Last><Deep><Deeper>1</Deeper></Deep></Last>',
]
function expectKept(text: string): void {
  for (const part of kept) {
    if (typeof part === 'string') expect(text).to.include(part)
    else expect(text).to.match(part)
  }
}

describe('what the sandbox CloudFront does not know', () => {
  let sandbox: Sandbox
  let raw: RawCloudFront
  let state: string
  before(async () => {
    state = await mkdtemp(join(tmpdir(), 'pc-ctl-unknown-'))
    sandbox = await startSandbox({ state })
    raw = rawCloudFront(sandbox)
  })
  after(async () => {
    await sandbox.close()
    await rm(state, { recursive: true, force: true })
  })

  const make = async (reference: string): Promise<string> => {
    const { text } = await raw.post('distribution', distribution(reference))
    return `distribution/${/<Id>(E\w+)<\/Id>/.exec(text)?.[1] ?? text}`
  }
  const code = (answer: { text: string }) => /<Code>(.*?)<\/Code>/.exec(answer.text)?.[1]

  it('is served where it came, through updates and restarts', async () => {
    const created = await make('kept')
    const config = await raw.config(created)
    expectKept(config)
    expect((await raw.get(created)).text).to.include(config.slice(config.indexOf('<First')))
    const changed = await raw.change(created, (text) => text.replace('<Comment>', '<Comment>changed'))
    expect(changed).to.equal(config.replace('<Comment>', '<Comment>changed'))
    await sandbox.close()
    sandbox = await startSandbox({ state })
    raw = rawCloudFront(sandbox)
    expect(await raw.config(created)).to.equal(changed)
  })

  it('is reset by an update that leaves it out', async () => {
    const created = await make('reset')
    const config = await raw.change(created, (text) => text.replace(/<Last>.*<\/Last>|<Signing>v5<\/Signing>/g, ''))
    expect(config)
      .to.include('<OnlyItem/>')
      .and.not.match(/<Last>|<Signing>/)
  })

  it('is kept with tags too, and refused beside the configuration', async () => {
    const body = (tags: string) =>
      `<DistributionConfigWithTags ${namespace}>${distribution('tagged').replace(/^.*\n/, '')}<Tags>${tags}</Tags></DistributionConfigWithTags>`
    const tag = '<Tag><Key>k</Key><Value>v</Value></Tag>'
    const strange = await raw.post('distribution?WithTags', body(`<Items>${tag}</Items><Future/>`))
    expect(code(strange)).to.equal('MalformedInput')
    const { text } = await raw.post('distribution?WithTags', body(`<Items>${tag}</Items>`))
    expect(text).to.include('<Last><Deep><Deeper>1</Deeper></Deep></Last>')
    const id = /<Id>(E\w+)<\/Id>/.exec(text)?.[1] ?? ''
    const paths =
      '<Paths><Quantity>1</Quantity><Items><Path>/*</Path></Items></Paths><CallerReference>1</CallerReference>'
    const batch = `<InvalidationBatch ${namespace}>${paths}<Future/></InvalidationBatch>`
    expect(code(await raw.post(`distribution/${id}/invalidation`, batch))).to.equal('MalformedInput')
  })

  it('is kept in cache policies and origin access controls', async () => {
    const documents = {
      'cache-policy': `<CachePolicyConfig ${namespace}><Name>n</Name><Tiers>2</Tiers><MinTTL>0</MinTTL></CachePolicyConfig>`,
      'origin-access-control':
        `<OriginAccessControlConfig ${namespace}><Name>n</Name><Tiers>2</Tiers><SigningProtocol>sigv4</SigningProtocol>` +
        '<SigningBehavior>always</SigningBehavior><OriginAccessControlOriginType>s3</OriginAccessControlOriginType></OriginAccessControlConfig>',
    }
    for (const [path, document] of Object.entries(documents)) {
      const { text } = await raw.post(path, document)
      const id = /<Id>([\w-]+)<\/Id>/.exec(text)?.[1] ?? ''
      const config = await raw.config(`${path}/${id}`)
      expect(config).to.include('<Name>n</Name><Tiers>2</Tiers>')
      expect(await raw.change(`${path}/${id}`, (same) => same)).to.equal(config)
      expect(await raw.change(`${path}/${id}`, (all) => all.replace('<Tiers>2</Tiers>', ''))).to.not.include('Tiers')
    }
  })

  it('is not what a slip of the pen is', async () => {
    const config = distribution('slips')
    for (const slip of ['Coment', 'comment', 'Commennt', 'Cmoment', 'Enabeld', 'Originns']) {
      expect(code(await raw.post('distribution', config.replace('<Comment/>', `<Comment/><${slip}/>`))), slip).to.equal(
        'MalformedInput',
      )
    }
  })
})
