/**
 * Which Lambda runtimes the edge function runs on, and for how long AWS has them.
 *
 * Source: AWS Lambda Developer Guide, "Lambda runtimes", as of November 2026.
 */

/** For new functions. */
export const newestRuntime = 'nodejs24.x'

/** The one to fall back to where CloudFront does not take {@link newestRuntime} yet. */
export const olderRuntime = 'nodejs22.x'

/** Days, as Lambda publishes them. */
interface RuntimeDates {
  readonly deprecated: string
  /** From then on no function with it can be updated. */
  readonly updateBlocked: string
}

const dates: Readonly<Record<string, RuntimeDates>> = {
  'nodejs18.x': { deprecated: '2025-09-01', updateBlocked: '2026-09-30' },
  'nodejs20.x': { deprecated: '2026-04-30', updateBlocked: '2026-09-30' },
  'nodejs22.x': { deprecated: '2027-04-30', updateBlocked: '2027-07-01' },
  'nodejs24.x': { deprecated: '2028-04-30', updateBlocked: '2028-07-01' },
}

const oldestMajor = 22

/** Those that are known to run our function, newest first. */
export const runtimes: readonly string[] = Object.keys(dates).filter(runsOurs).reverse()

/** Whether a runtime is one that runs our function: Node.js, and new enough for the bundle. */
export function runsOurs(runtime: string): boolean {
  const [, major] = /^nodejs(\d{2,3})\.x$/.exec(runtime) ?? []
  return major !== undefined && Number(major) >= oldestMajor
}

/** How long before its deprecation a runtime is warned of. */
const noticeDays = 180

/**
 * What an operator should know of the runtime in use.
 *
 * @param now - in milliseconds of Unix time
 * @returns a sentence, from 180 days before the deprecation on
 */
export function runtimeWarning(runtime: string, now: number): string | undefined {
  const { deprecated, updateBlocked } = dates[runtime] ?? {}
  if (deprecated === undefined || updateBlocked === undefined) return undefined
  if (now < Date.parse(deprecated) - noticeDays * 86_400_000) return undefined
  const verb = now < Date.parse(deprecated) ? 'will be deprecated' : 'was deprecated'
  const blocked =
    now < Date.parse(updateBlocked)
      ? `can no longer be updated from ${updateBlocked} on`
      : `can not be updated since ${updateBlocked}`
  const instead = runtime === newestRuntime ? '' : `: \`pc-ctl bootstrap-cloudfront --runtime ${newestRuntime}\``
  return `Lambda's runtime ${runtime} ${verb} on ${deprecated}; functions with it ${blocked}${instead}`
}
