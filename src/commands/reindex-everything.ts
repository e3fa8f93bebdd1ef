import { writeFile } from 'node:fs/promises'

import { Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import type { Report } from '../reindex/report.ts'
import { chooseObjects } from '../reindex/selection.ts'
import { loadSettings } from '../settings/settings.ts'
import { stateFolder } from '../settings/state-folder.ts'
import { reindexEverything } from '../tasks/reindex-everything.ts'
import { listText, reportText } from '../tasks/reindex-text.ts'
import { CtlCommand, settingsFlags } from '../ui/command.ts'
import { exitCodes } from '../ui/errors.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import { readMapping, reindexFlags } from '../ui/reindex-flags.ts'
import { chooseShow } from '../ui/renderer.ts'

export default class ReindexEverything extends CtlCommand {
  static override summary = 'Give every package and all repository metadata the attributes that CloudFront needs'
  static override description =
    'Goes over all objects of the bucket and rewrites in place those whose Cache-Control is wrong, with everything else\n' +
    'that they carry. Can be stopped at any time: the same command goes on from there, and a run with nothing to do costs\n' +
    'little more than the listing. Objects that can not be rewritten without losing something are reported and left.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --list',
    '<%= config.bin %> <%= command.id %> --attributes-only --dry-run',
    '<%= config.bin %> <%= command.id %> --attributes-only --report report.json',
  ]
  static override flags = {
    'attributes-only': Flags.boolean({ description: 'put attributes right, make no indexes' }),
    list: Flags.boolean({ description: 'show which repositories are recognised, and stop' }),
    'dry-run': Flags.boolean({ description: 'show what would change, and change nothing' }),
    'exit-code': Flags.boolean({
      description: `with --dry-run: exit with ${exitCodes.changes} if something would change`,
      dependsOn: ['dry-run'],
    }),
    'force-unlock': Flags.boolean({ description: 'take over from another run that is known to be dead' }),
    ...reindexFlags,
    ...settingsFlags,
  }

  async run(): Promise<Report> {
    const { flags } = await this.parse(ReindexEverything)
    const settings = await loadSettings(flags)
    const mapping = await readMapping(flags.mapping)
    const report = await reindexEverything(connect(settings), settings, {
      choice: chooseObjects({ ...flags, mapping }),
      stateDir: flags['state-dir'] ?? stateFolder(),
      concurrency: flags.concurrency,
      dryRun: flags['dry-run'],
      listOnly: flags.list,
      full: flags.full,
      forceUnlock: flags['force-unlock'],
      show: chooseShow({ ...flags, json: this.jsonEnabled() }),
      signal: interruptSignal((line) => this.say(line)),
      say: (line) => this.say(line),
    })
    if (flags.report !== undefined) await writeFile(flags.report, `${JSON.stringify(report, undefined, 2)}\n`)
    this.log(flags.list ? listText(report) : reportText(report))
    if (report.failed > 0) process.exitCode = exitCodes.failed
    else if (flags['exit-code'] && report.total.rewritten > 0) process.exitCode = exitCodes.changes
    return report
  }
}
