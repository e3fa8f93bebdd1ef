/** Why a connection failed, in words for an operator. */
import { messageOf } from '../errors.ts'

const codeOf = (error: unknown): string => (error instanceof Error && 'code' in error ? String(error.code) : '')

/** Node's own advice, which is about how Node is started. */
const ofNode = /; if the root CA is installed locally.*$/
/** OpenSSL's: `80FB…:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:FILE:LINE:`. */
const ofOpenSsl = /^(?:.* )?[0-9A-F]+:error:[0-9A-F]+:[^:]*:[^:]*:([^:]+):[^]*$/

/** What Node says, without what is about itself. Where several addresses were tried, only the code tells. */
export function networkReason(error: unknown): string {
  const said = messageOf(error).replace(ofNode, '')
  const reason = ofOpenSsl.exec(said)?.[1]
  return (reason === undefined ? said : `TLS failed: ${reason}`) || codeOf(error) || 'the connection failed'
}

/** Whether nobody who is trusted stands behind the certificate at the other end. */
function isUntrusted(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  const known = /^(SELF_SIGNED_CERT_IN_CHAIN|DEPTH_ZERO_SELF_SIGNED_CERT|UNABLE_TO_(GET_ISSUER|VERIFY).*)$/
  return known.test(codeOf(error)) || isUntrusted(error.cause)
}

/** What to do about a connection that failed, where more can be said than that it did. */
export const networkAdvice = (error: unknown): string[] =>
  isUntrusted(error)
    ? ['Where something on the way opens TLS, name the authority that it signs with: `AWS_CA_BUNDLE=FILE`.']
    : []
