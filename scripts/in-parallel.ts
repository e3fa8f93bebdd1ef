/**
 * Two at a time: these are other programs, and more of them than processors only get in each other's way.
 *
 * @throws what `work` throws, once nothing is at work any more
 */
export async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const rest = items.values()
  const worker = async (): Promise<void> => {
    for (const item of rest) await work(item)
  }
  const ended = await Promise.allSettled([worker(), worker()])
  for (const one of ended) if (one.status === 'rejected') throw one.reason
}
