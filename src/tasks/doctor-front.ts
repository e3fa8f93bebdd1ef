import { type Explanation, explain } from '../edge/explain.ts'
import { probe } from '../edge/probe.ts'
import { parseUrl } from '../edge/url-parts.ts'
import { type Check, type Examination, examine, failed, type Finding, ok, skipped, warning } from './doctor-check.ts'
import type { Samples } from './doctor-keys.ts'
import { type Place, repair } from './doctor-place.ts'
import { type FrontAnswer, type FrontKnowledge, probeFront } from './front-server.ts'

/** The front server, and what its configuration says. */
export interface FrontPlace {
  readonly url: string
  readonly token: string | undefined
  /** What to ask for where packagecloud's own paths are in use, which do not hold the key. */
  readonly path: string | undefined
  readonly enabled: boolean
  readonly known: FrontKnowledge
}

const restart = 'Run `pc-ctl restart` on every front server; a reconfigure alone is not enough.'

/**
 * Looks at the front server: who is let in, where clients are sent, and whether they get something there.
 *
 * @param edgeNow - AWS's clock in Unix seconds; the edge measures tokens by it
 */
export async function examineFront(
  place: Place,
  front: FrontPlace,
  samples: Samples,
  edgeNow: () => number,
): Promise<Check[]> {
  const path = front.path ?? samples.any?.key
  if (path === undefined) return skipAll('no object is known to ask for; name one with --key')
  const probing = front.token === undefined ? undefined : probeFront(front.url, front.token, path, front.known)
  // Told by the checks that wait for it.
  probing?.catch(() => undefined)
  const redirected = (look: (answer: FrontAnswer, explanation: Explanation) => Promise<Finding>) => async () => {
    const answer = await probing
    if (answer === undefined) return skipped(noToken)
    if (answer.kind !== 'cloudfront') return skipped('it does not redirect to CloudFront')
    const explanation = explainLocation(answer, place, edgeNow())
    return explanation === undefined ? skipped('its redirect has no URL') : look(answer, explanation)
  }
  const looks: Record<(typeof frontChecks)[number]['id'], Examination['look']> = {
    'front-token': async () => judgeStranger(await probeFront(front.url, undefined, path, front.known)),
    'front-redirect': async () => {
      const answer = await probing
      return answer === undefined ? skipped(noToken) : judgeRedirect(answer, place, front)
    },
    'front-signature': redirected((answer, explanation) => judgeSignature(answer, explanation, place)),
    'front-keys': async () => {
      if (front.token === undefined) return skipped(noToken)
      if (front.path !== undefined) return skipped('with --front-path the key is not known')
      const keys = [...new Set(samples.odd.flatMap(({ sample }) => sample?.key ?? []))]
      return judgeKeys(await Promise.all(keys.map((key) => locationOf(key, front, front.token, place))))
    },
  }
  return Promise.all(frontChecks.map(({ id, title }) => examine({ id, title, look: looks[id] })))
}

const frontChecks = [
  { id: 'front-token', title: 'The front server asks for a token' },
  { id: 'front-redirect', title: 'The front server redirects to CloudFront' },
  { id: 'front-signature', title: 'What the front server signs is served' },
  { id: 'front-keys', title: 'The front server keeps odd characters' },
] as const
const noToken = 'no token: give --token or PC_CTL_FRONT_TOKEN'

const skipAll = (why: string): Check[] => frontChecks.map((check) => ({ ...check, ...skipped(why) }))

/** Without a token. */
export function judgeStranger({ status }: FrontAnswer): Finding {
  if (status === 401 || status === 403) return ok(`${status} without one`, 'Strangers are turned away.')
  if (status >= 300 && status < 400) {
    return warning(
      `${status} without one`,
      'Whoever asks gets a signed URL. That is right for a public repository only.',
      "If the repository is private, look at its settings and at what stands before the front server's authentication.",
    )
  }
  return failed(`${status} without one, in place of 401`, 'The front server did not get as far as asking.', ...lookAtIt)
}

const lookAtIt = [
  'Look whether packagecloud runs (packagecloud-ctl status) and at its log.',
  'Where its paths are not the keys of the bucket, give --front-path, such as USER/REPO/packages/…/download.deb.',
]

