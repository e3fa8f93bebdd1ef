import { interruption, type Talk } from '../../aws/patience.ts'
import { compute, type Conduct, runChain } from './chain.ts'

/**
 * Does something that only looks, as a chain of one step. An interruption ends it at once: nothing is left undone.
 *
 * @param title - what is done, in the operator's words
 * @throws CtlError as the look itself, or of kind `interrupted`
 */
export async function lookUp<T>(title: string, from: (talk: Talk) => Promise<T>, conduct: Conduct): Promise<T> {
  const step = compute<{ found: T }, 'found'>(title, {
    from: (_ctx, talk) => Promise.race([from(talk), interrupted(talk.signal)]),
    as: 'found',
  })
  return (await runChain([step], 'plan', conduct)).ctx.found
}

const interrupted = (signal: AbortSignal): Promise<never> =>
  new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(interruption()), { once: true })
  })
