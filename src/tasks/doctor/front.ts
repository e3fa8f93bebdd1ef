import { flagOrVariable, options, rails } from '../../options.ts'
import { networkReason } from '../../aws/network-reason.ts'
import { networkOf } from '../../aws/network.ts'
import { explain } from '../../edge/explain.ts'
import { probe } from '../../edge/probe.ts'
import { parseUrl, type UrlParts } from '../../edge/url-parts.ts'
import { CtlError } from '../../errors.ts'
import type { Line } from '../../text.ts'
import { type FrontAnswer, type FrontKnowledge, probeFront } from '../front-server.ts'
import { type Check, type Examination, examine, failed, type Finding, ok, skipped, warning } from './check.ts'
import { judgeSkew } from './edge.ts'
import type { Samples } from './keys.ts'
import { ask } from './network.ts'
import { type Place, signedUrl } from './place.ts'
import { applyHere, repairs } from './repair.ts'

/** The front server, and what its configuration says. */
export interface FrontPlace {
  readonly url: string
  readonly token: string | undefined
  /** What to ask for where packagecloud's own paths are in use, which do not hold the key. */
  readonly path: string | undefined
  readonly enabled: boolean
  readonly known: FrontKnowledge
}

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
  const path = front.path === '' ? samples.any?.key : (front.path ?? samples.any?.key)
  if (path === undefined) return skipAll('no object is known to ask for; name one with --key')
  const looks = {
    'front-token': () => judgeStranger(front, path),
    ...lookWithToken(place, front, samples, path, edgeNow),
  }
  return Promise.all(frontChecks.map(({ id, title }) => examine({ id, title, look: looks[id] })))
}

type Look = Examination['look']
type FrontCheck = (typeof frontChecks)[number]['id']

/** The checks that a token is needed for. All but the last share one request. */
function lookWithToken(
  place: Place,
  front: FrontPlace,
  samples: Samples,
  path: string,
  edgeNow: () => number,
): Record<Exclude<FrontCheck, 'front-token'>, Look> {
  const { token } = front
  if (token === undefined) {
    const look: Look = async () => skipped(`no token: give ${flagOrVariable('token')}`)
    return { 'front-redirect': look, 'front-clock': look, 'front-signature': look, 'front-keys': look }
  }
  const asking = probeFront(front.url, token, path, front.known).then((answer) => ({ answer, at: edgeNow() }))
  // Told by the checks that wait for it.
  asking.catch(() => undefined)
  const looking = (look: (answer: FrontAnswer, at: number) => Finding | Promise<Finding>): Look =>
    unlessSilent(async () => {
      const { answer, at } = await asking
      return look(answer, at)
    })
  return {
    'front-redirect': looking((answer) => judgeRedirect(answer, place, front)),
    'front-clock': looking(({ date }, at) =>
      date === undefined ? skipped('the answer tells no time') : judgeSkew(date + 0.5 - at),
    ),
    'front-signature': looking((answer, at) => judgeLocation(answer, place, at)),
    'front-keys': unlessSilent(async () => {
      if (front.path !== undefined) return skipped('with --front-path the key is not known')
      const keys = [...new Set(samples.odd.flatMap(({ sample }) => sample?.key ?? []))]
      return judgeKeys(await Promise.all(keys.map((key) => meaningOf(key, front, token, place))))
    }),
  }
}

/** That nobody answers is told once, by the first check. */
const unlessSilent =
  (look: Look): Look =>
  async () => {
    try {
      return await look()
    } catch (error) {
      if (!(error instanceof CtlError && /^(FrontUnreachable$|Proxy)/.test(error.code))) throw error
      return skipped('the front server does not answer')
    }
  }

const frontChecks = [
  { id: 'front-token', title: 'The front server asks for a token' },
  { id: 'front-redirect', title: 'The front server redirects to CloudFront' },
  { id: 'front-clock', title: "The front server's clock" },
  { id: 'front-signature', title: 'What the front server signs is served' },
  { id: 'front-keys', title: 'The front server keeps odd characters' },
] as const

const skipAll = (why: string): Check[] => frontChecks.map((check) => ({ ...check, ...skipped(why) }))

/** Without a token. */
async function judgeStranger({ url, known }: FrontPlace, path: string): Promise<Finding> {
  const { status } = await probeFront(url, undefined, path, known)
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
  'Look whether packagecloud runs (`packagecloud-ctl status`) and at its log.',
  'Where its paths are not the keys of the bucket, give --front-path, such as USER/REPO/packages/.../download.deb.',
]

