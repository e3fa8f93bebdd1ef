import { type DistributionConfig, DistributionConfig$ } from '@aws-sdk/client-cloudfront'
import { XmlCodec } from '@aws-sdk/core/protocols'
import { expect } from 'chai'
import * as fc from 'fast-check'

import { childOf, parseTree, type XmlElement } from '../../src/xml-tree.ts'
import { withWishes } from '../../src/resources/cloudfront/distribution-config.ts'
import { withEdit } from '../../src/resources/cloudfront/distribution-edit.ts'
import { rewritten } from '../../src/resources/kept-config.ts'
import { canonical } from '../../src/resources/resource.ts'
import { certificate, operatorsConfig, someWishes } from './cloudfront/distribution-configs.ts'
import { knownIn, strewn, unknownElements, unknownIn } from './cloudfront/unknown-elements.ts'

/** As cfmodify's flags may be. */
const someEdit = fc.record(
  {
    addAliases: fc.subarray(['packages.example.com', 'new.example.com']),
    removeAliases: fc.subarray(['*.example.org', 'gone.example.com']),
    comment: fc.constantFrom('', 'new & <better>'),
    defaultRootObject: fc.constantFrom('', 'index.html'),
    enabled: fc.boolean(),
    logging: fc.constantFrom('off' as const, { bucket: 'logs', prefix: 'p/' }),
    certificate: fc.constant(certificate),
    priceClass: fc.constant('PriceClass_100' as const),
  },
  { requiredKeys: ['addAliases', 'removeAliases'] },
)

/** Every change that pc-ctl makes of a distribution, and none. */
const someChange: fc.Arbitrary<(config: DistributionConfig) => DistributionConfig> = fc.oneof(
  someWishes.map((wishes) => (config: DistributionConfig) => withWishes(config, wishes)),
  someEdit.map((edit) => (config: DistributionConfig) => withEdit(config, edit)),
  fc.constant((config: DistributionConfig) => ({ ...config, Enabled: false })),
)

/** Values that the SDK has no name for. */
const withNewValues = (config: DistributionConfig): DistributionConfig =>
  ({
    ...config,
    HttpVersion: 'http4',
    Restrictions: { GeoRestriction: { RestrictionType: 'greylist', Quantity: 0 } },
  }) as object as DistributionConfig

const deserializer = new XmlCodec({
  httpBindings: true,
  timestampFormat: { useTrait: true, default: 5 },
  xmlNamespace: '',
  serviceNamespace: 'com.amazonaws.cloudfront',
}).createDeserializer()
/** What the SDK makes of a document. */
const readBySdk = (document: string): DistributionConfig =>
  deserializer.read(DistributionConfig$, Buffer.from(document)) as DistributionConfig

/** What the SDK would send. */
const sentBySdk = (config: DistributionConfig): string =>
  rewritten(DistributionConfig$, { id: 'E1', config }, config).body

/** A list may stay empty where the SDK leaves it out, for what else is in it. */
const withoutEmpty = (config: DistributionConfig): string =>
  canonical(
    JSON.parse(
      JSON.stringify(config, (_key, value: unknown) =>
        Array.isArray(value) && value.length === 0 ? undefined : value,
      ),
    ),
  )

const answer = (config: string): string =>
  `<?xml version="1.0"?>\n<Distribution xmlns="urn:cf" xmlns:v2='urn:v2'><Id>E1</Id>${config}<Status>Deployed</Status></Distribution>`
const inside = (config: string): string => config.replace(/^<\?xml[^>]*>\s*/, '').replace(/ xmlns="[^"]*"/, '')

