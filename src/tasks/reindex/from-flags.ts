import { connect } from '../../aws/connect.ts'
import type { Report } from '../../reindex/report.ts'
import { type WriteReport, writeJson } from '../../reindex/report-file.ts'
import { chooseObjects } from '../../reindex/selection.ts'
import { carriedFlags } from '../../settings/settings.ts'
import { settingsFor } from '../../settings/settings-for.ts'
import { stateFolder } from '../../settings/state-folder.ts'
import type { Flags } from '../../settings/settings.ts'
import { ask, assertAnswerable } from '../../ui/ask.ts'
import { interruptSignal } from '../../ui/interrupt.ts'
import { carriedChoice, readMapping, type ReindexFlags } from '../../flags/reindex-flags.ts'
import { isPage, openReportFile } from '../../ui/report-file.ts'
import { chooseShow, fleeting } from '../../ui/renderer.ts'
import type { Say } from '../../text.ts'
import { writePage } from './report-page.ts'
import type { ChecksumWishes } from './checksums.ts'
import type { ElsewhereWishes } from './elsewhere.ts'
import { reindexEverything, type ReindexWishes } from './reindex-everything.ts'

/** What a command decides itself; the rest is read off the flags that all such commands have. */
export type CommandWishes = Pick<
  ReindexWishes,
  | 'attributes'
  | 'indexes'
  | 'signerOf'
  | 'changeKey'
  | 'allowShrink'
  | 'createMissing'
  | 'formatOptions'
  | 'strict'
  | 'dryRun'
  | 'listOnly'
  | 'forceUnlock'
  | 'invalidate'
  | 'shard'
  | 'inventory'
  | 'shardObjects'
> & {
  /** Have functions do the work, after asking, or without. */
  readonly elsewhere?: Omit<ElsewhereWishes, 'agree'> | undefined
  /** Have S3 compute digests. */
  readonly checksums?: Omit<ChecksumWishes, 'agree'> | undefined
  /** Without asking, where that is so. */
  readonly yes?: boolean
}

/** Hours before it is asked: where nobody is there to answer, nothing is begun. */
function assertAgreeable({ elsewhere, checksums, yes, dryRun }: CommandWishes): void {
  if (yes === true || dryRun || (elsewhere ?? checksums) === undefined) return
  assertAnswerable(['has S3 Batch Operations begin a job'])
}

/**
 * Goes over the objects of the bucket as a command's flags ask for, and writes the report to where they say.
 *
 * @throws CtlError as `reindexEverything`, and for settings, a mapping or a report that can't be read or written
 */
export async function reindexFromFlags(
  flags: ReindexFlags & Flags & { readonly verbose: boolean; readonly json: boolean },
  wishes: CommandWishes,
  say: Say,
): Promise<Report> {
  assertAgreeable(wishes)
  const settings = await settingsFor(flags)
  const mapping = await readMapping(flags.mapping)
  const choice = chooseObjects({ ...flags, mapping })
  const show = chooseShow(flags)
  const writeReport = await openReport(flags)
  const signal = interruptSignal(say)
  const { elsewhere, checksums, yes } = wishes
  const agree = yes === true ? undefined : (questions: readonly string[]): Promise<boolean> => ask(questions, signal)
  return reindexEverything(await connect(settings), settings, {
    ...wishes,
    choice,
    stateDir: flags['state-dir'] ?? stateFolder(),
    concurrency: flags.concurrency,
    full: flags.full,
    show: wishes.dryRun || wishes.listOnly ? fleeting(show) : show,
    signal,
    writeReport,
    elsewhere: elsewhere && { ...elsewhere, agree },
    checksums: checksums && { ...checksums, agree },
  })
}

/** @throws CtlError (usage) if the report can't be written to where it is to go */
async function openReport(flags: ReindexFlags & Flags): Promise<WriteReport | undefined> {
  if (flags.report === undefined) return undefined
  const file = await openReportFile(flags.report)
  if (!isPage(flags.report)) return writeJson(file)
  return writePage(file, { carried: carriedFlags(flags), ofRun: carriedChoice(flags) })
}
