/** Which engine an installation has: what a flag once said is remembered in AWS, and never changed without the flag. */
import { arnOfDistribution, arnOfKey, arnOfVersion, checksOf, engineOf, withoutVersion } from '../aws/arns.ts'
import type { Aws } from '../aws/connect.ts'
import { type Names, namesOf } from '../aws/names.ts'
import { type Engine, engineNames } from '../edge/engine.ts'
import { CtlError } from '../errors.ts'
import type { Account } from '../aws/account.ts'
import { findDistribution } from '../resources/cloudfront/find-distribution.ts'
import { checkedBy } from '../resources/cloudfront/distribution-config.ts'
import { type Accepted, toMoveFrom } from '../resources/edge-engine.ts'
import { acceptedBy, engineBehind } from '../resources/edge-engines.ts'
import { ownerOfStore, ownerOfStoreNeeds } from '../resources/function/key-value-store.ts'
import type { Need } from '../resources/resource.ts'
import type { Bucket } from '../resources/s3/bucket.ts'
import { optional, type Settings } from '../settings/settings.ts'
import { compute, type Step } from './chain/chain.ts'

export interface EngineChoice {
  /** What is made, and kept up to date. */
  readonly engine: Engine
  /** What the distribution runs of this installation's other engine, until it is given this one. */
  readonly moving?: { readonly from: Engine; readonly accepted: Accepted }
  /** Where nobody has wished for one: why it is this one; a clause. */
  readonly because?: string
}

export interface EngineWishes {
  /** `undefined`: the one that is in use. */
  readonly engine?: Engine | undefined
  /** Such as `nodejs24.x`. */
  readonly runtime?: string | undefined
  /** ARN of the policy that bounds what the role may do; `undefined`: as it is. */
  readonly boundary?: string | undefined
  /** Id of the distribution meant; `undefined`: as packagecloud.rb says, else it is searched for. */
  readonly distribution?: string | undefined
}

interface Context {
  account: Account
  bucket: Bucket
  engine: EngineChoice
}

/** Whether a chain is about this engine, as far as that is known. */
export const isEngine =
  (engine: Engine) =>
  ({ engine: chosen }: { readonly engine?: EngineChoice | undefined }): boolean =>
    chosen?.engine === engine

/** The step that says which engine is made, and hands on what the other one goes by where that is in use. */
export const chooseEngine = (aws: Aws, settings: Settings, wishes: EngineWishes): Step<Context> =>
  compute<Context, 'engine'>('Engine', {
    from: ({ account, bucket }) => lookAtEngine(aws, settings, { account, bucket, wishes }),
    as: 'engine',
    ahead: true,
    suppose: () => ({ engine: wishes.engine ?? 'lambda' }),
    likely: () => ({ engine: wishes.engine ?? 'lambda' }),
    tell: ({ engine, moving, because }) =>
      moving === undefined
        ? [engineNames[engine], because ?? []].flat().join(', ')
        : `${engineNames[engine]}; the distribution runs ${engineNames[moving.from]} until it is told otherwise`,
    needs: ({ account }) => engineNeeds(namesOf(settings.installation.value), account.id, wishes),
  })

function engineNeeds(names: Names, accountId: string, { engine }: EngineWishes): Need[] {
  const checks = checksOf(names, accountId)
  return [
    { access: 'read', actions: ['cloudfront:ListDistributions'], resources: ['*'] },
    {
      access: 'read',
      actions: ['cloudfront:GetDistribution', 'cloudfront:ListTagsForResource'],
      resources: [arnOfDistribution(accountId)],
    },
    ...(engine === undefined
      ? [...Object.values(checks).flatMap((arn) => engineBehind(arn).ownerNeeds(arn)), ownerOfStoreNeeds(accountId)]
      : []),
    ...(engine === undefined ? [] : moveNeeds(engine === 'lambda' ? 'function' : 'lambda', names, accountId)),
  ]
}

