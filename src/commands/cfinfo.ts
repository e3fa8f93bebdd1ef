import { Args } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { type CfCard, type CfDetail, detailTable, infoFields, listFields, listTable } from '../tasks/cf/card.ts'
import { details, listCards } from '../tasks/cf/list.ts'
import { noDistribution } from '../tasks/cf/targets.ts'
import { lookUp } from '../tasks/chain/look-up.ts'
import { formatFlag, formatOf } from '../flags/cf-flags.ts'
import { pagerFlag } from '../flags/pager-flag.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { s3cmdLines } from '../ui/s3cmd-labels.ts'

/** What `--json` tells. */
export type Result = { distributions: CfCard[] | CfDetail[]; missing: string[] }

export default class Cfinfo extends CtlCommand {
  static override summary = 'Show CloudFront distributions, by id or by the bucket that they serve'
  static override description = 'Without a target all distributions are listed, as cflist does.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> cf://E3RPA4Z4ALGTGO',
    '<%= config.bin %> <%= command.id %> s3://packages-example-org --json',
  ]
  static override strict = false
  static override args = {
    TARGET: Args.string({ description: 'cf://ID, ID, a domain name, an ARN or s3://BUCKET (repeatable)' }),
  }
  static override flags = { ...formatFlag, ...pagerFlag, ...settingsFlags }

  async run(): Promise<Result> {
    const { argv, flags } = await this.parse(Cfinfo)
    const aws = await connect(await settingsFor(flags))
    const format = formatOf(flags)
    const conduct = this.looking(flags)
    if (argv.length === 0) {
      const distributions = await lookUp('List the distributions', () => listCards(aws), conduct)
      if (format === 'table') await this.printLong(flags, listTable(distributions))
      else for (const card of distributions) this.print(s3cmdLines(listFields(card)), '')
      return { distributions, missing: [] }
    }
    const words = argv.map(String)
    const { distributions, missing } = await lookUp('Look at the distributions', () => details(aws, words), conduct)
    for (const [index, of] of distributions.entries()) {
      if (format === 's3cmd') this.print(s3cmdLines(infoFields(of)))
      else this.print(...(index === 0 ? [] : ['']), detailTable(of))
    }
    this.regret(missing.map(noDistribution))
    return { distributions, missing: missing.map(({ word }) => word) }
  }
}
