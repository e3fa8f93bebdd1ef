/** What both engines need before anything of them is made. */
import type { Aws } from '../aws/connect.ts'
import type { Account } from '../aws/account.ts'
import type { EdgeWishes } from '../resources/lambda/edge-function.ts'
import { type Bucket, whyNoIdentity } from '../resources/s3/bucket.ts'
import type { Tags } from '../resources/tags.ts'
import type { Settings } from '../settings/settings.ts'
import { type Chain, compute, together } from './chain/chain.ts'
import { configuredBucket } from './configured-bucket.ts'
import { credentials } from './credentials.ts'
import { chooseEngine, type EngineChoice, type EngineWishes } from './engine-in-use.ts'
import { signingSecrets } from './signing-secrets.ts'

export interface BootstrapWishes extends EdgeWishes, EngineWishes {
  /** Take over resources that have our names but not our mark. */
  readonly adopt: boolean
  readonly tags?: Tags | undefined
  /** How to find out whether the front server needs HMAC-SHA1, before it is switched off. */
  readonly lookForSha1?: (() => Promise<string | undefined>) | undefined
}

/** What the steps of either engine find. */
export interface BootstrapChecks {
  account: Account
  bucket: Bucket
  secrets: readonly string[]
  /** Why HMAC-SHA1 must stay, where that was looked at. */
  whySha1?: string | undefined
  engine: EngineChoice
}

export const bootstrapChecks = (aws: Aws, settings: Settings, wishes: BootstrapWishes): Chain<BootstrapChecks> => [
  together<BootstrapChecks>(
    'Check what is needed',
    credentials(aws),
    compute('Signing secret', {
      from: async () => signingSecrets(settings),
      as: 'secrets',
      suppose: () => [],
      tell: (secrets) => (secrets.length === 1 ? 'set' : 'set, and the previous one is accepted too'),
    }),
    configuredBucket(
      aws,
      settings,
      (bucket) => `${bucket.name} in ${bucket.region}, ${whyNoIdentity(bucket) ?? 'reachable'}`,
    ),
    ...(wishes.lookForSha1 === undefined
      ? []
      : [
          compute<BootstrapChecks, 'whySha1'>('Signatures of the front server', {
            from: wishes.lookForSha1,
            as: 'whySha1',
            tell: (why) => why ?? 'SHA-256',
          }),
        ]),
  ),
  chooseEngine(aws, settings, wishes),
]

/** What the other engine has and goes by, where the distribution runs that one until it is given this one. */
export const inUse = ({ engine: { moving } }: Pick<BootstrapChecks, 'engine'>) => ({
  inUse: moving?.accepted.fingerprints,
  rulesInUse: moving?.accepted.rules,
})
