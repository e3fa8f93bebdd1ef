import { Args, Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { createDistributions, lookBeforeCreation, readBuckets } from '../tasks/cf/create.ts'
import { type CfCreated, created, createdText, warnings } from '../tasks/cf/created.ts'
import { readAliases } from '../tasks/names/domain-name.ts'
import { readEdit } from '../tasks/cf/edit.ts'
import { change } from '../tasks/chain/change.ts'
import { cfChangeFlags, editFlags, formatFlag, formatOf } from '../flags/cf-flags.ts'
import { planExitCode } from '../flags/change-flags.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import { type PlanLine, planText } from '../ui/plan.ts'
import { chooseShow, quietly } from '../ui/renderer.ts'
import { repeatable } from '../flags/repeatable.ts'
import { readTags } from '../flags/tag-flags.ts'
import { advice, type Say, warning } from '../text.ts'

/** What `--json` tells. */
export type Result = { plan: PlanLine[] } | { distributions: CfCreated[]; report: PlanLine[] }

export default class Cfcreate extends CtlCommand {
  static override summary = 'Create a CloudFront distribution of each bucket'
  static override description =
    'Without --private it fetches as anybody, so objects need a public-read ACL or a bucket policy that lets everybody ' +
    'read. A bucket that is served already gets no second distribution: the one it has is shown.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> s3://packages-example-org',
    '<%= config.bin %> <%= command.id %> s3://packages-example-org --private --cf-add-cname cdn.example.org --wait',
  ]
  static override strict = false
  static override args = { BUCKET: Args.string({ description: 's3://BUCKET (repeatable)', required: true }) }
  static override flags = {
    private: Flags.boolean({
      description: 'read the bucket by an origin access control, and let it in by the bucket policy',
      exclusive: ['website'],
    }),
    website: Flags.boolean({ description: "fetch from the bucket's website endpoint, with its index and error pages" }),
    alias: Flags.string({
      aliases: ['cf-add-cname'],
      description: 'domain name of your own (repeatable)',
      ...repeatable,
      helpValue: 'NAME',
    }),
    ...editFlags,
    ...formatFlag,
    ...cfChangeFlags,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { argv, flags } = await this.parse(Cfcreate)
    const aws = await connect(await settingsFor(flags))
    const edit = { ...readEdit(flags), addAliases: readAliases(flags.alias), removeAliases: [] }
    const origin = flags.private ? 'private' : flags.website ? 'website' : 'public'
    const wishes = { edit, origin, tags: readTags(flags.tag), wait: flags.wait } as const
    const how = { ...flags, json: this.jsonEnabled() }
    const say: Say = (...blocks) => this.say(...blocks)
    const buckets = readBuckets(argv.map(String), edit)
    const conduct = {
      show: flags['dry-run'] ? quietly(how) : chooseShow(how),
      signal: interruptSignal(say, { unseen: !flags['dry-run'] }),
    }
    const look = await lookBeforeCreation(aws, buckets, wishes, conduct)
    this.say(...warnings(look).map(warning))
    const outcome = await change(createDistributions(aws, look, wishes), how, say, { signal: conduct.signal })
    if ('plan' in outcome) {
      this.print(...planText(outcome.plan))
      process.exitCode = planExitCode(outcome.plan, flags['exit-code'])
      return outcome
    }
    const distributions = created(look, wishes, outcome)
    for (const of of distributions) {
      this.print(...createdText(of, formatOf(flags)))
      this.say(...advice(of.advice))
    }
    return { distributions, report: outcome.report }
  }
}
