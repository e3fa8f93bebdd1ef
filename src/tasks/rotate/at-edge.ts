/** Whether the edge accepts what is signed with the new secret, seen as clients see it. */
import type { Engine } from '../../edge/engine.ts'
import { looking, type Pace } from '../../aws/patience.ts'
import { urlLife } from '../../edge/config.ts'
import { decodeSecret } from '../../edge/secret-text.ts'
import { signUrl } from '../../edge/signature.ts'
import { CtlError, messageOf } from '../../errors.ts'
import { optional, type Settings } from '../../settings/settings.ts'
import { verbatim } from '../../text.ts'
import { type Conduct, runChain, wait } from '../chain/chain.ts'
import { once } from '../disable-cloudfront-check.ts'
import { ask } from '../doctor/network.ts'
import type { Outlook } from './look.ts'

/** No package has that name: what matters is whether the function lets it pass. */
const key = 'pc-ctl/is-this-secret-accepted'

/** In a row: requests are spread over the machines of an edge, each of which has its own copy of the store. */
const looksInARow = 6
/** How long a store takes to be everywhere is not documented, but for "seconds". */
const pace: Pace = { first: 1_000, most: 1_000, total: 120_000 }

/** What is known once {@link untilAccepted} is over. */
export const bothAccepted: Readonly<Record<Engine, string>> = {
  lambda: 'All edges accept both secrets.',
  function:
    'The edge that answers this host accepts both secrets. When the last of all edges does CloudFront tells nobody; it takes ' +
    'seconds as a rule, so restart the first front server a minute from now.',
}

/**
 * Waits until the edge accepts the secret in packagecloud.rb. That a version of Lambda's is everywhere CloudFront tells; of
 * what was put into a key value store nobody tells it, so it is looked at, by what clients would ask.
 *
 * @param isWished - whether to wait at all
 * @param again - the command that goes on
 * @throws CtlError of kind `failed` where it does not, or where nobody can tell
 */
export async function untilAccepted(
  settings: Settings,
  { engine, distribution: { domain } }: Pick<Outlook, 'engine' | 'distribution'>,
  { conduct, isWished, again }: { conduct: Conduct; isWished: boolean; again: string },
): Promise<void> {
  if (engine !== 'function') return
  const step = wait('Wait until the edge accepts what is signed with the new secret', async (_ctx, talk) => {
    const next = looking(isWished ? pace : once, talk)
    for (let inARow = 0; ;) {
      const why = await whyNot(settings, domain)
      inARow = why === undefined ? inARow + 1 : 0
      if (inARow === looksInARow || (why === undefined && !isWished)) return `${inARow} of ${inARow} requests`
      if (!(await next(why ?? 'looking once more'))) throw notAccepted(why ?? 'it did so only now and then', again)
    }
  })
  await runChain([step], 'apply', conduct)
}

/** @returns a clause; `undefined` where it is accepted */
async function whyNot(settings: Settings, ofDistribution: string): Promise<string | undefined> {
  const domain = optional(settings, 'cloudfrontPackagesDomain') ?? ofDistribution
  const secret = decodeSecret(optional(settings, 'cloudfrontSecret') ?? '')
  const url = signUrl({ domain, key, secret, expires: Math.floor(Date.now() / 1000) + urlLife })
  try {
    const { status, reason = '', said } = await ask(url)
    const isRefused = status >= 500 || /^(?:bad signature|malformed|missing token|expired)/.test(reason)
    return isRefused ? `${domain} says ${said}` : undefined
  } catch (error) {
    return `${domain} does not answer: ${messageOf(error)}`
  }
}

const notAccepted = (why: string, again: string): CtlError =>
  new CtlError('failed', `The edge is not seen to accept what is signed with the new secret: ${why}.`, {
    hint: [
      'Restart no front server. Go on with this, on a host that reaches the packages domain:',
      verbatim(again),
      '`pc-ctl doctor` says more of what the edge answers.',
    ],
    code: 'NotAccepted',
  })
