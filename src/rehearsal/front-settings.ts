import { loadSettings } from '../settings/settings.ts'

/** What the front server takes out of packagecloud.rb. */
export interface FrontSettings {
  bucket: string
  region: string
  accessKeyId: string
  secretAccessKey: string
  /** Undefined while CloudFront is not enabled. */
  edge: { domain: string; secret: string } | undefined
}

/**
 * Reads what the front server needs from a packagecloud.rb, and from nothing but that file.
 *
 * @param credentials - used where the file has none
 * @throws CtlError (configuration) for a file that can't be used; Error for one that lacks something
 */
export async function readFrontSettings(
  file: string,
  credentials: { accessKeyId: string; secretAccessKey: string },
): Promise<FrontSettings> {
  const settings = await loadSettings({ config: file, installation: 'packagecloud' }, {})
  const { bucket, region, accessKey, secretKey, cloudfrontEnabled } = settings
  if (bucket === undefined) throw new Error(`${file} names no bucket`)
  return {
    bucket: bucket.value,
    region: region?.value ?? 'us-east-1',
    accessKeyId: accessKey?.value ?? credentials.accessKeyId,
    secretAccessKey: secretKey?.value ?? credentials.secretAccessKey,
    edge: cloudfrontEnabled?.value === true ? edgeOf(file, settings) : undefined,
  }
}

function edgeOf(file: string, settings: Awaited<ReturnType<typeof loadSettings>>): FrontSettings['edge'] {
  const { cloudfrontPackagesDomain: domain, cloudfrontSecret: secret } = settings
  if (domain === undefined || secret === undefined) {
    throw new Error(`${file} enables CloudFront without cloudfront_packages_domain and cloudfront_secret`)
  }
  return { domain: domain.value, secret: secret.value }
}
