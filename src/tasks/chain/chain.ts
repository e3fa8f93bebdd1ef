import { afresh, fromMemory, Memory, oldOrNew } from '../../aws/memory.ts'
import { pause, type Talk } from '../../aws/patience.ts'
import { type Decision, type Need, Outdated, type Resource } from '../../resources/resource.ts'
import { CtlError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import type { PlanLine } from '../../ui/plan.ts'
import type { Line } from '../../text.ts'
import { beforeLooking, whyLookAgain } from './look-again.ts'
import { type Conduct, runChain } from './run-chain.ts'
import type { Subject } from './wording.ts'

export { type Conduct, runChain } from './run-chain.ts'

/**
 * One step of a runbook. Only this file knows a plan from an apply: `check` and `compute` run in both, `ensure` writes
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

/**
 * A statement that must be true before anything is written. Throws if it isn't; may answer what it saw.
 *
 * `ahead`: it only looks at AWS, and may do so as soon as what it is about is known.
 */
export const check = <C>(
  title: string,
  {
    that,
    ahead = false,
    needs,
  }: {
    that: (ctx: C, talk: Talk) => Promise<string | undefined>
    ahead?: boolean
    needs?: (ctx: C) => readonly Need[]
  },
): Step<C> => ({
  title,
  run: (ctx, talk) => fromMemory(() => that(ctx, talk)),
  ...(ahead ? { ahead: that } : {}),
  ...(needs === undefined ? {} : { needs }),
})

/**
 * A value that later steps need, made without writing anything; `ahead` as in {@link check}. `suppose` is needed where
 * what later steps need permissions for follows from it, `likely` lets their looks begin before it is known.
 */
export const compute = <C, K extends keyof C>(
  title: string,
  {
    from,
    as,
    tell,
    ahead = false,
    needs,
    suppose,
    likely,
  }: {
    from: (ctx: C, talk: Talk) => Promise<C[K]>
    as: K
    ahead?: boolean
    likely?: () => C[K] | undefined
    tell?: (value: C[K]) => string
    needs?: (ctx: C) => readonly Need[]
    suppose?: (ctx: C) => C[K]
  },
): Step<C> => ({
  title,
  as,
  ...(needs === undefined ? {} : { needs }),
  ...(suppose === undefined
    ? {}
    : {
        suppose: (ctx: C) => {
          ctx[as] = suppose(ctx)
        },
      }),
  ...(ahead ? { ahead: from, foresees: as } : {}),
  ...(likely === undefined ? {} : { likely }),
  async run(ctx, talk) {
    const value = await fromMemory(() => from(ctx, talk))
    ctx[as] = value
    return tell?.(value)
  },
})

/** Time that AWS needs. Interrupting it loses nothing. */
export const wait = <C>(
  title: string,
  until: (ctx: C, talk: Talk) => Promise<string | undefined>,
  skip?: (ctx: C) => string | undefined,
): Step<C> => ({
  title,
  run: until,
  onlyWhenApplied: true,
  ...(skip === undefined ? {} : { skip }),
})

/** Steps that do not depend on one another. */
export const together = <C>(title: string, ...steps: Step<C>[]): Step<C> => ({
  title,
  together: steps,
  run: async () => undefined,
})

/**
 * Make a resource be as wanted: look, decide, and (unless this is a plan) write.
 *
 * `basedOn` are steps before this one whose results may be outdated by somebody else's work: they are gone through again
 * where the resource says so. `within` is the step that makes what this is a part of: where this run has just made that,
 * the part is known not to be there. With `onceMore` the step is left out of a plan, and of a report unless it has to write.
 */
export const ensure = <C, K extends keyof C, Want>(
  title: string,
  {
    resource,
    want,
    as,
    skip,
    basedOn = [],
    within,
    onceMore = false,
  }: {
    resource: Resource<Want, C[K]>
    want: (ctx: C) => Want
    as: K
    skip?: (ctx: C) => string | undefined
    basedOn?: readonly Step<C>[]
    within?: Step<C>
    onceMore?: boolean
  },
): Step<C> => {
  const step: Step<C> = {
    title,
    subject: {
      kind: resource.kind,
      name: (ctx) => resource.name(want(ctx)),
      ids: (ctx) => idsOf(ctx[as]),
      ties: (ctx) => resource.ties?.(want(ctx)) ?? [],
    },
    needs: (ctx) => resource.needs(want(ctx)),
    as,
    suppose(ctx) {
      ctx[as] = resource.pattern(want(ctx))
    },
    async run(ctx, run) {
      const refresh = () => runAgain(basedOn, ctx, run)
      const foresee = (after: C[K]) => run.foresee(as, after)
      const first = onceMore ? 'afresh' : run.made.has(within) ? 'nothing' : 'known'
      const { wanted, decision, live } = await settle(resource, () => want(ctx), run, { refresh, foresee, first })
      if (run.mode === 'apply' && decision.do === 'create') run.made.add(step)
      if (!onceMore || decision.do !== 'keep') run.report.push(planLine(resource, wanted, title, decision))
      ctx[as] = live
      return outcome(decision, run.mode)
    },
    ahead: (ctx) => resource.describe(want(ctx)),
    ...(resource.prepare === undefined ? {} : { prepare: async (ctx, talk) => resource.prepare?.(want(ctx), talk) }),
    ...(skip === undefined ? {} : { skip }),
    ...(onceMore ? { onlyWhenApplied: true } : {}),
  }
  return step
}

const idsOf = (live: unknown): string[] =>
  isObject(live) ? [live['id'], live['arn']].filter((id) => typeof id === 'string') : []

/** Goes through steps again; what they change this time takes the place of what the report says of them. */
async function runAgain<C>(steps: readonly Step<C>[], ctx: C, run: Run): Promise<void> {
  for (const step of steps) {
    const report: PlanLine[] = []
    await step.run(ctx, { ...run, report })
    for (const line of report.filter((again) => again.do !== 'keep')) {
      const before = run.report.findIndex(({ title }) => title === line.title)
      run.report.splice(before, before < 0 ? 0 : 1, line)
    }
  }
}

/** What the first look is: one that may be answered from memory, one as of now, or none, for nothing can be there. */
type FirstLook = 'known' | 'afresh' | 'nothing'

/**
 * What is there, and what to do about it. The first time what is remembered will do, of the plan for one; not for what
 * would be changed: AWS refuses to make what is there already, but not every change of what others have changed.
 */
async function lookAndDecide<Want, Live>(
  resource: Resource<Want, Live>,
  wanted: Want,
  { mode, look }: { readonly mode: Run['mode']; readonly look: FirstLook },
): Promise<{ found: Live | undefined; decision: Decision<Live> }> {
  const decide = (found: Live | undefined) => ({ found, decision: resource.decide(wanted, found) })
  const now = async () => decide(await afresh(() => resource.describe(wanted)))
  if (look === 'nothing') return decide(undefined)
  if (look === 'afresh') return now()
  const { found, isOld } = await oldOrNew(() => resource.describe(wanted))
  const known = decide(found)
  const isSafe = /^(?:keep|create)$/.test(known.decision.do)
  return mode === 'plan' || !isOld || isSafe ? known : now()
}

async function settle<Want, Live>(
  resource: Resource<Want, Live>,
  want: () => Want,
  run: Run,
  {
    refresh,
    foresee,
    first,
  }: { readonly refresh: () => Promise<void>; readonly foresee: (after: Live) => void; readonly first: FirstLook },
): Promise<{ wanted: Want; decision: Decision<Live>; live: Live }> {
  const warned = (live: Live): Live => {
    if (run.mode === 'apply') for (const warning of resource.warnings?.(live) ?? []) run.warn(warning)
    return live
  }
  for (let look = 1; ; look++) {
    const wanted = want()
    const { found, decision } = await lookAndDecide(resource, wanted, {
      mode: run.mode,
      look: look > 1 ? 'afresh' : first,
    })
    if (found !== undefined) warned(found)
    if (run.mode === 'plan' || decision.do === 'keep') return { wanted, decision, live: decision.after }
    if (decision.do === 'refuse') throw refusal(decision, 'Refused, and this was not changed')
    if (decision.ask !== undefined && !run.agreed.includes(decision.ask)) {
      throw new CtlError('refused', `Something changed meanwhile, and nobody was asked: ${decision.ask}`, {
        hint: 'Run the same command again.',
      })
    }
    try {
      return { wanted, decision, live: warned(await afresh(() => resource.apply(wanted, found, run, foresee))) }
    } catch (error) {
      const why = whyLookAgain(error, look)
      if (why === undefined) throw error
      run.tell(why)
      await pause(beforeLooking(look, run.lookAgainAfter), run.signal)
      if (error instanceof Outdated) await refresh()
    }
  }
}

const refusal = (line: { because: readonly string[]; hint?: readonly Line[] }, refused: string): CtlError =>
  new CtlError('refused', `${refused}: ${line.because.join('; ')}.`, { hint: line.hint ?? [] })

const planLine = <Want, Live>(
  resource: Resource<Want, Live>,
  wanted: Want,
  title: string,
  decision: Decision<Live>,
): PlanLine => ({
  title,
  kind: resource.kind,
  name: resource.name(wanted),
  id: resource.id(decision.after),
  do: decision.do,
  because: decision.because,
  changes: decision.changes,
  ...(decision.ask === undefined ? {} : { ask: decision.ask }),
  ...(decision.hint === undefined ? {} : { hint: decision.hint }),
  ...(decision.remedy === undefined ? {} : { remedy: decision.remedy }),
})

function outcome({ do: verb, because }: Decision<unknown>, mode: Run['mode']): string {
  if (verb === 'keep') return 'up to date'
  const why = because.length === 0 ? '' : ` (${because.join('; ')})`
  if (mode === 'plan') return `would ${verb}${why}`
  return verb === 'create' ? 'created' : `updated${why}`
}

/** A plan: everything is looked at and decided, nothing is written. */
export const planChain = async <C extends object>(chain: Chain<C>, conduct: Conduct): Promise<PlanLine[]> =>
  (await runChain(chain, 'plan', { memory: new Memory(), ...conduct })).report

/**
 * Applies a chain, but only after a plan of all of it has found nothing that is in the way, and after the operator has
 * agreed to what must be asked.
 *
 * @param agree - asks the questions; answers whether to go on
 * @throws CtlError of kind `refused` before anything is written
 */
export async function applyChain<C extends object>(
  chain: Chain<C>,
  conduct: Conduct,
  agree: (questions: readonly string[]) => Promise<boolean>,
): Promise<{ ctx: C; report: PlanLine[] }> {
  const memory = new Memory()
  const look: Step<{ plan: PlanLine[] }> = compute('Compare what is there with what is wanted', {
    from: () => planChain(chain, { ...conduct, memory, show: 'nothing' }),
    as: 'plan',
    tell: (plan) => summary(plan),
  })
  const { plan } = (await runChain([look], 'plan', conduct)).ctx
  const refused = plan.find((line) => line.do === 'refuse')
  if (refused !== undefined) throw refusal(refused, 'Refused, and nothing was changed')
  const questions = plan.flatMap((line) => line.ask ?? [])
  if (questions.length > 0 && !(await agree(questions))) {
    throw new CtlError('refused', 'Not agreed, so nothing was changed.')
  }
  // People take their time.
  if (questions.length > 0) memory.forget()
  return runChain(chain, 'apply', { ...conduct, memory, agreed: questions })
}

function summary(plan: readonly PlanLine[]): string {
  if (plan.length === 0) return 'nothing to do'
  const count = (verb: PlanLine['do']): number => plan.filter((line) => line.do === verb).length
  const parts = [
    [count('create'), 'to create'],
    [count('update'), 'to update'],
    [count('remove'), 'to remove'],
    [count('keep'), 'up to date'],
    [count('refuse'), 'refused'],
  ] as const
  return parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${number} ${what}`)
    .join(', ')
}
