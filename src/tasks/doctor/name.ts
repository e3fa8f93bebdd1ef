import { networkReason } from '../../aws/network-reason.ts'
import { proxiesOf } from '../../aws/proxy.ts'
import { baseUrlOf } from '../../edge/signature.ts'
import type { Line } from '../../text.ts'
import { failed, type Examination, type Finding, ok, skipped, warning } from './check.ts'
import { addressesOf, certificateOf, type ServerCertificate } from './network.ts'
import type { Place } from './place.ts'
import { behindProxy, isProxyFailure } from './proxy.ts'
import { nameRepairs } from './repair.ts'

const day = 86_400
/** Amazon renews its certificates 60 days ahead; one that is this near its end will not be renewed by itself. */
const fewDays = 14

/** Looks at DNS and TLS of the packages domain. */
export function examineName(place: Place): Examination[] {
  const { domain, now } = place
  const { protocol, hostname, port } = new URL(baseUrlOf(domain))
  const rehearsal = protocol === 'http:'
  return [
    {
      id: 'dns',
      title: 'DNS of the packages domain',
      look: async () => {
        if (rehearsal) return skipped(`${domain} is a rehearsal on this machine`)
        try {
          const proxy = proxiesOf().for('https', hostname, Number(port || 443))
          const todo = () => nameRepairs(place)
          return await (proxy === undefined ? resolves(hostname, todo) : resolvesOrProxy(hostname, proxy.name))
        } catch (error) {
          if (isProxyFailure(error)) return skipped(behindProxy)
          throw error
        }
      },
    },
    {
      id: 'tls',
      title: 'TLS certificate of the packages domain',
      async look() {
        if (rehearsal) return skipped(`${domain} is a rehearsal without TLS`)
        try {
          const certificate = await certificateOf(hostname, Number(port || 443))
          const isOther = certificate.otherName !== undefined && !certificate.ownAuthority
          return judgeCertificate(certificate, now(), isOther ? await nameRepairs(place) : [])
        } catch (error) {
          if (isUnknownName(error)) return skipped(unknownName)
          if (isProxyFailure(error)) return skipped(behindProxy)
          throw error
        }
      },
    },
  ]
}

export const unknownName = 'the packages domain has no address'

/** Whether DNS is to blame, for which there is a check. */
export const isUnknownName = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && /^(?:ENOTFOUND|EAI_AGAIN|ENODATA)$/.test(String(error.code))

/**
 * Looks a name up.
 *
 * @param todo - what to do where it has no address
 */
export async function resolves(name: string, todo: () => Promise<readonly Line[]>): Promise<Finding> {
  try {
    const addresses = await addressesOf(name)
    return ok(`${name} is ${addresses.slice(0, 3).join(', ')}${addresses.length > 3 ? ' ...' : ''}`, 'Clients find it.')
  } catch (error) {
    return failed(
      networkReason(error),
      'This machine cannot find the packages domain, so neither may its clients.',
      ...(await todo()),
    )
  }
}

/** As {@link resolves}, where a proxy looks the name up and this machine need not be able to. */
async function resolvesOrProxy(name: string, proxy: string): Promise<Finding> {
  const found = await resolves(name, async () => [])
  if (found.status === 'ok') return found
  return skipped(`${name} has no address on this machine; the proxy ${proxy} looks it up`)
}

/**
 * Whether a certificate stands for the name that was asked for, and for how long.
 *
 * @param now - Unix time in seconds
 * @param otherwise - what to do where it stands for another name
 */
export function judgeCertificate(certificate: ServerCertificate, now: number, otherwise: readonly Line[]): Finding {
  const { otherName, untrusted, ownAuthority, issuer, validFrom, validTo, protocol } = certificate
  if (ownAuthority) {
    return skipped(
      `not seen: TLS is opened on the way, and its certificate is issued by ${issuer}, whom only this machine trusts`,
      'What CloudFront shows to others can be seen from a network that does not open TLS.',
    )
  }
  const left = Math.floor((validTo - now) / day)
  const renew = 'Renew it in ACM (us-east-1); one with DNS validation renews itself while its CNAME record stands.'
  if (otherName !== undefined) {
    return failed(
      otherName,
      'The server shows a certificate for another name, and package managers stop there.',
      ...otherwise,
    )
  }
  if (left < 0) return failed(`it expired ${-left} d ago`, 'Package managers refuse it.', renew)
  if (validFrom > now) {
    return failed(
      'it is not valid yet',
      "The certificate is very new, or this machine's clock is behind.",
      "See what is said of this machine's clock.",
    )
  }
  if (untrusted !== undefined) {
    return failed(
      `${untrusted}, issued by ${issuer}`,
      'No known authority stands behind it; a proxy that opens TLS does that too.',
      'Ask from a network without such a proxy, or look at the certificate of the distribution.',
    )
  }
  const seen = `valid for ${left} d, issued by ${issuer}, ${protocol}`
  return left < fewDays
    ? warning(seen, 'It should have been renewed by now.', renew)
    : ok(seen, 'Clients trust it for this name.')
}
