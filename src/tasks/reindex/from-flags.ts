import { connect } from '../../aws/connect.ts'
import type { Report } from '../../reindex/report.ts'
import { openReportFile } from '../../reindex/report-file.ts'
import { chooseObjects } from '../../reindex/selection.ts'
import { settingsFor } from '../../settings/settings-for.ts'
import { stateFolder } from '../../settings/state-folder.ts'
import type { SettingsFlags } from '../../ui/command.ts'
import { interruptSignal } from '../../ui/interrupt.ts'
import { readMapping, type ReindexFlags } from '../../flags/reindex-flags.ts'
import { chooseShow, fleeting } from '../../ui/renderer.ts'
import type { Say } from '../../text.ts'
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
  | 'strict'
  | 'dryRun'
  | 'listOnly'
  | 'forceUnlock'
  | 'invalidate'
>

/**
 * Goes over the objects of the bucket as a command's flags ask for, and writes the report to where they say.
 *
 * @throws CtlError as `reindexEverything`, and for settings, a mapping or a report that can't be read or written
 */
export async function reindexFromFlags(
  flags: ReindexFlags & SettingsFlags & { readonly verbose: boolean; readonly json: boolean },
  wishes: CommandWishes,
  say: Say,
): Promise<Report> {
  const settings = await settingsFor(flags)
  const mapping = await readMapping(flags.mapping)
  const choice = chooseObjects({ ...flags, mapping })
  const show = chooseShow(flags)
  const reportFile = flags.report === undefined ? undefined : await openReportFile(flags.report)
  return reindexEverything(await connect(settings), settings, {
    ...wishes,
    choice,
    stateDir: flags['state-dir'] ?? stateFolder(),
    concurrency: flags.concurrency,
    full: flags.full,
    show: wishes.dryRun || wishes.listOnly ? fleeting(show) : show,
    signal: interruptSignal(say),
    reportFile,
  })
}
