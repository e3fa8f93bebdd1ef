import { isConditionOperator } from './condition-keys.ts'
import type { PolicyDocument, PolicyStatement, Principals } from '../contracts/policy-document.ts'
import { isObject } from '../../json-object.ts'

/** What is wrong with a document, in AWS's words. */
export class PolicySyntaxError extends Error {}

export const syntax = (message = 'Syntax errors in policy.'): PolicySyntaxError => new PolicySyntaxError(message)

/** What a policy may have in it. */
export const policyElements: ReadonlySet<string> = new Set(['Version', 'Id', 'Statement'])
/** What a statement may have in it. */
export const statementElements: ReadonlySet<string> = new Set([
  'Sid',
  'Effect',
  'Principal',
  'NotPrincipal',
  'Action',
  'NotAction',
  'Resource',
  'NotResource',
  'Condition',
])

/**
 * Reads a policy document after the grammar in the IAM User Guide ("Grammar of the IAM JSON policy language").
 * Throws {@link PolicySyntaxError}.
 */
export function parsePolicy(json: string): PolicyDocument {
  let document: unknown
  try {
    document = JSON.parse(json)
  } catch {
    throw syntax('This policy contains invalid Json')
  }
  if (!isObject(document) || Object.keys(document).some((name) => !policyElements.has(name))) throw syntax()
  const version = document['Version'] ?? '2008-10-17'
  if (version !== '2012-10-17' && version !== '2008-10-17')
    throw syntax('The policy must contain a valid version string')
  const statements = document['Statement']
  const list: unknown[] = Array.isArray(statements) ? statements : [statements]
  if (list.length === 0) throw syntax()
  const parsed = list.map((statement) => parseStatement(statement, version === '2012-10-17'))
  const sids = parsed.flatMap(({ sid }) => sid ?? [])
  if (new Set(sids).size < sids.length) throw syntax('Statement IDs (SID) in a single policy must be unique.')
  return { version, statements: parsed }
}

function parseStatement(statement: unknown, variables: boolean): PolicyStatement {
  if (!isObject(statement)) throw syntax()
  const unknown = Object.keys(statement).find((name) => !statementElements.has(name))
  if (unknown !== undefined) throw syntax()
  const effect = statement['Effect']
  if (effect === undefined) throw syntax('Missing required field Effect')
  if (effect !== 'Allow' && effect !== 'Deny') throw syntax(`Invalid effect: ${JSON.stringify(effect)}`)
  const sid = statement['Sid']
  if (sid !== undefined && typeof sid !== 'string') throw syntax()
  const parsed = {
    sid: sid === '' ? undefined : sid,
    effect,
    principal: parsePrincipals(statement['Principal']),
    notPrincipal: parsePrincipals(statement['NotPrincipal']),
    actions: texts(statement['Action']),
    notActions: texts(statement['NotAction']),
    resources: texts(statement['Resource']),
    notResources: texts(statement['NotResource']),
    variables,
    condition: parseCondition(statement['Condition']),
  } satisfies PolicyStatement
  if ((parsed.actions === undefined) === (parsed.notActions === undefined)) {
    throw syntax(parsed.actions === undefined ? 'Policy statement must contain actions.' : undefined)
  }
  for (const action of [...(parsed.actions ?? []), ...(parsed.notActions ?? [])]) checkAction(action)
  if (parsed.resources !== undefined && parsed.notResources !== undefined) throw syntax()
  if (parsed.principal !== undefined && parsed.notPrincipal !== undefined) throw syntax()
  return parsed
}

const noVendor = 'Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.'

function checkAction(action: string): void {
  if (action === '*') return
  const [vendor = '', name, ...more] = action.split(':')
  if (name === undefined) throw syntax(noVendor)
  if (more.length > 0) throw syntax('Actions/Condition can contain only one colon.')
  if (!/^[a-zA-Z0-9.-]+$/.test(vendor)) throw syntax(`Vendor ${vendor} is not valid`)
  if (!/^[a-zA-Z0-9*?]+$/.test(name)) throw syntax()
}

/** A string or a list of strings. */
function texts(value: unknown): readonly string[] | undefined {
  if (value === undefined) return undefined
  const list: unknown[] = Array.isArray(value) ? value : [value]
  if (list.length === 0 || !list.every((item) => typeof item === 'string')) throw syntax()
  return list
}

function parsePrincipals(value: unknown): Principals | undefined {
  if (value === undefined) return undefined
  if (value === '*') return { '*': ['*'] }
  if (!isObject(value)) throw syntax()
  const entries = Object.entries(value).map(([kind, who]): [string, readonly string[]] => {
    if (!['AWS', 'Service', 'CanonicalUser', 'Federated'].includes(kind)) throw syntax()
    return [kind, texts(who) ?? []]
  })
  if (entries.length === 0) throw syntax()
  return Object.fromEntries(entries)
}

function parseCondition(value: unknown): PolicyStatement['condition'] {
  if (value === undefined) return {}
  if (!isObject(value)) throw syntax()
  const operators = Object.entries(value).map(([operator, keys]): [string, Record<string, readonly string[]>] => {
    if (!isObject(keys) || !isConditionOperator(operator)) throw syntax()
    if (!Object.keys(keys).every((key) => key.includes(':'))) throw syntax(noVendor)
    const values = Object.entries(keys).map(([key, wanted]): [string, readonly string[]] => [key, scalars(wanted)])
    return [operator, Object.fromEntries(values)]
  })
  return Object.fromEntries(operators)
}

/** Values of a condition: strings, numbers and booleans, one or many. */
function scalars(value: unknown): readonly string[] {
  const list: unknown[] = Array.isArray(value) ? value : [value]
  return list.map((item) => {
    if (typeof item === 'string') return item
    if (typeof item === 'number' || typeof item === 'boolean') return String(item)
    throw syntax()
  })
}
