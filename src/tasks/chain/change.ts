import { ask } from '../../ui/ask.ts'
import { interruptSignal } from '../../ui/interrupt.ts'
import type { PlanLine } from '../../ui/plan.ts'
import { chooseShow, quietly } from '../../ui/renderer.ts'
import { type Say, warning } from '../../text.ts'
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

/**
 * Runs a chain as a changing command's flags ask for: planned or carried out, shown live or in lines, asking or not.
 * What it warns of is said at its end, however that comes.
 *
 * @param signal - what ends it early, where the command has looked at something before
 */
export async function change<C extends object>(
  chain: Chain<C>,
  flags: ChangeFlags,
  say: Say,
  signal: AbortSignal = interruptSignal(say, { unseen: !flags['dry-run'] }),
): Promise<Changed<C>> {
  if (flags['dry-run']) return { plan: await planChain(chain, { show: quietly(flags), signal }) }
  const warnings: string[] = []
  const conduct = { show: chooseShow(flags), signal, warn: (text: string) => void warnings.push(text) }
  const agree = async (questions: readonly string[]): Promise<boolean> =>
    flags.yes || (await ask(questions, conduct.signal))
  try {
    const { ctx, report } = await applyChain(chain, conduct, agree)
    return { done: ctx, report, warnings }
  } finally {
    say(...warnings.map(warning))
  }
}
