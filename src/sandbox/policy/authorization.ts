import { accountArn, originAccessIdentityArn } from '../contracts/arns.ts'
import type { PolicyDocument, PolicyStatement, Principals } from '../contracts/policy-document.ts'
import type { Caller } from '../contracts/service.ts'

/** Condition keys → values; names compare without regard to case. */
export type ConditionContext = Readonly<Record<string, string | readonly string[]>>

export interface Question {
  caller: Caller
  /** Such as `s3:GetObject`. */
  action: string
  /** ARN; undefined where only the action is to be looked at. */
  resource: string | undefined
  context?: ConditionContext
  identityPolicies: readonly PolicyDocument[]
  /** Policies of the resource itself. */
  resourcePolicies: readonly PolicyDocument[]
  /** Nothing is allowed that the resource's policy does not allow or leave to the account, as with KMS keys. */
  resourcePolicyDecides?: boolean
}

export type Verdict = 'allowed' | 'denied explicitly' | 'denied by default'

/**
 * Evaluates policies within one account: an explicit Deny wins, then any Allow, else denied (IAM User Guide, "Policy
 * evaluation logic"). A resource policy that names the account or its root leaves the decision to identity policies.
 */
export function judge(question: Question): Verdict {
  const { caller, identityPolicies, resourcePolicies } = question
  const context = lowered({ ...callerContext(caller), ...question.context })
  const applies = (statement: PolicyStatement): boolean => statementApplies(statement, question, context)
  const identity = identityPolicies.flatMap(({ statements }) => statements).filter(applies)
  const resource = resourcePolicies
    .flatMap(({ statements }) => statements)
    .map((statement) => ({ statement, reach: reachOf(statement, caller) }))
    .filter(({ statement, reach }) => reach !== 'nobody' && applies(statement))

  const denied = identity.some(isDeny) || resource.some(({ statement }) => isDeny(statement))
  if (denied) return 'denied explicitly'
  const allows = resource.filter(({ statement }) => !isDeny(statement))
  if (allows.some(({ reach }) => reach === 'caller')) return 'allowed'
  const left = question.resourcePolicyDecides !== true || allows.length > 0
  return left && identity.length > 0 ? 'allowed' : 'denied by default'
}

/** {@link judge} in one word. */
export const isAllowed = (question: Question): boolean => judge(question) === 'allowed'

const isDeny = (statement: PolicyStatement): boolean => statement.effect === 'Deny'

/**
 * The condition keys and policy variables that statements on this action and resource ask for and the context does not
 * have; a simulation tells them to whoever asked (IAM API reference, "EvaluationResult").
 */
export function missingContext(question: Question): string[] {
  const { caller, identityPolicies, resourcePolicies } = question
  const context = lowered({ ...callerContext(caller), ...question.context })
  const statements = [
    ...identityPolicies.flatMap(({ statements: all }) => all),
    ...resourcePolicies.flatMap(({ statements: all }) => all.filter((one) => reachOf(one, caller) !== 'nobody')),
  ].filter((statement) => speaksOf(statement, question, context))
  const keys = statements.flatMap(({ condition, resources = [] }) => {
    const tests = Object.values(condition)
    const texts = [...resources, ...tests.flatMap((test) => Object.values(test).flat())]
    return [...tests.flatMap((test) => Object.keys(test)), ...texts.flatMap(variablesIn)]
  })
  return [...new Set(keys)].filter((key) => !context.has(key.toLowerCase()))
}

/** The names in `${…}`, but for those that stand for a character. */
const variablesIn = (text: string): string[] => [...text.matchAll(/\$\{([^}*?$]+)\}/g)].map(([, name = '']) => name)

function statementApplies(
  statement: PolicyStatement,
  question: Question,
  context: ReadonlyMap<string, readonly string[]>,
): boolean {
  if (!speaksOf(statement, question, context)) return false
  return Object.entries(statement.condition).every(([operator, keys]) =>
    Object.entries(keys).every(([key, wanted]) =>
      conditionHolds(
        operator,
        context.get(key.toLowerCase()),
        wanted.map((value) => (statement.variables ? substituted(value, context) : value)),
      ),
    ),
  )
}

