/**
 * The condition operators of policies.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators" and "Set operators for multivalued context keys".
 */
import { BlockList, isIPv4, isIPv6 } from 'node:net'

import { matchesWildcards } from './wildcards.ts'

/** What a condition key holds in one case: its values, or that the request does not have it. */
export type Possible = readonly string[] | undefined

/** In place of an address: one of AWS's own, whichever. */
export const addressOfAws = '(an address of AWS)'

type Comparison = (actual: string, wanted: string) => boolean | undefined

const numeric =
  (compare: (a: number, b: number) => boolean): Comparison =>
  (actual, wanted) =>
    compare(Number(actual), Number(wanted))

const dated =
  (compare: (a: number, b: number) => boolean): Comparison =>
  (actual, wanted) =>
    compare(instant(actual), instant(wanted))
const instant = (text: string): number => (/^\d+$/.test(text) ? Number(text) * 1000 : Date.parse(text))

const same: Comparison = (actual, wanted) => actual === wanted
const sameLetters: Comparison = (actual, wanted) => actual.toLowerCase() === wanted.toLowerCase()

/** The parts of an ARN are compared one by one: a wildcard ends with its part, but in the last one. */
const arnLike: Comparison = (actual, wanted) => {
  if (wanted === '*') return true
  const parts = partsOf(wanted)
  return parts.length === 6 && partsOf(actual).every((part, index) => matchesWildcards(parts[index] ?? '', part))
}
const partsOf = (arn: string): string[] => {
  const parts = arn.split(':')
  return [...parts.slice(0, 5), ...(parts.length > 5 ? [parts.slice(5).join(':')] : [])]
}

/** Addresses that nobody has on the internet, and so not AWS's services either (RFC 6890, RFC 5737, RFC 3849, RFC 4193). */
const unrouted: readonly (readonly [string, number])[] = [
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.2.0', 24],
  ['192.168.0.0', 16],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['2001:db8::', 32],
  ['fc00::', 7],
  ['fe80::', 10],
  ['::1', 128],
]

const familyOf = (address: string): 'ipv4' | 'ipv6' | undefined =>
  isIPv4(address) ? 'ipv4' : isIPv6(address) ? 'ipv6' : undefined

const inNetwork: Comparison = (actual, wanted) => {
  const [base = '', bits] = wanted.split('/')
  const family = familyOf(base)
  if (family === undefined) return false
  const length = bits === undefined ? (family === 'ipv4' ? 32 : 128) : Number(bits)
  if (actual !== addressOfAws) return familyOf(actual) === family && isWithin(actual, base, length)
  if (length === 0) return true
  const nobodys = unrouted.some(
    ([network, size]) => familyOf(network) === family && length >= size && isWithin(base, network, size),
  )
  return nobodys ? false : undefined
}

function isWithin(address: string, network: string, length: number): boolean {
  const family = familyOf(address)
  if (family === undefined || !(length >= 0 && length <= (family === 'ipv4' ? 32 : 128))) return false
  const list = new BlockList()
  list.addSubnet(network, length, family)
  return list.check(address, family)
}

const comparisons: Readonly<Record<string, Comparison>> = {
  stringequals: same,
  stringequalsignorecase: sameLetters,
  stringlike: (actual, wanted) => matchesWildcards(wanted, actual),
  arnequals: arnLike,
  arnlike: arnLike,
  bool: sameLetters,
  binaryequals: same,
  numericequals: numeric((a, b) => a === b),
  numericlessthan: numeric((a, b) => a < b),
  numericlessthanequals: numeric((a, b) => a <= b),
  numericgreaterthan: numeric((a, b) => a > b),
  numericgreaterthanequals: numeric((a, b) => a >= b),
  dateequals: dated((a, b) => a === b),
  datelessthan: dated((a, b) => a < b),
  datelessthanequals: dated((a, b) => a <= b),
  dategreaterthan: dated((a, b) => a > b),
  dategreaterthanequals: dated((a, b) => a >= b),
  ipaddress: inNetwork,
}

/**
 * Whether a condition holds for a key's values.
 *
 * @param wanted - the values in the policy, of which one must fit, or none with an operator that has `Not` in it
 * @returns `undefined` where that can't be known: for a value with a policy variable, or an operator that is new
 */
export function conditionHolds(operator: string, actual: Possible, wanted: readonly string[]): boolean | undefined {
  const [, set, name = '', ifExists] =
    /^(?:(foranyvalue|forallvalues):)?(\w+?)(ifexists)?$/.exec(operator.toLowerCase()) ?? []
  if (name === 'null') return wanted.some((value) => (value.toLowerCase() === 'true') === (actual === undefined))
  const positive = name.replace(/^(string|arn|numeric|date)not/, '$1').replace(/^notipaddress$/, 'ipaddress')
  const compare = comparisons[positive]
  if (compare === undefined) return undefined
  const negated = positive !== name
  if (actual === undefined || actual.length === 0) {
    return ifExists !== undefined || set === 'forallvalues' || (negated && set === undefined)
  }
  const each = actual.map((value) => {
    const fits = oneOf(wanted.map((one) => (/\$\{[^*?$}]/.test(one) ? undefined : compare(value, one))))
    return negated && fits !== undefined ? !fits : fits
  })
  const all = set === 'forallvalues' || (negated && set === undefined)
  return all ? allOf(each) : oneOf(each)
}

const oneOf = (answers: readonly (boolean | undefined)[]): boolean | undefined =>
  answers.includes(true) ? true : answers.includes(undefined) ? undefined : false

const allOf = (answers: readonly (boolean | undefined)[]): boolean | undefined =>
  answers.includes(false) ? false : answers.includes(undefined) ? undefined : true
