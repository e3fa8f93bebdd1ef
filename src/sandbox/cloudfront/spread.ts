import type { Context } from '../contracts/service.ts'

/** One of the states that something was given, and when. */
export interface Given {
  /** Milliseconds since the epoch. */
  readonly at: number
}

type Clock = Pick<Context, 'now' | 'edgeByEdge'> & { readonly timing: Pick<Context['timing'], 'spread'> }

/**
 * Which of its states, oldest first, one of the edges has: each has a new one after `timing.spread` at the latest. What
 * was never anything else is what it is everywhere.
 */
export function stateAtEdge<S extends Given>(context: Clock, states: readonly S[]): S | undefined {
  const { spread } = context.timing
  const lag = context.edgeByEdge === true ? Math.random() * spread : spread
  return states.findLast(({ at }) => at + lag <= context.now()) ?? states[0]
}

/** The states that an edge may still have, and a new one. */
export function withState<S extends Given>(context: Clock, states: readonly S[], next: S): S[] {
  const everywhere = states.findLastIndex(({ at }) => at + context.timing.spread <= context.now())
  return [...states.slice(Math.max(everywhere, 0)), next]
}
