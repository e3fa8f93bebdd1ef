import type { DistributionConfig } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'
import fc from 'fast-check'

import {
  aliasesAfter,
  type DistributionEdit,
  editChanges,
  withEdit,
} from '../../../src/resources/cloudfront/distribution-edit.ts'
import { config } from '../../support/cloudfront-fixture.ts'

const alias = fc.constantFrom('a.example.org', 'b.example.org', 'c.example.org', '*.example.org')
const some = fc.uniqueArray(alias, { maxLength: 3 })
const certificate = 'arn:aws:acm:us-east-1:111122223333:certificate/1'
const edits: fc.Arbitrary<DistributionEdit> = fc.record(
  {
    addAliases: some,
    removeAliases: some,
    comment: fc.string({ maxLength: 20 }),
    defaultRootObject: fc.string({ maxLength: 20 }),
    enabled: fc.boolean(),
    logging: fc.oneof(
      fc.constant('off' as const),
      fc.record({ bucket: fc.constantFrom('l', 'm'), prefix: fc.string() }),
    ),
    certificate: fc.constant(certificate),
    priceClass: fc.constantFrom('PriceClass_100', 'PriceClass_All'),
  },
  { requiredKeys: ['addAliases', 'removeAliases'] },
)
const configs = fc
  .record({ aliases: some, enabled: fc.boolean(), comment: fc.string(), web: fc.boolean(), logs: fc.boolean() })
  .map(({ aliases, enabled, comment, web, logs }): DistributionConfig =>
    config('reference', {
      Aliases: { Quantity: aliases.length, Items: aliases.map((name, at) => (at === 0 ? name.toUpperCase() : name)) },
      Enabled: enabled,
      Comment: comment,
      WebACLId: web ? 'acl' : '',
      Logging: { Enabled: logs, IncludeCookies: true, Bucket: logs ? 'l.s3.amazonaws.com' : '', Prefix: '' },
    }),
  )
/** The member of a configuration that each wish is about. */
const members: Readonly<Record<keyof DistributionEdit, keyof DistributionConfig>> = {
  addAliases: 'Aliases',
  removeAliases: 'Aliases',
  comment: 'Comment',
  defaultRootObject: 'DefaultRootObject',
  enabled: 'Enabled',
  logging: 'Logging',
  certificate: 'ViewerCertificate',
  priceClass: 'PriceClass',
}

describe('an edit of a distribution', () => {
  it('leaves all that it does not name the very same', () => {
    fc.assert(
      fc.property(configs, edits, (before, edit) => {
        const named = new Set(Object.entries(members).flatMap(([wish, member]) => (wish in edit ? member : [])))
        const after = withEdit(before, edit)
        for (const [member, value] of Object.entries(before)) {
          if (!named.has(member as keyof DistributionConfig)) {
            expect(after[member as keyof DistributionConfig], member).to.equal(value)
          }
        }
        expect(
          Object.keys(after).filter((member) => !(member in before) && !named.has(member as keyof DistributionConfig)),
        ).to.deep.equal([])
      }),
    )
  })

  it('made again changes nothing, and says so', () => {
    fc.assert(
      fc.property(configs, edits, (before, edit) => {
        fc.pre(!edit.addAliases.some((name) => edit.removeAliases.includes(name)))
        const once = withEdit(before, edit)
        expect(withEdit(once, edit)).to.deep.equal(once)
        expect(editChanges(once, withEdit(once, edit))).to.deep.equal([])
      }),
    )
  })

  it('announces each member that it changes', () => {
    fc.assert(
      fc.property(configs, edits, (before, edit) => {
        const after = withEdit(before, edit)
        const changed = Object.values(members).filter(
          (member) => JSON.stringify(before[member]) !== JSON.stringify(after[member]),
        )
        const announced = editChanges(before, after).map(({ field }) => field)
        // That cookies are no longer logged is no news of its own.
        expect(announced).to.include.members(
          [...new Set(changed)].filter((member) => member !== 'Logging' && member !== 'DefaultRootObject'),
        )
      }),
    )
  })

  it('compares aliases in either case, adds each once and removes all spellings', () => {
    const live = config('r', { Aliases: { Quantity: 1, Items: ['A.example.org'] } })
    const edit = { addAliases: ['a.example.org', 'b.example.org', 'b.example.org'], removeAliases: [] }
    expect(aliasesAfter(live, edit)).to.deep.equal(['A.example.org', 'b.example.org'])
    expect(withEdit(live, { addAliases: [], removeAliases: ['a.example.org'] }).Aliases).to.deep.equal({ Quantity: 0 })
  })
})
