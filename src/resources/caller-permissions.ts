import {
  type ContextEntry,
  type EvaluationResult,
  GetRoleCommand,
  IAMClient,
  paginateSimulatePrincipalPolicy,
} from '@aws-sdk/client-iam'

import { assumedRole } from '../aws/arns.ts'
import { nameOf } from '../aws/absent.ts'
import type { Aws } from '../aws/connect.ts'
import { hearActions, type Heard } from '../aws/denial.ts'
import { edgeRegion } from '../aws/names.ts'
import type { PolicyStatement } from '../aws/policy.ts'
import type { Need } from './resource.ts'

/** What IAM says about one action of one need. */
export interface Verdict {
  readonly action: string
  readonly need: Need
  /**
   * `missing`: no policy allows it. `forbidden`: a policy denies it, or a boundary or the organisation does not let it
   * through, so that no further permission helps. `unknown`: IAM can't simulate the action.
   */
  readonly is: 'allowed' | 'missing' | 'forbidden' | 'unknown'
}

/** Why nothing could be simulated. */
export interface NotSimulated {
  /** Completes "because". */
  readonly because: string
  /** What would make it possible, if anything does. */
  readonly allow?: PolicyStatement
}

/**
 * Asks IAM whether the caller may do all that is needed, without doing any of it. Policies of resources (the bucket's,
 * the key's) are not part of it.
 *
 * @param caller - ARN of a user, or of an assumed-role session, whose role is then asked about; IAM can't simulate
 *   others, such as the root user
 */
export async function simulate(aws: Aws, caller: string, needs: readonly Need[]): Promise<Verdict[] | NotSimulated> {
  const iam = aws.client(IAMClient, edgeRegion)
  const source = await principalOf(iam, caller)
  if (source === undefined) return { because: `IAM simulates users and roles only, and ${caller} is neither` }
  try {
    return (await Promise.all(needs.map((need) => simulateNeed(iam, source, need)))).flat()
  } catch (error) {
    switch (nameOf(error)) {
      case 'AccessDenied':
        return {
          because: 'iam:SimulatePrincipalPolicy is not allowed',
          allow: { Effect: 'Allow', Action: 'iam:SimulatePrincipalPolicy', Resource: source },
        }
      case 'NoSuchEntityException':
        return { because: `IAM does not find ${source}; a role with a path is found where iam:GetRole is allowed` }
      default:
        throw error
    }
  }
}

async function simulateNeed(iam: IAMClient, source: string, need: Need): Promise<Verdict[]> {
  const results = await simulateActions(iam, source, need, need.actions)
  return need.actions.map((action) => {
    const own = results.filter(({ EvalActionName }) => EvalActionName === simulable(action))
    return { action, need, is: verdictOf(own) }
  })
}

/** IAM refuses actions that it can't simulate, and some together; those that it refuses alone have no result. */
async function simulateActions(
  iam: IAMClient,
  source: string,
  need: Need,
  actions: readonly string[],
): Promise<EvaluationResult[]> {
  const request = {
    PolicySourceArn: source,
    ActionNames: actions.map(simulable),
    ResourceArns: need.resources.map(example),
    ContextEntries: contextOf(need),
  }
  const results: EvaluationResult[] = []
  try {
    for await (const page of paginateSimulatePrincipalPolicy({ client: iam }, request)) {
      results.push(...(page.EvaluationResults ?? []))
    }
  } catch (error) {
    if (nameOf(error) !== 'InvalidInputException') throw error
    if (actions.length === 1) return []
    return (await Promise.all(actions.map((action) => simulateActions(iam, source, need, [action])))).flat()
  }
  return results
}

/** AWS may answer once an action, or once for each resource. */
function verdictOf(results: readonly EvaluationResult[]): Verdict['is'] {
  if (results.length === 0) return 'unknown'
  if (results.every(({ EvalDecision }) => EvalDecision === 'allowed')) return 'allowed'
  const forbidden = results.some(
    (result) =>
      result.EvalDecision === 'explicitDeny' ||
      result.OrganizationsDecisionDetail?.AllowedByOrganizations === false ||
      result.PermissionsBoundaryDecisionDetail?.AllowedByPermissionsBoundary === false,
  )
  return forbidden ? 'forbidden' : 'missing'
}

/** The condition under which the need is granted, as a request that meets it. */
const contextOf = ({ condition = {} }: Need): ContextEntry[] =>
  Object.values(condition).flatMap((variables) =>
    Object.entries(variables).map(([ContextKeyName, values]) => ({
      ContextKeyName,
      ContextKeyType: 'string' as const,
      ContextKeyValues: [values].flat().slice(0, 1),
    })),
  )

/** CloudFront's documents want `lambda:EnableReplication*`; the action's own name has no star, and IAM takes none. */
const simulable = (action: string): string => action.replace(/\*$/, '')

/** A resource that a pattern matches; the simulator wants one that could exist. */
const example = (pattern: string): string => (pattern === '*' ? '*' : pattern.replaceAll('*', 'EXAMPLE'))

/** IAM knows a session's permissions by its role, and the role by an ARN with the path, which the session's lacks. */
async function principalOf(iam: IAMClient, caller: string): Promise<string | undefined> {
  const role = assumedRole(caller)
  if (role === undefined) return caller.includes(':user/') ? caller : undefined
  const pathless = role.pathlessArn
  return iam.send(new GetRoleCommand({ RoleName: role.roleName })).then(
    ({ Role }) => Role?.Arn ?? pathless,
    (error: unknown) => {
      if (nameOf(error) === 'AccessDenied') return pathless
      throw error
    },
  )
}

/** The same AWS, and the actions that it has been seen to allow and to deny since. */
export interface Listening extends Pick<Heard, 'allowed' | 'denied'> {
  readonly aws: Aws
  /** Waits for the answers to calls that nobody waits for any more. */
  readonly quiet: () => Promise<void>
}

export function listening(aws: Aws): Listening {
  const heard: Heard = { allowed: new Set(), denied: new Set(), underWay: new Set() }
  const known = new WeakSet<object>()
  const client: Aws['client'] = (Class, region, once) => {
    const made = aws.client(Class, region, once)
    if (!known.has(made)) {
      known.add(made)
      hearActions(made, heard)
    }
    return made
  }
  return {
    aws: { ...aws, client },
    ...heard,
    async quiet() {
      while (heard.underWay.size > 0) {
        await Promise.all(heard.underWay)
        // Whoever got an answer may ask on.
        await new Promise((resolve) => setImmediate(resolve))
      }
    },
  }
}
