/**
 * Looks at AWS before a step's turn comes, as soon as what the look is about is known: steps are done in the order of
 * the runbook, but nobody waits for an answer that could have been asked for before. What is answered is remembered
 * (src/aws/memory.ts), and the step that comes to it finds it there. A look ahead never fails a run.
 */
import { fromMemory } from '../../aws/memory.ts'
import { type Talk, talking } from '../../ui/step-talk.ts'
import type { Chain, Step } from './chain.ts'

/** What is asked of something that no step has handed on yet. */
class NotYet extends Error {
  override readonly name = 'NotYet'
}

const asText = new Set<string | symbol>([Symbol.toPrimitive, Symbol.iterator, 'toString', 'valueOf', 'toJSON'])

/** Stands for what is not known yet: it may be handed about, but not be read, nor sent to AWS. */
const standIn: object = new Proxy(
  {},
  {
    get(_target, key): unknown {
      if (asText.has(key)) throw new NotYet()
      return key === 'then' ? undefined : standIn
    },
  },
)

/** What the steps have handed on so far, else what they are foreseen to, with a stand-in for what is neither. */
export const knownOf = <C extends object>(ctx: C, foreseen: ReadonlyMap<unknown, unknown> = new Map()): C =>
  new Proxy(ctx, {
    get: (target, key): unknown =>
      key in target ? Reflect.get(target, key) : foreseen.has(key) ? foreseen.get(key) : standIn,
  })

/** The looks of a chain that are not answered yet. */
export class LooksAhead<C extends object> {
  readonly #waiting: Set<Step<C>>
  readonly #ctx: C
  readonly #talk: Talk
  readonly #foreseen = new Map<unknown, unknown>()
  #known = -1

  constructor(chain: Chain<C>, ctx: C, signal: AbortSignal) {
    this.#waiting = new Set(chain.flatMap((step) => step.together ?? [step]).filter(({ ahead }) => ahead !== undefined))
    this.#ctx = ctx
    this.#talk = { tell: () => undefined, signal }
  }

  /** Begins what can be begun by what is known now. */
  begin(): void {
    const known = Object.keys(this.#ctx).length + this.#foreseen.size
    if (known === this.#known || this.#talk.signal.aborted) return
    this.#known = known
    for (const step of this.#waiting) void this.#look(step)
  }

  /** A step's own turn has come. */
  leave(step: Step<C>): void {
    this.#waiting.delete(step)
  }

  /** Nothing more is begun. */
  end(): void {
    this.#waiting.clear()
  }

  async #look(step: Step<C>): Promise<void> {
    const known = knownOf(this.#ctx, this.#foreseen)
    try {
      if (step.skip?.(known) === undefined) {
        const seen = await talking(this.#talk, () => fromMemory(async () => step.ahead?.(known, this.#talk)))
        if (step.foresees !== undefined) this.#foreseen.set(step.foresees, seen)
      }
      this.#waiting.delete(step)
      this.begin()
    } catch {
      // It is asked again once more is known, or by the step itself, which tells.
    }
  }
}
