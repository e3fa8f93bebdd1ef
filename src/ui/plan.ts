/** One field that would change. */
export interface PlanChange {
  readonly field: string
  readonly before: unknown
  readonly after: unknown
}

/** What a plan says about one resource. */
export interface PlanLine {
  /** Title of the step that makes it so. */
  readonly title: string
  /** What AWS calls it. */
  readonly kind: string
  readonly name: string
  /** ARN or id, or what stands for it in a plan. */
  readonly id: string
  /** `remove` is cfremove's alone. */
  readonly do: 'keep' | 'create' | 'update' | 'remove' | 'refuse'
  readonly because: readonly string[]
  readonly changes: readonly PlanChange[]
  readonly ask?: string
  readonly hint?: readonly string[]
}

const marks = { keep: '=', create: '+', update: '~', remove: '-', refuse: '!' } as const
const verbs = { keep: 'unchanged', create: 'create', update: 'update', remove: 'remove', refuse: 'refused' } as const

/** A plan as text: a line for each resource, and beneath it what would change, before → after. */
export const planText = (plan: readonly PlanLine[]): string => plan.flatMap(lineText).join('\n')

function lineText(line: PlanLine): string[] {
  const head = `${marks[line.do]} ${line.kind} ${line.name}: ${verbs[line.do]}`
  const details = line.changes.length > 0 ? changeLines(line.changes) : line.because.map((because) => `    ${because}`)
  return [head, ...(line.do === 'keep' ? [] : details), ...(line.hint ?? []).map((hint) => `    ${hint}`)]
}

/** Changes as text, one line a value that differs; of documents such as policies only the members that differ. */
export const changeLines = (changes: readonly PlanChange[]): string[] =>
  changes
    .flatMap(({ field, before, after }) => differences(field, before, after))
    .map(({ field, before, after }) => `    ${field}: ${value(before)} → ${value(after)}`)

function differences(field: string, before: unknown, after: unknown): PlanChange[] {
  if (!isObject(before) || !isObject(after)) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [{ field, before, after }]
  }
  const members = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return members.flatMap((member) => differences(`${field}.${member}`, before[member], after[member]))
}

const isObject = (of: unknown): of is Record<string, unknown> => typeof of === 'object' && of !== null

const value = (of: unknown): string => (of === undefined ? '(none)' : JSON.stringify(of))

/** Whether a plan announces any change. */
export const hasChanges = (plan: readonly PlanLine[]): boolean => plan.some((line) => line.do !== 'keep')