function judgeRedirect({ status, host, kind }: FrontAnswer, place: Place, { enabled }: FrontPlace): Finding {
  const { domain } = place
  const restart = applyHere(place)
  const seen = host === undefined ? String(status) : `${status} to ${host}`
  if (status === 401 || status === 403) {
    return failed(
      seen,
      'The token is not accepted.',
      `Give a read token of this repository in ${options.token.variable}.`,
    )
  }
  if (host === undefined) return failed(seen, 'It does not redirect.', ...lookAtIt)
  if (kind === 'other') {
    return failed(
      seen,
      'That is neither CloudFront nor the bucket.',
      `Look who answers there: \`curl -sI https://${host}/\``,
    )
  }
  if (kind === 's3') {
    return enabled
      ? failed(
          seen,
          'cloudfront_enabled is true in the configuration, but not live: reconfigured, not restarted?',
          ...restart,
        )
      : warning(
          seen,
          'CloudFront is not enabled, so downloads come from S3.',
          `Set \`${rails('cloudfront_enabled')} = true\` in ${place.behind.configFile}.`,
          ...applyHere(place, 'Then run'),
        )
  }
  if (!enabled) {
    return failed(seen, 'cloudfront_enabled is not true in the configuration, but still is on the server.', ...restart)
  }
  if (host !== domain.toLowerCase()) {
    return failed(
      seen,
      `The configuration says ${domain}: it is set, but not live; or it is another installation.`,
      ...restart,
    )
  }
  return ok(seen, 'Clients are sent to the packages domain.')
}

/** @param now - AWS's clock in Unix seconds */
async function judgeLocation({ location = '', kind }: FrontAnswer, place: Place, now: number): Promise<Finding> {
  const parts = parseUrl(location)
  if (kind !== 'cloudfront' || parts === undefined) return skipped('it does not redirect to CloudFront')
  const { verdict, reason = '', token, notes } = explain(parts, { secrets: place.secrets, now })
  const { served, seen } = await followed(parts)
  if (reason === 'bad signature') {
    const clients = served ? 'Clients are served, because the edge has that secret too.' : 'Clients are not served.'
    return failed(
      `bad signature; ${seen}`,
      `It signs with another secret than this configuration has: reconfigured, but not restarted. ${clients}`,
      ...(await restartInOrder(place)),
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
  if (!served) {
    return failed(seen, 'The signature is right, but the edge does not serve it.', ...(await repairs(place)))
  }
  if (token?.signedWith === 'previous') {
    return warning(
      `${seen}, by the previous secret`,
      'It has not been restarted since the new secret was set.',
      ...(await restartInOrder(place)),
    )
  }
  return ok(`${seen}, good for ${token?.secondsLeft ?? 0} s`, 'Clients get what they ask for.')
}

/** A restart has the front server sign with the secret of this configuration, which the edge must accept before. */
async function restartInOrder(place: Place): Promise<Line[]> {
  const key = 'pc-ctl/is-this-secret-accepted'
  // That the edge does not answer is told by another check.
  const { status, reason = '' } = await ask(signedUrl(place, key)).catch(() => ({ status: 0, reason: '' }))
  if (status < 500 && reason !== 'bad signature') return applyHere(place)
  return [...(await repairs(place)), ...applyHere(place, 'Only then run')]
}

/** Whether a client that follows the redirect gets something. */
async function followed(parts: UrlParts): Promise<{ served: boolean; seen: string }> {
  try {
    const { served, status, reason } = await probe(parts, networkOf().get)
    return { served, seen: `the edge answers ${status}${reason === undefined ? '' : `: ${reason}`}` }
  } catch (error) {
    return { served: false, seen: `the edge does not answer: ${networkReason(error)}` }
  }
}

interface KeyLook {
  readonly key: string
  /** The key that the redirect means. */
  readonly meant: string | undefined
  readonly status: number
}

async function meaningOf(key: string, front: FrontPlace, token: string, place: Place): Promise<KeyLook> {
  const { status, location = '', kind } = await probeFront(front.url, token, key, front.known)
  const parts = parseUrl(location)
  const meant = parts && explain(parts, { secrets: place.secrets, now: 0 }).key
  // S3's own URLs may have the bucket first in the path.
  const inBucket = kind === 's3' && meant === `${front.known.bucket ?? ''}/${key}`
  return { key, status, meant: inBucket ? key : meant }
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
