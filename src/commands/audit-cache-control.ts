import { writeFile } from 'node:fs/promises'

import { Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import type { Report } from '../reindex/report.ts'
import { chooseObjects } from '../reindex/selection.ts'
import { loadSettings } from '../settings/settings.ts'
import { stateFolder } from '../settings/state-folder.ts'
import { reindexEverything } from '../tasks/reindex-everything.ts'
import { auditText } from '../tasks/reindex-text.ts'
import { CtlCommand, settingsFlags } from '../ui/command.ts'
import { exitCodes } from '../ui/errors.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import { readMapping, reindexFlags } from '../ui/reindex-flags.ts'
import { chooseShow } from '../ui/renderer.ts'

export default class AuditCacheControl extends CtlCommand {
  static override summary = 'Report every object that CloudFront would cache wrongly, and change nothing'
  static override description =
    'Looks at the Cache-Control and Content-Type of all packages and repository metadata in the bucket. What it learns is\n' +
    'kept in the journal, so that another audit, or reindex-everything, need not look again at what is right.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --prefix 7/11/ --json',
  ]
  static override flags = {
    'exit-code': Flags.boolean({ description: `exit with ${exitCodes.changes} if an object would be cached wrongly` }),
    ...reindexFlags,
    ...settingsFlags,
  }

  async run(): Promise<Report> {
    const { flags } = await this.parse(AuditCacheControl)
    const settings = await loadSettings(flags)
    const mapping = await readMapping(flags.mapping)
    const report = await reindexEverything(connect(settings), settings, {
      choice: chooseObjects({ ...flags, mapping }),
      stateDir: flags['state-dir'] ?? stateFolder(),
      concurrency: flags.concurrency,
      attributes: true,
      indexes: false,
      signer: undefined,
      allowShrink: false,
      strict: false,
      dryRun: true,
      listOnly: false,
      full: flags.full,
      forceUnlock: false,
      show: chooseShow({ ...flags, json: this.jsonEnabled() }),
      signal: interruptSignal((line) => this.say(line)),
      say: (line) => this.say(line),
    })
    if (flags.report !== undefined) await writeFile(flags.report, `${JSON.stringify(report, undefined, 2)}\n`)
    this.log(auditText(report))
    if (report.failed > 0) process.exitCode = exitCodes.failed
    else if (flags['exit-code'] && report.total.rewritten > 0) process.exitCode = exitCodes.changes
    return report
  }
}
