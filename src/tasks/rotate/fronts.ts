/** Which secret front servers sign with, read off where they send clients. */
import { looking, type Pace } from '../../aws/patience.ts'
import { explain } from '../../edge/explain.ts'
import { parseUrl } from '../../edge/url-parts.ts'
import { optional, type Settings } from '../../settings/settings.ts'
import { CtlError } from '../../errors.ts'
import { verbatim } from '../../text.ts'
import { type Conduct, runChain, wait } from '../chain/chain.ts'
import { once, restarting } from '../disable-cloudfront-check.ts'
import { isAttended } from '../../ui/ask.ts'
import { askFront, type Front } from '../enable/make-live.ts'

/** What a front server was seen to sign with. */
export interface FrontSeen {
  readonly url: string
  readonly signedWith: 'new' | 'old' | 'another' | 'nothing'
  /** Why it does not count as restarted; a sentence. `null` where it does. */
  readonly why: string | null
}

/** Behind one name there may be several servers. */
const looksAtEach = 5

/**
 * Asks each front server where it sends clients.
 *
 * @throws CtlError of kind `usage` for a URL that can't be asked for
 */
export const askFronts = (fronts: readonly Front[], settings: Settings): Promise<FrontSeen[]> =>
  Promise.all(fronts.map((front) => askOne(front, settings)))

async function askOne(front: Front, settings: Settings): Promise<FrontSeen> {
  let last: FrontSeen = { url: front.url, signedWith: 'nothing', why: 'It was not asked.' }
  for (let look = 0; look < looksAtEach; look++) {
    last = await lookOnce(front, settings)
    if (last.signedWith !== 'new') break
  }
  return last
}

async function lookOnce(front: Front, settings: Settings): Promise<FrontSeen> {
  try {
    const { url, kind, host = '', location = '' } = await askFront(front, settings)
    const parts = kind === 'cloudfront' ? parseUrl(location) : undefined
    if (parts !== undefined) return judged(url, signerOf(parts, settings))
    return { url, signedWith: 'nothing', why: `${url} redirects to ${host}, and not to CloudFront.` }
  } catch (error) {
    if (!(error instanceof CtlError) || error.failure !== 'failed') throw error
    return { url: front.url, signedWith: 'nothing', why: error.message }
  }
}

function signerOf(parts: NonNullable<ReturnType<typeof parseUrl>>, settings: Settings): FrontSeen['signedWith'] {
  const current = optional(settings, 'cloudfrontSecret') ?? ''
  const previous = optional(settings, 'cloudfrontPreviousSecret') ?? ''
  const secrets = [
    { name: 'current' as const, text: current },
    ...(previous === '' ? [] : [{ name: 'previous' as const, text: previous }]),
  ]
  const signer = explain(parts, { secrets, now: Date.now() / 1000 }).token?.signedWith
  return signer === 'current' ? 'new' : signer === 'previous' ? 'old' : 'another'
}

const judged = (url: string, signedWith: FrontSeen['signedWith']): FrontSeen => ({
  url,
  signedWith,
  why:
    signedWith === 'new'
      ? null
      : signedWith === 'old'
        ? `${url} still signs with the old secret.`
        : `${url} signs with none of the secrets in this packagecloud.rb.`,
})

/** Whoever is there ends it. */
const paceNow = (): Pace => (isAttended() ? { ...restarting, total: Infinity } : restarting)

/** Those that do not sign with the new secret. */
export const notYet = (seen: readonly FrontSeen[]): FrontSeen[] => seen.filter(({ why }) => why !== null)

/**
 * Waits until all front servers sign with the new secret: for good where somebody is there, else for as long as a restart
 * takes.
 *
 * @param isWished - whether to wait at all
 * @throws CtlError of kind `failed` for those that do not
 */
export async function untilResigned(
  fronts: readonly Front[],
  settings: Settings,
  { conduct, isWished, again }: { conduct: Conduct; isWished: boolean; again: string },
): Promise<FrontSeen[]> {
  const look = wait<{ seen: FrontSeen[] }>(
    'Wait until every front server signs with the new secret',
    async (ctx, talk) => {
      const next = looking(isWished ? paceNow() : once, talk)
      for (;;) {
        ctx.seen = await askFronts(fronts, settings)
        const [first] = notYet(ctx.seen)
        if (first === undefined) return `${fronts.length} of ${fronts.length}`
        if (!(await next(first.why ?? ''))) throw oldSigners(ctx.seen, again)
      }
    },
  )
  return (await runChain([look], 'apply', conduct)).ctx.seen
}

function oldSigners(seen: readonly FrontSeen[], again: string): CtlError {
  const why = notYet(seen).flatMap((one) => one.why ?? [])
  return new CtlError('failed', why.join(' '), {
    hint: [
      'If paths of a front server are not the keys of the bucket, give --front-path PATH; a token goes into PC_CTL_FRONT_TOKEN.',
      'Then go on with:',
      verbatim(again),
    ],
    code: 'NotLive',
  })
}
