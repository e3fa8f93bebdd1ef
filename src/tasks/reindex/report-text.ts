import { reasons as skipReasons } from '../../reindex/attributes/attributes.ts'
import type { Report } from '../../reindex/report.ts'
import type { Counts, RepositoryReport } from '../../reindex/repository-reports.ts'
import { count } from '../../reindex/progress.ts'
import { checksumsText, plannedText } from './planned-text.ts'
import { commandLine } from '../../shell.ts'
import { formatDuration } from '../../ui/duration.ts'
import { type Block, kept, nested, table, verbatim } from '../../text.ts'

const mostRepositories = 40
const mostProblems = 20

/**
 * The report of a run for people.
 *
 * @param carried - the flags of this command that commands after it need as well
 * @param ofRun - those that only this command needs once more
 */
export function reportText(report: Report, carried: readonly string[] = [], ofRun: readonly string[] = []): Block[] {
  const { total, dryRun, neither } = report
  // Of those that were there: what this run has added to indexes is right as well.
  const right = Math.max(
    0,
    report.objects - total.rewritten - total.skipped - total.failed - total.left - neither.objects,
  )
  const summary = [
    `${objectsText(report.objects)} in ${report.bucket}`,
    `${count(right)} already right`,
    `${count(total.rewritten)} ${dryRun ? 'would be put right' : 'put right'}`,
    `${count(total.skipped)} skipped`,
    `${count(report.failed)} failed`,
    `${count(report.neither.objects)} neither package nor metadata`,
  ]
  const checksums = checksumsText(report)
  if (report.elsewhere?.planned !== undefined) return [...plannedText(report.elsewhere.planned), ...checksums]
  return [
    ...repositoriesText(report),
    ...indexesText(report),
    ...(dryRun ? wrongText(report) : []),
    ...apartText(report),
    ...skippedText(report),
    ...problemsText(report),
    ...republishedText(report, carried, ofRun),
    ...neitherText(report),
    ...checksums,
    `${summary.join(', ')} (${formatDuration(report.seconds)}).`,
    ...shardText(report),
  ]
}

/** Whether a run that only looked has found something to do. */
export const hasWork = ({ total, indexes, elsewhere, checksums }: Report): boolean =>
  (elsewhere?.planned?.shards ?? 0) > 0 ||
  (checksums?.planned.objects ?? 0) > 0 ||
  total.rewritten > 0 ||
  indexes.some(({ outcome }) => outcome === 'would be written')

/** What one of several hosts has done of all. */
const shardText = ({ shard, dryRun }: Report): Block[] => {
  if (shard === undefined) return []
  const from = shard.from === '' ? 'the first key' : kept(shard.from)
  const to = shard.to === null ? 'the last one' : `what comes before ${kept(shard.to)}`
  const part = shard.to === '' ? 'nothing: there are fewer objects than shards' : `from ${from} to ${to}`
  const told = dryRun ? '' : ` What it knows of ${objectsText(shard.handedIn)} lies in the bucket.`
  return [`Shard ${shard.shard} is ${part}.${told}`]
}

/** What was recognised, for `--list`. */
export function listText(report: Report): Block[] {
  const rows = report.repositories.map(({ root, format, packages, overwritable, metadata }) => [
    nameOf({ root, format }),
    format,
    count(packages.objects + overwritable.objects),
    count(metadata.objects),
  ])
  return [
    table(rows, ['REPOSITORY', 'FORMAT', 'PACKAGES', 'METADATA']),
    ...apartText(report),
    ...neitherText(report),
    `${objectsText(report.objects)} in ${report.bucket}.`,
  ]
}

const repair = ['pc-ctl', 'reindex-everything', '--attributes-only']

/** What an audit found, for people; further parameters as of {@link reportText}. */
export function auditText(report: Report, carried: readonly string[] = [], ofRun: readonly string[] = []): Block[] {
  const { total, bucket, miscached } = report
  const untyped = total.rewritten - miscached
  const verdict = [
    miscached === 0
      ? `All ${count(total.right + untyped)} packages and metadata objects in ${bucket} that can be told are cached right.`
      : `${count(miscached)} of ${count(total.objects)} packages and metadata objects in ${bucket} would be cached wrongly.`,
    ...(untyped === 0 ? [] : [`${count(untyped)} have a Content-Type that says nothing.`]),
    ...(total.rewritten === 0 ? [] : [`Put them right with \`${commandLine([...repair, ...ofRun, ...carried])}\`.`]),
  ]
  return [
    ...wrongText(report),
    ...apartText(report),
    ...skippedText(report),
    ...problemsText(report),
    ...republishedText(report, carried, ofRun),
    ...neitherText(report),
    [...verdict, ...notJudgedText(report)].join(' '),
  ]
}

/** What an audit can't answer for. */
function notJudgedText({ neither, skipped, failed }: Report): string[] {
  const unseen = skipped
    .filter(({ reason }) => reason.startsWith('archived') || reason === skipReasons.customerKey)
    .reduce((sum, { objects }) => sum + objects, 0)
  const reasons = [
    ...(neither.objects === 0 ? [] : [`${count(neither.objects)} neither package nor metadata`]),
    ...(unseen === 0 ? [] : [`${count(unseen)} that can not be read`]),
    ...(failed === 0 ? [] : [`${count(failed)} that could not be looked at`]),
  ]
  const all = neither.objects + unseen + failed
  return all === 0 ? [] : [`${objectsText(all)} ${all === 1 ? 'was' : 'were'} not judged: ${reasons.join(', ')}.`]
}