function judgeRedirect({ status, host, kind }: FrontAnswer, { domain }: Place, { enabled }: FrontPlace): Finding {
  const seen = host === undefined ? String(status) : `${status} to ${host}`
  if (status === 401 || status === 403) {
    return failed(seen, 'The token is not accepted.', 'Give a read token of this repository in PC_CTL_FRONT_TOKEN.')
  }
  if (host === undefined) return failed(seen, 'It does not redirect.', ...lookAtIt)
  if (kind === 'other') return failed(seen, 'That is neither CloudFront nor the bucket.', 'Look who answers there.')
  if (kind === 's3') {
    return enabled
      ? failed(
          seen,
          'cloudfront_enabled is true in the configuration, but not live: reconfigured, not restarted?',
          restart,
        )
      : warning(
          seen,
          'CloudFront is not enabled, so downloads come from S3.',
          "Set packagecloud_rails['cloudfront_enabled'] = true, then `pc-ctl reconfigure` and `pc-ctl restart`.",
        )
  }
  if (!enabled) {
    return failed(seen, 'cloudfront_enabled is not true in the configuration, but still is on the server.', restart)
  }
  if (host !== domain.toLowerCase()) {
    return failed(
      seen,
      `The configuration says ${domain}: it is set, but not live; or it is another installation.`,
      restart,
    )
  }
  return ok(seen, 'Clients are sent to the packages domain.')
}

function explainLocation({ location = '' }: FrontAnswer, place: Place, now: number): Explanation | undefined {
  const parts = parseUrl(location)
  return parts && explain(parts, { secrets: place.secrets, now })
}

async function judgeSignature(
  { location = '' }: FrontAnswer,
  { verdict, reason = '', token, notes }: Explanation,
  place: Place,
): Promise<Finding> {
  if (reason === 'bad signature') {
    return failed(
      'bad signature',
      'It signs with another secret than this configuration has: reconfigured, but not restarted.',
      restart,
      ...notes.filter((note) => note.startsWith('It was signed')),
    )
  }
  if (reason.startsWith('expired')) {
    return failed(
      reason,
      "The front server's clock is behind AWS's.",
      'Set its clock (NTP: chronyd, systemd-timesyncd).',
    )
  }
  if (verdict !== 'accepted') return failed(reason, 'It signs in another way than the edge checks.', ...notes)
  const parts = parseUrl(location)
  if (parts === undefined) return skipped('its redirect has no URL')
  const { served, status, reason: why } = await probe(parts)
  const seen = `${status}${why === undefined ? '' : ` ${why}`}, good for ${token?.secondsLeft ?? 0} s`
  if (!served) return failed(seen, 'The signature is right, but the edge does not serve it.', repair(place))
  if (token?.signedWith === 'previous') {
    return warning(
      `${seen}, by the previous secret`,
      'It has not been restarted since the new secret was set.',
      restart,
    )
  }
  return ok(seen, 'Clients get what they ask for.')
}

interface KeyLook {
  readonly key: string
  /** The key that the redirect means. */
  readonly meant: string | undefined
  readonly status: number
}

async function locationOf(key: string, front: FrontPlace, token: string | undefined, place: Place): Promise<KeyLook> {
  const answer = await probeFront(front.url, token, key, front.known)
  const { location } = answer
  const meant = location === undefined ? undefined : explainLocation(answer, place, 0)?.key
  const { bucket = '' } = front.known
  // S3's own URLs may have the bucket first in the path.
  return { key, status: answer.status, meant: answer.kind === 's3' ? meant?.replace(`${bucket}/`, '') : meant }
}

/** Whether each redirect means the key that was asked for. */
export function judgeKeys(looks: readonly KeyLook[]): Finding {
  const [first] = looks
  if (first === undefined) return skipped('none among the objects looked at')
  const wrong = looks.find(({ key, meant }) => key !== meant)
  if (wrong === undefined) {
    return ok(looks.map(({ key }) => key).join(', '), 'What clients ask for is what they are sent to.')
  }
  const { key, meant, status } = wrong
  return failed(
    `asked for ${key}, ${meant === undefined ? `it answered ${status}` : `sent to ${meant}`}`,
    'Clients cannot get packages with such names.',
    'Look at what stands before the front server: proxies decode and encode paths in their own ways.',
  )
}
