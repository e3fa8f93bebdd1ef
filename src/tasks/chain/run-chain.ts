import { setImmediate as turn } from 'node:timers/promises'

import { Listr, type ListrTask } from 'listr2'

import { explainError } from '../../aws/denial.ts'
import { type Memory, withMemory } from '../../aws/memory.ts'
import { interruption } from '../../aws/patience.ts'
import { interruptionBehind } from '../../aws/retries.ts'
import type { CtlError } from '../../errors.ts'
import { noteChange } from '../../ui/envelope.ts'
import { hasChanges, type PlanLine } from '../../ui/plan.ts'
import { rendering } from '../../ui/live-renderer.ts'
import { type Show, stepLines } from '../../ui/renderer.ts'
import { result } from '../../ui/result.ts'
import { type Talk, talking, talkOfStep } from '../../ui/step-talk.ts'
import { say } from '../../ui/talk.ts'
import type { Say } from '../../text.ts'
import { LooksAhead } from './ahead.ts'
import type { Chain, Run, Step } from './step.ts'
import { titleIn, titleWhenRun } from './wording.ts'

/** How a chain is run: where progress goes, and what ends it early. */
export interface Conduct {
  readonly show: Show
  readonly signal: AbortSignal
  /** Milliseconds until what was changed by someone else is looked at again, doubled each time. */
  readonly lookAgainAfter?: number
  /** What is known of AWS, for looks that need not be taken again. */
  readonly memory?: Memory
  /** The questions that the operator has answered with yes. */
  readonly agreed?: readonly string[]
  /** Hears at once of what the operator has to know whatever comes after; each is a sentence. */
  readonly warn?: (text: string) => void
}

/**
 * Runs a chain once.
 *
 * @param ctx - what the steps hand on to each other; of interest to whoever wants to know how far one came that failed
 * @throws CtlError for every expected failure, with the failed step's title in its message
 */
export async function runChain<C extends object>(
  chain: Chain<C>,
  mode: Run['mode'],
  { show, signal, lookAgainAfter = 500, agreed = [], warn = () => undefined, memory }: Conduct,
  // Each step adds its part; a chain's order guarantees that what a step reads has been put there before.
  ctx: C = {} as C,
): Promise<{ ctx: C; report: PlanLine[] }> {
  const report: PlanLine[] = []
  const steps = mode === 'apply' ? chain : withoutWaits(chain)
  const made = new Set<unknown>()
  const performance = new Performance(
    ctx,
    { mode, report, signal, lookAgainAfter, agreed, made, warn: once(warn) },
    show,
  )
  const ahead = memory === undefined ? undefined : performance.lookAhead(steps)
  const list = new Listr<C, ReturnType<typeof rendering>['renderer']>(
    steps.map((step) => performance.toTask(step)),
    { ...rendering(show), ctx },
  )
  const inOrder = chain.flatMap((step) => step.together ?? [step])
  try {
    const run = async (): Promise<void> => {
      await ahead?.beginFirst()
      await list.run(ctx)
    }
    await (memory === undefined ? run() : withMemory(memory, run))
  } catch (error) {
    ahead?.end()
    await performance.settled()
    // Of several the first in the runbook is told, whichever was the fastest.
    const first = inOrder.find((step) => performance.failures.has(step))
    throw first === undefined ? error : performance.failures.get(first)
  }
  // Steps that run at the same time end in any order; the report is in the runbook's.
  const titles = inOrder.map(({ title }) => title)
  report.sort((a, b) => titles.indexOf(a.title) - titles.indexOf(b.title))
  if (mode === 'apply' && hasChanges(report)) {
    // Where the answer to a write was lost and found again later, no call tells of it.
    noteChange()
    result.ifLost(doneAlready)
  }
  return { ctx, report }
}

/** Passes on what has not been said before. */
function once(warn: (text: string) => void): (text: string) => void {
  const warned = new Set<string>()
  return (text) => {
    if (!warned.has(text)) warn(text)
    warned.add(text)
  }
}

const doneAlready =
  'What it was to change in AWS is done. Run the same command again: it finds that, and prints the result.'

