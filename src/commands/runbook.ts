import { Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { isCertificateArn } from '../aws/arns.ts'
import { CtlError } from '../errors.ts'
import { frontFlags, frontPathFlag, tokenOf } from '../flags/front-flags.ts'
import { pagerFlag } from '../flags/pager-flag.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { carriedFlags } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { readAliases } from '../tasks/names/domain-name.ts'
import { type Runbook, runbookKinds } from '../tasks/runbook/document.ts'
import { makeRunbook } from '../tasks/runbook/runbook.ts'
import { runbookMarkdown, runbookPage } from '../tasks/runbook/text.ts'
import { CtlCommand } from '../ui/command.ts'
import { ownVersion } from '../ui/own-version.ts'
import { isPage, openReportFile } from '../ui/report-file.ts'
import { renderReportPage } from '../ui/report-page.ts'
import { whole } from '../text.ts'

/** What `--json` tells. */
export type Result = Runbook

export default class RunbookCommand extends CtlCommand {
  static override summary = 'Write a change ticket, with what is there now and the exact commands'
  static override description =
    'As Markdown: purpose, pre-checks and what they found, steps with commands, expected output and duration, validation, ' +
    'rollback, who must be told, cost, and what can not be undone. Only reads. With --kind remove the commands of the AWS ' +
    'CLI that take an installation away, which pc-ctl itself never does. No secret is in it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --kind enable',
    '<%= config.bin %> <%= command.id %> --kind remove --report remove.html',
    '<%= config.bin %> <%= command.id %> --kind alias --alias packages-cdn.example.org --html > ticket.html',
  ]
  static override flags = {
    kind: Flags.option({ options: runbookKinds })({ description: 'what is to be changed', required: true }),
    html: Flags.boolean({ description: 'a page with a picture of what is there, in place of Markdown' }),
    report: Flags.string({
      description: 'write it to this file, in place of stdout: as a page if its name ends in .html, else as Markdown',
      helpValue: 'FILE',
    }),
    alias: Flags.string({ description: 'with --kind alias: the domain name of your own', helpValue: 'NAME' }),
    certificate: Flags.string({
      description: 'with --kind alias: ACM certificate in us-east-1 for it, if there is one',
      helpValue: 'ARN',
      dependsOn: ['alias'],
    }),
    ...frontFlags,
    ...frontPathFlag,
    ...pagerFlag,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { flags } = await this.parse(RunbookCommand)
    const { kind, certificate, front } = flags
    if (flags.alias !== undefined && kind !== 'alias') {
      throw new CtlError('usage', `--alias is for --kind alias, not ${kind}.`)
    }
    if (certificate !== undefined && !isCertificateArn(certificate)) {
      throw new CtlError('usage', '--certificate is no certificate of ACM in us-east-1.', {
        hint: 'Such as arn:aws:acm:us-east-1:999999999999:certificate/ID.',
      })
    }
    const [alias] = flags.alias === undefined ? [] : readAliases([flags.alias])
    const settings = await settingsFor(flags)
    const file = flags.report === undefined ? undefined : await openReportFile(flags.report)
    const aws = await connect(settings)
    try {
      const order = {
        kind,
        alias,
        certificate,
        version: ownVersion(),
        // Others type it elsewhere: what came from this environment stands in the commands too.
        carried: carriedFlags(flags, {}),
        front: front === '' ? undefined : front,
        frontPath: flags['front-path'],
        token: tokenOf(flags),
      }
      const { runbook, drawing } = await makeRunbook(aws, settings, order, this.looking(flags))
      const page = flags.html || isPage(flags.report ?? '')
      const text = page ? await renderReportPage(runbookPage(runbook, drawing)) : runbookMarkdown(runbook)
      if (file === undefined) await this.printLong(flags, whole(text))
      else await file.write([text])
      return runbook
    } finally {
      aws.close()
    }
  }
}
