import type { Talk } from '../../aws/patience.ts'
import type { Exported } from '../../resources/exported.ts'
import type { Need, Tie } from '../../resources/resource.ts'
import type { AwsCli, Takedown } from '../../resources/takedown.ts'
import type { PlanLine } from '../../ui/plan.ts'

/**
 * One step of a runbook. Only this folder knows a plan from an apply: `check` and `compute` run in both, `ensure` writes
 * only in an apply, `wait` is left out of a plan.
 *
 * `C` is what the steps of one chain hand on to each other.
 */
export interface Step<C> {
  readonly title: string
  /** Returns the outcome in a few words, shown after the title. */
  readonly run: (ctx: C, run: Run) => Promise<string | undefined>
  /** Steps that do not depend on one another and run at the same time, in place of `run`. */
  readonly together?: readonly Step<C>[]
  /** Left out of a plan. */
  readonly onlyWhenApplied?: boolean
  /** Where it answers no, the step is no part of the chain, and nothing is told of it; judged when its turn comes. */
  readonly when?: (ctx: C) => boolean
  /** Why the step is left out, if it is; judged when its turn comes. */
  readonly skip?: (ctx: C) => string | undefined
  /** What the step is about: a plan only looks at that, and says so. */
  readonly subject?: Subject<C>
  /** Looks at what the step will look at, before its turn comes; reads only. */
  readonly ahead?: (ctx: C, talk: Talk) => Promise<unknown>
  /**
   * Does what its run will need, and what writes nothing, as soon as it is foreseen what the run is about; what comes of
   * it is remembered.
   */
  readonly prepare?: (ctx: C, talk: Talk) => Promise<unknown>
  /** What the answer of `ahead` is, for the looks of other steps. */
  readonly foresees?: keyof C
  /** What that answer most likely is, for them to begin before it is there: where it is another, they look once more. */
  readonly likely?: () => unknown
  /** The permissions that the step needs, given what the steps before it have handed on. */
  readonly needs?: (ctx: C) => readonly Need[]
  /** What the step hands on. */
  readonly as?: keyof C
  /** Hands on what it is supposed to where the chain is not run but read: see survey.ts. */
  readonly suppose?: (ctx: C) => void
}

export type Chain<C> = readonly Step<C>[]

/** Whether a step is left out, told or untold. */
export const isLeftOut = <C>({ when, skip }: Pick<Step<C>, 'when' | 'skip'>, ctx: C): boolean =>
  when?.(ctx) === false || skip?.(ctx) !== undefined

/** What a step is told of the run that it is part of. */
export interface Run extends Talk {
  readonly mode: 'plan' | 'apply'
  readonly report: PlanLine[]
  readonly lookAgainAfter: number
  readonly agreed: readonly string[]
  /** The steps of which this run has made what they are about. */
  readonly made: Set<unknown>
  /** Tells what a step will hand on, unless something comes in its way, for others to prepare by. */
  readonly foresee: (as: unknown, value: unknown) => void
  /** Says something that must outlast the step's own line. */
  readonly warn: (text: string) => void
}

/** What a step of a plan is about. */
interface Subject<C> {
  /** What AWS calls it. */
  readonly kind: string
  /** Its name, as far as the steps before have handed it on. */
  readonly name: (ctx: C) => string
  /** What others tie themselves to it by. */
  readonly ids?: (ctx: C) => readonly string[]
  /** What it depends on. */
  readonly ties?: (ctx: C) => readonly Tie[]
  /** How other tools have it as it is, or as the plan announces it; `undefined` where there is none. */
  readonly exported?: (ctx: C, as: ExportedAs) => Promise<Found | undefined>
  /** How it is taken away; `undefined` where there is none. */
  readonly takedown?: (ctx: C, cli: AwsCli) => Promise<readonly Takedown[] | undefined>
}

/** What is exported: what is there, or what would be made. */
export type ExportedAs = 'live' | 'planned'

export interface Found {
  readonly exported: Exported
  /** Else it would only be made. */
  readonly isThere: boolean
}
