/** Whether the name that clients are sent to leads to the distribution. */
import type { Aws } from '../../aws/connect.ts'
import type { Network } from '../../aws/network.ts'
import { ProxyFailure } from '../../aws/tunnel.ts'
import { urlLife } from '../../edge/config.ts'
import { type Probe, probe } from '../../edge/probe.ts'
import { decodeSecret } from '../../edge/secret-text.ts'
import { baseUrlOf, signUrl } from '../../edge/signature.ts'
import { parseUrl } from '../../edge/url-parts.ts'
import type { Settings } from '../../settings/settings.ts'
import { messageOf } from '../../errors.ts'

/** What became of asking for a name; `why` is a clause. */
export type NameLook =
  | { readonly state: 'works' }
  | { readonly state: 'no address' | 'answered by another' | 'not checked'; readonly why: string }

/** What is looked at. */
export interface NameAsked {
  /** A name of the operator's own. */
  readonly name: string
  /** Domain of the distribution, such as `d111111abcdef8.cloudfront.net`; `undefined` where it is not known. */
  readonly domain: string | undefined
  /** Base64 text of a secret to sign with. */
  readonly secret: string
  /** Unix time in seconds. */
  readonly now?: () => number
}

/** {@link lookAtName} for what packagecloud.rb says; `null` where it names no domain but the distribution's own. */
export async function lookAtOwnName(
  { network }: Pick<Aws, 'network'>,
  { cloudfrontPackagesDomain: own, cloudfrontSecret: secret }: Settings,
  domain: string | undefined,
): Promise<NameLook | null> {
  const name = own?.value.toLowerCase()
  if (name === undefined || secret === undefined || domain === undefined || name === domain.toLowerCase()) return null
  return lookAtName({ name, domain, secret: secret.value }, network.get)
}

/** A row of a table of facts; nothing where all is well. */
export function nameFact(look: NameLook | null): string[][] {
  if (look === null || look.state === 'works') return []
  return [['Packages domain', look.state === 'not checked' ? `not checked: ${look.why}` : look.why]]
}

/** Of an object that need not exist: who says so is what matters. */
const key = 'pc-ctl/does-this-name-lead-here'
/** Seconds. */

/**
 * Asks for the same thing under the name and under the distribution's own domain, over HTTPS with the name as SNI. Addresses
 * prove nothing: an ALIAS record or a split DNS has others than the distribution's domain.
 *
 * @param get - how to get out; where there is a proxy, it looks names up
 */
export async function lookAtName(asked: NameAsked, get: Network['get']): Promise<NameLook> {
  const { name, domain } = asked
  if (new URL(baseUrlOf(name)).protocol === 'http:') return notChecked(`${name} is a rehearsal on this machine`)
  const ask = async (host: string): Promise<Probe | Error> => answerOf(host, asked, get)
  const [there, here] = await Promise.all([ask(name), domain === undefined ? undefined : ask(domain)])
  if (here instanceof Error) return notChecked(`this host can't reach ${domain ?? ''}: ${reasonOf(here)}`)
  if (hasNoAddress(there)) return { state: 'no address', why: `${name} has no address` }
  if (here === undefined || !isProof(here)) return notChecked('what the distribution itself answers is not known')
  return compare(name, there, here)
}

const notChecked = (why: string): NameLook => ({ state: 'not checked', why })

async function answerOf(
  host: string,
  { secret, now = () => Date.now() / 1000 }: NameAsked,
  get: Network['get'],
): Promise<Probe | Error> {
  const url = signUrl({ domain: host, key, secret: decodeSecret(secret), expires: Math.floor(now()) + urlLife })
  const parts = parseUrl(url)
  if (parts === undefined) return new Error(`${host} is no domain name`)
  try {
    return await probe(parts, get)
  } catch (error) {
    return error instanceof Error ? error : new Error(messageOf(error))
  }
}

function compare(name: string, there: Probe | Error, here: Probe): NameLook {
  const another = (why: string): NameLook => ({ state: 'answered by another', why: `${name} ${why}` })
  if (there instanceof Error) {
    const code = codeOf(there)
    if (isOtherCertificate(code))
      return another(`is answered by something else than the distribution: ${reasonOf(there)}`)
    return notChecked(`this host can't reach ${name}: ${reasonOf(there)}`)
  }
  if (sameAnswer(there, here)) return { state: 'works' }
  const said = `${there.status}${there.reason === undefined ? '' : ` (${there.reason})`}`
  // The same CloudFront may have had a bad moment.
  if (isCloudFront(there) && (there.status >= 500 || there.status === 429)) {
    return notChecked(`${name} answered ${said}`)
  }
  return another(`is answered by something else than the distribution: it says ${said}`)
}

const isCloudFront = ({ headers }: Probe): boolean => /cloudfront/i.test(headers['via'] ?? '')

const sameAnswer = (one: Probe, other: Probe): boolean => one.status === other.status && one.reason === other.reason

/** An answer of the function or of S3 behind it; CloudFront's own pages are the same everywhere. */
const isProof = ({ status, reason }: Probe): boolean =>
  status < 500 && reason !== undefined && !reason.startsWith("CloudFront's own")

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : '')

/** The resolver knows that there is none, in contrast to one that does not answer; with a proxy it is not asked. */
const hasNoAddress = (answer: Probe | Error): boolean =>
  answer instanceof Error && !(answer instanceof ProxyFailure) && /^(?:ENOTFOUND|ENODATA)$/.test(codeOf(answer))

/**
 * Of a server that has no certificate for the name. CloudFront ends the handshake with an alert for a name that is no
 * alias of any distribution, and never shows a certificate that nobody trusts.
 */
const isOtherCertificate = (code: string): boolean =>
  /^(?:ERR_TLS_CERT_ALTNAME_INVALID|ERR_SSL_(?:SSLV3|TLSV1)_ALERT_.*|SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(?:GET_ISSUER|VERIFY).*)$/.test(
    code,
  )

const reasonOf = (error: Error): string => (error.message === '' ? codeOf(error) : error.message).replace(/\.$/, '')
