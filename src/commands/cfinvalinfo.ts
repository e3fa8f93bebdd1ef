import { Args, Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { lookAtInvalidations } from '../tasks/cf/invalidation-info.ts'
import {
  type InvalidationReport,
  invalidationTable,
  reportOf,
  s3cmdInvalidations,
} from '../tasks/cf/invalidation-text.ts'
import { runChain } from '../tasks/chain/chain.ts'
import { formatFlag, formatOf } from '../flags/cf-flags.ts'
import { pagerFlag } from '../flags/pager-flag.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'

/** What `--json` tells. */
export type Result = readonly InvalidationReport[]

export default class Cfinvalinfo extends CtlCommand {
  static override summary = 'Show how far invalidations are'
  static override examples = [
    '<%= config.bin %> <%= command.id %> cf://E1A2B3C4D5E6F7/I1JLWSDAP8FU89',
    '<%= config.bin %> <%= command.id %> s3://packages-example-org --limit 10',
  ]
  static override args = {
    target: Args.string({
      description: 'cf://ID/INVALIDATION for one; cf://ID or s3://BUCKET for the newest of a distribution',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    limit: Flags.integer({
      description: 'how many to show of each distribution',
      default: 100,
      min: 1,
      helpValue: 'N',
    }),
    ...formatFlag,
    ...pagerFlag,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { args, flags } = await this.parse(Cfinvalinfo)
    const aws = await connect(await settingsFor(flags))
    const look = await runChain(lookAtInvalidations(aws, args.target, flags.limit), 'plan', this.looking(flags))
    const { found, missing } = look.ctx.invalidations
    const reports = found.map(reportOf)
    const [lost] = missing
    if (reports.length === 0 && lost !== undefined && this.jsonEnabled()) throw lost
    if (reports.length === 0) this.say(...(missing.length === 0 ? ['There are no invalidations.'] : []))
    else if (formatOf(flags) === 's3cmd') this.print(...s3cmdInvalidations(reports))
    else await this.printLong(flags, invalidationTable(reports))
    this.regret(missing)
    return reports
  }
}
