import { ask, assertAnswerable, isAttended } from '../../ui/ask.ts'
import { interruptSignal } from '../../ui/interrupt.ts'
import { hasChanges, type PlanLine } from '../../ui/plan.ts'
import { chooseShow, quietly } from '../../ui/renderer.ts'
import { type Block, type Say, warning } from '../../text.ts'
import { applyChain, type Chain, planChain } from './chain.ts'

export interface ChangeFlags {
  readonly 'dry-run': boolean
  readonly yes: boolean
  readonly verbose: boolean
  readonly json: boolean
}

/** What became of a changing command: a plan under `--dry-run`, else what the chain made. */
export type Changed<C> =
  | { readonly plan: PlanLine[] }
  | { readonly done: C; readonly report: PlanLine[]; readonly warnings: readonly string[] }

/** What is said of a plan as a whole, and asked where somebody is there. */
export interface Beside {
  readonly said: readonly Block[]
  readonly question: string
}

/** How a change is made, beside what its flags say. */
interface Manner {
  /** What ends it early, where the command has looked at something before. */
  readonly signal?: AbortSignal
  readonly beside?: (plan: readonly PlanLine[]) => Promise<Beside | undefined>
  /** What the command asks of once AWS is changed, as `writes packagecloud.rb`. */
  readonly asksThen?: readonly string[]
}

/**
 * Runs a chain as a changing command's flags ask for: planned or carried out, shown live or in lines, asking or not.
 * What it warns of is said at its end, however that comes; so is what is beside its plan where nobody is asked about that,
 * and then nobody waits for it before.
 */
export async function change<C extends object>(
  chain: Chain<C>,
  flags: ChangeFlags,
  say: Say,
  {
    signal = interruptSignal(say, { unseen: !flags['dry-run'] }),
    beside = async () => undefined,
    asksThen = [],
  }: Manner = {},
): Promise<Changed<C>> {
  if (flags['dry-run']) {
    const plan = await planChain(chain, { show: quietly(flags), signal })
    say(...((await beside(plan))?.said ?? []))
    return { plan }
  }
  const warnings: string[] = []
  const conduct = { show: chooseShow(flags), signal, warn: (text: string) => void warnings.push(text) }
  const agree = async (questions: readonly string[]): Promise<boolean> =>
    flags.yes || (await ask(questions, conduct.signal))
  let unasked: ReturnType<typeof beside> | undefined
  const further = async (plan: readonly PlanLine[]): Promise<string[]> => {
    if (!flags.yes && hasChanges(plan)) assertAnswerable(asksThen)
    const looking = beside(plan)
    if (flags.yes || !isAttended()) {
      unasked = looking
      return []
    }
    const found = await looking
    say(...(found?.said ?? []))
    return found === undefined ? [] : [found.question]
  }
  try {
    const { ctx, report } = await applyChain(chain, conduct, agree, further)
    return { done: ctx, report, warnings }
  } finally {
    say(...((await unasked)?.said ?? []), ...warnings.map(warning))
  }
}
