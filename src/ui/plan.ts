import { advice, type Block, difference, type Difference, item, type Line, nested } from '../text.ts'

/** One difference between what is there and what is wanted, for people and for `--json`. */
export interface Change {
  /** Path of the field as AWS names it, such as `DefaultCacheBehavior.Compress`. */
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
  readonly changes: readonly Change[]
  /** What the operator must know before it is applied, as a clause. */
  readonly note?: string
  readonly ask?: string
  /** It is only shown, and written where this flag is given. */
  readonly needsFlag?: `--${string}`
  readonly hint?: readonly Line[]
  /** Commands that put right what is refused: some to run first, and flags for the one that makes the resource. */
  readonly remedy?: { readonly before?: readonly string[]; readonly flags?: readonly string[] }
  /** Of what is refused: it is of this installation all the same. */
  readonly ours?: true
}

/** What is asked before a plan is carried out, for whoever has to know whether somebody is there to answer. */
export const asksIn = (plan: readonly PlanLine[]): string[] =>
  plan.some(({ ask }) => ask !== undefined) ? ['changes what is not its own'] : []

const marks = { keep: 'keep', create: 'create', update: 'update', remove: 'remove', refuse: 'refused' } as const
const verbs = { keep: 'unchanged', create: 'create', update: 'update', remove: 'remove', refuse: 'refused' } as const

/** A plan as text: a line for each resource, and beneath it what would change, before → after. */
export const planText = (plan: readonly PlanLine[]): Block[] => plan.flatMap(lineText)

function lineText({ do: verb, kind, name, changes, because, note, needsFlag, hint = [] }: PlanLine): Block[] {
  const details = [...(changes.length > 0 ? differences(changes) : because), ...(note === undefined ? [] : [note])]
  const only = needsFlag === undefined ? '' : `, only with ${needsFlag}`
  return [
    item(marks[verb], `${kind} ${name}: ${verbs[verb]}${only}`),
    nested([...(verb === 'keep' ? [] : details), ...advice(hint)]),
  ]
}

/** Each value that differs; of documents such as policies only the members that differ. */
export const differences = (changes: readonly Change[]): Difference[] => changes.flatMap(membersThatDiffer)

function membersThatDiffer({ field, before, after }: Change): Difference[] {
  if (!hasMembers(before) || !hasMembers(after)) {
    return JSON.stringify(before) === JSON.stringify(after) ? [] : [difference(field, before, after)]
  }
  const members = [...new Set([...Object.keys(before), ...Object.keys(after)])]
  return members.flatMap((member) =>
    membersThatDiffer({ field: `${field}.${member}`, before: before[member], after: after[member] }),
  )
}

const hasMembers = (of: unknown): of is Record<string, unknown> => typeof of === 'object' && of !== null

/** Whether something will be done about a resource: what is left to a flag that was not given stays as it is. */
const isChange = (line: Pick<PlanLine, 'do' | 'needsFlag'>): boolean =>
  line.do !== 'keep' && line.needsFlag === undefined

/** Whether a plan announces any change. */
export const hasChanges = (plan: readonly PlanLine[]): boolean => plan.some(isChange)
