/** The end of the page: what packagecloud.rb says becomes what packagecloud does. */
import type { Aws } from '../../aws/connect.ts'
import { looking, type Pace, patiently } from '../../aws/patience.ts'
import type { Settings } from '../../settings/settings.ts'
import { CtlError } from '../../errors.ts'
import { ask, isAttended } from '../../ui/ask.ts'
import { advice, type Say, verbatim } from '../../text.ts'
import { type Conduct, runChain, wait } from '../chain/chain.ts'
import { lookUp } from '../chain/look-up.ts'
import { restarting } from '../disable-cloudfront-check.ts'
import { type FrontAnswer, frontKnowledge, noRedirect, probeFront } from '../front-server.ts'
import { dnsRecord, dnsText } from '../names/dns.ts'
import { lookAtOwnName } from '../names/packages-name.ts'

/** A front server to look at, as `--front` and its like say. */
export interface Front {
  readonly url: string
  readonly token: string | undefined
  readonly path: string | undefined
}

/** A name that surely no package has. */
const noPackage = 'pc-ctl-front-check'

/**
 * Asks the front server where it sends clients.
 *
 * @throws CtlError of kind `failed` where it sends them nowhere, of kind `usage` for what can't be asked for
 */
export async function askFront({ url, token, path }: Front, settings: Settings): Promise<FrontAnswer> {
  const answer = await probeFront(url, token, path ?? noPackage, frontKnowledge(settings))
  if (answer.host === undefined) throw noRedirect(answer, token, 'front-path')
  return answer
}

/** How it is waited for. */
export interface NameWait {
  readonly conduct: Conduct
  readonly say: Say
  /** The command that goes on from there. */
  readonly again: string
  readonly isSomebodyThere?: boolean
  readonly pace?: Pace
}

/** Somebody has to make the record, and name servers have to hear of it. The operator ends it. */
const naming: Pace = { first: 1_000, most: 5_000, total: Infinity }

/**
 * Waits until a name of the operator's own leads to the distribution.
 *
 * @throws CtlError of kind `configuration` where it does not and nobody is there to wait for
 */
export async function untilNamed(
  aws: Aws,
  settings: Settings,
  domain: string,
  { conduct, say, again, isSomebodyThere = isAttended(), pace = naming }: NameWait,
): Promise<void> {
  const why = async (): Promise<string | undefined> => {
    const look = await lookAtOwnName(aws, settings, domain)
    return look === null || look.state === 'works' || look.state === 'not checked' ? undefined : look.why
  }
  const first = await why()
  if (first === undefined) return
  const record = dnsText([dnsRecord(settings.cloudfrontPackagesDomain?.value ?? '', domain)])
  if (!isSomebodyThere) {
    throw new CtlError('configuration', `Clients can not be sent there yet: ${first}.`, {
      hint: [...record, 'Then go on with:', verbatim(again)],
      code: 'NotYet',
    })
  }
  say(...advice(record))
  const look = wait('Wait until the name leads to the distribution', async (_ctx, talk) => {
    const again = looking(pace, talk)
    for (let reason = await why(); reason !== undefined; reason = await why()) await again(reason)
    return undefined
  })
  await runChain([look], 'apply', conduct)
}

/**
 * Tells of other front servers, before the restart.
 *
 * @throws CtlError of kind `refused` if the operator does not agree; of kind `usage` without a terminal
 */
export async function agreeOnRestart(file: string, yes: boolean, signal: AbortSignal, say: Say): Promise<void> {
  say(
    `If there are other front servers: put the same lines into ${file} on each, and run reconfigure and restart there too. ` +
      'Until then they redirect as before, which goes on to work.',
  )
  if (yes || (await ask(['Restart packagecloud on this host now?'], signal))) return
  throw new CtlError('refused', 'Not agreed, so nothing was restarted.', {
    hint: 'Run the same command again to go on from there.',
  })
}

/**
 * Waits until the front server redirects to CloudFront.
 *
 * @throws CtlError of kind `failed` if it does not
 */
export function untilRedirected(
  front: Front,
  settings: Settings,
  conduct: Conduct,
  pace: Pace = restarting,
): Promise<FrontAnswer> {
  const attempt = async (): Promise<FrontAnswer> => {
    const answer = await askFront(front, settings)
    if (answer.kind === 'cloudfront') return answer
    const { url, host = '' } = answer
    throw new CtlError('failed', `${url} redirects to ${host}, and not to CloudFront.`, {
      hint: [
        'If that is another front server: put the same lines into its packagecloud.rb, and there run',
        verbatim('packagecloud-ctl reconfigure'),
        verbatim('packagecloud-ctl restart'),
      ],
      code: 'NotLive',
    })
  }
  const passing = new Set(['FrontUnreachable', 'FrontUnavailable', 'NotLive'])
  const why = (error: unknown): string | undefined =>
    error instanceof CtlError && passing.has(error.code) ? error.message : undefined
  return lookUp('Look at the front server', (talk) => patiently(attempt, why, pace, talk), conduct)
}
