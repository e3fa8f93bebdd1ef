import { IAMClient, SimulatePrincipalPolicyCommand } from '@aws-sdk/client-iam'

import { nameOf } from '../aws/absent.ts'
import type { Aws } from '../aws/connect.ts'
import { edgeRegion } from '../aws/names.ts'
import type { Need } from './resource.ts'

/** What IAM says about one action of one need. */
export interface Verdict {
  readonly action: string
  readonly need: Need
  /** `unknown` where IAM can't simulate the action. */
  readonly allowed: boolean | 'unknown'
}

/**
 * Asks IAM whether the caller may do all that is needed, without doing any of it.
 *
 * @param caller - ARN of a user, or of an assumed-role session, whose role is then asked about
 * @returns `undefined` where the caller may not simulate, or is the root user, whom IAM can't simulate
 */
export async function simulate(aws: Aws, caller: string, needs: readonly Need[]): Promise<Verdict[] | undefined> {
  const source = principalOf(caller)
  if (source === undefined) return undefined
  const iam = aws.client(IAMClient, edgeRegion)
  try {
    return (await Promise.all(needs.map((need) => simulateNeed(iam, source, need)))).flat()
  } catch (error) {
    if (nameOf(error) === 'AccessDenied') return undefined
    throw error
  }
}

async function simulateNeed(iam: IAMClient, source: string, need: Need): Promise<Verdict[]> {
  // Such names end in a star that is part of them, which the simulator takes for a pattern.
  const simulable = need.actions.filter((action) => !action.endsWith('*'))
  const unknown = need.actions.filter((action) => action.endsWith('*'))
  const { EvaluationResults } = await iam.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: source,
      ActionNames: simulable,
      ResourceArns: need.resources.map(example),
      ContextEntries: Object.values(need.condition ?? {}).flatMap((variables) =>
        Object.entries(variables).map(([ContextKeyName, values]) => ({
          ContextKeyName,
          ContextKeyType: 'string' as const,
          ContextKeyValues: [values].flat().slice(0, 1),
        })),
      ),
    }),
  )
  const verdicts = simulable.map((action): Verdict => {
    const results = (EvaluationResults ?? []).filter(({ EvalActionName }) => EvalActionName === action)
    return {
      action,
      need,
      allowed: results.length > 0 && results.every(({ EvalDecision }) => EvalDecision === 'allowed'),
    }
  })
  return [...verdicts, ...unknown.map((action): Verdict => ({ action, need, allowed: 'unknown' }))]
}

/** A resource that a pattern matches; the simulator wants one that could exist. */
const example = (pattern: string): string => (pattern === '*' ? '*' : pattern.replaceAll('*', 'EXAMPLE'))

/** IAM knows a session's permissions by its role. */
function principalOf(caller: string): string | undefined {
  const session = /^arn:aws:sts::(\d{12}):assumed-role\/([^/]+)\//.exec(caller)
  if (session !== null) return `arn:aws:iam::${session[1] ?? ''}:role/${session[2] ?? ''}`
  return caller.includes(':user/') ? caller : undefined
}
