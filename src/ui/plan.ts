/** What a plan says about one resource. */
export interface PlanLine {
  /** Title of the step that makes it so. */
  readonly title: string
  /** What AWS calls it. */
  readonly kind: string
  readonly name: string
  /** ARN or id, or what stands for it in a plan. */
  readonly id: string
  readonly do: 'keep' | 'create' | 'update' | 'refuse'
  readonly because: readonly string[]
  readonly changes: readonly { field: string; before: unknown; after: unknown }[]
  readonly ask?: string
  readonly hint?: readonly string[]
}

const marks = { keep: '=', create: '+', update: '~', refuse: '!' } as const
const verbs = { keep: 'unchanged', create: 'create', update: 'update', refuse: 'refused' } as const

/** A plan as text: a line for each resource, and beneath it what would change, before → after. */
export function planText(plan: readonly PlanLine[]): string {
  return plan.flatMap(lineText).join('\n')
}

function lineText(line: PlanLine): string[] {
  const head = `${marks[line.do]} ${line.kind} ${line.name}: ${verbs[line.do]}`
  const details =
    line.changes.length > 0
      ? line.changes.map(({ field, before, after }) => `    ${field}: ${value(before)} → ${value(after)}`)
      : line.because.map((because) => `    ${because}`)
  return [head, ...(line.do === 'keep' ? [] : details), ...(line.hint ?? []).map((hint) => `    ${hint}`)]
}

const value = (of: unknown): string => (of === undefined ? '(none)' : JSON.stringify(of))

/** Whether a plan announces any change. */
export const hasChanges = (plan: readonly PlanLine[]): boolean => plan.some((line) => line.do !== 'keep')
