import type { Aws } from './connect.ts'
import { isBadIdentity, statusOf } from './aws-error.ts'
import { edgeRegion } from './names.ts'
import type { Notable } from './operation.ts'

/** How long it counts that the credentials were good, in milliseconds: long runs are refused object by object. */
const validMs = 60_000
/** Where STS can't be reached, it is not waited for. */
const patienceMs = 10_000

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
      asking ??= askSts(door()).finally(() => (asking = undefined))
      known = { reason: await asking, at: now() }
    }
    return known.reason ?? error
  }
}

/** The error by which STS says that it does not know the caller; undefined if it does, or can't be asked. */
async function askSts(aws: Pick<Aws, 'client'>): Promise<unknown> {
  const { GetCallerIdentityCommand, STSClient } = await import('@aws-sdk/client-sts')
  try {
    const abortSignal = AbortSignal.timeout(patienceMs)
    await aws.client(STSClient, edgeRegion, 'once').send(new GetCallerIdentityCommand({}), { abortSignal })
    return undefined
  } catch (reason) {
    return isBadIdentity(reason) ? reason : undefined
  }
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
