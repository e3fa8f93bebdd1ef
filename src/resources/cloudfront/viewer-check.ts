/** How behaviours of a distribution have their requests checked: by a function of either engine, at viewer-request. */
import type {
  DefaultCacheBehavior,
  EventType,
  FunctionAssociation,
  LambdaFunctionAssociation,
} from '@aws-sdk/client-cloudfront'

import { engineOf, withoutVersion } from '../../aws/arns.ts'
import { type Engine, engines } from '../../edge/engine.ts'

/** The part of a behaviour that has functions run. */
export type Associating = Pick<DefaultCacheBehavior, 'LambdaFunctionAssociations' | 'FunctionAssociations'>

/** What is known of the functions that a behaviour runs. */
export interface Check {
  /** ARN of what is to run: of a numbered version, or of a CloudFront Function. */
  readonly functionArn: string
  /** Functions of this installation's other engine, without a version: the check may take their place, unasked. */
  readonly alsoOurs?: readonly string[] | undefined
}

/** A function at a viewer event. */
export interface Running {
  readonly engine: Engine
  readonly event: EventType
  readonly arn: string
}

/** The members that hold the functions of an engine. */
interface Member {
  list(behavior: Associating): readonly Running[]
  /** With the check in place of what runs at viewer-request, or after all others; their order stays. */
  put(behavior: Associating, arn: string): Associating
  without(behavior: Associating, isGone: (one: Running) => boolean): Associating
}

const members: Readonly<Record<Engine, Member>> = {
  lambda: memberOf<LambdaFunctionAssociation>(
    'lambda',
    ({ LambdaFunctionARN }) => LambdaFunctionARN,
    ({ LambdaFunctionAssociations: of }) => of?.Items ?? [],
    (items) => ({ LambdaFunctionAssociations: listed(items) }),
    (arn) => ({ EventType: 'viewer-request', LambdaFunctionARN: arn, IncludeBody: false }),
  ),
  function: memberOf<FunctionAssociation>(
    'function',
    ({ FunctionARN }) => FunctionARN,
    ({ FunctionAssociations: of }) => of?.Items ?? [],
    (items) => ({ FunctionAssociations: listed(items) }),
    (arn) => ({ EventType: 'viewer-request', FunctionARN: arn }),
  ),
}

const listed = <A>(items: A[]): { Quantity: number; Items?: A[] } => ({
  Quantity: items.length,
  ...(items.length === 0 ? {} : { Items: items }),
})

function memberOf<A extends { EventType: EventType | undefined }>(
  engine: Engine,
  arnOf: (one: A) => string | undefined,
  read: (behavior: Associating) => readonly A[],
  write: (items: A[]) => Associating,
  check: (arn: string) => A,
): Member {
  const running = (one: A): Running[] =>
    one.EventType?.startsWith('viewer-') === true ? [{ engine, event: one.EventType, arn: arnOf(one) ?? '' }] : []
  const isCheck = (one: A): boolean => one.EventType === 'viewer-request'
  return {
    list: (behavior) => read(behavior).flatMap(running),
    put(behavior, arn) {
      const live = read(behavior)
      return write(live.some(isCheck) ? live.map((one) => (isCheck(one) ? check(arn) : one)) : [...live, check(arn)])
    },
    without(behavior, isGone) {
      const live = read(behavior)
      const left = live.filter((one) => !running(one).some(isGone))
      return left.length === live.length ? {} : write(left)
    },
  }
}

/** What a behaviour runs at viewer events, by either engine. */
export const runningIn = (behavior: Associating | undefined): Running[] =>
  engines.flatMap((engine) => members[engine].list(behavior ?? {}))

/** What a behaviour runs at viewer-request; CloudFront lets only one function run there. */
export const checkOf = (behavior: Associating | undefined): string | undefined =>
  runningIn(behavior).find(({ event }) => event === 'viewer-request')?.arn

const isCheckOf =
  ({ functionArn, alsoOurs = [] }: Check) =>
  ({ event, arn }: Running): boolean =>
    event === 'viewer-request' && [withoutVersion(functionArn), ...alsoOurs].includes(withoutVersion(arn))

/** Whether a behaviour is checked by this installation, in whatever version and by whichever engine. */
export const isChecked = (behavior: Associating, check: Check): boolean => runningIn(behavior).some(isCheckOf(check))

/**
 * What runs at viewer events of a behaviour and can't stay beside the check: something else at viewer-request, and all of
 * the other engine, since CloudFront lets one behaviour have viewer events of one engine alone.
 */
export const inPlaceOf = (behavior: Associating | undefined, check: Check): Running[] =>
  runningIn(behavior).filter(
    (one) => !isCheckOf(check)(one) && (one.event === 'viewer-request' || one.engine !== engineOf(check.functionArn)),
  )

/**
 * The functions of a behaviour that has the check.
 *
 * @param mayGo - whether what is in its place may go, where that is not ours
 */
export function withCheck(live: Associating | undefined, check: Check, mayGo: boolean): Associating {
  const engine = engineOf(check.functionArn)
  const isGone = (one: Running): boolean => isCheckOf(check)(one) || mayGo
  const others = engines.filter((one) => one !== engine).map((one) => members[one].without(live ?? {}, isGone))
  return Object.assign({}, ...others, members[engine].put(live ?? {}, check.functionArn)) as Associating
}

/** What a behaviour runs at a viewer event by one engine: for telling both apart. */
export const runningBy = (engine: Engine, event: EventType, behavior: Associating | undefined): string | undefined =>
  members[engine].list(behavior ?? {}).find((one) => one.event === event)?.arn
