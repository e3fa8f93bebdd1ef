import { Args, Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { loadSettings } from '../settings/settings.ts'
import { runChain } from '../tasks/chain.ts'
import { planPut, put, putText, type PutReport, putReports } from '../tasks/put.ts'
import { CtlCommand, settingsFlags } from '../ui/command.ts'
import { exitCodes } from '../ui/errors.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import { chooseShow, quietly } from '../ui/renderer.ts'
import { verbatim } from '../ui/text.ts'

export default class Put extends CtlCommand {
  static override summary = 'Upload files to a bucket'
  static override description =
    'Packages and repository metadata get the Cache-Control of their kind. Files above 16 MiB go in parts; what is ' +
    'interrupted leaves nothing behind.'
  static override usage = 'put FILE... s3://BUCKET[/KEY | /PREFIX/] [FLAGS]'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --acl-public logo.jpg s3://example-org-public/example/logo.jpg',
    '<%= config.bin %> <%= command.id %> *.deb s3://packages-example-org/incoming/',
    'mysqldump ... | gzip | <%= config.bin %> <%= command.id %> - s3://example-org-backup/db.sql.gz',
  ]
  static override args = {
    file: Args.string({
      description: 'files, - for stdin, and where to: a key, or a bucket or prefix/ in which they keep their names',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    'acl-public': Flags.boolean({
      char: 'P',
      description: 'let everybody read the objects',
      exclusive: ['acl-private'],
    }),
    'acl-private': Flags.boolean({ description: 'do not (the default)' }),
    'mime-type': Flags.string({
      char: 'm',
      description: 'type of the objects; by default by ending',
      helpValue: 'TYPE',
    }),
    'guess-mime-type': Flags.boolean({ char: 'M', description: 'as in s3cmd: by ending (the default)', hidden: true }),
    'add-header': Flags.string({
      description: "further header, such as 'Cache-Control: max-age=60' (repeatable)",
      multiple: true,
      multipleNonGreedy: true,
      default: [],
      helpValue: 'NAME:VALUE',
    }),
    'dry-run': Flags.boolean({ char: 'n', description: 'show what would be uploaded, and upload nothing' }),
    'exit-code': Flags.boolean({
      description: `with --dry-run: exit with ${exitCodes.changes}, as there always is something to do`,
      dependsOn: ['dry-run'],
    }),
    ...settingsFlags,
  }

  async run(): Promise<{ plan: PutReport[] } | { objects: PutReport[] }> {
    const { args, flags } = await this.parse(Put)
    const wishes = { isPublic: flags['acl-public'], mimeType: flags['mime-type'], added: flags['add-header'] }
    const planned = await planPut(args.file, wishes, process.stdin)
    const chain = put(connect(await loadSettings(flags)), planned, wishes)
    const signal = interruptSignal((...blocks) => this.say(...blocks), { unseen: !flags['dry-run'] })
    const how = { ...flags, json: this.jsonEnabled() }
    const show = flags['dry-run'] ? quietly(how) : chooseShow(how)
    const { ctx } = await runChain(chain, flags['dry-run'] ? 'plan' : 'apply', { show, signal })
    const reports = putReports(planned, ctx, wishes)
    if (!flags['dry-run']) {
      this.ifLost('The objects are uploaded.')
      this.print(putText(reports))
      return { objects: reports }
    }
    this.print(verbatim(...reports.map(({ file, uri }) => `+ upload: '${file}' -> '${uri}'`)))
    if (flags['exit-code']) process.exitCode = exitCodes.changes
    return { plan: reports }
  }
}