/** What looking at an engine needs that an installation is to move away from, or to. */
export function moveNeeds(from: Engine, names: Names, accountId: string): Need[] {
  const arn = checksOf(names, accountId)[from]
  const needs: readonly Need[] =
    from === 'function'
      ? engineBehind(arn).acceptedNeeds(arn)
      : [
          ...engineBehind(arn).acceptedNeeds(arnOfVersion(arn, '*')),
          { access: 'read', actions: ['kms:Decrypt'], resources: [arnOfKey(accountId)] },
        ]
  return toMoveFrom(from, needs)
}

interface Looked {
  readonly account: Account
  readonly bucket: Bucket
  readonly wishes: EngineWishes
}

async function lookAtEngine(aws: Aws, settings: Settings, { account, bucket, wishes }: Looked): Promise<EngineChoice> {
  const names = namesOf(settings.installation.value)
  const id = wishes.distribution ?? optional(settings, 'cloudfrontDistributionId')
  const running = await whatRuns(aws, { names, accountId: account.id, bucket, id })
  const from = running === undefined ? undefined : engineOf(running)
  const choice = await choose(wishes, from, () => theOneThere(aws, names, account.id))
  const { engine } = choice
  assertFits(engine, wishes)
  if (running === undefined || from === undefined || from === engine) return choice
  return { engine, moving: { from, accepted: await acceptedBy(aws, names, running) } }
}

/** What the distribution runs for this installation, if there is one and it does. Which one is meant others tell. */
async function whatRuns(aws: Aws, search: Parameters<typeof findDistribution>[1]): Promise<string | undefined> {
  const found = await findDistribution(aws, search).catch((error: unknown) => {
    if (error instanceof CtlError && (error.failure === 'configuration' || error.failure === 'refused'))
      return undefined
    throw error
  })
  const running = found === undefined ? undefined : checkedBy(found.config)
  const ours = Object.values(checksOf(search.names, search.accountId))
  return running !== undefined && ours.includes(withoutVersion(running)) ? running : undefined
}

/** @param from - what the distribution runs */
async function choose(
  { engine }: EngineWishes,
  from: Engine | undefined,
  otherwise: () => Promise<EngineChoice>,
): Promise<EngineChoice> {
  if (engine !== undefined) return { engine }
  return from === undefined ? otherwise() : { engine: from, because: 'which the distribution runs' }
}

/**
 * Where no distribution tells: the one of which there is a function of ours. The store is made before its function, so that
 * alone is what an interrupted run leaves, or somebody who has deleted the function.
 */
async function theOneThere(aws: Aws, names: Names, accountId: string): Promise<EngineChoice> {
  const checks = checksOf(names, accountId)
  const isOurs = async (owner: Promise<string | undefined>): Promise<boolean> => (await owner) === names.installation
  const isThere = (engine: Engine): Promise<boolean> =>
    isOurs(engineBehind(checks[engine]).ownerOf(aws, checks[engine]))
  const [ofFunction, store] = await Promise.all([isThere('function'), isOurs(ownerOfStore(aws, names))])
  if (!ofFunction && !store) return { engine: 'lambda' }
  return (await isThere('lambda'))
    ? { engine: 'lambda', because: `not ${engineNames.function}, which are there too: --engine function has them used` }
    : { engine: 'function', because: 'which are there' }
}

/**
 * What makes no sense for CloudFront Functions, which have one runtime and no role.
 *
 * @throws CtlError of kind `usage`
 */
export function assertFits(engine: Engine | undefined, { engine: wished, runtime, boundary }: EngineWishes): void {
  if (engine !== 'function') return
  const flag = runtime !== undefined ? '--runtime' : boundary !== undefined ? '--permissions-boundary' : undefined
  if (flag === undefined) return
  const why = flag === '--runtime' ? 'has no runtime to choose' : 'runs without a role'
  const whose = wished === undefined ? 'This installation uses CloudFront Functions' : 'With --engine function'
  throw new CtlError('usage', `${whose}: ${flag} can't be given, since a CloudFront Function ${why}.`, {
    hint: [`Leave ${flag} out, or give --engine lambda.`],
  })
}