/** The steps of a plan; groups of which nothing is left are left out too. */
const withoutWaits = <C>(chain: Chain<C>): Step<C>[] =>
  chain
    .filter(({ onlyWhenApplied }) => onlyWhenApplied !== true)
    .map((step) => (step.together === undefined ? step : { ...step, together: withoutWaits(step.together) }))
    .filter(({ together: group }) => group?.length !== 0)

/** One run of a chain: its steps as listr2 takes them, and what became of them. */
class Performance<C extends object> {
  readonly failures = new Map<Step<C>, CtlError>()
  readonly #begun: Promise<unknown>[] = []
  #ahead: LooksAhead<C> | undefined
  readonly #ctx: C
  readonly #run: Omit<Run, 'tell' | 'foresee'>
  readonly #say: Say
  /** A chain that is run within a step, and shows nothing itself, talks through that step. */
  readonly #outer: Talk | undefined

  constructor(ctx: C, run: Omit<Run, 'tell' | 'foresee'>, show: Show) {
    this.#ctx = ctx
    this.#run = run
    this.#say = show === 'lines' ? say : () => undefined
    this.#outer = show === 'nothing' ? talkOfStep() : undefined
  }

  /** Has steps look before their turn comes. */
  lookAhead(steps: Chain<C>): LooksAhead<C> {
    this.#ahead = new LooksAhead(steps, this.#ctx, this.#run)
    return this.#ahead
  }

  toTask(step: Step<C>): ListrTask<C> {
    return {
      title: titleIn(this.#run.mode, step),
      ...(step.when === undefined ? {} : { enabled: () => step.when?.(this.#ctx) !== false }),
      skip: () => this.#whySkipped(step),
      task: (_ctx, task): Promise<void> | Listr<C> => {
        const { together } = step
        if (together === undefined) return this.#perform(step, task)
        return task.newListr(
          together.map((one) => this.toTask(one)),
          { concurrent: true },
        )
      },
    }
  }

  /** Waits until no step is under way any more: one that failed does not cut off the calls of those beside it. */
  async settled(): Promise<void> {
    for (let waitedFor = -1; waitedFor < this.#begun.length;) {
      waitedFor = this.#begun.length
      await Promise.all(this.#begun)
      // What is to run at the same time may not have begun yet.
      await turn()
    }
  }

  #whySkipped(step: Step<C>): string | false {
    const why = step.skip?.(this.#ctx)
    if (why === undefined) return false
    const title = titleIn(this.#run.mode, step)
    stepLines(title, this.#say).skipped(why)
    return `${title}: ${why}`
  }

  /** Runs a step. One that fails does so once those beside it have ended, so that the list shows how they ended. */
  async #perform(step: Step<C>, task: { title?: string; output?: string }): Promise<void> {
    const running = this.#attempt(step, task)
    this.#begun.push(running.catch(() => undefined))
    try {
      await running
    } catch (error) {
      await this.settled()
      throw error
    }
  }

  async #attempt(step: Step<C>, task: { title?: string; output?: string }): Promise<void> {
    const { mode, signal } = this.#run
    let lines = stepLines(titleIn(mode, step), this.#say)
    let title = titleIn(mode, step)
    const tell = (text: string): void => {
      task.output = text
      lines.tell(text)
      this.#outer?.tell(text)
    }
    try {
      if (signal.aborted) throw interruption()
      title = titleWhenRun(mode, step, this.#ctx)
      task.title = title
      lines = stepLines(title, this.#say)
      const run: Run = { ...this.#run, tell, foresee: (as, value) => this.#ahead?.foresee(as, value) }
      this.#ahead?.leave(step)
      const done = await talking(run, () => step.run(this.#ctx, run))
      this.#ahead?.begin()
      if (done !== undefined) task.title = `${title}: ${done}`
      lines.done(done)
    } catch (error) {
      lines.failed()
      const failure = explainError(interruptionBehind(error) ?? error, title)
      this.failures.set(step, failure)
      throw failure
    }
  }
}
