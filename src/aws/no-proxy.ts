import { BlockList, isIP } from 'node:net'

/** Whether a connection to a host, without brackets, and port goes past the proxy. */
export type Exemptions = (host: string, port: number) => boolean

/**
 * What never goes through a proxy: this machine, and where a machine gets its credentials from. A proxy would answer
 * for itself, or for the machine that it runs on.
 *
 * Sources: Amazon EC2 User Guide, "Instance metadata" (169.254.169.254, fd00:ec2::254); Amazon ECS Developer Guide, "Task
 * IAM role" (169.254.170.2); Amazon EKS User Guide, "EKS Pod Identity" (169.254.170.23, fd00:ec2::23).
 */
export const isAlwaysDirect: Exemptions = (host) => {
  const name = bare(host)
  const family = familyOf(name)
  return family === undefined ? /^(?:.+\.)?localhost$/.test(name) : ownAddresses.check(name, family)
}

const ownAddresses = new BlockList()
for (const [net, bits] of [
  ['127.0.0.0', 8],
  ['0.0.0.0', 32],
  ['169.254.0.0', 16],
] as const) {
  ownAddresses.addSubnet(net, bits, 'ipv4')
}
for (const [net, bits] of [
  ['::', 127],
  ['fe80::', 10],
  ['fd00:ec2::', 32],
] as const) {
  ownAddresses.addSubnet(net, bits, 'ipv6')
}

/**
 * Reads NO_PROXY as curl does, and takes ports as wget and Go do: names stand for themselves and all below them, with or
 * without `.` or `*.` in front; addresses may be networks (`10.0.0.0/8`); `*` is everything. Commas or blanks divide.
 */
export function exemptionsIn(text: string): Exemptions {
  const tests = text
    .split(/[\s,]+/)
    .filter((entry) => entry !== '')
    .map(readEntry)
  return (host, port) => {
    const name = bare(host)
    return tests.some((test) => test(name, port))
  }
}

function readEntry(entry: string): Exemptions {
  if (entry === '*') return () => true
  // What has more than one colon and no brackets is an address of IPv6, whose end is no port.
  const isAddress = isIP(entry.replace(/\/\d+$/, '')) === 6
  const [, name = entry, port] = (isAddress ? undefined : /^(.+?)(?::(\d+))?$/.exec(entry)) ?? []
  const holds = isNetwork(bare(name)) ?? isDomain(bare(name))
  return (host, asked) => (port === undefined || Number(port) === asked) && holds(host)
}

function isNetwork(what: string): ((host: string) => boolean) | undefined {
  const [address = '', bits] = what.split('/')
  const family = familyOf(address)
  if (family === undefined) return undefined
  const list = new BlockList()
  const most = family === 'ipv4' ? 32 : 128
  const length = bits === undefined ? most : Number(bits)
  if (!Number.isInteger(length) || length > most) return () => false
  list.addSubnet(address, length, family)
  return (host) => {
    const of = familyOf(host)
    return of !== undefined && list.check(host, of)
  }
}

function isDomain(what: string): (host: string) => boolean {
  const domain = what.replace(/^\*?\./, '')
  return (host) => domain !== '' && `.${host}`.endsWith(`.${domain}`)
}

/** In lower case, without brackets and without the dot that ends a name at the root. */
const bare = (host: string): string =>
  host
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '')

const familyOf = (host: string): 'ipv4' | 'ipv6' | undefined => ({ 4: 'ipv4' as const, 6: 'ipv6' as const })[isIP(host)]
