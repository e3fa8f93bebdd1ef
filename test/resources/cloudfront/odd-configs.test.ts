import type { DistributionConfig } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'
import * as fc from 'fast-check'

import type { Aws } from '../../../src/aws/connect.ts'
import { decideDistribution } from '../../../src/resources/cloudfront/distribution.ts'
import { disabledDistribution } from '../../../src/resources/cloudfront/distribution-removal.ts'
import { existingDistribution } from '../../../src/resources/cloudfront/existing-distribution.ts'
import { decideBucketDistribution } from '../../../src/resources/cloudfront/bucket-distribution.ts'
import { bucket, operatorsConfig, someWishes } from './distribution-configs.ts'

/** Deciding is pure: it asks nothing of AWS. */
const nobody = { client: () => ({}) } as unknown as Aws
const accountId = '123456789012'
const edit = {
  addAliases: ['a.example.org'],
  removeAliases: ['b.example.org'],
  logging: 'off',
  enabled: false,
} as const

/** The same with some of its members missing, emptied or joined by newer ones, at any depth. */
const odd = fc
  .tuple(operatorsConfig, fc.array(fc.tuple(fc.nat(), fc.constantFrom('missing', 'empty', 'newer')), { maxLength: 4 }))
  .map(([config, changes]) => {
    const copy = structuredClone(config)
    for (const [where, how] of changes) makeOdd(copy, where, how)
    return copy
  })

function makeOdd(config: DistributionConfig, where: number, how: 'missing' | 'empty' | 'newer'): void {
  const places = placesIn(config)
  const place = places[where % places.length]
  if (place === undefined) return
  const { parent, member } = place
  const value = Reflect.get(parent, member) as unknown
  if (how === 'missing' && Array.isArray(parent)) parent.splice(Number(member), 1)
  else if (how === 'missing') Reflect.deleteProperty(parent, member)
  else if (how === 'newer' && typeof value === 'object' && value !== null)
    Reflect.set(value, 'FutureSetting', { Items: [{}] })
  else Reflect.set(parent, member, how === 'newer' ? 'of-the-future' : emptied(value))
}

const emptied = (value: unknown): unknown =>
  Array.isArray(value) ? [] : typeof value === 'object' ? {} : typeof value === 'string' ? '' : undefined

function placesIn(parent: object): { parent: object; member: string }[] {
  return Object.entries(parent).flatMap(([member, value]: [string, unknown]) => [
    { parent, member },
    ...(typeof value === 'object' && value !== null ? placesIn(value) : []),
  ])
}

describe('A configuration that is odd', () => {
  it('is decided upon by every resource that is a distribution', () => {
    fc.assert(
      fc.property(odd, someWishes, fc.boolean(), (config, wishes, adopt) => {
        const live = {
          id: 'E1',
          arn: 'arn',
          domain: 'd1.cloudfront.net',
          status: 'Deployed',
          etag: 'E',
          config,
          tags: {},
        }
        const owned = { ...live, owner: adopt ? undefined : wishes.names.installation }
        const one = { accountId, id: 'E1', tags: {} }
        const decisions = [
          decideDistribution({ ...wishes, accountId, adopt, id: undefined }, owned),
          decideBucketDistribution(
            { accountId, bucket, origin: { kind: 'website' }, cachePolicyId: 'x', edit, tags: {} },
            live,
          ),
          existingDistribution(nobody).decide({ ...one, edit, traffic: ['it is in use'] }, live),
          disabledDistribution(nobody).decide({ ...one, installation: 'x', guards: [], ask: '?' }, { id: 'E1', live }),
        ]
        for (const { do: verb, because } of decisions) if (verb !== 'keep') expect(because).not.to.deep.equal([])
      }),
      { numRuns: 300 },
    )
  })
})
