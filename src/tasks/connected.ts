import { namesOf } from '../aws/names.ts'
import { statementsLeftOver } from '../resources/origin/bucket-policy.ts'
import { optional, type Settings } from '../settings/settings.ts'
import { render } from '../ui/template.ts'
import { inOneLine, type Line, verbatim } from '../text.ts'
import { type DnsRecord, dnsRecord, dnsText } from './names/dns.ts'
import { commandLine } from '../shell.ts'
import type { Reconfigure } from './reconfigure-cloudfront-distribution.ts'

/** What `reconfigure-cloudfront-distribution` ends in. */
export interface Connected {
  readonly distributionId: string
  readonly domain: string
  /** The name that clients are to be sent to: that, or one of the operator's own. */
  readonly packagesDomain: string
  readonly status: string
  /** What leads names of the operator's own to the distribution. */
  readonly dns: readonly DnsRecord[]
  /** For packagecloud.rb. */
  readonly lines: readonly string[]
  readonly next: readonly Line[]
  readonly warnings: readonly string[]
}

/** A bucket, and the distribution that reads it. */
interface Served extends Pick<Reconfigure, 'access' | 'bucket'> {
  readonly distribution: { readonly arn: string }
}

/**
 * Sums up a carried-out chain for the operator.
 *
 * @param aliases - the names that were given
 */
export async function connected(
  done: Reconfigure,
  settings: Settings,
  carried: readonly string[],
  aliases: readonly string[] = [],
): Promise<Connected> {
  const { distribution: made } = done
  const packagesDomain = chooseDomain(done, optional(settings, 'cloudfrontPackagesDomain'))
  const dns = aliases.map((alias) => dnsRecord(alias, made.domain))
  const lines = await render('cloudfront-distribution.rb', { distributionId: made.id, packagesDomain })
  return {
    distributionId: made.id,
    domain: made.domain,
    packagesDomain,
    status: made.status,
    dns,
    lines: lines.trimEnd().split('\n'),
    next: [
      ...dnsText(dns),
      ...(dns.length === 0 ? [] : ['Do that before the restart: from then on clients are sent there.']),
      ...(made.status === 'Deployed'
        ? ['Then run:']
        : [
            'The edges do not have it yet. Wait until they do (run the same command again without --no-wait), then run:',
          ]),
      verbatim('packagecloud-ctl reconfigure'),
      verbatim('packagecloud-ctl restart'),
      'To go back at any time: set cloudfront_enabled to false, reconfigure, restart. AWS resources stay as they are.',
    ],
    warnings: [...warnings(done, settings, carried), ...leftOvers(done, settings)],
  }
}

/** A name of the operator's own is better than CloudFront's: clients and firewalls then never learn the latter. */
function chooseDomain({ distribution: made }: Reconfigure, present: string | undefined): string {
  const aliases = made.config.Aliases?.Items ?? []
  if (present !== undefined && aliases.includes(present)) return present
  return aliases.find((alias) => !alias.startsWith('*')) ?? made.domain
}

function warnings({ inTheWay }: Reconfigure, settings: Settings, carried: readonly string[]): string[] {
  const { found = [], notDecided = [] } = inTheWay ?? {}
  return [
    ...found.map(({ why, todo }) => `${why}. ${inOneLine(todo)}`),
    ...notDecided.map((clause) => `${clause}.`),
    ...(settings.cloudfrontPreviousSecret === undefined
      ? []
      : [
          'a rotation of the secret is under way: both secrets are accepted. ' +
            `\`${commandLine(['pc-ctl', 'rotate-cloudfront-secret', ...carried])}\` goes on with it.`,
        ]),
  ]
}

function leftOvers({ bucketPolicy, access, bucket }: Reconfigure, settings: Settings): string[] {
  const sids = statementsLeftOver(namesOf(settings.installation.value), bucketPolicy.document, access)
  if (sids.length === 0) return []
  return [
    `the policy of bucket ${bucket.name} still lets CloudFront in the other way too (${sids.join(', ')}). ` +
      'Once the distribution is Deployed you may remove those statements; pc-ctl removes nothing.',
  ]
}

/** The bucket's key is the operator's, so its policy is theirs to change. */
export function kmsWarning({ access, distribution: made, bucket }: Served, kmsKey: string | undefined): string[] {
  if (access !== 'oac' || !bucket.encryption.startsWith('aws:kms')) return []
  const statement = {
    Sid: 'AllowCloudFrontServicePrincipalDecrypt',
    Effect: 'Allow',
    Principal: { Service: 'cloudfront.amazonaws.com' },
    Action: 'kms:Decrypt',
    Resource: '*',
    Condition: { StringEquals: { 'AWS:SourceArn': made.arn } },
  }
  return [
    `objects in ${bucket.name} are encrypted with ${kmsKey ?? 'the AWS managed key of S3, which CloudFront can not use'}. ` +
      `The policy of that key needs this statement: ${JSON.stringify(statement)}`,
  ]
}
