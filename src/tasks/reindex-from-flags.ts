import { appendFile, writeFile } from 'node:fs/promises'

import { connect } from '../aws/connect.ts'
import type { Report } from '../reindex/report.ts'
import { chooseObjects } from '../reindex/selection.ts'
import { loadSettings } from '../settings/settings.ts'
import { stateFolder } from '../settings/state-folder.ts'
import type { SettingsFlags } from '../ui/command.ts'
import { CtlError, messageOf } from '../ui/errors.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import { readMapping, type ReindexFlags } from '../ui/reindex-flags.ts'
import { chooseShow } from '../ui/renderer.ts'
import { reindexEverything, type ReindexOptions } from './reindex-everything.ts'

/** What a command decides itself; the rest is read off the flags that all such commands have. */
export type ReindexWishes = Pick<
  ReindexOptions,
  'attributes' | 'indexes' | 'signer' | 'allowShrink' | 'strict' | 'dryRun' | 'listOnly' | 'forceUnlock'
>

/**
 * Goes over the objects of the bucket as a command's flags ask for, and writes the report to where they say.
 *
 * @throws CtlError as `reindexEverything`, and for settings, a mapping or a report that can't be read or written
 */
export async function reindexFromFlags(
  flags: ReindexFlags & SettingsFlags & { readonly verbose: boolean; readonly json: boolean },
  wishes: ReindexWishes,
  say: (line: string) => void,
): Promise<Report> {
  const settings = await loadSettings(flags)
  const mapping = await readMapping(flags.mapping)
  if (flags.report !== undefined) await assertWritable(flags.report)
  const report = await reindexEverything(connect(settings), settings, {
    ...wishes,
    choice: chooseObjects({ ...flags, mapping }),
    stateDir: flags['state-dir'] ?? stateFolder(),
    concurrency: flags.concurrency,
    full: flags.full,
    show: chooseShow(flags),
    signal: interruptSignal(say),
    say,
  })
  if (flags.report !== undefined) await writeFile(flags.report, `${JSON.stringify(report, undefined, 2)}\n`)
  return report
}

/** Seen before the run, not hours later. */
async function assertWritable(file: string): Promise<void> {
  try {
    await appendFile(file, '')
  } catch (error) {
    throw new CtlError('usage', `The report ${file} can't be written: ${messageOf(error)}`, { cause: error })
  }
}
