/** A runbook in sections, of which both the Markdown and the page are made. */
import type { ReportPage } from '../../ui/report-page.ts'
import type { Part } from '../../ui/template.ts'
import { markdownOf, type Section } from '../../ui/markdown.ts'
import { type Block, heading, item, type Item, table, whole } from '../../text.ts'
import { checkText, countText } from '../doctor/text.ts'
import type { Check } from '../doctor/check.ts'
import type { Runbook, RunbookStep } from './document.ts'

export const runbookMarkdown = (runbook: Runbook): string =>
  markdownOf(runbook.title, [
    { heading: 'In short', blocks: [verdictOf(runbook), table(runbook.facts)] },
    ...sectionsOf(runbook),
  ])

/** @param drawing - of what is there */
export const runbookPage = (runbook: Runbook, drawing: Part | undefined): ReportPage => ({
  title: runbook.title,
  verdict: verdictOf(runbook),
  facts: [],
  sections: [{ heading: 'In short', blocks: [table(runbook.facts)] }, ...sectionsOf(runbook)],
  ...(drawing === undefined ? {} : { picture: drawing }),
})

function verdictOf({ checks, steps }: Runbook): Item {
  const { failed, warning } = countOf(checks)
  const left = steps.filter(({ state }) => state === 'to do').length
  const todo = `${left} of ${steps.length} steps to do.`
  if (failed > 0) return item('failed', `Do not begin: ${failed} of ${checks.length} pre-checks failed. ${todo}`)
  if (warning > 0) return item('warning', `Look at the warnings of the pre-checks first: ${warning}. ${todo}`)
  return item('todo', todo)
}

function countOf(checks: readonly Check[]): Record<Check['status'], number> {
  const count = { ok: 0, failed: 0, warning: 0, skipped: 0 }
  for (const { status } of checks) count[status]++
  return count
}

const sectionsOf = (runbook: Runbook): Section[] => [
  { heading: 'Purpose', blocks: runbook.purpose },
  {
    heading: 'Pre-checks and what they found',
    blocks: [countText(countOf(runbook.checks)), ...runbook.checks.flatMap(checkText)],
  },
  { heading: 'What changes in AWS', blocks: listOf(runbook.changes) },
  { heading: 'Steps', blocks: runbook.steps.flatMap((step, index) => stepText(step, `${index + 1}. `, 'Step')) },
  {
    heading: 'Validation',
    blocks: runbook.validation.flatMap((step, at) => stepText(step, `V${at + 1}. `, 'Validation')),
  },
  { heading: 'Rollback', blocks: runbook.rollback.flatMap((step, at) => stepText(step, `R${at + 1}. `, 'Rollback')) },
  {
    heading: 'Who must be told',
    blocks: [
      ...listOf(runbook.tell),
      ...(runbook.allow.length === 0
        ? []
        : [
            'Firewalls and proxies between clients and packages must let through:',
            ...runbook.allow.map(({ name, port, scheme }) => item('note', `\`${name}\`, port ${port}, ${scheme}`)),
          ]),
    ],
  },
  { heading: 'What it costs', blocks: listOf(runbook.cost) },
  { heading: 'What can not be undone', blocks: listOf(runbook.irreversible) },
]

const listOf = (lines: readonly string[]): Block[] => lines.map((line) => item('note', line))

function stepText(step: RunbookStep, sign: string, word: string): Block[] {
  const { title, state, notes, lines, commands, expected, duration, loses, undo } = step
  return [
    heading(`${sign}${title}`),
    ...notes,
    ...(lines.length === 0 ? [] : [whole(lines.join('\n'))]),
    ...(commands.length === 0 ? [] : [whole(commands.join('\n'))]),
    `Expected: ${expected}`,
    `Takes: ${duration.text} (${duration.source}).`,
    ...(loses === null ? [] : [`Loses: ${loses}`]),
    ...(undo === null ? [] : [`Undo: ${undo}`]),
    item(
      state === 'done' ? 'ok' : 'todo',
      `${word} ${sign.replace(/[^\d]/g, '')} is done${state === 'done' ? ' already' : ''}`,
    ),
  ]
}
