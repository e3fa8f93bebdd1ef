import { Flags } from '@oclif/core'

import type { Report } from '../reindex/report.ts'
import { carriedFlags } from '../settings/settings.ts'
import { reindexFromFlags } from '../tasks/reindex/from-flags.ts'
import { attributesOnly } from '../tasks/reindex/reindex-everything.ts'
import { auditText } from '../tasks/reindex/report-text.ts'
import { pagerFlag } from '../flags/pager-flag.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { exitCodes } from '../errors.ts'
import { carriedChoice, reindexFlags } from '../flags/reindex-flags.ts'

/** What `--json` tells. */
export type Result = Omit<Report, 'elsewhere'>

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
    ...pagerFlag,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { flags } = await this.parse(AuditCacheControl)
    const report = await reindexFromFlags(
      { ...flags, json: this.jsonEnabled() },
      { ...attributesOnly, dryRun: true },
      (...blocks) => this.say(...blocks),
    )
    await this.printLong(flags, ...auditText(report, carriedFlags(flags), carriedChoice(flags)))
    if (report.failed > 0) process.exitCode = exitCodes.failed
    else if (flags['exit-code'] && report.miscached > 0) process.exitCode = exitCodes.changes
    return report
  }
}
