import { Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { carriedFlags } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { lookUp } from '../tasks/chain/look-up.ts'
import { type CostReport, lookAtCosts } from '../tasks/costs/costs.ts'
import { type Estimate, estimate } from '../tasks/costs/estimate.ts'
import { estimateText } from '../tasks/costs/estimate-text.ts'
import { askingCosts, costsText } from '../tasks/costs/text.ts'
import { forAnother, otherInstallations } from '../tasks/other-installations.ts'
import { pagerFlag } from '../flags/pager-flag.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { CtlError } from '../errors.ts'
import { advice, verbatim } from '../text.ts'

/** What `--json` tells. */
export type Result = { costs: CostReport } | { estimate: Estimate }

const helpGroup = 'ESTIMATE'

/** As much of the flags as an estimate goes by. */
interface EstimateFlags {
  readonly downloads: number | undefined
  readonly gb: number | undefined
  readonly 'no-pager': boolean
}

export default class Costs extends CtlCommand {
  static override summary = 'Tell what the installation costs this month, or what it would'
  static override description =
    'Asks Cost Explorer for what carries the tag packagecloud:enterprise, by service and day; each question costs $0.01. ' +
    'With --estimate nobody is asked: the prices are in pc-ctl, with their date.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --estimate --downloads 20000000 --gb 3000',
  ]
  static override flags = {
    estimate: Flags.boolean({
      description: 'tell from prices alone what a month would cost, by engine and plan; needs no account',
      helpGroup,
    }),
    downloads: Flags.integer({
      description: 'files that clients fetch in a month, indexes too',
      helpValue: 'N',
      min: 0,
      dependsOn: ['estimate'],
      helpGroup,
    }),
    gb: Flags.integer({
      description: 'what these files weigh together',
      helpValue: 'N',
      min: 0,
      dependsOn: ['estimate'],
      helpGroup,
    }),
    ...pagerFlag,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { flags } = await this.parse(Costs)
    if (flags.estimate) return this.#estimate(flags)
    const settings = await settingsFor(flags)
    const aws = await connect(settings)
    this.say(askingCosts)
    const { value: installation } = settings.installation
    const look = () => lookAtCosts(aws, installation, Date.now())
    const costs = await lookUp('Ask Cost Explorer', look, this.looking(flags))
    await this.printLong(flags, ...costsText(costs))
    if (costs.total === 0) {
      const others = await otherInstallations(aws, installation)
      this.say(...advice(forAnother(others, ['pc-ctl', 'costs', ...carriedFlags(flags)])))
    }
    return { costs }
  }

  async #estimate({ downloads, gb: gigabytes, ...flags }: EstimateFlags): Promise<Result> {
    if (downloads === undefined || gigabytes === undefined) {
      throw new CtlError('usage', '--estimate needs to know how much is downloaded.', {
        hint: [
          'Give files and gigabytes of a month:',
          verbatim('pc-ctl costs --estimate --downloads 1000000 --gb 500'),
        ],
      })
    }
    const found = estimate({ downloads, gigabytes })
    await this.printLong(flags, ...estimateText(found))
    return { estimate: found }
  }
}
