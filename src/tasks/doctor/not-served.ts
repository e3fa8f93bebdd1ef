import { engineOf } from '../../aws/arns.ts'
import type { LiveDistribution } from '../../resources/cloudfront/live-distribution.ts'
import { CtlError } from '../../errors.ts'
import { failed, type Finding } from './check.ts'
import type { Answer } from './network.ts'
import { urlLife } from '../../edge/config.ts'
import type { Place } from './place.ts'
import { pcCtl, repairs, typed } from './repair.ts'

/** What it means that a URL that was signed just now is not served. */
export async function notServed(place: Place, key: string, answer: Answer): Promise<Finding> {
  const { status, reason = '', said } = answer
  const seen = `${said} for ${key}`
  if (reason === 'bad signature' && place.secrets.length > 1) {
    const goOn = typed(
      pcCtl(place, 'rotate-cloudfront-secret'),
      'Restart no front server. Run',
      ', which goes on with that.',
    )
    return failed(seen, 'The edge does not accept the new secret: its replacement is under way.', ...goOn)
  }
  if (reason === 'bad signature') {
    const meaning = 'The edge holds another secret than this configuration, or is not deployed yet.'
    return failed(seen, meaning, ...(await repairs(place)))
  }
  if (reason.startsWith('expired')) {
    return failed(
      seen,
      `The URL was signed a moment ago to live ${urlLife} s, so this clock is behind AWS's.`,
      'Set the clock of every machine that signs URLs (NTP: chronyd, systemd-timesyncd).',
    )
  }
  if (/^(?:missing|malformed) /.test(reason)) {
    return failed(seen, 'Something on the way changed the URL.', 'Ask from a network without a rewriting proxy.')
  }
  if (reason.startsWith('S3 says') && (status === 403 || status === 400)) return refusedByS3(place, key, seen)
  if (status === 404) return missingInS3(place, key, seen)
  if (status === 403) return refusedByCloudFront(place, seen)
  if (status === 502 || status === 503) {
    return failed(
      seen,
      'The function at the edge failed, or could not read its secret.',
      ...(await repairs(place, { nothingDiffers: [await lookAtItsLog(place)] })),
    )
  }
  return failed(seen, 'The object is not served.', ...(await repairs(place)))
}

async function lookAtItsLog({ behind: { functionName, status } }: Place): Promise<string> {
  const found = await status()
  const engine = found instanceof CtlError ? 'lambda' : engineOf(found.version.associated ?? '')
  return `Nothing differs in AWS. Its log is in CloudWatch in ${logs[engine]}${functionName}.`
}

/** Where each engine logs, up to the name of the function. */
const logs = {
  lambda: 'the region nearest to this machine, in the group /aws/lambda/us-east-1.',
  function: 'us-east-1, in the group /aws/cloudfront/function/',
} as const

async function refusedByS3(place: Place, key: string, seen: string): Promise<Finding> {
  const stored = await place.behind.object(key)
  if (stored === 'none') {
    return failed(
      seen,
      'There is no such object. S3 says 403 in place of 404, because the bucket policy lacks s3:ListBucket for CloudFront.',
      ...(await repairs(place)),
    )
  }
  const exists = !(stored instanceof CtlError)
  if (exists && stored.kmsKey !== undefined) return encrypted(place, stored.kmsKey, seen)
  return failed(
    seen,
    'The edge let it through, and S3 refused: its policy does not let this distribution read, or the object is archived or encrypted with a key that CloudFront may not use.',
    ...(await repairs(place)),
    ...(exists
      ? []
      : ['A missing object reads the same where the policy lacks s3:ListBucket: make sure that the key exists.']),
  )
}

/** An identity can use no key, and a control only one whose policy says so. */
async function encrypted(place: Place, kmsKey: string, seen: string): Promise<Finding> {
  const otherwise = [
    `The policy of ${kmsKey} has to let CloudFront decrypt for this distribution, also where the bucket names another key ` +
      'now. An origin access identity can use no key: give the command that connects the distribution --origin-access oac.',
  ]
  return failed(
    seen,
    `The edge let it through, and S3 refused: the object is encrypted with the KMS key ${kmsKey}, which CloudFront may not use.`,
    ...(await repairs(place, { nothingDiffers: otherwise, notLooked: otherwise })),
  )
}

async function missingInS3(place: Place, key: string, seen: string): Promise<Finding> {
  const meaning = 'The edge let it through; the bucket behind it holds no such object.'
  const stored = await place.behind.object(key)
  const { bucket = 'the bucket' } = place.behind
  if (stored === 'none') {
    return failed(seen, meaning, `S3 says the same: make sure of the key, as \`aws s3 ls s3://${bucket}/\` lists it.`)
  }
  if (stored instanceof CtlError) {
    return failed(
      seen,
      meaning,
      'Make sure that the key exists and that the distribution has this bucket as its origin.',
    )
  }
  return failed(
    seen,
    `S3 has it in ${bucket}, so the distribution reads another bucket or path, or something reads the key differently.`,
    ...(await repairs(place)),
  )
}

async function refusedByCloudFront(place: Place, seen: string): Promise<Finding> {
  const named = await place.behind.distribution()
  const known = !(named instanceof CtlError) && named !== 'none'
  if (known && named.config.Enabled !== true) {
    const enable = `Run \`${pcCtl(place, 'cfmodify', '--enable', '--wait', `cf://${named.id}`)}\`.`
    return failed(
      seen,
      `The distribution ${named.id} is disabled, so CloudFront serves nothing of it.`,
      ...(await repairs(place, { notLooked: [enable], nothingDiffers: [enable] })),
    )
  }
  const suspects = known ? restrictionsOf(named) : [compare]
  return failed(
    seen,
    'CloudFront itself refused: a name that is no alias of the distribution, a geographic restriction, or a firewall rule.',
    ...(await repairs(place, { notLooked: suspects, nothingDiffers: suspects })),
  )
}

const compare = "Compare the distribution's aliases, geo restriction and web ACL with where this machine is."

/** What in a distribution keeps viewers off that pc-ctl leaves as it is. */
function restrictionsOf({ id, config: { Restrictions, WebACLId = '' } }: LiveDistribution): string[] {
  const { RestrictionType: type = 'none', Items = [] } = Restrictions?.GeoRestriction ?? {}
  const found = [
    ...(type === 'none'
      ? []
      : [
          `${id} serves ${type === 'whitelist' ? 'only' : 'all but'} these countries: ${Items.join(', ')}. Whether clients ` +
            'are to be served here is for whoever set that (geo restriction) to say.',
        ]),
    ...(WebACLId === '' ? [] : [`Look which rule of its web ACL blocks this, in the log of ${WebACLId}.`]),
  ]
  return found.length > 0 ? found : [compare]
}
