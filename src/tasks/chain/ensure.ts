import { afresh, fromMemory, oldOrNew } from '../../aws/memory.ts'
import { pause } from '../../aws/patience.ts'
import { CtlError } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import { type Decision, Outdated, type Resource } from '../../resources/resource.ts'
import type { AwsCli, Takedown } from '../../resources/takedown.ts'
import { inOneLine, type Line } from '../../text.ts'
import type { PlanLine } from '../../ui/plan.ts'
import { beforeLooking, whyLookAgain } from './look-again.ts'
import type { ExportedAs, Found, Run, Step } from './step.ts'

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
      ...(resource.exported === undefined
        ? {}
        : { exported: async (ctx: C, asWhat: ExportedAs) => exportedFrom(resource, want(ctx), ctx[as], asWhat) }),
      ...(resource.takedown === undefined
        ? {}
        : { takedown: async (ctx: C, cli: AwsCli) => takedownOf(resource, want(ctx), cli) }),
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

/** Looks again; a plan has looked, so this is answered from memory. */
async function exportedFrom<Want, Live>(
  resource: Resource<Want, Live>,
  wanted: Want,
  planned: Live,
  as: ExportedAs,
): Promise<Found | undefined> {
  const found = await fromMemory(() => resource.describe(wanted))
  const live = as === 'live' ? found : planned
  const exported = live === undefined ? undefined : resource.exported?.(wanted, live)
  return exported === undefined ? undefined : { exported, isThere: found !== undefined }
}

/** How what is there is taken away; a plan has looked, so this is answered from memory. */
export async function takedownOf<Want, Live>(
  resource: Resource<Want, Live>,
  wanted: Want,
  cli: AwsCli,
): Promise<readonly Takedown[] | undefined> {
  const found = await fromMemory(() => resource.describe(wanted))
  return found === undefined ? undefined : resource.takedown?.(wanted, found, cli)
}

const idsOf = (live: unknown): string[] =>
  isObject(live) ? [live['id'], live['arn']].filter((id) => typeof id === 'string') : []

/** Goes through steps again; what they change this time takes the place of what the report says of them. */
export async function runAgain<C>(steps: readonly Step<C>[], ctx: C, run: Run): Promise<void> {
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
    if (decision.needsFlag !== undefined) {
      run.warn(`${decision.because.join('; ')}. ${inOneLine(decision.hint ?? [])}`)
      return { wanted, decision, live: found ?? decision.after }
    }
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

/** Nobody may do what is decided on. */
export const refusal = (line: { because: readonly string[]; hint?: readonly Line[] }, refused: string): CtlError =>
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
  ...(decision.note === undefined ? {} : { note: decision.note }),
  ...(decision.ask === undefined ? {} : { ask: decision.ask }),
  ...(decision.needsFlag === undefined ? {} : { needsFlag: decision.needsFlag }),
  ...(decision.hint === undefined ? {} : { hint: decision.hint }),
  ...(decision.remedy === undefined ? {} : { remedy: decision.remedy }),
  ...(decision.ours === undefined ? {} : { ours: decision.ours }),
})

function outcome({ do: verb, because, needsFlag }: Decision<unknown>, mode: Run['mode']): string {
  if (verb === 'keep') return 'up to date'
  const why = because.length === 0 ? '' : ` (${because.join('; ')})`
  if (needsFlag !== undefined) return `left as it is without ${needsFlag}${why}`
  if (mode === 'plan') return `would ${verb}${why}`
  return verb === 'create' ? 'created' : `updated${why}`
}
