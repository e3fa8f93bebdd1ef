import { urlLife } from '../../edge/config.ts'
import { baseUrlOf } from '../../edge/signature.ts'
import { formatDuration } from '../../ui/duration.ts'
import { type Examination, failed, type Finding, ok, skipped, warning } from './check.ts'
import { type Answer, ask } from './network.ts'
import { notServed } from './not-served.ts'
import { cacheResult, isServed, type Place, signedUrl } from './place.ts'
import { repairs } from './repair.ts'

/** Seconds that a clock may be off before URLs of 300 s are noticeably shorter, or too short to be used. */
const skew = { noticed: 30, serious: 120 }
/** Far enough in the past that no clock matters. */
const longAgo = -86_400

/** Whether CloudFront is there, judged by an answer to any request. */
export function judgeReach(domain: string, { headers, said }: Answer): Finding {
  const { via = '', 'x-amz-cf-pop': pop } = headers
  if (!/cloudfront/i.test(via)) {
    return failed(
      `${said}, but not from CloudFront`,
      'Something else answers in its place: another server under this name, a proxy or a captive portal.',
      `Look at who answers: \`curl -sI ${baseUrlOf(domain)}/\``,
    )
  }
  return ok(`CloudFront answers${pop === undefined ? '' : ` from ${String(pop)}`}`, 'Nothing on the way keeps it off.')
}

/**
 * How far this machine's clock is off.
 *
 * @param now - this machine's clock at the time of the answer, in Unix seconds
 */
export function judgeClock({ date }: Answer, now: number): Finding {
  // The answer's time has been cut to whole seconds.
  return date === undefined ? skipped('the answer tells no time') : judgeSkew(now - date - 0.5)
}

/** @param ahead - seconds that the clock of a machine that signs is ahead of AWS's */
export function judgeSkew(ahead: number): Finding {
  const off = Math.round(Math.abs(ahead))
  const seen = off <= 1 ? "it agrees with AWS's" : `${formatDuration(off)} ${ahead > 0 ? 'ahead of' : 'behind'} AWS's`
  if (off <= skew.noticed) return ok(seen, 'URLs signed there live as long as they should.')
  const meaning =
    ahead > 0
      ? `URLs signed there live ${formatDuration(off)} longer than they should.`
      : `URLs signed there end ${formatDuration(off)} early, and they live only ${urlLife} s.`
  const todo = 'Set the clock (NTP: chronyd, systemd-timesyncd), above all on the front server.'
  return off > skew.serious ? failed(seen, meaning, todo) : warning(seen, meaning, todo)
}

/** A signed URL is served. */
export const examineSigned = (place: Place, key: string): Examination => ({
  id: 'signed',
  title: 'A signed URL is served',
  async look() {
    const answer = await ask(signedUrl(place, key))
    if (answer.status !== 200) return notServed(place, key, answer)
    return ok(`${answer.said} for ${key}`, 'The edge holds the secret of this configuration, and may read the bucket.')
  },
})

/** What is not rightly signed is refused, whatever of it is wrong. */
export function examineRefusals(place: Place, key: string, otherKey: string): Examination[] {
  const url = signedUrl(place, key)
  const [plain = '', query = ''] = url.split('?')
  const [, otherQuery = ''] = signedUrl(place, otherKey).split('?')
  const lastDigit = query.endsWith('0') ? '1' : '0'
  const refused = (id: string, title: string, expected: RegExp, ...urls: string[]): Examination => ({
    id,
    title,
    look: async () => judgeRefusals(place, expected, key, await Promise.all(urls.map((each) => ask(each)))),
  })
  return [
    refused('unsigned', 'An unsigned URL is refused', /^missing token$/, plain),
    refused('expired', 'An expired URL is refused', /^expired /, signedUrl(place, key, longAgo)),
    refused(
      'tampered',
      'A tampered URL is refused',
      /^bad signature$/,
      `${plain}?${query.slice(0, -1)}${lastDigit}`,
      `${plain}?${otherQuery}`,
    ),
  ]
}

async function judgeRefusals(
  place: Place,
  expected: RegExp,
  key: string,
  answers: readonly Answer[],
): Promise<Finding> {
  const findings = await Promise.all(answers.map((answer) => judgeRefusal(place, expected, key, answer)))
  return findings.find(({ status }) => status !== 'ok') ?? findings[0] ?? skipped('nothing was asked')
}

async function judgeRefusal(place: Place, expected: RegExp, key: string, answer: Answer): Promise<Finding> {
  const { status, reason = '', said, headers } = answer
  if (isServed(answer)) {
    return failed(
      `${said} for ${key}`,
      'Anybody can download: the distribution runs no function for this path, or one that does not check.',
      ...(await repairs(place)),
    )
  }
  if (status >= 500) return notServed(place, key, answer)
  if (!/^(?:missing|malformed|expired|bad) /.test(reason)) {
    return failed(
      said,
      'Not the function refused, but who comes behind it: the distribution runs none, or requests do not reach it.',
      ...(await repairs(place)),
    )
  }
  if (!expected.test(reason)) {
    return failed(said, 'The edge refuses it, but for another reason than it should.', ...(await repairs(place)))
  }
  const control = headers['cache-control'] ?? ''
  if (/^(?:Refresh)?Hit/.test(cacheResult(answer)) || headers.age !== undefined || !control.includes('no-store')) {
    return failed(
      `${said}, and may be kept: ${control === '' ? 'no Cache-Control' : `Cache-Control ${control}`}`,
      'A cache would answer this to the next who asks with a good URL.',
      ...(await repairs(place)),
    )
  }
  return ok(said, 'The edge refuses it, says why, and no cache keeps that.')
}