/** Is a statement about the action on the resource, whatever its conditions? */
function speaksOf(
  statement: PolicyStatement,
  { action, resource }: Question,
  context: ReadonlyMap<string, readonly string[]>,
): boolean {
  const { actions, notActions, resources, notResources, variables } = statement
  const matchesAction = (pattern: string): boolean => matches(pattern.toLowerCase(), action.toLowerCase())
  if (actions !== undefined && !actions.some(matchesAction)) return false
  if (notActions?.some(matchesAction) === true) return false
  if (resource !== undefined) {
    const matchesResource = (pattern: string): boolean =>
      matches(variables ? substituted(pattern, context) : pattern, resource)
    if (resources !== undefined && !resources.some(matchesResource)) return false
    if (notResources?.some(matchesResource) === true) return false
  }
  return true
}

/** Does a statement speak of the caller itself, of the account it belongs to, or of neither? */
function reachOf(statement: PolicyStatement, caller: Caller): 'caller' | 'account' | 'nobody' {
  if (statement.notPrincipal !== undefined) {
    // A denied account denies all in it; the exception must name the caller in every form it has.
    return reachOfPrincipals(statement.notPrincipal, caller) === 'nobody' ? 'caller' : 'nobody'
  }
  return statement.principal === undefined ? 'nobody' : reachOfPrincipals(statement.principal, caller)
}

function reachOfPrincipals(principals: Principals, caller: Caller): 'caller' | 'account' | 'nobody' {
  const listed = (kind: string, ...names: string[]): boolean =>
    principals[kind]?.some((name) => names.includes(name)) === true
  if (listed('*', '*') || listed('AWS', '*')) return 'caller'
  switch (caller.kind) {
    case 'anonymous':
      return 'nobody'
    case 'service':
      return listed('Service', caller.principal) ? 'caller' : 'nobody'
    case 'origin-access-identity': {
      const arn = originAccessIdentityArn(caller.id)
      return listed('AWS', arn) || listed('CanonicalUser', caller.s3CanonicalUserId) ? 'caller' : 'nobody'
    }
    case 'root':
      return listed('AWS', caller.accountId, caller.arn) ? 'caller' : 'nobody'
    case 'user':
    case 'role':
      if (listed('AWS', caller.arn, caller.kind === 'role' ? caller.roleArn : caller.arn)) return 'caller'
      return listed('AWS', caller.accountId, accountArn(caller.accountId)) ? 'account' : 'nobody'
  }
}

/** The global condition keys that say who calls. */
function callerContext(caller: Caller): ConditionContext {
  switch (caller.kind) {
    case 'anonymous':
      return { 'aws:PrincipalType': 'Anonymous' }
    case 'origin-access-identity':
      return {}
    case 'service':
      return {
        'aws:SourceArn': caller.sourceArn,
        'aws:SourceAccount': caller.sourceAccount,
        'aws:PrincipalIsAWSService': 'true',
        'aws:PrincipalServiceName': caller.principal,
      }
    case 'root':
      return {
        'aws:PrincipalArn': caller.arn,
        'aws:PrincipalAccount': caller.accountId,
        'aws:PrincipalType': 'Account',
      }
    case 'user':
      return {
        'aws:PrincipalArn': caller.arn,
        'aws:PrincipalAccount': caller.accountId,
        'aws:PrincipalType': 'User',
        'aws:username': caller.userName,
      }
    case 'role':
      return {
        'aws:PrincipalArn': caller.roleArn,
        'aws:PrincipalAccount': caller.accountId,
        'aws:PrincipalType': 'AssumedRole',
      }
  }
}

function lowered(context: ConditionContext): ReadonlyMap<string, readonly string[]> {
  return new Map(
    Object.entries(context).map(([key, value]) => [key.toLowerCase(), typeof value === 'string' ? [value] : value]),
  )
}

/** Replaces policy variables such as `${aws:username}`; one without a value stays and so matches nothing. */
function substituted(text: string, context: ReadonlyMap<string, readonly string[]>): string {
  return text.replace(/\$\{([^}]+)\}/g, (variable, name: string) => {
    if (name === '*' || name === '?' || name === '$') return name
    return context.get(name.toLowerCase())?.[0] ?? variable
  })
}

