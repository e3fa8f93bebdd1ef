/** Looks at everything before a rotation changes anything. */
import type { Aws } from '../../aws/connect.ts'
import { Memory } from '../../aws/memory.ts'
import { namesOf } from '../../aws/names.ts'
import { checkedBy } from '../../resources/cloudfront/distribution-config.ts'
import { acceptedBy } from '../../resources/edge-engines.ts'
import { fingerprint } from '../../resources/lambda/edge-secrets.ts'
import type { Engine } from '../../edge/engine.ts'
import type { Settings } from '../../settings/settings.ts'
import { CtlError } from '../../errors.ts'
import type { PlanLine } from '../../ui/plan.ts'
import { compute, type Conduct, runChain } from '../chain/chain.ts'
import { wholeChain, type Whole } from '../enable/look.ts'
import { noWishes } from '../reconfigure-cloudfront-distribution.ts'
import { latestSecrets, lookAtRotation, type RotationLook } from '../rotation/look.ts'
import { signingSecrets } from '../signing-secrets.ts'

/** Nothing but the secrets is to be changed. */
export const rotationWishes = { ...noWishes, boundary: undefined }

/** What a look found. */
export interface Outlook extends RotationLook {
  /** What the next change makes of AWS. */
  readonly plan: readonly PlanLine[]
  readonly distribution: NonNullable<Whole['existing']>
  readonly engine: Engine
}

/** What of the secrets in packagecloud.rb the plan is to suppose. */
export type Supposed = 'as they are' | 'a new one' | 'the current alone'

interface Looked extends Whole {
  look: RotationLook | undefined
}

/**
 * Looks at AWS; writes nothing.
 *
 * @param suppose - of what the plan is made
 * @throws CtlError of kind `configuration` where nothing is served, or checked, by the secret
 */
export async function lookOut(
  aws: Aws,
  settings: Settings,
  suppose: (look: RotationLook) => Supposed,
  conduct: Conduct,
): Promise<Outlook> {
  const names = namesOf(settings.installation.value)
  const look = compute<Looked, 'look'>('Compare the secrets', {
    from: async (ctx) => {
      const { existing } = ctx
      const running = existing === undefined ? undefined : checkedBy(existing.config)
      const accepted = running === undefined ? undefined : await acceptedBy(aws, names, running)
      return lookAtRotation(aws, settings, { distribution: existing, latest: latestSecrets(ctx, accepted), accepted })
    },
    as: 'look',
  })
  const memory = new Memory()
  const asItIs = await runChain([...wholeChain(aws, settings, rotationWishes), look], 'plan', { memory, ...conduct })
  const { existing, look: found } = asItIs.ctx
  if (existing === undefined || found === undefined) throw nothingToRotate(settings, existing?.id)
  const supposed = suppose(found)
  const plan =
    supposed === 'as they are'
      ? asItIs.report
      : (await runChain(wholeChain(aws, supposing(settings, supposed), rotationWishes), 'plan', { memory, ...conduct }))
          .report
  return { ...found, plan, distribution: existing, engine: asItIs.ctx.engine.engine }
}

/** Nothing is ever made with it. */
function supposing(settings: Settings, supposed: Supposed): Settings {
  const [current = ''] = signingSecrets(settings)
  const source = { kind: 'default' } as const
  if (supposed === 'the current alone') return { ...settings, cloudfrontPreviousSecret: { value: '', source } }
  const value = Buffer.from(fingerprint(current), 'hex').toString('base64')
  return { ...settings, cloudfrontSecret: { value, source }, cloudfrontPreviousSecret: { value: current, source } }
}

function nothingToRotate({ configFile }: Settings, id: string | undefined): CtlError {
  const [what, hint] =
    id === undefined
      ? ['there is no distribution yet', '`pc-ctl enable-cloudfront` makes one.']
      : [
          `the distribution ${id} checks no signature by a secret that can be read`,
          '`pc-ctl status` says what puts that right.',
        ]
  return new CtlError('configuration', `Nothing goes by the secret in ${configFile}: ${what}.`, { hint })
}
