import { Args, Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { findDoomed, onOneLine, removeDistributions } from '../tasks/cf/remove.ts'
import { noDistribution } from '../tasks/cf/targets.ts'
import { change } from '../tasks/chain/change.ts'
import { cfChangeFlags } from '../flags/cf-flags.ts'
import { planExitCode } from '../flags/change-flags.ts'
import { lookUp } from '../tasks/chain/look-up.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import { type PlanLine, planText } from '../ui/plan.ts'
import { quietly } from '../ui/renderer.ts'
import { type Say, verbatim, warning } from '../text.ts'

interface Removed {
  readonly id: string
  readonly uri: string
  /** `disabled` where it was not waited for. */
  readonly outcome: 'removed' | 'disabled'
}

/** What `--json` tells. */
export type Result = { plan: PlanLine[] } | { distributions: Removed[]; missing: readonly string[]; report: PlanLine[] }

export default class Cfremove extends CtlCommand {
  static override aliases = ['cfdelete']
  static override summary = 'Disable CloudFront distributions, wait until no edge serves them, and delete them'
  static override description =
    'The only command that destroys anything, and only the distributions that are named. Buckets, their policies, ' +
    'origin access identities and functions stay. Interrupted, it is gone on with by the same command.'
  static override examples = ['<%= config.bin %> <%= command.id %> cf://E3RPA4Z4ALGTGO']
  static override strict = false
  static override args = {
    TARGET: Args.string({
      description: 'cf://ID, ID, a domain name, an ARN or s3://BUCKET (repeatable)',
      required: true,
    }),
  }
  static override flags = {
    force: Flags.boolean({ description: 'remove even what packagecloud.rb names or an installation uses' }),
    'if-exists': Flags.boolean({ description: 'what does not exist is no failure, for scripts that repeat' }),
    'no-wait': Flags.boolean({ description: 'only disable what is enabled; the same command deletes it later' }),
    ...cfChangeFlags,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { argv, flags } = await this.parse(Cfremove)
    const settings = await settingsFor(flags)
    const aws = await connect(settings)
    const wishes = { force: flags.force, wait: !flags['no-wait'] }
    const say: Say = (...blocks) => this.say(...blocks)
    const words = argv.map(String)
    const find = () => findDoomed(aws, settings, words, wishes)
    const how = { ...flags, json: this.jsonEnabled() }
    const signal = interruptSignal(say, { unseen: !flags['dry-run'] })
    const doomed = await lookUp('Find the distributions', find, { show: quietly(how), signal })
    const missing = doomed.missing.map(({ word }) => word)
    if (!flags['if-exists']) this.regret(doomed.missing.map(noDistribution))
    this.say(
      ...(flags['if-exists'] ? missing.map((word) => warning(`${word} does not exist: nothing to remove.`)) : []),
      ...doomed.distributions.map(({ detail }) => `To be removed: ${onOneLine(detail)}`),
    )
    if (doomed.distributions.length === 0)
      return flags['dry-run'] ? { plan: [] } : { distributions: [], missing, report: [] }
    const chain = removeDistributions(aws, settings, doomed, wishes)
    const outcome = await change(chain, how, say, { signal })
    if ('plan' in outcome) {
      this.print(...planText(outcome.plan))
      process.exitCode ||= planExitCode(outcome.plan, flags['exit-code'])
      return outcome
    }
    const distributions = Object.values(outcome.done).map(({ id, live }): Removed => ({
      id,
      uri: `cf://${id}`,
      outcome: live === undefined ? 'removed' : 'disabled',
    }))
    this.ifLost('What could be removed is removed, the rest is disabled; pc-ctl cflist shows what is left.')
    for (const { uri, outcome: what } of distributions) {
      if (what === 'removed') this.print(verbatim(`Distribution ${uri} deleted`))
      else this.say(`${uri} is being disabled; run the same command again in some minutes to delete it.`)
    }
    return { distributions, missing, report: outcome.report }
  }
}
