import { networkAdvice, networkReason } from '../aws/network-reason.ts'
import { networkOf } from '../aws/network.ts'
import { type Engine, engineNames } from '../edge/engine.ts'
import { explain, type EdgeKnowledge, type Explanation } from '../edge/explain.ts'
import { probe, type Probe } from '../edge/probe.ts'
import { parseUrl, type UrlParts } from '../edge/url-parts.ts'
import { formatDuration } from '../ui/duration.ts'
import { CtlError, exitCodes } from '../errors.ts'
import { type Block, item, table } from '../text.ts'

/** An explanation, and what the CDN itself answered where it was asked. */
export interface UrlReport extends Explanation {
  fetched?: Probe
}

/** A difference of clocks below this is the network. */
const clockTolerance = 5

/**
 * Explains a signed URL, see {@link explain}; with `fetch`, asks the CDN too and says what a difference means.
 *
 * @throws CtlError (usage) if it is no URL; (failed) if the CDN, or the proxy before it, cannot be reached
 */
export async function explainUrl(url: string, known: EdgeKnowledge, fetch: boolean): Promise<UrlReport> {
  const parts = parseUrl(url)
  if (parts === undefined) {
    throw new CtlError('usage', `${JSON.stringify(url)} is not an http or https URL.`, {
      hint: 'Quote it: in a shell, & ends a command and ? is a wildcard.',
    })
  }
  const explanation = explain(parts, known)
  if (!fetch) return explanation
  const fetched = await ask(parts)
  return { ...explanation, fetched, notes: [...explanation.notes, ...compare(explanation, fetched)] }
}

/** 0 if the URL is let through (and, if fetched, the object is served), 1 if not, 3 if that cannot be told. */
export function exitCodeOf({ verdict, fetched }: UrlReport): number {
  if (fetched !== undefined) return fetched.served ? exitCodes.done : exitCodes.failed
  return { accepted: exitCodes.done, refused: exitCodes.failed, unknown: exitCodes.configuration }[verdict]
}

async function ask(parts: UrlParts): Promise<Probe> {
  try {
    return await probe(parts, networkOf().get)
  } catch (error) {
    if (error instanceof CtlError) throw error
    throw new CtlError('failed', `${parts.domain} cannot be reached: ${networkReason(error)}.`, {
      hint: [
        'Firewalls and proxies must let this domain through; so must those of all clients.',
        ...networkAdvice(error),
      ],
      cause: error,
    })
  }
}

/** What it means that the CDN answered otherwise than the secret at hand would have it, or did not serve the object. */
function compare(
  { verdict, foreign, domain }: Explanation,
  { status, served, reason, engine, clockAhead }: Probe,
): string[] {
  const notes: string[] = []
  const refusedAtEdge = /^(?:missing token|malformed|expired|bad signature|nothing is served)/.test(reason ?? '')
  if (verdict === 'accepted' && reason === 'bad signature') {
    notes.push(
      `The edge has another secret than this configuration. Run bootstrap-cloudfront and the command that it prints, or wait until ${domain} is deployed.`,
    )
  } else if (verdict === 'refused' && served && foreign === undefined) {
    notes.push(
      'The CDN serves it although its token is not valid here: it runs no function, or one with another secret.',
    )
  } else if (!served && !refusedAtEdge) notes.push(...blame(status, reason, engine))
  if (clockAhead !== undefined && Math.abs(clockAhead) > clockTolerance) {
    const which = clockAhead > 0 ? 'ahead of' : 'behind'
    notes.push(
      `This machine's clock is ${formatDuration(Math.abs(clockAhead))} ${which} the CDN's. Signers need the right time.`,
    )
  }
  return notes
}

/** Who answered instead of the object, if it was not the function. */
function blame(status: number, reason: string | undefined, engine: Engine | undefined): string[] {
  if (status === 404) return ['The edge let it through; the bucket holds no such object.']
  if (status === 502 || status === 503) return [engine === undefined ? failedSomehow : failures[engine]]
  if (reason?.startsWith('S3 says') === true) {
    return ['The edge let it through; S3 refused. Look at the bucket policy and the origin access of the distribution.']
  }
  if (status === 403)
    return ['CloudFront refused it itself: an unknown alias, a geographic restriction or a firewall rule.']
  return []
}

const failedSomehow = 'The function failed or could not get at its secret; its log says more.'
const failures = {
  lambda:
    'The Lambda function failed or could not decrypt its secret; its log says more: in CloudWatch, in the region next to ' +
    'whoever asked.',
  function:
    'The CloudFront Function failed, took too long or could not read its secret in the key value store; its log says more: ' +
    'in CloudWatch, in us-east-1.',
} as const satisfies Record<Engine, string>

/** The report for people, one line a fact. */
export function reportText(report: UrlReport): Block[] {
  const { verdict, reason, domain, key, canonicalPath, token, fetched, notes } = report
  const said = { accepted: 'would be let through', refused: 'would be refused', unknown: 'cannot be told' }[verdict]
  const facts: [string, string | undefined][] = [
    ['edge', reason === undefined ? said : `${said}: ${reason}`],
    ['domain', domain],
    ['key', key],
    ['forwarded as', canonicalPath],
    ['expires', token && `${localTime(token.expires)} (${relative(token.secondsLeft)})`],
    ['signature', token && `HMAC-${token.algorithm.toUpperCase()}, ${signers[token.signedWith]}`],
    ['instead', report.foreign && `${report.foreign.kind}${until(report.foreign.expires)}`],
    ...(fetched === undefined ? [] : probeFacts(fetched)),
  ]
  const rows = facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))
  return [table(rows), ...notes.map((note) => item('note', note))]
}

const signers = {
  current: 'made with the current secret',
  previous: 'made with the previous secret',
  neither: 'made with none of the configured secrets',
  unchecked: 'not checked',
} as const

const probeFacts = ({ status, statusText, reason, engine, headers }: Probe): [string, string | undefined][] => [
  ['CDN answered', [`${status} ${statusText}`, reason].filter((text) => text !== undefined).join(': ')],
  ['by', engine && engineNames[engine]],
  ...Object.entries(headers),
]

const until = (expires: number | undefined) => (expires === undefined ? '' : `, until ${localTime(expires)}`)
const relative = (secondsLeft: number) =>
  secondsLeft < 0 ? `${formatDuration(-secondsLeft)} ago` : `in ${formatDuration(secondsLeft)}`

/** `2026-11-22 04:05:06 UTC`: the Swedish locale writes ISO dates. */
const localTime = (seconds: number): string =>
  new Date(seconds * 1000).toLocaleString('sv-SE', { dateStyle: 'short', timeStyle: 'long' })
