/** What keeps clients from getting what they should where a CloudFront Function checks, or lets them get all else. */
import { distributionOf, behaving, type Broken, connects } from './doctor-broken.ts'
import { makeTheirs, publishes, runsOnly, uncheckedCode } from '../e2e/drift-rounds-function.ts'
import { emptyStore } from '../support/stored-value.ts'

const bootstraps = /^pc-ctl bootstrap-cloudfront /m

export const brokenFunction: readonly Broken[] = [
  {
    what: 'a behaviour without the check',
    make: behaving(runsOnly()),
    noticed: ['unsigned', 'expired', 'tampered'],
    prints: connects,
  },
  {
    what: 'a foreign function in place of the check',
    make: async (place) => behaving(runsOnly(await makeTheirs(place.cloudfront)))(place),
    noticed: ['unsigned', 'expired', 'tampered'],
    prints: /--adopt\b/,
  },
  {
    what: 'a function that somebody has published with other code',
    make: ({ cloudfront }) => publishes(cloudfront, () => ({}), uncheckedCode),
    noticed: ['unsigned', 'expired', 'tampered'],
    prints: bootstraps,
  },
  {
    what: 'a function that is published without its store',
    make: ({ cloudfront }) => publishes(cloudfront, () => ({ KeyValueStoreAssociations: { Quantity: 0, Items: [] } })),
    noticed: ['signed', 'tampered'],
    prints: bootstraps,
  },
  {
    what: 'an emptied store',
    make: ({ sandbox, cloudfront }) => emptyStore({ sandbox, clients: { cloudfront } }),
    noticed: ['signed', 'tampered'],
    prints: bootstraps,
  },
  {
    what: 'a front server that was not restarted',
    async make(place) {
      await place.set({ cloudfront_distribution_id: (await distributionOf(place)).Id })
      await place.renew()
    },
    noticed: ['front'],
    prints: /^pc-ctl reconfigure [^]*^pc-ctl restart /m,
  },
]
