import type { Aws } from '../../aws/connect.ts'
import type { PolicyDocument, PolicyStatement } from '../../aws/policy.ts'
import { listening, simulate, type Verdict } from '../../resources/caller-permissions.ts'
import type { Need } from '../../resources/resource.ts'
import type { Settings } from '../../settings/settings.ts'
import { CtlError } from '../../errors.ts'
import { type Block, item, verbatim, whole } from '../../text.ts'
import type { Conduct } from '../chain/chain.ts'
import { policyOf } from '../../resources/policy-of-needs.ts'
import { grouped } from './policy.ts'
import { status } from '../status/status.ts'

/** Which of the needed permissions the credentials in use have. */
export interface Checked {
  readonly caller: string
  /** `simulated`: IAM was asked about each. `tried`: only reads were tried, for IAM could not be asked. */
  readonly how: 'simulated' | 'tried' | 'root'
  readonly allowed: readonly string[]
  readonly missing: readonly string[]
  /** Denied by a policy, a boundary or the organisation: no statement that is added helps. */
  readonly forbidden: readonly string[]
  /** Not allowed, and not needed: what can't be done without. */
  readonly optional: readonly { readonly action: string; readonly without: string }[]
  /** Actions that could not be checked. */
  readonly unknown: readonly string[]
  /** What limits this check, in sentences. */
  readonly notes: readonly string[]
  /** The statements to add, if any are missing. */
  readonly add: PolicyDocument | undefined
  /** A statement that lets the next check know more. */
  readonly allowToSimulate: PolicyStatement | undefined
}

/**
 * Checks the credentials in use without changing anything: by IAM's simulator, else by trying what only reads.
 *
 * @param caller - ARN of whose credentials they are
 * @throws CtlError or what an AWS call threw, where neither way can be gone
 */
export async function checkPermissions(
  aws: Aws,
  settings: Settings,
  caller: string,
  needs: readonly Need[],
  conduct: Conduct,
): Promise<Checked> {
  const none = { missing: [], forbidden: [], optional: [], unknown: [], notes: [] }
  const nothing = { ...none, add: undefined, allowToSimulate: undefined }
  const distinct = grouped(needs)
  if (caller.endsWith(':root')) return { ...nothing, caller, how: 'root', allowed: actionsOf(distinct) }
  const answer = await simulate(aws, caller, distinct)
  if ('because' in answer) {
    const tried = await tryReads(aws, settings, distinct, conduct)
    const notes = [`Only what reads was tried, because ${answer.because}.`, ...tried.notes]
    return { ...nothing, ...tried, caller, how: 'tried', notes, allowToSimulate: answer.allow }
  }
  return { ...nothing, ...summary(answer), caller, how: 'simulated' }
}

const actionsOf = (needs: readonly Need[]): string[] => [...new Set(needs.flatMap(({ actions }) => actions))].sort()

/** The worst that is said about an action on any resource. */
const worst = ['forbidden', 'missing', 'unknown', 'allowed'] as const

function summary(verdicts: readonly Verdict[]) {
  const of = (action: string): Verdict['is'] => {
    const said = verdicts.filter((verdict) => verdict.action === action)
    return worst.find((is) => said.some((verdict) => verdict.is === is)) ?? 'unknown'
  }
  const actions = actionsOf(verdicts.map(({ need, action }) => ({ ...need, actions: [action] })))
  const denied = (action: string): boolean => of(action) === 'missing' || of(action) === 'forbidden'
  const optional = optionalAmong(
    verdicts.map(({ need }) => need),
    denied,
  )
  const needed = actions.filter((action) => optional.every((one) => one.action !== action))
  const those = (is: Verdict['is']): string[] => needed.filter((action) => of(action) === is)
  const lacking = verdicts.filter(({ is, need }) => is === 'missing' && need.optional === undefined)
  return {
    allowed: those('allowed'),
    missing: those('missing'),
    forbidden: those('forbidden'),
    optional,
    unknown: those('unknown'),
    notes: ['Policies of the bucket and of the key are not part of what IAM simulates.'],
    add: lacking.length === 0 ? undefined : policyFor(lacking),
  }
}

/** Of the actions that can be done without, those that are denied. */
function optionalAmong(needs: readonly Need[], denied: (action: string) => boolean): Checked['optional'] {
  const found = needs.flatMap(({ optional: without, actions }) =>
    without === undefined ? [] : actions.filter(denied).map((action) => [action, without] as const),
  )
  return [...new Map(found)].map(([action, without]) => ({ action, without }))
}

const policyFor = (lacking: readonly { need: Need; action: string }[]): PolicyDocument =>
  policyOf(lacking.map(({ need, action }) => ({ ...need, actions: [action] })))

/** Runs the reads of `status`. It ends with the first that fail, so there may be more behind them. */
async function tryReads(aws: Aws, settings: Settings, needs: readonly Need[], conduct: Conduct) {
  const { aws: heard, allowed: seen, denied, quiet } = listening(aws)
  const ended = await status(heard, settings, { carried: [] }, conduct).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof CtlError && error.failure !== 'interrupted') return error
      throw error
    },
  )
  // Reads go side by side: whichever is denied first, the others are heard of too.
  await quiet()
  const lacking = needs.flatMap((need) =>
    need.optional === undefined
      ? need.actions.filter((action) => denied.has(action)).map((action) => ({ need, action }))
      : [],
  )
  const optional = optionalAmong(needs, (action) => denied.has(action))
  const actions = actionsOf(needs).filter((action) => optional.every((one) => one.action !== action))
  const isMissing = (action: string): boolean => lacking.some((one) => one.action === action)
  return {
    allowed: actions.filter((action) => seen.has(action) && !isMissing(action)),
    missing: actions.filter(isMissing),
    optional,
    unknown: actions.filter((action) => !seen.has(action) && !isMissing(action)),
    notes: ended === undefined ? [] : [`The trial, which reads what status reads, ended at: ${endOf(ended, denied)}`],
    add: lacking.length === 0 ? undefined : policyFor(lacking),
  }
}

const endOf = ({ message }: CtlError, denied: ReadonlySet<string>): string =>
  denied.size === 0 ? message : `AWS denied ${[...denied].sort().join(', ')}.`

/** A check as text. */
export function checkText(checked: Checked): Block[] {
  const { caller, how, allowed, missing, forbidden, optional, unknown, notes, add, allowToSimulate } = checked
  const ways = { simulated: 'as IAM simulates it', tried: 'by trying', root: 'the root user may do everything' }
  const denied = (action: string): string =>
    `${action} (denied by a policy: more permissions do not help, it must be lifted)`
  return [
    `${caller}: ${ways[how]}`,
    ...allowed.map((action) => item('ok', action)),
    ...missing.map((action) => item('failed', action)),
    ...forbidden.map((action) => item('failed', denied(action))),
    ...optional.map(({ action, without }) => item('note', `${action} (optional; without it ${without})`)),
    ...unknown.map((action) => item('unknown', `${action} (not checked)`)),
    ...notes,
    ...(add === undefined ? [] : ['Add to the policy of these credentials:', whole(JSON.stringify(add, undefined, 2))]),
    ...(allowToSimulate === undefined
      ? []
      : [
          'To have everything checked, allow these credentials to simulate:',
          verbatim(JSON.stringify(allowToSimulate)),
        ]),
  ]
}
