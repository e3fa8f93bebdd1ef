import { fieldsOf, objectIn } from '../batch/job-report.ts'
import { decodeKey } from '../listing/list-page.ts'

/** The digest of one version of an object, as a job that computes checksums reports it. */
export interface Checksum {
  readonly key: string
  /** Without quotes. */
  readonly etag: string
  /** In hex, lower case. */
  readonly sha256: string
}

/**
 * Reads a line of the report of a job that computes SHA-256 of whole objects.
 *
 * Source: Amazon S3 User Guide, "Compute checksums" and "Examples: S3 Batch Operations completion reports".
 *
 * @returns undefined for what is no digest of an object of the bucket: of tasks that failed, too
 */
export function readChecksumLine(line: string, bucket: string): Checksum | undefined {
  const [of, encoded = '', , status, , , told = ''] = fieldsOf(line)
  if (of !== bucket || status !== 'succeeded') return undefined
  const result = objectIn(told)
  const { etag, checksumAlgorithm: algorithm, checksumType: type = 'FULL_OBJECT' } = result
  if (typeof etag !== 'string' || algorithm !== 'SHA256' || type !== 'FULL_OBJECT') return undefined
  const sha256 = digestIn(result)
  const key = decoded(encoded)
  return sha256 === undefined || key === undefined ? undefined : { key, etag: etag.replaceAll('"', ''), sha256 }
}

/** Both forms of it are told: where they differ neither is believed. */
function digestIn({
  checksum_hex: hex,
  checksum_base64: base64,
}: Readonly<Record<string, unknown>>): string | undefined {
  const inHex = typeof hex === 'string' && /^[\da-f]{64}$/i.test(hex) ? hex.toLowerCase() : undefined
  const bytes = typeof base64 === 'string' ? Buffer.from(base64, 'base64') : undefined
  const ofBase64 = bytes?.length === 32 ? bytes.toString('hex') : undefined
  if (inHex !== undefined && ofBase64 !== undefined && inHex !== ofBase64) return undefined
  return inHex ?? ofBase64
}

function decoded(key: string): string | undefined {
  try {
    return decodeKey(key)
  } catch {
    return undefined
  }
}
