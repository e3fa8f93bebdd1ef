import { isBadIdentity, statusOf } from './aws-error.ts'
import type { Aws } from './clients.ts'
import type { Notable } from './operation.ts'

/** How long it counts that the credentials were good, in milliseconds: long runs are refused object by object. */
const validMs = 60_000

/**
 * Finds out what is behind a 400 or 403 without a body, which S3 answers to HEAD alike for a missing permission, an unknown
 * access key and a session that is over: STS knows, and answers everybody whom it knows.
 *
 * @returns a function that answers STS's error where it does not know the caller, else the error that it was given
 */
export function createDoubt(
  door: () => Pick<Aws, 'client'>,
  now: () => number = () => performance.now(),
): (error: unknown) => Promise<unknown> {
  let known: { readonly reason: unknown; readonly at: number } | undefined
  let asking: Promise<unknown> | undefined
  return async (error) => {
    if (!isWordless(error)) return error
    if (known === undefined || now() - known.at > validMs) {
      asking ??= ask(door()).finally(() => (asking = undefined))
      known = { reason: await asking, at: now() }
    }
    return known.reason ?? error
  }
}

/** STS's client is loaded only where there is something to ask. */
async function ask(aws: Pick<Aws, 'client'>): Promise<unknown> {
  const { whyUnknown } = await import('./caller-identity.ts')
  return whyUnknown(aws)
}

/** Whether an error is one by its status alone. What was answered in words is told by them. */
function isWordless(error: unknown): boolean {
  const status = statusOf(error)
  return (status === 400 || status === 403) && !isBadIdentity(error)
}

/** Has a client of S3 ask further where HEAD was answered without a reason. */
export function doubtHeads(client: Notable, whyRefused: Aws['whyRefused']): void {
  client.middlewareStack.add(
    (next, { commandName = '' }) =>
      async (args) => {
        try {
          return await next(args)
        } catch (error) {
          throw commandName.startsWith('Head') ? await whyRefused(error) : error
        }
      },
    { step: 'initialize', name: 'doubtHeads' },
  )
}
