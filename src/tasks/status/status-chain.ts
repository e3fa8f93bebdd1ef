/** All that a status looks at. */
import { checksOf } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { type Names, namesOf } from '../../aws/names.ts'
import { type Engine, otherThan } from '../../edge/engine.ts'
import { checkedBy } from '../../resources/cloudfront/distribution-config.ts'
import type { Accepted } from '../../resources/edge-engine.ts'
import { acceptedBy, engineBehind } from '../../resources/edge-engines.ts'
import { type LeftOverKeys, leftOverKeys, leftOverNeeds } from '../../resources/kms/key-left-over.ts'
import { type ObjectSample, sampleNeeds, sampleObjects } from '../../resources/s3/object-sample.ts'
import type { Settings } from '../../settings/settings.ts'
import { associable, type Bootstrap, bootstrapCloudfront } from '../bootstrap-cloudfront.ts'
import { type Chain, compute, together } from '../chain/chain.ts'
import { findExisting, noWishes, type Reconfigure, serve } from '../reconfigure-cloudfront-distribution.ts'
import { latestSecrets, lookAtRotation } from '../rotation/look.ts'
import type { Rotation } from '../rotation/state.ts'

export interface Look extends Bootstrap, Reconfigure {
  /** ARN of the other engine's function. */
  otherEngine: string | undefined
  associated: string | undefined
  accepted: Accepted | undefined
  rotation: Rotation | undefined
  sample: ObjectSample
  leftOver: LeftOverKeys
}

/** The steps of the two runbooks that make what a status shows. */
export interface Runbooks {
  readonly bootstrap: Chain<Bootstrap>
  readonly reconfigure: Chain<Look>
}

export const runbooksOf = (aws: Aws, settings: Settings, carried: readonly string[] = []): Runbooks => ({
  bootstrap: bootstrapCloudfront(aws, settings, { ...noWishes, carried }),
  reconfigure: serve<Look>(aws, settings, noWishes, associable),
})

/** Everything that a status looks at, as a chain that is only ever planned. */
export const statusChain = (aws: Aws, settings: Settings, runbooks = runbooksOf(aws, settings)): Chain<Look> => {
  const names = namesOf(settings.installation.value)
  return [
    ...runbooks.bootstrap,
    together<Look>(
      'Look at what serves the bucket',
      findExisting(aws, settings, noWishes),
      compute('Cache-Control of some objects', {
        from: ({ bucket }) => sampleObjects(aws, bucket),
        as: 'sample',
        ahead: true,
        needs: ({ bucket }) => [sampleNeeds(bucket.name)],
      }),
    ),
    ...runbooks.reconfigure,
    compute('Function of the other engine', {
      from: ({ account, engine }) => ownOfOther(aws, names, account.id, engine.engine),
      as: 'otherEngine',
      needs: ({ account, engine }) => {
        const arn = checkOfOther(engine.engine, names, account.id)
        return engineBehind(arn).ownerNeeds(arn)
      },
    }),
    compute('Version at the edge', {
      from: async ({ existing }) => (existing === undefined ? undefined : checkedBy(existing.config)),
      as: 'associated',
      ahead: true,
    }),
    compute('Secret at the edge', {
      from: async (ctx) => {
        const { associated } = ctx
        if (associated === undefined) return undefined
        return knownOfNewest(ctx, associated) ?? acceptedBy(aws, names, associated)
      },
      as: 'accepted',
      needs: (ctx) => engineBehind(associable(ctx)).acceptedNeeds(associable(ctx)),
    }),
    compute('Rotation of the secret', {
      from: async (ctx) => {
        const { existing, accepted } = ctx
        const behind = { distribution: existing, latest: latestSecrets(ctx, accepted), accepted }
        return (await lookAtRotation(aws, settings, behind))?.rotation
      },
      as: 'rotation',
    }),
    compute('KMS keys that are left over', {
      from(ctx, { signal }) {
        const { associated } = ctx
        const isLambda = ctx.engine.engine === 'lambda'
        const deployed = [names.functionName, ...(isLambda && associated !== undefined ? [associated] : [])]
        // What the other engine's function has its secret encrypted with is no more left over than that is.
        return leftOverKeys(aws, names, { keyArn: isLambda ? ctx.key.arn : '', deployed }, signal)
      },
      as: 'leftOver',
      ahead: true,
      needs: () => [leftOverNeeds],
    }),
  ]
}

const checkOfOther = (engine: Engine, names: Names, accountId: string): string =>
  checksOf(names, accountId)[otherThan(engine)]

async function ownOfOther(aws: Aws, names: Names, accountId: string, engine: Engine): Promise<string | undefined> {
  const arn = checkOfOther(engine, names, accountId)
  return (await engineBehind(arn).ownerOf(aws, arn)) === names.installation ? arn : undefined
}

/** What the newest version goes by, where that is what the distribution runs: its package has been looked into already. */
function knownOfNewest(ctx: Look, associated: string): Accepted | undefined {
  if (ctx.engine.engine !== 'lambda') return undefined
  const { arn, codeSha256: published } = ctx.version
  const { codeSha256, fingerprints, rules } = ctx.function
  const isNewest = associated === arn && codeSha256 === published
  return isNewest && fingerprints !== undefined ? { fingerprints, rules } : undefined
}