/** `*` stands for any characters, `?` for one. */
export function matches(pattern: string, text: string): boolean {
  let inPattern = 0
  let inText = 0
  let star = -1
  let resume = 0
  while (inText < text.length) {
    const wanted = pattern[inPattern]
    if (wanted === '*') {
      star = inPattern++
      resume = inText
    } else if (wanted !== undefined && (wanted === '?' || wanted === text[inText])) {
      inPattern++
      inText++
    } else if (star >= 0) {
      inPattern = star + 1
      inText = ++resume
    } else return false
  }
  while (pattern[inPattern] === '*') inPattern++
  return inPattern === pattern.length
}

type Comparison = (actual: string, wanted: string) => boolean

const number = (compare: (a: number, b: number) => boolean): Comparison => {
  return (actual, wanted) => compare(Number(actual), Number(wanted))
}
const date = (compare: (a: number, b: number) => boolean): Comparison => {
  const instant = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text))
  return (actual, wanted) => compare(instant(actual), instant(wanted))
}
/** ARNs match part by part; wildcards do not reach across colons of the first five parts. */
const arnLike: Comparison = (actual, wanted) => {
  const actualParts = arnParts(actual)
  const wantedParts = arnParts(wanted)
  return wantedParts.length === 6 && actualParts.every((part, index) => matches(wantedParts[index] ?? '', part))
}
const arnParts = (arn: string): string[] => {
  const parts = arn.split(':')
  return parts.length <= 6 ? parts : [...parts.slice(0, 5), parts.slice(5).join(':')]
}
const same: Comparison = (actual, wanted) => actual === wanted
const sameLetters: Comparison = (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase()
const like: Comparison = (actual, wanted) => matches(wanted, actual)

/** Operators without `Not`; those with it are true where no value matches. */
const comparisons: Readonly<Record<string, Comparison>> = {
  StringEquals: same,
  StringEqualsIgnoreCase: sameLetters,
  StringLike: like,
  ArnEquals: arnLike,
  ArnLike: arnLike,
  Bool: sameLetters,
  BinaryEquals: same,
  NumericEquals: number((a, b) => a === b),
  NumericLessThan: number((a, b) => a < b),
  NumericLessThanEquals: number((a, b) => a <= b),
  NumericGreaterThan: number((a, b) => a > b),
  NumericGreaterThanEquals: number((a, b) => a >= b),
  DateEquals: date((a, b) => a === b),
  DateLessThan: date((a, b) => a < b),
  DateLessThanEquals: date((a, b) => a <= b),
  DateGreaterThan: date((a, b) => a > b),
  DateGreaterThanEquals: date((a, b) => a >= b),
  IpAddress: (actual, wanted) => inNetwork(actual, wanted),
}
const negations: Readonly<Record<string, string>> = {
  StringNotEquals: 'StringEquals',
  StringNotEqualsIgnoreCase: 'StringEqualsIgnoreCase',
  StringNotLike: 'StringLike',
  ArnNotEquals: 'ArnEquals',
  ArnNotLike: 'ArnLike',
  NumericNotEquals: 'NumericEquals',
  DateNotEquals: 'DateEquals',
  NotIpAddress: 'IpAddress',
}

/** "IAM JSON policy elements: Condition operators". An operator that is not known holds for nothing. */
function conditionHolds(operator: string, actual: readonly string[] | undefined, wanted: readonly string[]): boolean {
  const [, set, name = '', ifExists] = /^(?:(ForAnyValue|ForAllValues):)?(\w+?)(IfExists)?$/.exec(operator) ?? []
  if (name === 'Null') return wanted.some((value) => (value.toLowerCase() === 'true') === (actual === undefined))
  const negated = negations[name]
  const compare = comparisons[negated ?? name]
  if (compare === undefined) return false
  const one = (value: string): boolean => wanted.some((pattern) => compare(value, pattern)) === (negated === undefined)
  if (actual === undefined || actual.length === 0) {
    return ifExists !== undefined || set === 'ForAllValues' || (negated !== undefined && set === undefined)
  }
  return set === 'ForAllValues' || (negated !== undefined && set === undefined) ? actual.every(one) : actual.some(one)
}

function inNetwork(address: string, network: string): boolean {
  const [base = '', bits = '32'] = network.split('/')
  const toNumber = (text: string): number => text.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
  const size = 2 ** (32 - Number(bits))
  return Math.floor(toNumber(address) / size) === Math.floor(toNumber(base) / size)
}
