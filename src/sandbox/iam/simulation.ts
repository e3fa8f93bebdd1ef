import { judge, missingContext, type ConditionContext, type Question, type Verdict } from '../policy/authorization.ts'
import { checkedPolicy, noSuchEntity, page } from './input.ts'
import { parseIdentityPolicy } from '../policy/identity-policy.ts'
import type { PolicyDocument } from '../contracts/policy-document.ts'
import { parsePolicy } from '../policy/policy-document.ts'
import type { IamOperation, IamState } from './state.ts'
import { validationError, type QueryParameters } from '../wire/query.ts'
import type { XmlContent } from '../contracts/xml-document.ts'
import { AwsError, type Caller } from '../contracts/service.ts'

const invalidInput = (message: string): AwsError => new AwsError(400, 'InvalidInput', message)

/** Whom a simulation is about. */
interface Subject {
  readonly caller: Caller
  readonly policies: readonly PolicyDocument[]
}

/** Would narrow what is allowed: answering as if they were not there could tell a lie. */
const notSimulated = [
  'PermissionsBoundaryPolicyInputList',
  'OrderedOrganizationPolicyInputList',
  'PolicyExclusionList',
  'ResourceHandlingOption',
]

/**
 * Operations that evaluate policies without doing anything, IAM API reference ("SimulatePrincipalPolicy",
 * "SimulateCustomPolicy", "EvaluationResult"). Policies of the resources are looked at only if they are given.
 */
export const simulationOperations: Readonly<Record<string, IamOperation>> = {
  SimulatePrincipalPolicy(state, parameters) {
    const source = subjectNamed(state, parameters.required('PolicySourceArn'))
    const caller = parameters.text('CallerArn')
    const more = policiesIn(parameters)
    return simulate(parameters, {
      caller: caller === undefined ? source.caller : subjectNamed(state, caller).caller,
      policies: [...source.policies, ...more],
    })
  },
  SimulateCustomPolicy(state, parameters) {
    const policies = policiesIn(parameters)
    if (policies.length === 0) throw missing('policyInputList')
    const caller = parameters.text('CallerArn')
    return simulate(parameters, {
      caller: caller === undefined ? { kind: 'anonymous' } : subjectNamed(state, caller).caller,
      policies,
    })
  },
}

/** One result an action, for all resources; each resource has its own inside. */
function simulate(parameters: QueryParameters, { caller, policies }: Subject): XmlContent {
  const unknown = notSimulated.find((name) => parameters.has(name))
  if (unknown !== undefined) throw invalidInput(`The sandbox does not simulate ${unknown}.`)
  const resources = resourcesIn(parameters)
  const context = contextIn(parameters)
  const resourcePolicies = resourcePolicyIn(parameters, caller)
  const evaluate = (action: string): XmlContent =>
    evaluation(
      action,
      resources.map((resource) => {
        const question = { caller, action, resource, context, identityPolicies: policies, resourcePolicies }
        return { resource, verdict: judge(question), missing: missingContext(question) }
      }),
    )
  return page(parameters, actionsIn(parameters), 'EvaluationResults', evaluate)
}

interface Outcome {
  readonly resource: string
  readonly verdict: Verdict
  readonly missing: readonly string[]
}

/** From the most to the least restrictive. */
const decisions = [
  ['denied explicitly', 'explicitDeny'],
  ['denied by default', 'implicitDeny'],
  ['allowed', 'allowed'],
] as const

const decisionOf = (verdicts: readonly Verdict[]): string =>
  decisions.find(([verdict]) => verdicts.includes(verdict))?.[1] ?? 'implicitDeny'

