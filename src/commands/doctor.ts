import { Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { carriedFlags } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { diagnose, type Diagnosis } from '../tasks/doctor/diagnose.ts'
import { diagnosisPage } from '../tasks/doctor/page.ts'
import { complaint } from '../tasks/doctor/complaint.ts'
import { lookUp } from '../tasks/chain/look-up.ts'
import { diagnosisText, type PassageSettings, passageSettings } from '../tasks/doctor/text.ts'
import { pagerFlag } from '../flags/pager-flag.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { isPage, openReportFile } from '../ui/report-file.ts'
import { renderReportPage } from '../ui/report-page.ts'
import { exitCodes } from '../errors.ts'
import { frontFlags, frontPathFlag } from '../flags/front-flags.ts'

/** What `--json` tells. */
export type Result = Diagnosis & Pick<PassageSettings, 'allow'>

export default class Doctor extends CtlCommand {
  static override summary = 'Prove from outside that packages are served as they should be'
  static override description =
    'Asks the packages domain, and with --front the front server, what their clients ask, and says what each answer ' +
    'means and what to do. Only reads. Objects to test with are taken from a listing of the bucket unless they are ' +
    'named. Exits with 1 if a check fails.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    'PC_CTL_FRONT_TOKEN=... <%= config.bin %> <%= command.id %> --front https://packages.example.org',
    '<%= config.bin %> <%= command.id %> --report doctor.html',
    '<%= config.bin %> <%= command.id %> --key 7/11/el/8/package_files/78137.rpm --key 7/11/el/8/repodata/repomd.xml',
  ]
  static override flags = {
    ...pagerFlag,
    ...settingsFlags,
    domain: Flags.string({
      description: 'packages domain, in place of the configured cloudfront_packages_domain',
      helpValue: 'DOMAIN',
    }),
    key: Flags.string({
      description: 'S3 key of an object to test with',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: 'KEY',
    }),
    ...frontFlags,
    ...frontPathFlag,
    report: Flags.string({
      description: 'write the report to this file too: as a page to look at if its name ends in .html, else as JSON',
      helpValue: 'FILE',
    }),
  }

  async run(): Promise<Result> {
    const { flags } = await this.parse(Doctor)
    const settings = await settingsFor(flags)
    const wanted = complaint(
      settings,
      { ...flags, keys: flags.key ?? [], frontPath: flags['front-path'] },
      carriedFlags(flags),
    )
    const file = flags.report === undefined ? undefined : await openReportFile(flags.report)
    const aws = await connect(settings, process.env, { later: true })
    try {
      const examine = () => diagnose(aws, settings, wanted)
      const diagnosis = await lookUp('Ask what clients ask', examine, this.looking(flags))
      const passage = await passageSettings(diagnosis.domain, flags.front)
      const result = { ...diagnosis, allow: passage.allow }
      await this.printLong(flags, ...diagnosisText(diagnosis), '', ...passage.text)
      if (diagnosis.count.failed > 0) process.exitCode = exitCodes.failed
      await file?.write(
        isPage(flags.report ?? '')
          ? [await renderReportPage(diagnosisPage(diagnosis, passage))]
          : [`${JSON.stringify(result, undefined, 2)}\n`],
      )
      return result
    } finally {
      aws.close()
    }
  }
}
