import { ReaderGone, result } from './result.ts'

/** Sees to it that the result has been taken, and tells if not; answers whether it has been. */
export async function isWritten(): Promise<boolean> {
  try {
    await result.end()
    return true
  } catch (error) {
    if (!(error instanceof ReaderGone)) (await import('./failure.ts')).reportUnwritten(error)
    return false
  }
}
