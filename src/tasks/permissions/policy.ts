/** What is needed, as policies of IAM. */
import type { PolicyDocument, PolicyStatement } from '../../aws/policy.ts'
import { canonical, type Need } from '../../resources/resource.ts'
import { Blocks, hclBlock } from '../../ui/hcl.ts'

/** An IAM policy of the given needs. */
export const policyOf = (needs: readonly Need[]): PolicyDocument => documentOf(statementsOf(needs))

const documentOf = (statements: readonly Statement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements.map(({ sid, actions, resources, condition }): PolicyStatement => ({
    Sid: sid,
    Effect: 'Allow',
    Action: actions,
    Resource: resources.length === 1 ? resources[0] : resources,
    ...(condition === undefined ? {} : { Condition: condition }),
  })),
})

const sizeOf = (policy: PolicyDocument): number => JSON.stringify(policy).length

/** One need for all actions on the same resources under the same condition; what is optional stands by itself. */
export function grouped(needs: readonly Need[]): Need[] {
  const groups = new Map<string, { actions: Set<string>; need: Need }>()
  for (const need of needs) {
    const key = canonical([[...need.resources].sort(), need.condition ?? null, need.optional ?? null])
    const group = groups.get(key) ?? { actions: new Set(), need }
    for (const action of need.actions) group.actions.add(action)
    groups.set(key, group)
  }
  return [...groups.values()].map(({ actions, need }) => ({ ...need, actions: [...actions].sort() }))
}

/** An action on a resource, which either is allowed or not. */
interface Single {
  readonly action: string
  readonly resource: string
  readonly condition: Need['condition']
  readonly isOptional: boolean
}

const singles = (needs: readonly Need[]): Single[] =>
  needs.flatMap(({ actions, resources, condition, optional }) =>
    resources.flatMap((resource) =>
      actions.map((action) => ({ action, resource, condition, isOptional: optional !== undefined })),
    ),
  )

interface Statement {
  readonly sid: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly condition: Need['condition']
}

/**
 * The shortest that allows just what is needed: nothing is allowed twice, and what is allowed on the same resource, or of
 * several resources alike, is one statement.
 */
function statementsOf(needs: readonly Need[]): Statement[] {
  const all = singles(needs)
  const needed = new Set(all.filter(({ isOptional }) => !isOptional).map(keyOf))
  const resources = new Map<string, { one: Single; actions: Set<string> }>()
  for (const one of all) {
    if (one.isOptional && needed.has(keyOf(one))) continue
    const key = canonical([one.resource, one.condition ?? null, one.isOptional])
    const on = resources.get(key) ?? { one, actions: new Set() }
    on.actions.add(one.action)
    resources.set(key, on)
  }
  const statements = new Map<string, { one: Single; actions: string[]; resources: string[] }>()
  for (const { one, actions: found } of resources.values()) {
    const actions = [...found].sort()
    const key = canonical([actions, one.condition ?? null, one.isOptional])
    const alike = statements.get(key) ?? { one, actions, resources: [] }
    alike.resources.push(one.resource)
    statements.set(key, alike)
  }
  return [...statements.values()].map(({ one: { condition, isOptional }, ...of }, index) => ({
    ...of,
    sid: `PcCtl${index + 1}${sidOf(of.actions)}${isOptional ? 'Optional' : ''}`,
    condition,
  }))
}

const keyOf = ({ action, resource, condition }: Single): string => canonical([action, resource, condition ?? null])

/** Such as `IamKms` for actions of both services; a Sid has letters and digits alone. */
const sidOf = (actions: readonly string[]): string =>
  [...new Set(actions.flatMap((action) => (action.split(':')[0] ?? '').split('-')))]
    .map((service) => service.charAt(0).toUpperCase() + service.slice(1))
    .join('')

/** Characters, without white space (IAM User Guide, "IAM and AWS STS quotas"). */
const inlineLimits = { user: 2048, group: 5120, role: 10_240 }
const managedLimit = 6144

/** The policies of groups of commands: one for each, or as many as it takes for each to be attached as a managed policy. */
export const policiesOf = (groups: Readonly<Record<string, readonly Need[]>>): Record<string, PolicyDocument> =>
  Object.fromEntries(
    Object.entries(partsOf(groups)).map(([name, statements]) => [name, documentOf(statements)] as const),
  )

/** The statements of each policy, by its name: of a further one of the same group that has its number. */
function partsOf(groups: Readonly<Record<string, readonly Need[]>>): Record<string, readonly Statement[]> {
  return Object.fromEntries(
    Object.entries(groups).flatMap(([group, needs]) =>
      inParts(statementsOf(needs)).map((part, index) => [index === 0 ? group : `${group}-${index + 1}`, part]),
    ),
  )
}

function inParts(statements: readonly Statement[]): Statement[][] {
  const parts: Statement[][] = []
  let part: Statement[] = []
  for (const statement of statements) {
    if (part.length === 0 || sizeOf(documentOf([...part, statement])) > managedLimit) parts.push((part = []))
    part.push(statement)
  }
  return parts
}

/** How a policy can't be attached because it is too long, if there is such a way; `undefined` if all are open. */
export function tooLong(name: string, policy: PolicyDocument): string | undefined {
  const size = sizeOf(policy)
  const closed = Object.entries(inlineLimits).filter(([, limit]) => size > limit)
  if (closed.length === 0) return undefined
  const ways = closed.map(([of, limit]) => `an inline policy of a ${of} (${limit})`)
  return (
    `The policy of ${name} has ${size} characters without white space: too long for ` +
    `${ways.join(' and ')}. Attach it as a managed policy (${managedLimit}).`
  )
}

/** That a group has more than one, if any has. */
export function inSeveral(groups: readonly string[], policies: readonly string[]): string[] {
  return groups.flatMap((group) => {
    const own = policies.filter((name) => name === group || new RegExp(`^${group}-\\d+$`).test(name))
    return own.length < 2
      ? []
      : [
          `What ${group} needs is too long for one managed policy (${managedLimit}): attach ${own.join(' and ')}, all of them.`,
        ]
  })
}

/** Policies as Terraform's `aws_iam_policy_document`s, named `pc_ctl_GROUP`. */
export const terraformOf = (groups: Readonly<Record<string, readonly Need[]>>): string =>
  Object.entries(partsOf(groups))
    .map(([name, statements]) =>
      hclBlock('data', ['aws_iam_policy_document', `pc_ctl_${name.replaceAll('-', '_')}`], {
        statement: new Blocks(
          ...statements.map(({ sid, actions, resources, condition = {} }) => ({
            sid,
            actions,
            resources,
            condition: new Blocks(
              ...Object.entries(condition).flatMap(([test, variables]) =>
                Object.entries(variables).map(([variable, values]) => ({ test, variable, values: [values].flat() })),
              ),
            ),
          })),
        ),
      }),
    )
    .join('\n')
