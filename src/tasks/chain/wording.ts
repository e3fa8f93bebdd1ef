import { listed } from '../../text.ts'
import type { Step } from './step.ts'

/**
 * What a step is called before its turn comes: its title, or in a plan, which only looks, what it looks at. A title
 * says what will have been done, and nobody who only wants to look may read that.
 */
export function titleIn<C>(mode: 'plan' | 'apply', step: Step<C>): string {
  if (mode === 'apply') return step.title
  const kinds = kindsOf(step)
  return kinds.length === 0 ? step.title : `Look at the ${listed(kinds, 'and')}`
}

/** As {@link titleIn}, once it is known which one of its kind it is about. */
export const titleWhenRun = <C>(mode: 'plan' | 'apply', step: Step<C>, ctx: C): string =>
  mode === 'apply' || step.subject === undefined ? step.title : `${titleIn(mode, step)} ${step.subject.name(ctx)}`

/** The kinds that a step, or a group of steps, looks at: of several of one kind their plural. */
function kindsOf<C>({ subject, together }: Step<C>): string[] {
  if (subject !== undefined) return [subject.kind]
  const kinds = (together ?? []).flatMap((step) => step.subject?.kind ?? [])
  return [...new Set(kinds)].map((kind) => (kinds.indexOf(kind) === kinds.lastIndexOf(kind) ? kind : plural(kind)))
}

const plural = (kind: string): string => (kind.endsWith('y') ? `${kind.slice(0, -1)}ies` : `${kind}s`)
