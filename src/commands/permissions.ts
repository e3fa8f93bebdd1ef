import { Args, Flags } from '@oclif/core'

import { type Aws, connect } from '../aws/connect.ts'
import { parseArn } from '../aws/arns.ts'
import { explainError } from '../aws/denial.ts'
import type { PolicyDocument } from '../aws/policy.ts'
import { lookUpAccount } from '../aws/account.ts'
import { readInventoryPlace } from '../reindex/inventory/place.ts'
import { need, type Settings } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { type Checked, checkPermissions, checkText } from '../tasks/permissions/check.ts'
import type { Conduct } from '../tasks/chain/chain.ts'
import { lookUp } from '../tasks/chain/look-up.ts'
import { assertFits } from '../tasks/engine-in-use.ts'
import { denyOthers } from '../tasks/permissions/deny.ts'
import { groupLines, needsFor, permissionGroups } from '../tasks/permissions/permissions.ts'
import { inSeveral, policiesOf, terraformOf, tooLong } from '../tasks/permissions/policy.ts'
import { boundaryFlag } from '../flags/boundary-flag.ts'
import { engineFlag } from '../flags/engine-flag.ts'
import { pagerFlag } from '../flags/pager-flag.ts'
import { inventoryFlag } from '../flags/reindex-flags.ts'
import { repeatable } from '../flags/repeatable.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { CtlError, exitCodes } from '../errors.ts'
import { readTags, tagFlag } from '../flags/tag-flags.ts'
import { labelled, verbatim, whole } from '../text.ts'

/** What `--json` tells. */
export type Result = Record<string, PolicyDocument> | Checked

export default class Permissions extends CtlCommand {
  static override summary = 'Print the least IAM policy that each group of commands needs, for just this installation'
  static override description = `Groups, and what each is for:\n${groupLines.map((line) => `  ${line}`).join('\n')}`
  static override examples = [
    '<%= config.bin %> <%= command.id %> bootstrap --account 999999999999 --bucket packages-example-org',
    '<%= config.bin %> <%= command.id %> --check',
    '<%= config.bin %> <%= command.id %> --deny-others --except arn:aws:iam::999999999999:role/operators',
  ]
  static override args = {
    GROUP: Args.string({
      description: 'groups to print; all by default',
      multiple: true,
      options: [...permissionGroups],
    }),
  }
  static override flags = {
    account: Flags.string({
      description: 'AWS account; with it no credentials are needed',
      helpValue: 'ID',
      exclusive: ['check'],
    }),
    'origin-access': Flags.option({ options: ['oai', 'oac'] as const })({
      description: 'how CloudFront reads the bucket; by default oai, or oac with --bucket-key',
    }),
    'bucket-key': Flags.string({
      description: 'KMS key that the bucket is encrypted with, for --kms-key-policy',
      helpValue: 'ARN',
    }),
    ...inventoryFlag('the inventory that reindex-everything is to be told'),
    ...engineFlag,
    ...boundaryFlag,
    ...tagFlag,
    format: Flags.option({ options: ['json', 'terraform'] as const })({
      description: 'language of the policies',
      default: 'json',
    }),
    check: Flags.boolean({
      description: 'check whether the credentials in use have these permissions',
      exclusive: ['format'],
    }),
    'deny-others': Flags.boolean({
      description: 'print what to deny everybody else instead: reading the secrets of --engine function in their store',
      exclusive: ['check'],
    }),
    except: Flags.string({
      description: 'user or role that --deny-others is not for (repeatable)',
      ...repeatable,
      helpValue: 'ARN',
    }),
    ...pagerFlag,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { args, flags } = await this.parse(Permissions)
    const groups = permissionGroups.filter((group) => args.GROUP === undefined || args.GROUP.includes(group))
    assertFits(flags.engine, { engine: flags.engine, boundary: flags['permissions-boundary'] })
    const settings = await settingsFor(flags)
    const later = flags.account !== undefined && !flags.check
    const aws = await connect(settings, process.env, { later })
    if (flags['deny-others']) return this.#denyOthers(aws, settings, args.GROUP, flags)
    if (flags.except.length > 0) {
      throw new CtlError('usage', '--except belongs to --deny-others.', {
        hint: 'Without it, policies allow what is needed, and deny nobody anything.',
      })
    }
    const bucket = need(settings, 'bucket')
    const bucketKey = readKeyArn(flags['bucket-key'], bucket)
    const conduct = this.looking(flags)
    const account = await accountOf(aws, flags.account, conduct)
    const scope = {
      accountId: account.id,
      bucket,
      access: flags['origin-access'] ?? (bucketKey === undefined ? 'oai' : 'oac'),
      bucketKey,
      tags: readTags(flags.tag),
      boundary: flags['permissions-boundary'],
      engine: flags.engine,
      inventory: flags.inventory === undefined ? undefined : readInventoryPlace(flags.inventory),
    }
    const needs = Object.fromEntries(groups.map((group) => [group, needsFor(group, aws, settings, scope)]))
    if (flags.check) {
      const all = Object.values(needs).flat()
      const checked = await lookUp(
        'Check the permissions',
        () => checkPermissions(aws, settings, account.caller, all, { ...conduct, show: 'nothing' }),
        conduct,
      )
      await this.printLong(flags, ...checkText(checked))
      if (checked.missing.length + checked.forbidden.length > 0) process.exitCode = exitCodes.denied
      return checked
    }
    const policies = policiesOf(needs)
    const [only, another] = Object.values(policies)
    if (flags.format === 'terraform') await this.printLong(flags, whole(terraformOf(needs).trimEnd()))
    else await this.printLong(flags, whole(JSON.stringify(another === undefined ? only : policies, undefined, 2)))
    const long = Object.entries(policies).flatMap(([name, policy]) => tooLong(name, policy) ?? [])
    this.say(...[...inSeveral(groups, Object.keys(policies)), ...long].map((note) => labelled('Note', note)))
    return policies
  }

