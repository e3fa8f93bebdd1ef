import { networkAdvice, networkReason } from '../../aws/network-reason.ts'
import { CtlError } from '../../errors.ts'
import type { Line } from '../../text.ts'

export type CheckStatus = 'ok' | 'failed' | 'warning' | 'skipped'

/** What a look has come to. */
export interface Finding {
  readonly status: CheckStatus
  /** What was seen; why it was not looked at, if it was skipped. */
  readonly seen: string
  /** What that means. */
  readonly meaning?: string
  /** What to do, one step an entry. */
  readonly todo: readonly Line[]
}

/** A finding and what it is about. */
export interface Check extends Finding {
  /** For scripts; never changes. */
  readonly id: string
  readonly title: string
}

export const ok = (seen: string, meaning: string): Finding => ({ status: 'ok', seen, meaning, todo: [] })
export const failed = (seen: string, meaning: string, ...todo: Line[]): Finding => ({
  status: 'failed',
  seen,
  meaning,
  todo,
})
export const warning = (seen: string, meaning: string, ...todo: Line[]): Finding => ({
  status: 'warning',
  seen,
  meaning,
  todo,
})
export const skipped = (why: string, ...todo: string[]): Finding => ({ status: 'skipped', seen: why, todo })

/** A check that is still to be made. */
export interface Examination {
  readonly id: string
  readonly title: string
  readonly look: () => Promise<Finding>
}

/**
 * Makes a check. No answer is a finding too.
 *
 * @throws CtlError of kind `usage`: what was asked for cannot be looked at
 */
export async function examine({ id, title, look }: Examination): Promise<Check> {
  try {
    return { id, title, ...(await look()) }
  } catch (error) {
    if (error instanceof CtlError && error.failure === 'usage') throw error
    return { id, title, ...unreached(error) }
  }
}

function unreached(error: unknown): Finding {
  if (error instanceof CtlError) return failed(error.message, 'It could not be asked.', ...error.hint)
  return failed(
    `no answer: ${networkReason(error)}`,
    'The request did not get through, or not in time.',
    'Let this host reach the names and ports at the end of this report: firewalls, proxies, routes.',
    ...networkAdvice(error),
  )
}
