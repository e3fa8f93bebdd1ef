import { type Line, verbatim } from '../../text.ts'

/** A DNS record that makes an alias lead to a distribution. */
export interface DnsRecord {
  readonly name: string
  readonly type: 'CNAME' | 'ALIAS'
  readonly value: string
  /** As one line of a zone file. */
  readonly text: string
}

/** Second levels under which others register names; with a country's two letters they are no names of one's own. */
const publicSecondLevels = new Set(['ac', 'co', 'com', 'edu', 'gov', 'mil', 'ne', 'net', 'nom', 'or', 'org'])

/**
 * Whether a name is (as far as its form tells) the apex of a zone, where RFC 1034, 3.6.2 has no place for a CNAME: the
 * SOA and NS records are there already.
 */
export function isApex(name: string): boolean {
  const labels = name.split('.')
  const [second = '', top = ''] = labels.slice(-2)
  return labels.length === (top.length === 2 && publicSecondLevels.has(second) ? 3 : 2)
}

/** The record to add for an alias. */
export function dnsRecord(alias: string, domain: string): DnsRecord {
  if (!isApex(alias)) {
    return { name: alias, type: 'CNAME', value: domain, text: `${alias}. IN CNAME ${domain}.` }
  }
  return { name: alias, type: 'ALIAS', value: domain, text: `${alias}. ALIAS ${domain}.` }
}

const apexAdvice =
  "An apex can't have a CNAME: use your provider's ALIAS or ANAME; in Route 53, alias records of types A and AAAA to " +
  'hosted zone Z2FDTNDATAQYW2.'

/** What to add to the DNS, if anything. */
export function dnsText(records: readonly DnsRecord[]): Line[] {
  if (records.length === 0) return []
  return [
    'Add to the DNS:',
    ...records.map(({ text }) => verbatim(text)),
    ...(records.some(({ type }) => type === 'ALIAS') ? [apexAdvice] : []),
  ]
}
