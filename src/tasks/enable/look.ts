/** How far enabling has come, read off packagecloud.rb, AWS, the objects, this host and the front server. */
import type { Aws } from '../../aws/connect.ts'
import type { Engine } from '../../edge/engine.ts'
import type { Report } from '../../reindex/report.ts'
import type { Settings } from '../../settings/settings.ts'
import { CtlError } from '../../errors.ts'
import { hasChanges, type PlanLine } from '../../ui/plan.ts'
import { associable, type Bootstrap, bootstrapCloudfront } from '../bootstrap-cloudfront.ts'
import { type Chain, type Conduct, runChain } from '../chain/chain.ts'
import { nodesOf } from '../chain/survey.ts'
import { findCtl } from '../packagecloud-ctl/executable.ts'
import { fingerprint, recall } from '../packagecloud-ctl/memory.ts'
import { signingSecrets } from '../signing-secrets.ts'
import {
  findExisting,
  type Reconfigure,
  type ReconfigureWishes,
  serve,
} from '../reconfigure-cloudfront-distribution.ts'
import { connectedKeys } from '../write-config.ts'
import { objectsState } from './objects.ts'
import { type PageStep, pageOf } from './page.ts'

/** What is wished of AWS. */
export interface ServeWishes extends ReconfigureWishes {
  /** `undefined`: the one that is in use. */
  readonly engine?: Engine | undefined
  readonly boundary: string | undefined
}

export interface Whole extends Bootstrap, Reconfigure {}

/** All that is made in AWS, as one chain that is only ever planned. */
export const wholeChain = (aws: Aws, settings: Settings, wishes: ServeWishes): Chain<Whole> => [
  ...bootstrapCloudfront(aws, settings, wishes),
  findExisting(aws, settings, wishes),
  ...serve<Whole>(aws, settings, wishes, associable),
]

/** What a look found. */
export interface Outlook {
  readonly page: readonly PageStep[]
  readonly plan: readonly PlanLine[]
}

/** What is known from elsewhere. */
export interface Known {
  /** A dry run over the objects; `undefined` with --skip-reindex. */
  readonly objects: Report | undefined
  readonly ctl: string | undefined
  /** Whether the front server was seen to redirect to CloudFront. */
  readonly isFrontThere: boolean
}

/**
 * Looks at everything; writes nothing. A secret that is not there yet is supposed.
 *
 * @throws CtlError as the chains; of kind `configuration` for a secret that can't be used
 */
export async function lookOut(
  aws: Aws,
  settings: Settings,
  wishes: ServeWishes,
  known: Known,
  conduct: Conduct,
): Promise<Outlook> {
  const hasSecret = isSet(settings)
  const supposed = withSecret(settings)
  const { ctx, report: plan } = await runChain(wholeChain(aws, supposed, wishes), 'plan', conduct)
  const bootstrap = new Set(nodesOf(bootstrapCloudfront(aws, supposed, wishes), ctx).map(({ title }) => title))
  const isBootstrapped = hasSecret && !hasChanges(plan.filter(({ title }) => bootstrap.has(title)))
  const isConnected = isBootstrapped && !hasChanges(plan.filter(({ title }) => !bootstrap.has(title)))
  const hasLines = isConnected && saysConnected(settings, ctx.distribution)
  const sha256 = settings.configFound ? await fingerprint(settings.configFile) : ''
  const [applied, restarted] = await Promise.all([
    recall(settings.configFile).catch(() => undefined),
    recall(settings.configFile, process.env, 'restarted').catch(() => undefined),
  ])
  const isApplied = applied?.sha256 === sha256
  const isLive = hasLines && (known.isFrontThere || (isApplied && restarted?.sha256 === sha256))
  const noCtl = known.ctl === undefined && !isLive
  return {
    plan,
    page: pageOf(
      [
        objectsState(known.objects),
        done(hasSecret, 'it is there'),
        noCtl && !hasLines
          ? { state: 'left out', note: 'packagecloud-ctl is not here, and pc-ctl reads the file itself' }
          : done(hasLines || (hasSecret && isApplied), 'applied'),
        done(isBootstrapped, 'up to date'),
        done(hasLines, ctx.distribution.id),
        done(isLive || (hasLines && isApplied), 'applied'),
        done(isLive, known.isFrontThere ? 'the front server redirects to CloudFront' : 'restarted since'),
      ],
      ctx.engine.engine,
    ),
  }
}

const isSet = (settings: Settings): boolean =>
  settings.cloudfrontSecret !== undefined || (settings.problems.cloudfrontSecret?.kind ?? 'empty') !== 'empty'
    ? signingSecrets(settings).length > 0
    : false

/**
 * The same, with a secret supposed where there is none yet, for looks that write nothing.
 *
 * @throws CtlError of kind `configuration` for a secret that can't be used
 */
export const withSecret = (settings: Settings): Settings =>
  isSet(settings)
    ? settings
    : {
        ...settings,
        cloudfrontSecret: { value: Buffer.alloc(32).toString('base64').replace('=', ''), source: { kind: 'default' } },
      }

const done = (is: boolean, note: string): Pick<PageStep, 'state' | 'note'> =>
  is ? { state: 'done', note } : { state: 'to do', note: '' }

/** Whether packagecloud.rb sends clients to the distribution, under its own name or one of its aliases. */
function saysConnected(settings: Settings, { id, domain, config }: Reconfigure['distribution']): boolean {
  const name = settings.cloudfrontPackagesDomain?.value
  const isName = name === domain || (name !== undefined && (config.Aliases?.Items ?? []).includes(name))
  return isName && holds(settings, connectedKeys({ distributionId: id, packagesDomain: name }))
}

/** Whether packagecloud.rb says just that of CloudFront. */
export function holds(settings: Settings, wanted: ReturnType<typeof connectedKeys>): boolean {
  const said = new Map<string, unknown>([
    ['cloudfront_enabled', settings.cloudfrontEnabled?.value],
    ['cloudfront_distribution_id', settings.cloudfrontDistributionId?.value],
    ['cloudfront_packages_domain', settings.cloudfrontPackagesDomain?.value],
  ])
  return [...wanted].every(([key, value]) => said.get(key) === value)
}

/**
 * packagecloud-ctl on this host, if it is here.
 *
 * @throws CtlError of kind `configuration` for one that was named and is not there
 */
export async function ctlHere(given: string | undefined): Promise<string | undefined> {
  try {
    return await findCtl(given, '')
  } catch (error) {
    if (given === undefined && error instanceof CtlError && error.code === 'NotInstalled') return undefined
    throw error
  }
}
