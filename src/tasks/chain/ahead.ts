/**
 * Looks at AWS before a step's turn comes, as soon as what the look is about is known: steps are done in the order of
 * the runbook, but nobody waits for an answer that could have been asked for before. What is answered is remembered
 * (src/aws/memory.ts), and the step that comes to it finds it there. A look ahead never fails a run.
 *
 * An apply has its looks from the plan. There it is what steps prepare that is begun ahead, by what others foresee.
 */
import { setImmediate as turn } from 'node:timers/promises'

import { leaving } from '../../aws/first-call.ts'
import { fromMemory } from '../../aws/memory.ts'
import { type Talk, talking } from '../../ui/step-talk.ts'
import { type Chain, isLeftOut, type Step } from './step.ts'

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

type Likely = ReadonlyMap<unknown, () => unknown>

/**
 * What the steps have handed on so far, else what they are foreseen to, else what they most likely will, with a stand-in
 * for what is none of these.
 */
export const knownOf = <C extends object>(
  ctx: C,
  foreseen: ReadonlyMap<unknown, unknown> = new Map(),
  likely: Likely = new Map(),
): C =>
  new Proxy(ctx, {
    get: (target, key): unknown =>
      key in target
        ? Reflect.get(target, key)
        : foreseen.has(key)
          ? foreseen.get(key)
          : (likely.get(key)?.() ?? standIn),
  })

/** The looks of a chain that are not answered yet. */
export class LooksAhead<C extends object> {
  readonly #waiting: Set<Step<C>>
  readonly #ctx: C
  readonly #talk: Talk
  readonly #foreseen = new Map<unknown, unknown>()
  readonly #likely: Likely
  readonly #what: 'ahead' | 'prepare'
  #known = -1
  /** Until the first call is on its way. */
  #first: Promise<void> | undefined

  constructor(chain: Chain<C>, ctx: C, { mode, signal }: { mode: 'plan' | 'apply'; signal: AbortSignal }) {
    const what = mode === 'plan' ? 'ahead' : 'prepare'
    this.#what = what
    const steps = chain.flatMap((step) => step.together ?? [step])
    this.#waiting = new Set(steps.filter((step) => step[what] !== undefined))
    this.#likely = new Map(steps.flatMap(({ as, likely }) => (likely === undefined ? [] : [[as, likely]])))
    this.#ctx = ctx
    this.#talk = { tell: () => undefined, signal }
  }

  /** Begins what can be begun by what is known now. */
  begin(): void {
    if (this.#what === 'prepare' && this.#foreseen.size === 0) return
    const known = Object.keys(this.#ctx).length + this.#foreseen.size
    if (known === this.#known || this.#talk.signal.aborted) return
    this.#known = known
    void this.#beginEach(known)
  }

  /** As {@link begin}, before anything else is begun; answers when the first call is on its way. */
  async beginFirst(): Promise<void> {
    this.begin()
    await this.#first
  }

  /** One after the other, so that the first call is on its way while the client of the next one is loaded. */
  async #beginEach(known: number): Promise<void> {
    for (const step of this.#waiting) {
      if (known !== this.#known) return
      if (this.#first === undefined) {
        this.#first = leaving(() => this.#look(step))
        await this.#first
      } else {
        void this.#look(step)
        await turn()
      }
    }
  }

  /** What a step will hand on is known before it is done. */
  foresee(as: unknown, value: unknown): void {
    this.#foreseen.set(as, value)
    this.begin()
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
    const known = knownOf(this.#ctx, this.#foreseen, this.#likely)
    try {
      // Whether it is left out may turn out otherwise.
      if (isLeftOut(step, known)) return
      const seen = await talking(this.#talk, () => fromMemory(async () => step[this.#what]?.(known, this.#talk)))
      if (step.foresees !== undefined) this.#foreseen.set(step.foresees, seen)
      this.#waiting.delete(step)
      this.begin()
    } catch {
      // It is asked again once more is known, or by the step itself, which tells.
    }
  }
}
