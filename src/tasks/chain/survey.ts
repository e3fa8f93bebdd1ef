/**
 * What is read off a chain without running it: AWS is not asked. Each step says what it is supposed to hand on, so that
 * those after it can say what they need.
 */
import type { Need, Tie } from '../../resources/resource.ts'
import type { AwsCli, Takedown } from '../../resources/takedown.ts'
import { knownOf } from './ahead.ts'
import { type Chain, type ExportedAs, type Found, isLeftOut, type Step } from './step.ts'

/**
 * Goes through a chain as far as that goes without AWS.
 *
 * @param given - what is known without running it; comes before what the steps suppose
 * @returns what the steps would have handed on, with patterns in place of what only AWS knows, and those that count
 */
function survey<C extends object>(chain: Chain<C>, given: Partial<C>): { ctx: C; steps: Step<C>[] } {
  // What no step supposes, none may ask for: that is an error that names no permission at all.
  const ctx = knownOf<C>({ ...given } as C)
  const steps = chain
    .flatMap((step) => step.together ?? [step])
    .filter((step) => {
      if (isLeftOut(step, ctx)) return false
      if (step.as !== undefined && !(step.as in ctx)) step.suppose?.(ctx)
      return true
    })
  return { ctx, steps }
}

/** What a chain is supposed to hand on; `given` as in {@link needsOf}. */
export const supposed = <C extends object>(chain: Chain<C>, given: Partial<C> = {}): C => survey(chain, given).ctx

/**
 * The permissions that a chain needs, without running it. Where AWS chooses an id, the resource is a pattern.
 *
 * @param given - what is known of what its steps would hand on
 */
export function needsOf<C extends object>(chain: Chain<C>, given: Partial<C> = {}): Need[] {
  const { ctx, steps } = survey(chain, given)
  return steps.flatMap((step) => step.needs?.(ctx) ?? [])
}

/** One resource that a step of a chain is about. */
export interface Node {
  /** The step's; its line in a report goes by it too. */
  readonly title: string
  readonly kind: string
  readonly name: string
  readonly ids: readonly string[]
  readonly ties: readonly Tie[]
}

/** What a step is about, as other tools have it. */
export interface ExportedNode extends Found {
  readonly kind: string
  readonly name: string
}

/**
 * The resources of a chain that has been planned, as other tools have them; those of the same kind and name once.
 *
 * @param ctx - what its steps have handed on
 * @throws Error for a kind of resource that does not say how it is exported
 */
export async function exportsOf<C extends object>(chain: Chain<C>, ctx: C, as: ExportedAs): Promise<ExportedNode[]> {
  const nodes = new Map<string, ExportedNode>()
  for (const step of chain.flatMap((step) => step.together ?? [step])) {
    const { subject, onlyWhenApplied } = step
    if (subject === undefined || onlyWhenApplied === true || isLeftOut(step, ctx)) continue
    const { kind, exported } = subject
    if (exported === undefined) throw new Error(`The ${kind} does not say how it is exported.`)
    const found = await exported(ctx, as)
    const name = subject.name(ctx)
    if (found !== undefined) nodes.set(`${kind} ${name}`, { ...found, kind, name })
  }
  return [...nodes.values()]
}

/** How one resource is taken away. */
export interface TakedownNode {
  /** Of the step that makes it. */
  readonly title: string
  readonly kind: string
  readonly name: string
  readonly takedowns: readonly Takedown[]
}

/**
 * How the resources of a chain that has been planned are taken away: in the order opposite to the one in which they are
 * made, since AWS lets nothing go that something else refers to.
 *
 * @param ctx - what its steps have handed on
 * @throws Error for a kind of resource that does not say how it is taken away
 */
export async function takedownsOf<C extends object>(chain: Chain<C>, ctx: C, cli: AwsCli): Promise<TakedownNode[]> {
  const nodes = new Map<string, TakedownNode>()
  const steps = chain.flatMap((step) => step.together ?? [step])
  for (const step of steps.toReversed()) {
    const { title, subject, onlyWhenApplied } = step
    if (subject === undefined || onlyWhenApplied === true || isLeftOut(step, ctx)) continue
    const { kind, takedown } = subject
    if (takedown === undefined) throw new Error(`The ${kind} does not say how it is taken away.`)
    const name = subject.name(ctx)
    const takedowns = nodes.has(`${kind} ${name}`) ? undefined : await takedown(ctx, cli)
    if (takedowns !== undefined) nodes.set(`${kind} ${name}`, { title, kind, name, takedowns })
  }
  return [...nodes.values()]
}

/**
 * The resources of a chain that has been planned, and what each depends on.
 *
 * @param ctx - what its steps have handed on
 */
export const nodesOf = <C extends object>(chain: Chain<C>, ctx: C): Node[] =>
  chain
    .flatMap((step) => step.together ?? [step])
    .filter((step) => !isLeftOut(step, ctx))
    .flatMap(({ title, subject, onlyWhenApplied }) =>
      subject === undefined || onlyWhenApplied === true
        ? []
        : {
            title,
            kind: subject.kind,
            name: subject.name(ctx),
            ids: subject.ids?.(ctx) ?? [],
            ties: subject.ties?.(ctx) ?? [],
          },
    )
