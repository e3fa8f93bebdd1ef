/** Whether a statement of a policy is about a request of which not everything is known. */
import { conditionHolds, type Possible } from './policy-condition.ts'
import type { PolicyStatement } from './policy.ts'
import { matchesWildcards } from './wildcards.ts'
import { isObject } from '../json-object.ts'

/** A request as far as it is known before it is made. */
export interface KnownRequest {
  /** What a policy may call who asks, by the kind of principal; all others are somebody else. */
  readonly names: Readonly<Record<string, readonly string[]>>
  /** Such as `s3:GetObject`. */
  readonly action: string
  /** What condition keys may hold; their names are in lower case. Of a key that is not here nothing is known. */
  readonly context: ReadonlyMap<string, readonly Possible[]>
}

/** An answer, and for one that is not known what it hangs on, such as `aws:SourceIp`. */
export interface Verdict {
  readonly is: 'yes' | 'no' | 'unknown'
  readonly open: readonly string[]
}

const yes: Verdict = { is: 'yes', open: [] }
const no: Verdict = { is: 'no', open: [] }
const unknown = (...open: readonly string[]): Verdict => ({ is: 'unknown', open })
const known = (is: boolean): Verdict => (is ? yes : no)

/** Of things that must all be so. */
export function both(...verdicts: readonly Verdict[]): Verdict {
  if (verdicts.some(({ is }) => is === 'no')) return no
  const open = verdicts.flatMap((verdict) => verdict.open)
  return verdicts.every(({ is }) => is === 'yes') ? yes : unknown(...new Set(open))
}

/**
 * Pure. Whether a statement is about a request, whatever its resource.
 *
 * Source: IAM User Guide, "IAM JSON policy elements reference".
 */
export const isAbout = (statement: PolicyStatement, request: KnownRequest): Verdict =>
  both(
    isAboutPrincipal(statement, request.names),
    known(isAboutAction(statement, request.action)),
    isUnder(statement.Condition, request.context),
  )

function isAboutPrincipal({ Principal, NotPrincipal }: PolicyStatement, names: KnownRequest['names']): Verdict {
  if (NotPrincipal !== undefined) return known(!namesOne(NotPrincipal, names))
  return known(namesOne(Principal, names))
}

/** `*` is anybody, services included, alone or as `AWS`. */
function namesOne(principal: unknown, names: KnownRequest['names']): boolean {
  if (principal === '*') return true
  if (!isObject(principal)) return false
  if (textsOf(principal['AWS']).includes('*')) return true
  return Object.entries(principal).some(([kind, listed]) =>
    textsOf(listed).some((name) => names[kind]?.includes(name) === true),
  )
}

function isAboutAction(statement: PolicyStatement, action: string): boolean {
  const fits = (pattern: string): boolean => matchesWildcards(pattern.toLowerCase(), action.toLowerCase())
  const not = textsOf(statement['NotAction'])
  return not.length > 0 ? !not.some(fits) : textsOf(statement.Action).some(fits)
}

/** Each operator and each key must be met; of several values of a key one. */
function isUnder(condition: unknown, context: KnownRequest['context']): Verdict {
  if (!isObject(condition)) return yes
  const verdicts = Object.entries(condition).flatMap(([operator, keys]) =>
    Object.entries(isObject(keys) ? keys : {}).map(([key, values]): Verdict => {
      const possible = context.get(key.toLowerCase())
      if (possible === undefined) return unknown(key)
      const answers = new Set(possible.map((actual) => conditionHolds(operator, actual, textsOf(values))))
      const [only] = answers
      return answers.size === 1 && only !== undefined ? known(only) : unknown(key)
    }),
  )
  return both(...verdicts)
}

/** Pure. Whether a statement is about a resource, whoever asks for what. */
export function isAboutResource(statement: PolicyStatement, arn: string): Verdict {
  const not = textsOf(statement['NotResource'])
  if (not.length === 0) return fitsOne(textsOf(statement.Resource), arn)
  const listed = fitsOne(not, arn)
  return listed.is === 'unknown' ? listed : known(listed.is === 'no')
}

const variable = /\$\{[^*?$}][^}]*\}/g

/** What a variable stands for is not known; it may be anything. */
function fitsOne(patterns: readonly string[], arn: string): Verdict {
  const plain = patterns.filter((pattern) => pattern.search(variable) === -1)
  if (plain.some((pattern) => matchesWildcards(pattern, arn))) return yes
  const open = patterns.filter(
    (pattern) => !plain.includes(pattern) && matchesWildcards(pattern.replace(variable, '*'), arn),
  )
  return open.length === 0 ? no : unknown(...open)
}

/** What may stand alone or in a list; a number or a boolean means its name. */
export const textsOf = (value: unknown): string[] =>
  (Array.isArray(value) ? value : [value]).flatMap((one: unknown) =>
    typeof one === 'string' || typeof one === 'boolean' || typeof one === 'number' ? String(one) : [],
  )

/** Whether a statement's principals are everybody, AWS's anonymous users among them. */
export function isEverybody(principal: unknown): boolean {
  return textsOf(isObject(principal) && 'AWS' in principal ? principal['AWS'] : principal).includes('*')
}
