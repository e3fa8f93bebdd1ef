import { CtlError } from '../errors.ts'
import { talking } from '../ui/step-talk.ts'

/**
 * Gives a look at AWS up after a while; what is still being tried then ends with its next pause.
 *
 * @param patienceMs - milliseconds
 * @throws CtlError of code `NoAnswer` where it took too long; what `work` throws
 */
export async function inTime<T>(patienceMs: number, work: () => Promise<T>): Promise<T> {
  const giveUp = new AbortController()
  const { promise, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => {
    giveUp.abort()
    reject(new CtlError('failed', `AWS gave no answer within ${patienceMs / 1000} s.`, { code: 'NoAnswer' }))
  }, patienceMs)
  const trying = talking({ tell: () => undefined, signal: giveUp.signal }, work)
  trying.catch(() => undefined)
  try {
    return await Promise.race([trying, promise])
  } finally {
    clearTimeout(timer)
  }
}
