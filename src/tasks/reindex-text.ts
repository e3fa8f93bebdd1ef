import type { Counts, Report, RepositoryReport } from '../reindex/report.ts'
import { count } from '../reindex/progress.ts'
import { formatDuration } from '../ui/duration.ts'
import { printable } from '../ui/live-line.ts'
import { table } from '../ui/table.ts'

const mostRepositories = 40
const mostProblems = 20

/** The report of a run for people. */
export function reportText(report: Report): string {
  const { total, dryRun } = report
  const summary = [
    `${objectsText(report.objects)} in ${report.bucket}`,
    `${count(total.right)} already right`,
    `${count(total.rewritten)} ${dryRun ? 'would be put right' : 'put right'}`,
    `${count(total.skipped)} skipped`,
    `${count(report.failed)} failed`,
    `${count(report.neither.objects)} neither package nor metadata`,
  ]
  return [
    repositoriesText(report),
    ...indexesText(report),
    ...(dryRun ? wrongText(report) : []),
    ...skippedText(report),
    ...problemsText(report),
    ...neitherText(report),
    `${summary.join(', ')} (${formatDuration(report.seconds)}).`,
  ].join('\n')
}

/** What was recognised, for `--list`. */
export function listText(report: Report): string {
  const rows = report.repositories.map(({ root, format, packages, metadata }) => [
    nameOf({ root, format }),
    format,
    count(packages.objects),
    count(metadata.objects),
  ])
  return [
    table([['REPOSITORY', 'FORMAT', 'PACKAGES', 'METADATA'], ...rows]),
    ...neitherText(report),
    `${objectsText(report.objects)} in ${report.bucket}.`,
  ].join('\n')
}

/** What an audit found. */
export function auditText(report: Report): string {
  const { total } = report
  const wrong = total.rewritten
  return [
    ...wrongText(report),
    ...skippedText(report),
    ...problemsText(report),
    ...neitherText(report),
    wrong === 0
      ? `All ${count(total.right)} packages and metadata objects in ${report.bucket} that can be told are right.`
      : `${count(wrong)} of ${count(total.objects)} packages and metadata objects in ${report.bucket} would be cached wrongly. ` +
        'Put them right with: pc-ctl reindex-everything --attributes-only',
  ].join('\n')
}

const objectsText = (number: number): string => `${count(number)} object${number === 1 ? '' : 's'}`

const packagesText = (number: number): string => `${count(number)} package${number === 1 ? '' : 's'}`

const nameOf = ({ root, format }: Pick<RepositoryReport, 'root' | 'format'>): string =>
  root !== '' ? printable(root) : format === 'other' ? '(no repository)' : '/'

function repositoriesText({ repositories, dryRun }: Report): string {
  const row = (report: RepositoryReport, kind: string, counts: Counts): string[] => [
    nameOf(report),
    report.format,
    kind,
    ...[counts.objects, counts.right, counts.rewritten, counts.skipped, counts.failed].map(count),
  ]
  const rows = repositories
    .slice(0, mostRepositories)
    .flatMap((report) => [
      ...(report.packages.objects > 0 ? [row(report, 'packages', report.packages)] : []),
      ...(report.metadata.objects > 0 ? [row(report, 'metadata', report.metadata)] : []),
    ])
  const head = [
    'REPOSITORY',
    'FORMAT',
    'CLASS',
    'OBJECTS',
    'RIGHT',
    dryRun ? 'WRONG' : 'PUT RIGHT',
    'SKIPPED',
    'FAILED',
  ]
  const more = repositories.length - mostRepositories
  return table([head, ...rows]) + (more > 0 ? `\n… and ${count(more)} more: see --json or --report FILE` : '')
}

function indexesText({ indexes }: Report): string[] {
  return indexes
    .slice(0, mostRepositories)
    .map(({ root, format, outcome, packages, written, unchanged, why, todo }) => {
      const made =
        outcome === 'refused' || outcome === 'failed'
          ? ''
          : `, ${packagesText(packages)}, ${objectsText(written)} written, ${count(unchanged)} unchanged`
      return `index of ${nameOf({ root, format })} (${format}): ${outcome}${made}${why === undefined ? '' : `: ${why}`}${todo === undefined ? '' : `\n    ${todo}`}`
    })
}

const wrongText = ({ wrong }: Report): string[] =>
  wrong.flatMap(({ class: kind, format, cacheControl, wanted, contentType, objects, examples }) => [
    contentType === undefined
      ? `${count(objects)} × ${format} ${kind}: Cache-Control is ${cacheControl === '' ? 'missing' : `"${cacheControl}"`}, should be "${wanted}"`
      : `${count(objects)} × ${format} ${kind}: Content-Type is ${contentType === '' ? 'missing' : `"${contentType}"`}, which says nothing`,
    ...examples.map((key) => `    ${printable(key)}`),
  ])

const skippedText = ({ skipped }: Report): string[] =>
  skipped.flatMap(({ reason, objects, examples, todo }) => [
    `${count(objects)} skipped: ${reason}. ${todo}`,
    ...examples.map((key) => `    ${printable(key)}`),
  ])

function problemsText({ problems, problemCount }: Report): string[] {
  const lines = problems
    .slice(0, mostProblems)
    .map(({ key, what, todo }) => `${printable(key)} ${printable(what)}${todo === undefined ? '' : `\n    ${todo}`}`)
  const more = problemCount - mostProblems
  return more > 0 ? [...lines, `… and ${count(more)} more: see --report FILE`] : lines
}

function neitherText({ neither }: Report): string[] {
  if (neither.objects === 0) return []
  return [
    `${objectsText(neither.objects)} ${neither.objects === 1 ? 'is' : 'are'} neither package nor metadata and left alone, such as:`,
    ...neither.examples.slice(0, 5).map((key) => `    ${printable(key)}`),
  ]
}
