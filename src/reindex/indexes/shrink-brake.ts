import type { Part } from '../../repositories/format.ts'

const mostLost = 20
const mostLostShare = 0.05

/** Why an index would lose more than is believable, if it would. */
export function shrinking(parts: readonly Part[]): string | undefined {
  for (const { name, before, after } of parts) {
    const lost = before - after
    if (before > 0 && (after === 0 || lost > mostLost || lost > before * mostLostShare)) {
      return `${name} would have ${after} packages instead of ${before}`
    }
  }
  return undefined
}
