import type { Aws } from '../aws/connect.ts'
import type { PolicyDocument } from '../aws/policy.ts'
import { lookUpAccount } from '../resources/account.ts'
import { simulate, type Verdict } from '../resources/caller-permissions.ts'
import type { Need } from '../resources/resource.ts'
import type { Settings } from '../settings/settings.ts'
import { CtlError } from '../ui/errors.ts'
import type { Conduct } from './chain.ts'
import { policyOf } from './permissions.ts'
import { status } from './status.ts'

/** Which of the needed permissions the credentials in use have. */
export interface Checked {
  readonly caller: string
  /** `simulated`: IAM was asked about each. `tried`: only reads were tried, for IAM may not be asked. */
  readonly how: 'simulated' | 'tried' | 'root'
  readonly allowed: readonly string[]
  readonly missing: readonly string[]
  /** Actions that could not be checked. */
  readonly unknown: readonly string[]
  /** The statements to add, if any are missing. */
  readonly add: PolicyDocument | undefined
}

/** Checks the credentials in use without changing anything: by IAM's simulator, else by trying what only reads. */
export async function checkPermissions(
  aws: Aws,
  settings: Settings,
  needs: readonly Need[],
  conduct: Conduct,
): Promise<Checked> {
  const { caller } = await lookUpAccount(aws)
  const actions = [...new Set(needs.flatMap((need) => need.actions))].sort()
  // The root user may do everything that no organisation forbids.
  if (caller.endsWith(':root'))
    return { caller, how: 'root', allowed: actions, missing: [], unknown: [], add: undefined }
  const verdicts = await simulate(aws, caller, needs)
  if (verdicts !== undefined) return simulated(caller, verdicts)
  return tryReads(aws, settings, needs, caller, conduct)
}

function simulated(caller: string, verdicts: readonly Verdict[]): Checked {
  const those = (allowed: Verdict['allowed']): string[] =>
    [...new Set(verdicts.filter((verdict) => verdict.allowed === allowed).map(({ action }) => action))].sort()
  const denied = verdicts.filter(({ allowed }) => allowed === false)
  return {
    caller,
    how: 'simulated',
    allowed: those(true),
    missing: those(false),
    unknown: those('unknown'),
    add: denied.length === 0 ? undefined : policyOf(denied.map(({ need, action }) => ({ ...need, actions: [action] }))),
  }
}

/** Runs the reads of `status`; the first that is denied ends it, so there may be more behind it. */
async function tryReads(
  aws: Aws,
  settings: Settings,
  needs: readonly Need[],
  caller: string,
  conduct: Conduct,
): Promise<Checked> {
  const denied = await status(aws, settings, { runtime: 'nodejs22.x', carried: [] }, conduct).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof CtlError && error.failure === 'denied') return error
      throw error
    },
  )
  const actions = [...new Set(needs.flatMap((need) => need.actions))].sort()
  const missing = denied === undefined ? undefined : /denied (\S+)/.exec(denied.message)?.[1]
  const reads = new Set(needs.filter(({ access }) => access === 'read').flatMap((need) => need.actions))
  const allowed = denied === undefined ? actions.filter((action) => reads.has(action)) : []
  const lacking = needs.filter((need) => missing !== undefined && need.actions.includes(missing))
  return {
    caller,
    how: 'tried',
    allowed,
    missing: missing === undefined ? [] : [missing],
    unknown: actions.filter((action) => !allowed.includes(action) && action !== missing),
    add: missing === undefined ? undefined : policyOf(lacking.map((need) => ({ ...need, actions: [missing] }))),
  }
}

/** A check as text. */
export function checkText({ caller, how, allowed, missing, unknown, add }: Checked): string {
  const ways = {
    simulated: 'as IAM simulates it',
    tried: 'by trying what only reads; iam:SimulatePrincipalPolicy is not allowed, so writes could not be checked',
    root: 'the root user may do everything',
  }
  return [
    `${caller}: ${ways[how]}`,
    ...allowed.map((action) => `✔ ${action}`),
    ...missing.map((action) => `✖ ${action}`),
    ...unknown.map((action) => `? ${action} (not checked)`),
    ...(add === undefined ? [] : ['Add to the policy of these credentials:', JSON.stringify(add, undefined, 2)]),
  ].join('\n')
}
