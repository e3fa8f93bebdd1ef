import { Args, Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { carriedFlags } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { readAliases } from '../tasks/names/domain-name.ts'
import { change } from '../tasks/chain/change.ts'
import { reconfigureCloudfrontDistribution } from '../tasks/reconfigure-cloudfront-distribution.ts'
import { type Connected, connected } from '../tasks/connected.ts'
import { anyConnectedKeys, assertWritable, connectedKeys, writeConfig, type Written } from '../tasks/write-config.ts'
import { adoptFlag, changeFlags, planExitCode } from '../flags/change-flags.ts'
import { servingFlags } from '../flags/serving-flags.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { writeConfigFlag } from '../flags/write-config-flags.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import { CtlCommand } from '../ui/command.ts'
import { type PlanLine, planText } from '../ui/plan.ts'
import { readTags, tagFlag } from '../flags/tag-flags.ts'
import { advice, type Say, verbatim, warning } from '../text.ts'

/** What `--json` tells. */
export type Result = { plan: PlanLine[] } | (Omit<Connected, 'warnings'> & { report: PlanLine[]; written?: Written })

export default class ReconfigureCloudfrontDistribution extends CtlCommand {
  static override summary = 'Create or update the CloudFront distribution that serves the bucket behind signed URLs'
  static override description =
    'Changes only what pc-ctl owns in the distribution and in the bucket policy, and can be run again at any time.\n' +
    'Prints the lines for packagecloud.rb on stdout, or writes them with --write-config.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> arn:aws:lambda:us-east-1:999999999999:function:packagecloud_cloudfront_auth:1',
    '<%= config.bin %> <%= command.id %> arn:aws:cloudfront::999999999999:function/packagecloud_cloudfront_auth',
  ]
  static override args = {
    ARN: Args.string({
      description: 'function version or CloudFront Function, as bootstrap-cloudfront prints it',
      required: true,
    }),
  }
  static override flags = {
    ...servingFlags,
    distribution: Flags.string({ description: 'distribution to use', helpValue: 'ID' }),
    'no-wait': Flags.boolean({ description: 'do not wait until all edges have the new configuration' }),
    ...writeConfigFlag,
    ...tagFlag,
    ...adoptFlag,
    ...changeFlags,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { args, flags } = await this.parse(ReconfigureCloudfrontDistribution)
    const settings = await settingsFor(flags)
    if (flags['write-config']) await assertWritable(settings.configFile, anyConnectedKeys)
    const chain = reconfigureCloudfrontDistribution(await connect(settings), settings, {
      arn: args.ARN,
      originAccess: flags['origin-access'],
      distribution: flags.distribution,
      aliases: readAliases(flags.alias),
      certificate: flags.certificate,
      priceClass: flags['price-class'],
      adopt: flags.adopt,
      keyPolicy: flags['kms-key-policy'],
      carried: carriedFlags(flags),
      tags: readTags(flags.tag),
      wait: !flags['no-wait'],
    })
    const how = { ...flags, json: this.jsonEnabled() }
    const asksThen = flags['write-config'] ? [`writes ${settings.configFile}`] : []
    const outcome = await change(chain, how, (...blocks) => this.say(...blocks), { asksThen })
    if ('plan' in outcome) {
      this.print(...planText(outcome.plan))
      process.exitCode = planExitCode(outcome.plan, flags['exit-code'])
      return outcome
    }
    const { warnings, ...result } = await connected(
      outcome.done,
      settings,
      carriedFlags(flags),
      readAliases(flags.alias),
    )
    const { configFile } = settings
    this.say(...warnings.map(warning))
    const written = flags['write-config'] ? await this.#write(configFile, result, flags.yes) : undefined
    if (written === undefined) {
      this.say(`Put these lines into ${configFile}:`)
      this.print(verbatim(...result.lines))
    }
    this.say(...advice(result.next))
    return { ...result, report: outcome.report, ...(written === undefined ? {} : { written }) }
  }

  #write(file: string, result: Omit<Connected, 'warnings'>, yes: boolean): Promise<Written> {
    const say: Say = (...blocks) => this.say(...blocks)
    return writeConfig(file, connectedKeys(result), { yes, signal: interruptSignal(say) }, say)
  }
}
