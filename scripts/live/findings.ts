/** What was seen of what is assumed. */
import { type AssumptionId, assumptions } from './assumptions.ts'

/** `not seen`: nothing happened that would show it, as where what takes time was there already. */
type Verdict = 'as assumed' | 'differs' | 'not seen'

export interface Finding {
  readonly id: AssumptionId
  readonly assumed: string
  readonly seen: string
  readonly verdict: Verdict
}

/** Of each assumption the last that was seen, but never less than that it differs. */
export class Findings {
  readonly #found = new Map<AssumptionId, Finding>()
  readonly #tell: (finding: Finding) => void

  constructor(tell: (finding: Finding) => void) {
    this.#tell = tell
  }

  /** @param holds - `undefined`: that could not be seen */
  note(id: AssumptionId, seen: string, holds: boolean | undefined): void {
    const verdict = holds === undefined ? 'not seen' : holds ? 'as assumed' : 'differs'
    const finding = { id, assumed: assumptions[id], seen, verdict } as const
    if (this.#found.get(id)?.verdict === 'differs' && verdict !== 'differs') return
    this.#found.set(id, finding)
    this.#tell(finding)
  }

  /** All assumptions, in their order; those that no phase came to are not seen. */
  list(): Finding[] {
    return (Object.keys(assumptions) as AssumptionId[]).map(
      (id) =>
        this.#found.get(id) ?? {
          id,
          assumed: assumptions[id],
          seen: 'the run did not come to it',
          verdict: 'not seen',
        },
    )
  }

  differing(): Finding[] {
    return this.list().filter(({ verdict }) => verdict === 'differs')
  }
}
