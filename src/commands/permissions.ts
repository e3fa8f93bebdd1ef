import { Args, Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import type { PolicyDocument } from '../aws/policy.ts'
import { lookUpAccount } from '../resources/account.ts'
import { loadSettings, need } from '../settings/settings.ts'
import { type Checked, checkPermissions, checkText } from '../tasks/check-permissions.ts'
import { needsFor, permissionGroups, policyOf, terraformOf } from '../tasks/permissions.ts'
import { CtlCommand, settingsFlags } from '../ui/command.ts'
import { exitCodes } from '../ui/errors.ts'
import { interruptSignal } from '../ui/interrupt.ts'

export default class Permissions extends CtlCommand {
  static override summary = 'Print the least IAM policy that each group of commands needs, for just this installation'
  static override description =
    'Groups: bootstrap (bootstrap-cloudfront), distribution (reconfigure-cloudfront-distribution), look (status, doctor,\n' +
    '--dry-run), reindex (reindex-everything), cfremove (cfremove).'
  static override examples = [
    '<%= config.bin %> <%= command.id %> bootstrap --account 999999999999 --bucket packages-example-org',
    '<%= config.bin %> <%= command.id %> --check',
  ]
  static override strict = false
  static override args = {
    GROUP: Args.string({ description: 'groups to print; all by default', options: [...permissionGroups] }),
  }
  static override flags = {
    account: Flags.string({ description: 'AWS account; that of the credentials by default', helpValue: 'ID' }),
    'origin-access': Flags.option({ options: ['oai', 'oac'] as const })({
      description: 'how CloudFront reads the bucket',
      default: 'oai',
    }),
    format: Flags.option({ options: ['json', 'terraform'] as const })({
      description: 'language of the policies',
      default: 'json',
    }),
    check: Flags.boolean({ description: 'check whether the credentials in use have these permissions' }),
    ...settingsFlags,
  }

  async run(): Promise<Record<string, PolicyDocument> | Checked> {
    const { argv, flags } = await this.parse(Permissions)
    const groups = permissionGroups.filter((group) => argv.length === 0 || argv.includes(group))
    const settings = await loadSettings(flags)
    const aws = connect(settings)
    const scope = {
      accountId: flags.account ?? (await lookUpAccount(aws)).id,
      bucket: need(settings, 'bucket'),
      access: flags['origin-access'],
    }
    const needs = Object.fromEntries(groups.map((group) => [group, needsFor(group, aws, settings, scope)]))
    if (flags.check) {
      const checked = await checkPermissions(aws, settings, Object.values(needs).flat(), {
        show: 'nothing',
        signal: interruptSignal((line) => this.say(line)),
      })
      this.log(checkText(checked))
      if (checked.missing.length > 0) process.exitCode = exitCodes.denied
      return checked
    }
    const policies = Object.fromEntries(Object.entries(needs).map(([group, list]) => [group, policyOf(list)]))
    const [only] = groups.length === 1 ? Object.values(policies) : []
    if (flags.format === 'terraform') this.log((await terraformOf(needs)).trimEnd())
    else this.log(JSON.stringify(only ?? policies, undefined, 2))
    return policies
  }
}
