import type { NamedSecret } from '../../edge/diagnosis.ts'
import { decodeSecret, signUrl } from '../../edge/signature.ts'
import { commandLine } from '../follow-up.ts'
import { failed, type Finding } from './check.ts'
import type { Answer } from './network.ts'

/** What is examined, and from where. */
export interface Place {
  /** The packages domain. */
  readonly domain: string
  /** The current one first. */
  readonly secrets: readonly [NamedSecret, ...NamedSecret[]]
  /** This machine's clock, in Unix seconds. */
  readonly now: () => number
  /** The settings flags in use, for the commands that are suggested. */
  readonly carried: readonly string[]
}

/** Seconds; what packagecloud gives its clients. */
export const urlLife = 300

/** A URL signed here and now, as the front server signs it. */
export function signedUrl({ domain, secrets, now }: Place, key: string, life = urlLife): string {
  const [{ text }] = secrets
  return signUrl({ domain, key, secret: decodeSecret(text), expires: Math.floor(now()) + life })
}

/** The two commands that put function, bucket policy and distribution right. */
export const repair = ({ carried }: Place): string =>
  `Run \`${commandLine(['pc-ctl', 'bootstrap-cloudfront', ...carried])}\`, then the command that it prints.`

export const reindex = ({ carried }: Place): string =>
  `Run \`${commandLine(['pc-ctl', 'reindex-everything', ...carried])}\`, which sets it on all objects.`

/** What it means that a URL that was signed just now is not served. */
export function notServed(place: Place, key: string, { status, reason = '', said }: Answer): Finding {
  const seen = `${said} for ${key}`
  if (reason === 'bad signature') {
    return failed(
      seen,
      'The edge holds another secret than this configuration, or is not deployed yet.',
      repair(place),
      'While the distribution is InProgress, wait until it is Deployed and look again.',
    )
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
  if (reason.startsWith('S3 says') && status === 403) {
    return failed(
      seen,
      'The edge let it through, and S3 refused: its policy does not let this distribution read, or the object is archived or encrypted with a key that CloudFront may not use.',
      repair(place),
      'A missing object reads the same where the policy lacks s3:ListBucket: make sure that the key exists.',
    )
  }
  return failed(seen, ...otherwise(place, status))
}

function otherwise(place: Place, status: number): [meaning: string, ...todo: string[]] {
  if (status === 404) {
    return [
      'The edge let it through; the bucket behind it holds no such object.',
      'Make sure that the key exists and that the distribution has this bucket as its origin.',
    ]
  }
  if (status === 403) {
    return [
      'CloudFront itself refused: a name that is no alias of the distribution, a geographic restriction, or a firewall rule.',
      "Compare the distribution's aliases, geo restriction and web ACL with where this machine is.",
    ]
  }
  if (status === 502 || status === 503) {
    return [
      'The function at the edge failed, or could not decrypt its secret.',
      "Its log is in CloudWatch in the region nearest to this machine, in the group /aws/lambda/us-east-1...; look at the role's kms:Decrypt.",
      repair(place),
    ]
  }
  return ['The object is not served.', 'Look at the distribution with `pc-ctl status`.']
}

/** Whether an answer holds the object or a part of it; an empty object has no part to give. */
export const isServed = ({ status }: Answer): boolean => status === 200 || status === 206 || status === 416

/** `Hit`, `Miss`, `RefreshHit`, `Error` …, as X-Cache has it. */
export const cacheResult = ({ headers }: Answer): string => String(headers['x-cache'] ?? '').split(' ')[0] ?? ''
