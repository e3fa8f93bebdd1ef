import type { ReportPage } from '../../ui/report-page.ts'
import { item, type Mark } from '../../text.ts'
import type { CheckStatus } from './check.ts'
import type { Diagnosis } from './diagnose.ts'
import { checkText, countText, type PassageSettings } from './text.ts'

/** In the order in which somebody wants to read them. */
const headings: readonly (readonly [CheckStatus, string])[] = [
  ['failed', 'What is wrong'],
  ['warning', 'Warnings'],
  ['ok', 'What is right'],
  ['skipped', 'What was not looked at'],
]

/** A diagnosis as a page: what is wrong comes first. */
export function diagnosisPage({ domain, checks, count }: Diagnosis, { text }: PassageSettings): ReportPage {
  const mark: Mark = count.failed > 0 ? 'failed' : count.warning > 0 ? 'warning' : 'ok'
  return {
    title: `How packages are served from ${domain}`,
    verdict: item(mark, countText(count)),
    facts: [],
    sections: [
      ...headings.map(([status, heading]) => ({
        heading,
        blocks: checks.filter((check) => check.status === status).flatMap(checkText),
      })),
      { heading: 'Firewalls and proxies', blocks: text },
    ],
  }
}
