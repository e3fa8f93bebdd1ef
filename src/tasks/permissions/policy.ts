/** Policies of IAM for groups of commands. */
import type { PolicyDocument } from '../../aws/policy.ts'
import { documentOf, type Statement, statementsOf } from '../../resources/policy-of-needs.ts'
import { canonical, type Need } from '../../resources/resource.ts'
import { Blocks, hclBlock } from '../../ui/hcl.ts'

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