function evaluation(action: string, outcomes: readonly Outcome[]): XmlContent {
  const specific = outcomes.filter(({ resource }) => resource !== '*')
  return {
    EvalActionName: action,
    // Where the action's ARN format would stand, AWS has an asterisk if there is none.
    EvalResourceName: '*',
    EvalDecision: decisionOf(outcomes.map(({ verdict }) => verdict)),
    MatchedStatements: {},
    MissingContextValues: { member: [...new Set(outcomes.flatMap(({ missing: keys }) => keys))] },
    ResourceSpecificResults:
      specific.length === 0
        ? undefined
        : {
            member: specific.map(({ resource, verdict, missing: keys }) => ({
              EvalResourceName: resource,
              EvalResourceDecision: decisionOf([verdict]),
              MatchedStatements: {},
              MissingContextValues: { member: [...keys] },
            })),
          },
  }
}

/** A user or role by its ARN. Throws InvalidInput for what is neither, the root user among them, and NoSuchEntity. */
function subjectNamed(state: IamState, arn: string): Subject {
  const { accountId } = state.context
  const [, kind, name = ''] = /^arn:aws:iam::\d{12}:(user|role|group)\/(?:.*\/)?([^/]+)$/.exec(arn) ?? []
  const parse = (policies: Readonly<Record<string, string>>): PolicyDocument[] =>
    Object.values(policies).map((policy) => parsePolicy(policy))
  if (kind === undefined) throw invalidInput(`Invalid Entity Arn: ${arn} does not clearly define entity type and name.`)
  const user = kind === 'user' ? state.users.get(name.toLowerCase()) : undefined
  if (user?.arn === arn) {
    const caller: Caller = { kind: 'user', accountId, arn, accessKeyId: '', userName: user.name }
    return { caller, policies: parse(user.policies) }
  }
  const role = kind === 'role' ? state.roles.get(name.toLowerCase()) : undefined
  if (role?.arn === arn) {
    return { caller: { kind: 'role', accountId, arn, accessKeyId: '', roleArn: arn }, policies: parse(role.policies) }
  }
  throw noSuchEntity(`The ${kind} with name ${name} cannot be found.`)
}

const missing = (member: string): AwsError =>
  validationError([`Value null at '${member}' failed to satisfy constraint: Member must not be null`])

function policiesIn(parameters: QueryParameters): PolicyDocument[] {
  const documents = parameters.list('PolicyInputList')
  for (const document of documents) checkedPolicy(() => parseIdentityPolicy(document), 'InvalidInput')
  return documents.map((document) => parsePolicy(document))
}

/** "Simulation of resource-based policies isn't supported for IAM roles." */
function resourcePolicyIn(parameters: QueryParameters, caller: Caller): Question['resourcePolicies'] {
  const document = parameters.text('ResourcePolicy')
  if (document === undefined) return []
  if (caller.kind !== 'user') throw invalidInput('A ResourcePolicy can be simulated for an IAM user only.')
  checkedPolicy(() => parsePolicy(document), 'InvalidInput')
  return [parsePolicy(document)]
}

function actionsIn(parameters: QueryParameters): readonly string[] {
  const actions = parameters.list('ActionNames')
  if (actions.length === 0) throw missing('actionNames')
  const wrong = actions.find((action) => !/^[a-z0-9-]+:[a-z0-9]+$/i.test(action))
  if (wrong !== undefined) throw invalidInput(`Invalid Action Name: ${wrong}`)
  return actions
}

function resourcesIn(parameters: QueryParameters): readonly string[] {
  const resources = parameters.list('ResourceArns')
  const wrong = resources.find((arn) => arn !== '*' && !/^arn:[^:]+:[^:]+:[^:]*:[^:]*:./.test(arn))
  if (wrong !== undefined) throw invalidInput(`ResourceNames are not in a valid ARN format: ${wrong}.`)
  return resources.length === 0 ? ['*'] : resources
}

function contextIn(parameters: QueryParameters): ConditionContext {
  const entries = parameters.structures('ContextEntries').map(({ ContextKeyName: name = '', ...rest }) => {
    const values = Object.entries(rest).filter(([member]) => member.startsWith('ContextKeyValues.member.'))
    return [name, values.map(([, value]) => value)] as const
  })
  return Object.fromEntries(entries)
}
