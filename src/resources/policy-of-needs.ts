/** What is needed, as policies of IAM. */
import type { PolicyDocument, PolicyStatement } from '../aws/policy.ts'
import { canonical, type Need } from './resource.ts'

/** An IAM policy of the given needs. */
export const policyOf = (needs: readonly Need[]): PolicyDocument => documentOf(statementsOf(needs))

/** A policy of statements. */
export const documentOf = (statements: readonly Statement[]): PolicyDocument => ({
  Version: '2012-10-17',
  Statement: statements.map(({ sid, actions, resources, condition }): PolicyStatement => ({
    Sid: sid,
    Effect: 'Allow',
    Action: actions,
    Resource: resources.length === 1 ? resources[0] : resources,
    ...(condition === undefined ? {} : { Condition: condition }),
  })),
})

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

/** What is allowed, on what. */
export interface Statement {
  readonly sid: string
  readonly actions: readonly string[]
  readonly resources: readonly string[]
  readonly condition: Need['condition']
}

/**
 * The shortest that allows just what is needed: nothing is allowed twice, and what is allowed on the same resource, or of
 * several resources alike, is one statement.
 */
export function statementsOf(needs: readonly Need[]): Statement[] {
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
