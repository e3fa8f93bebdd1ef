import { explainError } from '../aws/denial.ts'
import type { Finding } from '../repositories/format.ts'
import { isIndexed } from '../repositories/formats.ts'
import type { Lazily } from '../ui/lazily.ts'
import { inOneLine } from '../text.ts'
import type { Journal } from './journal/journal.ts'
import type { Row } from './journal/row.ts'
import type { Attended } from './attributes/attend.ts'
import type { ChecksumReport, ElsewhereReport } from './elsewhere-report.ts'
import { compareKeys } from './ranges.ts'
import type { Scanned } from './listing/scan.ts'
import type { Choice } from './selection.ts'
import { type Changes, type Counts, repositoryReports, type RepositoryReport } from './repository-reports.ts'
import type { RepublishedReport } from './republished-report.ts'
import type { ShardReport } from './shard-report.ts'
import { type Apart, encodedReport, overwritableReport, skippedReport } from './set-apart.ts'

/** What became of a repository's indexes. */
export interface IndexReport {
  readonly root: string
  readonly format: string
  readonly outcome: 'written' | 'unchanged' | 'would be written' | 'refused' | 'failed'
  readonly packages: number
  /** Index objects. */
  readonly written: number
  readonly unchanged: number
  /** Why it was refused, failed, or is made for the first time, and what to do. */
  readonly why?: string
  readonly todo?: string
}

/** Objects of one class whose headers are, or were, wrong in the same way. */
export interface WrongGroup {
  readonly class: string
  readonly format: string
  /** Empty: none. */
  readonly cacheControl: string
  readonly wanted: string
  /** What else is wrong. */
  readonly contentType?: string
  objects: number
  readonly examples: string[]
}

export interface Report {
  readonly bucket: string
  /** Nothing was written. */
  readonly dryRun: boolean
  readonly seconds: number
  readonly objects: number
  readonly bytes: number
  readonly leftOut: number
  readonly repositories: Lazily<RepositoryReport>
  readonly repositoryCount: number
  readonly indexes: readonly IndexReport[]
  readonly total: Counts
  readonly wrong: readonly WrongGroup[]
  /** Objects that are, or were, cached wrongly: the rest of what is wrong are types that say nothing. */
  readonly miscached: number
  /** In the file of `--report` each object as well, as `overwritableObjects`. */
  readonly overwritable: readonly Apart[]
  /** Packages that clients unpack on their way, so that they are not what the index says. */
  readonly encoded: readonly Apart[]
  readonly republished: RepublishedReport
  readonly skipped: readonly Apart[]
  readonly neither: { readonly objects: number; readonly bytes: number; readonly examples: readonly string[] }
  /** How many problems there are. */
  readonly problemCount: number
  /** The first thousand of them; in the file of `--report` all. */
  readonly problems: readonly Finding[]
  readonly failed: number
  readonly requests: { readonly retries: number; readonly slowDowns: number }
  /** Where this was one of several hosts' part. */
  readonly shard?: ShardReport
  /** With --run-on batch. */
  readonly elsewhere?: ElsewhereReport
  /** With --checksums batch. */
  readonly checksums?: ChecksumReport
}

const mostProblems = 1000
/** Beside the ids of repositories, none of which is empty. */
const thisRun = ''
const mostGroups = 200
const examplesEach = 5

/** All problems of the last run, each as JSON. */
export const problemsOf = (journal: Journal): Iterable<string> => journal.findings.of(thisRun)

/** What a root is called where people read it. */
export const nameOfRoot = (root: string): string => (root === '' ? '/' : root)

/** Gathers what a run does, in memory that does not grow with the number of objects. */
export class Ledger {
  readonly problems: Finding[] = []
  problemCount = 0
  readonly indexes: IndexReport[] = []
  failed = 0
  rewritten = 0
  miscached = 0
  /** From here on objects come that may have been counted already. */
  comesAgain = false
  readonly #roots: Scanned['roots']
  readonly #journal: Journal
  readonly #groups = new Map<string, WrongGroup>()
  readonly #changes = new Map<string, { rewritten: number; failed: number }>()

  /** @param journal - takes in all problems, of which memory could not hold millions; it forgets those of the last run */
  constructor(roots: Scanned['roots'], journal: Journal) {
    this.#roots = roots
    this.#journal = journal
    journal.findings.forget(thisRun)
  }

  note(row: Row, outcome: Attended): void {
    if (outcome.kind === 'rewritten') {
      this.#takeBack(row.key)
      this.rewritten++
      this.#changesOf(outcome.row).rewritten++
      this.#noteWrong(outcome)
    } else if (outcome.kind === 'failed') {
      this.#changesOf(row).failed++
      const { message, hint } = explainError(outcome.error, 'could not be put right')
      this.fail({ key: row.key, what: message, todo: inOneLine(hint) })
    }
  }

  /** Something failed: the run does not end well. */
  fail(finding: Finding): void {
    this.failed++
    this.mention(finding)
  }

