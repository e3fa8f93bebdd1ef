/** What a runbook is made of. */
import type { Check } from '../doctor/check.ts'
import type { PassageSettings } from '../doctor/text.ts'

export const runbookKinds = ['enable', 'rotate', 'disable', 'upgrade', 'alias', 'origin-access', 'remove'] as const
export type RunbookKind = (typeof runbookKinds)[number]

/** How long something takes, and who says so. */
export interface Duration {
  readonly text: string
  readonly source: string
}

/** Something to do, or to see to. */
export interface RunbookStep {
  readonly title: string
  readonly state: 'to do' | 'done'
  /** What was seen, or is to be known before; sentences. */
  readonly notes: readonly string[]
  /** Lines for packagecloud.rb; none of them is secret. */
  readonly lines: readonly string[]
  /** Lines for a POSIX shell, one after the other as they are. */
  readonly commands: readonly string[]
  /** What is seen if all is well, and what else may be. */
  readonly expected: string
  readonly duration: Duration
  /** What is lost by it; `null` where that is nothing. */
  readonly loses: string | null
  /** How it is taken back; `null` where the rollback tells, or where it can't be. */
  readonly undo: string | null
}

/** A change ticket. */
export interface Runbook {
  readonly kind: RunbookKind
  readonly title: string
  readonly purpose: readonly string[]
  /** What it is about, by name. */
  readonly facts: readonly (readonly [name: string, value: string])[]
  /** What was looked at before, and what came of it. */
  readonly checks: readonly Check[]
  /** What a dry run says that the steps do in AWS, in sentences. */
  readonly changes: readonly string[]
  readonly steps: readonly RunbookStep[]
  readonly validation: readonly RunbookStep[]
  readonly rollback: readonly RunbookStep[]
  /** Who must be told, in sentences. */
  readonly tell: readonly string[]
  /** What firewalls must let through. */
  readonly allow: PassageSettings['allow']
  readonly cost: readonly string[]
  readonly irreversible: readonly string[]
}

/** What a kind of change says for itself; the rest is the same for all. */
export type Change = Omit<Runbook, 'kind' | 'facts' | 'checks' | 'allow'>

/** A step, of which most say little. */
export const toDo = (
  title: string,
  { commands = [], expected, duration, ...more }: Partial<RunbookStep> & Pick<RunbookStep, 'expected' | 'duration'>,
): RunbookStep => ({
  title,
  state: 'to do',
  notes: [],
  lines: [],
  commands,
  expected,
  duration,
  loses: null,
  undo: null,
  ...more,
})
