import { Args, Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { type CfDetail, detailOf, detailTable, modifiedFields } from '../tasks/cf/card.ts'
import { type DnsRecord, dnsRecord, dnsText } from '../tasks/names/dns.ts'
import { readAliases } from '../tasks/names/domain-name.ts'
import { readEdit } from '../tasks/cf/edit.ts'
import { modifyDistribution } from '../tasks/cf/modify.ts'
import { change } from '../tasks/chain/change.ts'
import { cfChangeFlags, editFlags, formatFlag, formatOf } from '../flags/cf-flags.ts'
import { planExitCode } from '../flags/change-flags.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { type PlanLine, planText } from '../ui/plan.ts'
import { repeatable } from '../flags/repeatable.ts'
import { s3cmdLines } from '../ui/s3cmd-labels.ts'
import { readTags } from '../flags/tag-flags.ts'
import { advice, verbatim } from '../text.ts'

/** What `--json` tells. */
export type Result = { plan: PlanLine[] } | (CfDetail & { dns: DnsRecord[]; report: PlanLine[] })

export default class Cfmodify extends CtlCommand {
  static override summary = 'Change one CloudFront distribution, and of it only what is named'
  static override examples = [
    '<%= config.bin %> <%= command.id %> cf://E3RPA4Z4ALGTGO --cf-add-cname cdn.example.org',
    '<%= config.bin %> <%= command.id %> --disable s3://packages-example-org --wait',
  ]
  static override strict = false
  static override args = { TARGET: Args.string({ description: 'cf://ID, ID or s3://BUCKET', required: true }) }
  static override flags = {
    enable: Flags.boolean({ description: 'serve requests', exclusive: ['disable'] }),
    disable: Flags.boolean({ description: 'serve no requests' }),
    'add-alias': Flags.string({
      aliases: ['cf-add-cname', 'alias'],
      description: 'domain name of your own to add (repeatable)',
      ...repeatable,
      helpValue: 'NAME',
    }),
    'remove-alias': Flags.string({
      aliases: ['cf-remove-cname'],
      description: 'domain name of your own to remove (repeatable)',
      ...repeatable,
      helpValue: 'NAME',
    }),
    'no-logging': Flags.boolean({
      aliases: ['no-access-logging'],
      description: 'write no access logs',
      exclusive: ['log-to'],
    }),
    ...editFlags,
    ...formatFlag,
    ...cfChangeFlags,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { argv, flags } = await this.parse(Cfmodify)
    const settings = await settingsFor(flags)
    const added = readAliases(flags['add-alias'])
    const chain = modifyDistribution(await connect(settings), settings, argv.map(String), {
      edit: {
        ...readEdit(flags),
        ...(flags['no-logging'] ? { logging: 'off' } : {}),
        enabled: flags.enable ? true : flags.disable ? false : undefined,
        addAliases: added,
        removeAliases: readAliases(flags['remove-alias']),
      },
      tags: readTags(flags.tag),
      wait: flags.wait,
    })
    const outcome = await change(chain, { ...flags, json: this.jsonEnabled() }, (...blocks) => this.say(...blocks))
    if ('plan' in outcome) {
      this.print(...planText(outcome.plan))
      process.exitCode = planExitCode(outcome.plan, flags['exit-code'])
      return outcome
    }
    const { distribution } = outcome.done
    const detail = detailOf(distribution, distribution.tags)
    const changed = outcome.report.some((line) => line.do !== 'keep')
    if (!changed) this.say('Nothing to change: it is so already.')
    if (formatOf(flags) === 'table') this.print(detailTable(detail))
    else this.print(verbatim(`Distribution modified: ${detail.uri}`), s3cmdLines(modifiedFields(detail)))
    const dns = added.map((alias) => dnsRecord(alias, detail.domain))
    this.say(...advice(dnsText(dns)))
    return { ...detail, dns, report: outcome.report }
  }
}