  async #denyOthers(aws: Aws, settings: Settings, group: readonly string[] | undefined, flags: DenyFlags) {
    if (group !== undefined) {
      throw new CtlError('usage', '--deny-others is one policy, for no group of commands.', {
        hint: 'Leave out the groups: `pc-ctl permissions --deny-others`.',
      })
    }
    const conduct = this.looking(flags)
    const account = await accountOf(aws, flags.account, conduct)
    const asked = { account: account.id, named: flags.account !== undefined, except: flags.except }
    const { policy, terraform, notes } = await lookUp(
      'Look up the store',
      () => denyOthers(aws, settings, asked),
      conduct,
    )
    await this.printLong(
      flags,
      whole(flags.format === 'terraform' ? terraform.trimEnd() : JSON.stringify(policy, undefined, 2)),
    )
    this.say(...notes.map((note) => labelled('Note', note)))
    return { 'deny-others': policy }
  }
}

/** As much of the flags as a denial goes by. */
interface DenyFlags {
  readonly account: string | undefined
  readonly except: readonly string[]
  readonly format: string
  readonly 'no-pager': boolean
  readonly json: boolean
  readonly verbose: boolean
}

/** @throws CtlError of kind `usage` for what is no key's ARN */
function readKeyArn(text: string | undefined, bucket: string): string | undefined {
  if (text === undefined) return undefined
  const { service, resource = '' } = parseArn(text) ?? {}
  if (service === 'kms' && /^key\/.+/.test(resource)) return text
  throw new CtlError('usage', `"${text}" is not the ARN of a KMS key.`, {
    hint: [
      'Such as arn:aws:kms:eu-central-1:999999999999:key/1a2b3c4d-5e6f-4a7b-8c9d-000000000001. This prints which key a bucket names:',
      verbatim(`aws s3api get-bucket-encryption --bucket ${bucket} --query ServerSideEncryptionConfiguration.Rules`),
    ],
  })
}

/** The account that was named, or else that of the credentials. Throws CtlError. */
async function accountOf(aws: Aws, id: string | undefined, conduct: Conduct): Promise<{ id: string; caller: string }> {
  if (id === undefined) {
    return lookUp('Look up the account', () => lookUpAccount(aws), conduct).catch((error: unknown) => {
      const { failure, message, hint, code } = explainError(error, 'Look up the account')
      throw new CtlError(failure, message, {
        hint: [...hint, 'To print policies without credentials, give --account ID.'],
        code,
        cause: error,
      })
    })
  }
  if (!/^\d{12}$/.test(id)) {
    throw new CtlError('usage', `"${id}" is not an AWS account.`, {
      hint: 'It has twelve digits: --account 999999999999',
    })
  }
  return { id, caller: '' }
}
