import { options } from '../../options.ts'
import type { NamedSecret } from '../../edge/diagnosis.ts'
import { baseUrlOf } from '../../edge/signature.ts'
import { parseUrl } from '../../edge/url-parts.ts'
import { need, optional, type Settings } from '../../settings/settings.ts'
import { CtlError, messageOf } from '../../errors.ts'
import { frontKnowledge } from '../front-server.ts'
import { signingSecrets } from '../signing-secrets.ts'
import type { FrontPlace } from './front.ts'
import type { Place } from './place.ts'

/** What to examine. */
export interface Complaint {
  readonly place: Omit<Place, 'behind'>
  /** Keys to test with; none: some of the bucket's. */
  readonly keys: readonly string[]
  readonly front: FrontPlace | undefined
}

/** What the operator asked for. */
export interface Wishes {
  readonly domain?: string | undefined
  readonly keys: readonly string[]
  readonly front?: string | undefined
  readonly frontPath?: string | undefined
  readonly token?: string | undefined
}

/**
 * Puts together what is to be examined.
 *
 * @param carried - the settings flags in use, for the commands that are suggested
 * @param now - this machine's clock, in Unix seconds
 * @throws CtlError of kind `configuration` without a domain or a usable secret; of kind `usage` for a front server that
 *   is no URL
 */
export function complaint(
  settings: Settings,
  { domain: asked, keys, front, frontPath: path, token }: Wishes,
  carried: readonly string[] = [],
  now: () => number = () => Date.now() / 1000,
): Complaint {
  const domain = asked ?? need(settings, 'cloudfrontPackagesDomain')
  checkDomain(domain, asked === undefined ? 'configuration' : 'usage')
  if (front !== undefined) checkFront(front)
  const enabled = optional(settings, 'cloudfrontEnabled') === true
  const known = { ...frontKnowledge(settings), packagesDomain: domain }
  return {
    place: { domain, secrets: namedSecrets(settings), now, carried },
    keys,
    front:
      front === undefined ? undefined : { url: front, token: token === '' ? undefined : token, path, enabled, known },
  }
}

function namedSecrets(settings: Settings): Place['secrets'] {
  const [current = '', previous] = signingSecrets(settings)
  const first: NamedSecret = { name: 'current', text: current }
  return previous === undefined ? [first] : [first, { name: 'previous', text: previous }]
}

function checkDomain(domain: string, blame: 'configuration' | 'usage'): void {
  try {
    baseUrlOf(domain)
  } catch (error) {
    throw new CtlError(blame, `The packages domain is unusable: ${messageOf(error)}`, {
      hint: 'Give the bare domain of the distribution, such as d111111abcdef8.cloudfront.net.',
    })
  }
}

/** The message does not repeat the URL: it may hold a token. */
function checkFront(front: string): void {
  const parts = URL.canParse(front) ? parseUrl(front) : undefined
  if (parts !== undefined && parts.querystring === '') return
  throw new CtlError('usage', '--front does not hold a plain http or https URL.', {
    hint: `Such as https://packages.example.org; the token goes into ${options.token.variable} or --token.`,
  })
}