describe('rewritten', () => {
  const property = (
    check: (of: { config: DistributionConfig; wanted: DistributionConfig; received: string }) => void,
  ) =>
    fc.assert(
      fc.property(operatorsConfig, fc.boolean(), unknownElements, someChange, (plain, isNew, unknown, change) => {
        const config = readBySdk(sentBySdk(isNew ? withNewValues(plain) : plain))
        const received = strewn(inside(sentBySdk(config)), unknown)
        expect(readBySdk(received), 'the SDK reads the same').to.deep.equal(config)
        check({ config, wanted: change(config), received })
      }),
      { numRuns: 100 },
    )
  const rewrite = (config: DistributionConfig, received: string, wanted: DistributionConfig) =>
    rewritten(DistributionConfig$, { id: 'E1', config, received: answer(received) }, wanted)

  it('keeps every unknown element in its place, or names it', () => {
    property(({ config, wanted, received }) => {
      const { body, lost } = rewrite(config, received, wanted)
      const before: XmlElement = parseTree(received)
      const staying = new Set(knownIn(parseTree(sentBySdk(wanted))))
      // A list that nothing known is left in stays with what is not known.
      for (const { parent } of unknownIn(before)) {
        if (parent.endsWith('/Items#1') && staying.has(parent.replace(/\/Items#1$/, ''))) staying.add(parent)
      }
      const gone = unknownIn(before).filter(({ parent }) => parent !== '' && !staying.has(parent))
      expect(lost).to.have.length(gone.length)
      if (lost.length > 0) return
      const expected = unknownIn(before).map(({ behind, ...one }) => ({
        ...one,
        behind: behind.filter((sibling) => staying.has(sibling)).at(-1),
      }))
      const found = unknownIn(parseTree(body)).map(({ behind, ...one }) => ({ ...one, behind: behind.at(-1) }))
      const order = (all: typeof found) => all.map((one) => JSON.stringify(one)).sort()
      expect(order(found)).to.deep.equal(order(expected))
    })
  })

  it('sends of what is known what the SDK would send', () => {
    property(({ config, wanted, received }) => {
      const { body, lost } = rewrite(config, received, wanted)
      if (lost.length === 0) expect(withoutEmpty(readBySdk(body))).to.equal(withoutEmpty(readBySdk(sentBySdk(wanted))))
    })
  })

  it('sends what was received where nothing is changed', () => {
    property(({ config, received }) => {
      const namespaces = ` xmlns="urn:cf" xmlns:v2='urn:v2'`
      expect(rewrite(config, received, structuredClone(config))).to.deep.equal({
        body: `<?xml version="1.0" encoding="UTF-8"?>\n${received.replace('<DistributionConfig', `$&${namespaces}`)}`,
        lost: [],
      })
    })
  })

  it('sends what the SDK would send where nothing is unknown', () => {
    fc.assert(
      fc.property(operatorsConfig, someChange, (plain, change) => {
        const config = readBySdk(sentBySdk(plain))
        const { body, lost } = rewrite(config, inside(sentBySdk(config)), change(config))
        expect(lost).to.deep.equal([])
        expect(readBySdk(body)).to.deep.equal(readBySdk(sentBySdk(change(config))))
      }),
    )
  })

  it('names what would be lost by its path', () => {
    const origin = (inner: string) =>
      `<Origin><Id>site &amp; shop</Id><DomainName>example.org</DomainName><CustomOriginConfig><HTTPPort>80</HTTPPort>` +
      `<HTTPSPort>443</HTTPSPort><OriginProtocolPolicy>https-only</OriginProtocolPolicy>${inner}</CustomOriginConfig></Origin>`
    const received = `<DistributionConfig><Comment>c</Comment><Origins><Quantity>1</Quantity><Items>${origin('<Pinning a="1"><Key>k</Key></Pinning>')}</Items></Origins></DistributionConfig>`
    const config = readBySdk(received)
    const Items = (config.Origins?.Items ?? []).map((one) => ({ ...one, CustomOriginConfig: undefined }))
    const wanted = { ...config, Origins: { Quantity: 1, Items } }
    expect(rewrite(config, received, wanted).lost).to.deep.equal([
      'Origins.Items[site &amp; shop].CustomOriginConfig.Pinning',
    ])
  })

  it('takes the namespaces along that an answer declares around the configuration', () => {
    const config = { Comment: 'c', CallerReference: 'r', Enabled: true } as DistributionConfig
    const { body } = rewrite(config, inside(sentBySdk(config)), { ...config, Enabled: false })
    expect(
      childOf({ name: '', open: '', children: [parseTree(body)], close: '' }, 'DistributionConfig')?.open,
    ).to.equal(`<DistributionConfig xmlns="urn:cf" xmlns:v2='urn:v2'>`)
  })
})
