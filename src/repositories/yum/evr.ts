/** A version as the index's attributes tell it; what is missing has no attribute. */
export interface Evr {
  readonly epoch?: string
  readonly version?: string
  readonly release?: string
}

/**
 * Takes `[epoch:]version[-release]` apart, as createrepo_c does: a version without an epoch has epoch 0, the release
 * begins at the first hyphen, no version has nothing at all.
 */
export function parseEvr(evr: string): Evr {
  if (evr === '') return {}
  const { epoch, rest } = epochOf(evr)
  const dash = rest.indexOf('-')
  const version = dash < 0 ? rest : rest.slice(0, dash)
  const release = dash < 0 ? '' : rest.slice(dash + 1)
  return { epoch, ...(version === '' ? {} : { version }), ...(release === '' ? {} : { release }) }
}

/** Whether an epoch is a number, if there is one. What has another cannot be compared, and is not told. */
export const hasComparableEpoch = (evr: string): boolean => /^\s*[+-]?\d+$/.test(epochOf(evr).epoch)

function epochOf(evr: string): { epoch: string; rest: string } {
  const colon = evr.indexOf(':')
  return { epoch: colon > 0 ? evr.slice(0, colon) : '0', rest: evr.slice(colon + 1) }
}
