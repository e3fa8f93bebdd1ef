import { connect } from '../aws/connect.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { type CfCard, listFields, listTable } from '../tasks/cf/card.ts'
import { listCards } from '../tasks/cf/list.ts'
import { lookUp } from '../tasks/chain/look-up.ts'
import { formatFlag, formatOf } from '../flags/cf-flags.ts'
import { pagerFlag } from '../flags/pager-flag.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { s3cmdLines } from '../ui/s3cmd-labels.ts'

/** What `--json` tells. */
export type Result = { distributions: CfCard[] }

export default class Cflist extends CtlCommand {
  static override summary = 'List all CloudFront distributions of the account'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --format s3cmd',
  ]
  static override flags = { ...formatFlag, ...pagerFlag, ...settingsFlags }

  async run(): Promise<Result> {
    const { flags } = await this.parse(Cflist)
    const aws = await connect(await settingsFor(flags))
    const distributions = await lookUp('List the distributions', () => listCards(aws), this.looking(flags))
    if (formatOf(flags) === 'table') await this.printLong(flags, listTable(distributions))
    else for (const card of distributions) this.print(s3cmdLines(listFields(card)), '')
    return { distributions }
  }
}
