import type { ReportFile } from '../ui/report-file.ts'
import type { Report } from './report.ts'

/** What may be too long for memory: by name, each entry as JSON. */
export type Lists = Readonly<Record<string, Iterable<string>>>

/** Writes the report of a run to where it was asked for. */
export type WriteReport = (report: Report, lists: Lists) => Promise<void>

/**
 * Writes the report as one JSON document that ends with its lists, however long they are.
 *
 * @throws CtlError (failed), from what is returned, if it can't be written
 */
export const writeJson =
  (file: ReportFile): WriteReport =>
  (report, lists) =>
    file.write(pieces(report, lists))

/** The lists come last, so that the rest is at the beginning of a file that may be large. */
function* pieces(report: Report, lists: Lists): Generator<string> {
  const names = Object.keys(lists)
  const rest = JSON.stringify(
    { ...report, ...Object.fromEntries(names.map((name) => [name, undefined])) },
    undefined,
    2,
  )
  yield rest.slice(0, -'\n}'.length)
  for (const [name, list] of Object.entries(lists)) {
    yield `,\n  ${JSON.stringify(name)}: [`
    let separator = '\n    '
    for (const entry of list) {
      yield separator + entry
      separator = ',\n    '
    }
    yield separator === '\n    ' ? ']' : '\n  ]'
  }
  yield '\n}\n'
}
