/** A move of the check from one engine to the other refuses no download as long as both go by the same. */
import { checksOf, engineOf, withoutVersion } from '../aws/arns.ts'
import type { Aws } from '../aws/connect.ts'
import { type Names, namesOf } from '../aws/names.ts'
import { type Engine, engineNames, engines } from '../edge/engine.ts'
import { CtlError } from '../errors.ts'
import type { Account } from '../aws/account.ts'
import { checkedBy } from '../resources/cloudfront/distribution-config.ts'
import type { Distribution } from '../resources/cloudfront/find-distribution.ts'
import type { Accepted } from '../resources/edge-engine.ts'
import { acceptedBy } from '../resources/edge-engines.ts'
import type { Need } from '../resources/resource.ts'
import type { Settings } from '../settings/settings.ts'
import { commandLine } from '../shell.ts'
import { verbatim } from '../text.ts'
import { type Chain, check, where } from './chain/chain.ts'
import { moveNeeds } from './engine-in-use.ts'

interface Moving {
  readonly account: Account
  readonly existing: Distribution | undefined
}

/**
 * The step that looks whether what a distribution is given accepts all that it accepts now; it is there only where that is a
 * function of the other engine.
 *
 * @param arn - of what it is given
 * @param carried - the settings flags in use, for the command that is suggested
 */
export function checkMove<C extends Moving>(
  aws: Aws,
  settings: Settings,
  arn: string,
  carried: readonly string[],
): Chain<C> {
  const names = namesOf(settings.installation.value)
  const running = ({ account, existing }: Moving): string | undefined => {
    const now = existing === undefined ? undefined : checkedBy(existing.config)
    const isOurs = now !== undefined && Object.values(checksOf(names, account.id)).includes(withoutVersion(now))
    return isOurs && engineOf(now) !== engineOf(arn) ? now : undefined
  }
  const step = check<C>(`Secrets of ${engineNames.lambda} and ${engineNames.function}`, {
    that: (ctx) => compare(aws, names, { from: running(ctx) ?? '', to: arn }, carried),
  })
  return where((ctx) => running(ctx) !== undefined, [step])
}

/** What {@link checkMove} needs, were it a move. */
export const checkMoveNeeds = (names: Names, accountId: string): readonly Need[] =>
  engines.flatMap((engine) => moveNeeds(engine, names, accountId))

async function compare(
  aws: Aws,
  names: Names,
  { from, to }: { readonly from: string; readonly to: string },
  carried: readonly string[],
): Promise<string> {
  const [now, then] = await Promise.all([acceptedBy(aws, names, from), acceptedBy(aws, names, to)])
  const why = whyNarrower(now, then)
  if (why === undefined) return 'both accept the same'
  throw narrower(engineOf(to), why, carried)
}

/**
 * Why downloads that are served now would be refused then. Pure.
 *
 * @returns a clause that completes "it"; `undefined` where none would be
 */
export function whyNarrower(now: Accepted, then: Accepted): string | undefined {
  const lacking = now.fingerprints.find((one) => !then.fingerprints.includes(one))
  if (lacking !== undefined) {
    return `does not accept a secret that edges accept now (its fingerprint is ${lacking.slice(0, 8)})`
  }
  if (then.rules?.sha1 === false && now.rules?.sha1 !== false) return 'refuses HMAC-SHA1, which edges accept now'
  const [shorter = Infinity, longest = Infinity] = [then.rules?.longestLife, now.rules?.longestLife]
  return shorter < longest ? `refuses URLs that are good for more than ${shorter} s, which edges accept now` : undefined
}

const narrower = (engine: Engine, why: string, carried: readonly string[]): CtlError =>
  new CtlError('refused', `Refused, and nothing was changed: the function of ${engineNames[engine]} ${why}.`, {
    hint: [
      'It would refuse downloads. This gives it what the other one goes by; then run the command that it prints:',
      verbatim(commandLine(['pc-ctl', 'bootstrap-cloudfront', '--engine', engine, ...carried])),
    ],
    code: 'Narrower',
  })
