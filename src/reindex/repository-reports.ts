import { ownText } from '../repositories/own-text.ts'
import { Lazily } from '../ui/lazily.ts'
import type { Journal } from './journal/journal.ts'
import type { Tally } from './journal/selected.ts'
import { compareKeys, endOf } from './ranges.ts'
import type { Choice } from './selection.ts'

/** How the objects of one class of a repository stand. */
export interface Counts {
  objects: number
  bytes: number
  /** Were right already, as far as is known. */
  right: number
  /** Were put right by this run; in a run that only looks: would be. */
  rewritten: number
  skipped: number
  failed: number
  /** Not looked at, because the run ended before. */
  left: number
}

export interface RepositoryReport {
  /** Empty: the whole bucket, or no repository that is known. */
  readonly root: string
  readonly format: string
  readonly packages: Counts
  /** Packages that others may take the place of under their key. */
  readonly overwritable: Counts
  readonly metadata: Counts
}

/** What a run has done to the objects of one class. */
export interface Changes {
  readonly rewritten: number
  readonly failed: number
}

const names = ['objects', 'bytes', 'right', 'rewritten', 'skipped', 'failed', 'left'] as const
const none = (): Counts => ({ objects: 0, bytes: 0, right: 0, rewritten: 0, skipped: 0, failed: 0, left: 0 })

/**
 * How all repositories stand, and all objects together. There may be hundreds of thousands of repositories: of each no
 * more than a short text is kept, and its report made from that when it is asked for.
 *
 * @param changesIn - what the run has done to a class of a repository
 */
export function repositoryReports(
  journal: Journal,
  choice: Choice,
  changesIn: (root: string, format: string, kind: string) => Changes,
  roots: Iterable<string>,
): { readonly repositories: Lazily<RepositoryReport>; readonly count: number; readonly total: Counts } {
  const total = none()
  const packed: string[] = []
  /** By format, of each root that more may come of. */
  const open = new Map<string, Map<string, RepositoryReport>>()
  const close = (root: string, reports: Map<string, RepositoryReport>): void => {
    open.delete(root)
    for (const report of reports.values()) {
      settle(report, changesIn)
      for (const counts of classesOf(report)) for (const name of names) total[name] += counts[name]
      packed.push(pack(report))
    }
  }
  for (const { root, from, to } of segmentsOf([...roots])) {
    for (const [other, reports] of open) if (!root.startsWith(other)) close(other, reports)
    const reports = open.get(root) ?? new Map<string, RepositoryReport>()
    for (const tally of journal.selected.tally(choice, from, to)) {
      const { format } = tally
      let report = reports.get(format)
      if (report === undefined) {
        report = { root, format, packages: none(), overwritable: none(), metadata: none() }
        reports.set(format, report)
      }
      add(countsOf(report, tally.class), tally)
    }
    if (reports.size > 0) open.set(root, reports)
  }
  for (const [root, reports] of open) close(root, reports)
  packed.sort(compareKeys)
  const repositories = new Lazily(function* () {
    for (const one of packed) yield unpacked(one)
  })
  return { repositories, count: packed.length, total }
}

/** What ends a part: below all that a key begins with, so that texts sort as roots and formats do. */
const end = '\u0000'

function pack(report: RepositoryReport): string {
  const numbers = classesOf(report).flatMap((counts) => names.map((name) => counts[name]))
  return ownText([report.root, report.format, numbers.join(' ')].join(end))
}

function unpacked(text: string): RepositoryReport {
  const last = text.lastIndexOf(end)
  const formatAt = text.lastIndexOf(end, last - 1)
  const numbers = text
    .slice(last + 1)
    .split(' ')
    .map(Number)
  const counts = (at: number): Counts => {
    const made = none()
    for (const [index, name] of names.entries()) made[name] = numbers[at * names.length + index] ?? 0
    return made
  }
  return {
    root: text.slice(0, formatAt),
    format: text.slice(formatAt + 1, last),
    packages: counts(0),
    overwritable: counts(1),
    metadata: counts(2),
  }
}

/** Takes what this run has done out of what is as it should be, or is still to be done. */
function settle(report: RepositoryReport, changesIn: (root: string, format: string, kind: string) => Changes): void {
  for (const kind of ['package', 'overwritable', 'metadata']) {
    const counts = countsOf(report, kind)
    const { rewritten, failed } = changesIn(report.root, report.format, kind)
    // What only would be written is still to be done.
    if (counts.left >= rewritten + failed) counts.left -= rewritten + failed
    else {
      counts.right -= rewritten
      counts.left = Math.max(0, counts.left - failed)
    }
    counts.rewritten = rewritten
    counts.failed = failed
  }
}

const classesOf = ({ packages, overwritable, metadata }: RepositoryReport): Counts[] => [
  packages,
  overwritable,
  metadata,
]

const countsOf = ({ packages, overwritable, metadata }: RepositoryReport, kind: string): Counts =>
  kind === 'package' ? packages : kind === 'overwritable' ? overwritable : metadata

function add(counts: Counts, tally: Tally): void {
  counts.objects += tally.objects
  counts.bytes += tally.bytes
  counts.right += tally.right
  counts.skipped += tally.skipped
  counts.left += tally.todo
}

export interface Segment {
  readonly root: string
  readonly from: string
  /** Not included; undefined: to the end. */
  readonly to: string | undefined
}

/** Cuts the order of keys so that each piece belongs to the innermost root that its keys lie under. */
export function* segmentsOf(roots: readonly string[]): Generator<Segment> {
  const sorted = roots.filter((root) => root !== '').sort(compareKeys)
  const open: string[] = []
  let from = ''
  const cut = function* (to: string | undefined): Generator<Segment> {
    if (to !== from) yield { root: open.at(-1) ?? '', from, to }
    from = to ?? from
  }
  const closeBefore = function* (next: string | undefined): Generator<Segment> {
    for (
      let last = open.at(-1);
      last !== undefined && (next === undefined || !next.startsWith(last));
      last = open.at(-1)
    ) {
      yield* cut(endOf(last))
      open.pop()
    }
  }
  for (const root of sorted) {
    yield* closeBefore(root)
    yield* cut(root)
    open.push(root)
  }
  yield* closeBefore(undefined)
  yield* cut(undefined)
}
