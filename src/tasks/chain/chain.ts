import { fromMemory, Memory } from '../../aws/memory.ts'
import type { Talk } from '../../aws/patience.ts'
import type { Need } from '../../resources/resource.ts'
import { CtlError } from '../../errors.ts'
import type { PlanLine } from '../../ui/plan.ts'
import { refusal } from './ensure.ts'
import { type Conduct, runChain } from './run-chain.ts'
import type { Chain, Step } from './step.ts'

export { ensure } from './ensure.ts'
export { type Conduct, runChain } from './run-chain.ts'
export type { Chain, Step } from './step.ts'
export { trial } from './trial.ts'

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
    tell?: (value: C[K], ctx: C) => string
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
    return tell?.(value, ctx)
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

/** Steps that are part of the chain only where something holds, which steps before them find out. */
export const where = <C>(when: (ctx: C) => boolean, steps: Chain<C>): Step<C>[] =>
  steps.map((step) => ({
    ...step,
    when: (ctx) => when(ctx) && step.when?.(ctx) !== false,
    ...(step.together === undefined ? {} : { together: where(when, step.together) }),
  }))

/** Steps that do not depend on one another. */
export const together = <C>(title: string, ...steps: Step<C>[]): Step<C> => ({
  title,
  together: steps,
  run: async () => undefined,
})

/** A plan: everything is looked at and decided, nothing is written. */
export const planChain = async <C extends object>(chain: Chain<C>, conduct: Conduct): Promise<PlanLine[]> =>
  (await runChain(chain, 'plan', { memory: new Memory(), ...conduct })).report

/**
 * Applies a chain, but only after a plan of all of it has found nothing that is in the way, and after the operator has
 * agreed to what must be asked.
 *
 * @param agree - asks the questions; answers whether to go on
 * @param further - questions about the plan as a whole
 * @throws CtlError of kind `refused` before anything is written
 */
export async function applyChain<C extends object>(
  chain: Chain<C>,
  conduct: Conduct,
  agree: (questions: readonly string[]) => Promise<boolean>,
  further: (plan: readonly PlanLine[]) => Promise<readonly string[]> = async () => [],
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
  const questions = [...(await further(plan)), ...plan.flatMap((line) => line.ask ?? [])]
  if (questions.length > 0 && !(await agree(questions))) {
    throw new CtlError('refused', 'Not agreed, so nothing was changed.')
  }
  // People take their time.
  if (questions.length > 0) memory.forget()
  return runChain(chain, 'apply', { ...conduct, memory, agreed: questions })
}

const isLeft = ({ needsFlag }: PlanLine): boolean => needsFlag !== undefined

function summary(plan: readonly PlanLine[]): string {
  if (plan.length === 0) return 'nothing to do'
  const count = (verb: PlanLine['do']): number => plan.filter((line) => line.do === verb && !isLeft(line)).length
  const parts = [
    [count('create'), 'to create'],
    [count('update'), 'to update'],
    [count('remove'), 'to remove'],
    [count('keep'), 'up to date'],
    [plan.filter(isLeft).length, 'left'],
    [count('refuse'), 'refused'],
  ] as const
  return parts
    .filter(([number]) => number > 0)
    .map(([number, what]) => `${number} ${what}`)
    .join(', ')
}
