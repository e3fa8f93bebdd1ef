/** Signed URLs of other kinds, which operators meet while they move from one to the other. */

/** What kind of signature a URL carries instead of ours, and until when it is good. */
export interface ForeignSignature {
  kind: string
  /** Who checks it. */
  checkedBy: 'S3' | 'CloudFront'
  /** Unix time in seconds, where the URL says so. */
  expires?: number
}

/**
 * Recognises S3's presigned URLs (sigv4-query-string-auth.html, RESTAuthentication.html) and CloudFront's own signed
 * URLs (private-content-creating-signed-url-canned-policy.html, …-custom-policy.html).
 */
export function foreignSignature(querystring: string): ForeignSignature | undefined {
  const parameters = new Map([...new URLSearchParams(querystring)].map(([name, value]) => [name.toLowerCase(), value]))
  if (parameters.has('x-amz-signature')) {
    return dated('presigned S3 URL (Signature Version 4)', 'S3', presignedUntil(parameters))
  }
  const expires = Number(parameters.get('expires') ?? NaN)
  if (!parameters.has('signature')) return undefined
  if (parameters.has('awsaccesskeyid')) return dated('presigned S3 URL (Signature Version 2)', 'S3', expires)
  if (parameters.has('key-pair-id')) return dated("CloudFront's own signed URL", 'CloudFront', expires)
  return undefined
}

const dated = (kind: string, checkedBy: ForeignSignature['checkedBy'], expires: number): ForeignSignature =>
  Number.isSafeInteger(expires) ? { kind, checkedBy, expires } : { kind, checkedBy }

/** `X-Amz-Date` is `20261122T040506Z`, `X-Amz-Expires` the life in seconds. */
function presignedUntil(parameters: ReadonlyMap<string, string>): number {
  const date = parameters.get('x-amz-date') ?? ''
  const iso = date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z')
  return Date.parse(iso) / 1000 + Number(parameters.get('x-amz-expires') ?? NaN)
}