const objectsText = (number: number): string => `${count(number)} object${number === 1 ? '' : 's'}`

const packagesText = (number: number): string => `${count(number)} package${number === 1 ? '' : 's'}`

/** What a repository is called where people read it. */
export const nameOf = ({ root, format }: Pick<RepositoryReport, 'root' | 'format'>): string =>
  root !== '' ? kept(root) : format === 'other' ? '(no repository)' : '/'

function repositoriesText({ repositories, repositoryCount, dryRun }: Report): Block[] {
  const row = (report: RepositoryReport, kind: string, counts: Counts): string[] => [
    nameOf(report),
    report.format,
    kind,
    ...[counts.objects, counts.right, counts.rewritten, counts.skipped, counts.failed].map(count),
  ]
  const shown: RepositoryReport[] = []
  for (const report of repositories) if (shown.push(report) === mostRepositories) break
  const rows = shown.flatMap((report) => [
    ...(report.packages.objects > 0 ? [row(report, 'packages', report.packages)] : []),
    ...(report.overwritable.objects > 0 ? [row(report, 'overwritable', report.overwritable)] : []),
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
  const more = repositoryCount - mostRepositories
  return [table(rows, head), ...(more > 0 ? [`... and ${count(more)} more: see --json or --report FILE`] : [])]
}

/** What became of the indexes, of no more repositories than `most`. */
export function indexesText({ indexes }: Report, most = mostRepositories): Block[] {
  return indexes.slice(0, most).flatMap(({ root, format, outcome, packages, written, unchanged, why, todo }) => {
    const made =
      outcome === 'refused' || outcome === 'failed'
        ? ''
        : `, ${packagesText(packages)}, ${objectsText(written)} written, ${count(unchanged)} unchanged`
    return [
      `index of ${nameOf({ root, format })} (${format}): ${outcome}${made}${why === undefined ? '' : `: ${why}`}`,
      ...todoText(todo),
    ]
  })
}

/** What to do, beneath what it is about. */
export const todoText = (todo: string | undefined): Block[] => (todo === undefined ? [] : [nested([todo])])

const keysText = (keys: readonly string[]): Block => nested([verbatim(...keys)])

const valueOf = (header: string): string => (header === '' ? 'missing' : `\`${header}\``)

const wrongText = ({ wrong }: Report): Block[] =>
  wrong.flatMap(({ class: kind, format, cacheControl, wanted, contentType, objects, examples }) => [
    contentType === undefined
      ? `${count(objects)} x ${format} ${kind}: Cache-Control is ${valueOf(cacheControl)}, should be \`${wanted}\``
      : `${count(objects)} x ${format} ${kind}: Content-Type is ${valueOf(contentType)}, which says nothing`,
    keysText(examples),
  ])

/** Packages that are not as others. */
export const apartText = ({ overwritable, encoded }: Report): Block[] => [
  ...overwritable.flatMap(({ reason, objects, examples, todo }) => [
    `${packagesText(objects)} may be overwritten: ${reason}. ${todo}`,
    keysText(examples),
  ]),
  ...encoded.flatMap(({ reason, objects, examples, todo }) => [
    `${packagesText(objects)} stored with Content-Encoding ${reason}. ${todo}`,
    keysText(examples),
  ]),
]

/** What could not be put right, and why. */
export const skippedText = ({ skipped }: Report): Block[] =>
  skipped.flatMap(({ reason, objects, examples, todo }) => [
    `${count(objects)} skipped: ${reason}. ${todo}`,
    keysText(examples),
  ])

function problemsText({ problems, problemCount }: Report): Block[] {
  const shown = problems
    .slice(0, mostProblems)
    .flatMap(({ key, what, todo }) => [`${kept(key)} ${what}`, ...todoText(todo)])
  const more = problemCount - mostProblems
  return more > 0 ? [...shown, `... and ${count(more)} more: see --report FILE`] : shown
}

/** So many are named in one command; of more it would be unwieldy. */
const mostNamed = 10

/** What edges should drop, and the command for it. */
export function republishedText(
  { bucket, republished }: Report,
  carried: readonly string[],
  ofRun: readonly string[],
): Block[] {
  const { objects, unproven, keys, dropped } = republished
  const all = objects + unproven
  if (all === 0 || dropped) return []
  const sure = `${packagesText(objects)} ${objects === 1 ? 'was' : 'were'} published again under the same key`
  const maybe = `${packagesText(unproven)} may have been published again under the same key (${unproven === 1 ? 'its ETag is' : 'their ETags are'} another, the size is not)`
  const said = [...(objects > 0 ? [sure] : []), ...(unproven > 0 ? [maybe] : [])].join(', and ')
  const command =
    all <= mostNamed
      ? ['pc-ctl', 'cfinval', ...keys.map((key) => `s3://${bucket}/${key}`)]
      : [...repair, '--invalidate', ...ofRun]
  return [
    `${said}: edges may hold what was there before for up to a year, and clients refuse that ("File has unexpected size").`,
    keysText(keys.slice(0, 5)),
    'To have edges drop it:',
    verbatim(commandLine([...command, ...carried])),
  ]
}

/** What was not recognised. */
export function neitherText({ neither }: Report): Block[] {
  if (neither.objects === 0) return []
  return [
    `${objectsText(neither.objects)} ${neither.objects === 1 ? 'is' : 'are'} neither package nor metadata and left alone, such as:`,
    keysText(neither.examples.slice(0, 5)),
  ]
}
