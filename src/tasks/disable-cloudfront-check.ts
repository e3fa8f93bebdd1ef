import { patiently, type Pace, type Talk } from '../aws/patience.ts'
import { CtlError } from '../errors.ts'
import { type Line, verbatim } from '../text.ts'
import { type FrontAnswer, type FrontKnowledge, noRedirect, probeFront } from './front-server.ts'

/** What is asked of the front server. */
export interface Look {
  readonly front: string
  readonly token: string | undefined
  /** Path that clients ask for; without one a name that surely no package has. */
  readonly key: string | undefined
}

/** Packagecloud has many processes, and takes up to a minute until all have started again. */
export const restarting: Pace = { first: 1_000, most: 5_000, total: 120_000 }
/** Nothing was restarted just now, so there is nothing to wait for. */
export const once: Pace = { first: 0, most: 0, total: -1 }

const passing = new Set(['FrontUnreachable', 'FrontUnavailable', 'NotLive'])

/**
 * Looks whether the front server redirects to S3 again, repeatedly while it may still be starting.
 *
 * @param live - the commands that make packagecloud.rb what is running, for the hint
 * @throws CtlError of kind `failed` if it does not: `NotLive` if it still redirects to CloudFront; of kind `usage` for a
 *   URL or key that cannot be asked for
 */
export function checkFront(
  look: Look,
  known: FrontKnowledge,
  live: readonly string[],
  pace: Pace,
  talk: Talk,
): Promise<FrontAnswer> {
  const attempt = async (): Promise<FrontAnswer> => {
    const answer = await probeFront(look.front, look.token, look.key ?? 'pc-ctl-front-check', known)
    if (answer.kind !== 's3') throw whyNotS3(answer, look, known, live)
    return answer
  }
  const why = (error: unknown): string | undefined =>
    error instanceof CtlError && passing.has(error.code) ? error.message : undefined
  return patiently(attempt, why, pace, talk)
}

function whyNotS3(answer: FrontAnswer, look: Look, known: FrontKnowledge, live: readonly string[]) {
  const { url, kind, host } = answer
  const failed = (message: string, hint: readonly Line[], code = 'FrontUnclear'): CtlError =>
    new CtlError('failed', message, { hint, code })
  if (kind === 'cloudfront') {
    const message = `${url} still redirects to CloudFront (${host ?? ''}): cloudfront_enabled = false is not live.`
    return failed(
      message,
      ['On every front server; a reconfigure alone may not be enough:', ...live.map((command) => verbatim(command))],
      'NotLive',
    )
  }
  if (host !== undefined) {
    const bucket = known.bucket === undefined ? 'S3' : `S3 (bucket ${known.bucket})`
    return failed(`${url} redirects to ${host}, which is neither ${bucket} nor CloudFront.`, [
      'If that is where the bucket is served, set aws_host in packagecloud.rb; if the bucket is another, give --bucket.',
      'If it is the front server by another name or by https, give that as --front.',
    ])
  }
  return noRedirect(answer, look.token, 'key')
}