  /** Something that an operator should know, and no more. */
  mention(finding: Finding): void {
    this.problemCount++
    const { key, what, todo } = finding
    // A finding may know more than is told.
    if (this.problems.length < mostProblems) this.problems.push({ key, what, ...(todo === undefined ? {} : { todo }) })
    this.#journal.findings.add(thisRun, JSON.stringify({ key, what, todo }))
  }

  wrong(): WrongGroup[] {
    return [...this.#groups.values()].sort((a, b) => b.objects - a.objects)
  }

  /** What this run has done to a class of a repository. */
  changesIn(root: string, format: string, kind: string): Changes {
    return this.#changes.get(idOf(root, format, kind)) ?? { rewritten: 0, failed: 0 }
  }

  #changesOf({ key, class: kind, format }: Pick<Row, 'key' | 'class' | 'format'>): {
    rewritten: number
    failed: number
  } {
    const id = idOf(rootOf(key, this.#roots), format, kind)
    let found = this.#changes.get(id)
    if (found === undefined) this.#changes.set(id, (found = { rewritten: 0, failed: 0 }))
    return found
  }

  /** Only by reading it a package turns out to change under its key: it is looked at again, and counts once. */
  #takeBack(key: string): void {
    const id = this.comesAgain ? this.#journal.counted.kindOf(key) : undefined
    if (id === undefined) return
    const [kind = '', format = '', , contentType] = id.split('\n')
    this.rewritten--
    this.#changesOf({ key, class: kind, format }).rewritten--
    if (contentType === '-') this.miscached--
    const group = this.#groups.get(id)
    if (group === undefined) return
    group.objects--
    if (group.examples.includes(key)) group.examples.splice(group.examples.indexOf(key), 1)
    if (group.objects === 0) this.#groups.delete(id)
  }

  #noteWrong({ row, before, wanted }: Extract<Attended, { kind: 'rewritten' }>): void {
    const type = before.cacheControl === wanted ? { contentType: before.contentType } : {}
    if (before.cacheControl !== wanted) this.miscached++
    const id = [row.class, row.format, before.cacheControl, type.contentType ?? '-'].join('\n')
    if (mayComeAgain(row)) this.#journal.counted.note(row.key, id)
    let group = this.#groups.get(id)
    if (group === undefined) {
      if (this.#groups.size >= mostGroups) return
      const { cacheControl } = before
      group = { class: row.class, format: row.format, cacheControl, wanted, ...type, objects: 0, examples: [] }
      this.#groups.set(id, group)
    }
    group.objects++
    keepFirst(group.examples, row.key)
  }
}

/** Formats whose packages are read. */
const mayComeAgain = ({ class: kind, format }: Row): boolean => kind !== 'metadata' && isIndexed(format)

const idOf = (root: string, format: string, kind: string): string => `${root}\n${format}\n${kind}`

/** Keeps the first keys, whichever comes first by chance. */
function keepFirst(keys: string[], key: string): void {
  const last = keys.at(-1)
  if (keys.length === examplesEach && last !== undefined && compareKeys(key, last) > 0) return
  keys.push(key)
  keys.sort(compareKeys).splice(examplesEach)
}

/** The innermost of the roots that a key lies under; empty if none. */
export function rootOf(key: string, roots: { has(root: string): boolean }): string {
  for (let end = key.lastIndexOf('/'); end !== -1; end = key.lastIndexOf('/', end - 1)) {
    const root = key.slice(0, end + 1)
    if (roots.has(root)) return root
    if (end === 0) break
  }
  return ''
}

/** The whole report of a run, once it has ended. */
export function reportOf(
  run: {
    readonly bucket: string
    readonly seconds: number
    readonly dryRun: boolean
    readonly listOnly: boolean
    readonly republished: RepublishedReport
    readonly journal: Journal
    readonly choice: Choice
    readonly progress: { readonly retries: number; readonly slowDowns: number }
    readonly shard: ShardReport | undefined
  },
  scanned: Scanned,
  ledger: Ledger,
): Report {
  const { journal, choice, progress } = run
  journal.commit()
  const changesIn = ledger.changesIn.bind(ledger)
  const { repositories, count, total } = repositoryReports(journal, choice, changesIn, scanned.roots)
  return {
    bucket: run.bucket,
    // What a flag that was not given leaves undefined is no member of JSON.
    dryRun: [run.dryRun, run.listOnly].includes(true),
    seconds: run.seconds,
    objects: scanned.objects,
    bytes: scanned.bytes,
    leftOut: scanned.leftOut,
    repositories,
    repositoryCount: count,
    indexes: ledger.indexes,
    total,
    wrong: ledger.wrong(),
    miscached: ledger.miscached,
    overwritable: overwritableReport(journal, choice),
    encoded: encodedReport(journal, choice),
    republished: run.republished,
    skipped: skippedReport(journal, choice),
    neither: scanned.neither,
    problemCount: ledger.problemCount,
    problems: ledger.problems,
    failed: ledger.failed,
    requests: { retries: progress.retries, slowDowns: progress.slowDowns },
    ...(run.shard === undefined ? {} : { shard: run.shard }),
  }
}
