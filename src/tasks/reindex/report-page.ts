import type { Lists, WriteReport } from '../../reindex/report-file.ts'
import type { Report } from '../../reindex/report.ts'
import type { Counts, RepositoryReport } from '../../reindex/repository-reports.ts'
import type { Finding } from '../../repositories/format.ts'
import { count } from '../../reindex/progress.ts'
import { formatDuration } from '../../ui/duration.ts'
import type { ReportFile } from '../../ui/report-file.ts'
import { sizeOf } from '../../ui/size.ts'
import { type ReportPage, renderReportPage } from '../../ui/report-page.ts'
import { type Block, item, type Item, kept, table, verbatim } from '../../text.ts'
import { checksumsText } from './planned-text.ts'
import {
  apartText,
  hasWork,
  indexesText,
  nameOf,
  neitherText,
  republishedText,
  skippedText,
  todoText,
} from './report-text.ts'

/** Rows of a list: more would be a page that no browser likes, and nobody reads. */
const most = 5_000

/**
 * Writes the report of a run as a page.
 *
 * @param flags - of this command: those that commands after it need as well, and those that only this one needs again
 * @throws CtlError (failed), from what is returned, if it can't be written
 */
export const writePage =
  (file: ReportFile, flags: { readonly carried: readonly string[]; readonly ofRun: readonly string[] }): WriteReport =>
  async (report, lists) =>
    file.write([await renderReportPage(pageOf(report, lists, flags))])

function pageOf(
  report: Report,
  lists: Lists,
  { carried, ofRun }: { carried: readonly string[]; ofRun: readonly string[] },
): ReportPage {
  const { bucket, dryRun } = report
  return {
    title: dryRun ? `What is to be put right in ${bucket}` : `What was put right in ${bucket}`,
    verdict: verdictOf(report),
    facts: factsOf(report),
    sections: [
      { heading: 'Problems', blocks: problems(report, lists['problems'] ?? []) },
      { heading: 'Published again', blocks: republishedText(report, carried, ofRun) },
      { heading: dryRun ? 'Attributes that are wrong' : 'Attributes that were wrong', blocks: wrong(report) },
      { heading: 'Checksums', blocks: checksumsText(report) },
      { heading: 'Indexes', blocks: indexesText(report, most) },
      { heading: 'Skipped', blocks: skippedText(report) },
      { heading: 'Packages that are not as others', blocks: apartText(report) },
      { heading: 'Neither package nor metadata', blocks: neitherText(report) },
      { heading: 'Repositories', blocks: repositories(report) },
    ],
  }
}

function verdictOf(report: Report): Item {
  const { failed, indexes, dryRun, problemCount } = report
  if (failed > 0) return item('failed', `${count(failed)} failed: the problems say which, and what to do.`)
  const refused = indexes.filter(({ outcome }) => outcome === 'refused').length
  if (refused > 0) return item('refused', `${count(refused)} indexes were not written, to protect those who use them.`)
  const note = problemCount === 0 ? '' : ` Problems that are to be looked at: ${count(problemCount)}.`
  if (!dryRun) return item(note === '' ? 'ok' : 'warning', `All that could be put right is right.${note}`)
  if (hasWork(report)) return item('update', `Something is to be put right; nothing was written.${note}`)
  return item(note === '' ? 'ok' : 'warning', `Nothing is to be put right.${note}`)
}

const factsOf = ({ objects, bytes, total, dryRun, failed, neither, repositoryCount, seconds }: Report) =>
  [
    ['Objects', count(objects)],
    ['Size', sizeOf(bytes)],
    ['Repositories', count(repositoryCount)],
    [dryRun ? 'Would be put right' : 'Put right', count(total.rewritten)],
    ['Skipped', count(total.skipped)],
    ['Failed', count(failed)],
    ['Neither package nor metadata', count(neither.objects)],
    ['Took', formatDuration(seconds)],
  ] as const

function problems({ problemCount }: Report, list: Iterable<string>): Block[] {
  const shown = firstOf(list).flatMap((line): Block[] => {
    const { key, what, todo } = JSON.parse(line) as Finding
    return [item('warning', `${kept(key)} ${what}`), ...todoText(todo)]
  })
  return [...shown, ...moreThan(problemCount)]
}

function wrong({ wrong: groups, dryRun }: Report): Block[] {
  if (groups.length === 0) return []
  const value = (header: string) => (header === '' ? 'missing' : verbatim(header))
  const rows = groups.map(({ class: kind, format, cacheControl, wanted, contentType, objects, examples }) => [
    count(objects),
    `${format} ${kind}`,
    contentType === undefined ? 'Cache-Control' : 'Content-Type',
    value(contentType ?? cacheControl),
    contentType === undefined ? verbatim(wanted) : 'what the name says',
    verbatim(...examples),
  ])
  return [
    table(rows, ['Objects', 'Class', 'Header', dryRun ? 'Is' : 'Was', dryRun ? 'Should be' : 'Is now', 'Such as']),
  ]
}

function repositories({ repositories: all, repositoryCount, dryRun }: Report): Block[] {
  const row = (report: RepositoryReport, kind: string, counts: Counts) => [
    verbatim(nameOf(report)),
    report.format,
    kind,
    ...[counts.objects, counts.right, counts.rewritten, counts.skipped, counts.failed].map(count),
  ]
  const rows = firstOf(all).flatMap((report) =>
    (['packages', 'overwritable', 'metadata'] as const).flatMap((kind) =>
      report[kind].objects > 0 ? [row(report, kind, report[kind])] : [],
    ),
  )
  if (rows.length === 0) return []
  const done = dryRun ? 'Wrong' : 'Put right'
  return [
    table(rows, ['Repository', 'Format', 'Class', 'Objects', 'Right', done, 'Skipped', 'Failed']),
    ...moreThan(repositoryCount),
  ]
}

function firstOf<T>(list: Iterable<T>): T[] {
  const first: T[] = []
  for (const one of list) if (first.push(one) === most) break
  return first
}

const moreThan = (all: number): Block[] =>
  all > most
    ? [`... and ${count(all - most)} more: \`--report\` with a name that does not end in .html has all of them`]
    : []
