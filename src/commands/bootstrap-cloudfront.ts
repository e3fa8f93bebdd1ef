import { Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { carriedFlags } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { bootstrapCloudfront, followUp } from '../tasks/bootstrap-cloudfront.ts'
import { change } from '../tasks/chain/change.ts'
import { whySha1Stays } from '../tasks/sha1-at-front.ts'
import { boundaryFlag } from '../flags/boundary-flag.ts'
import { adoptFlag, changeFlags, planExitCode } from '../flags/change-flags.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { edgeFlags, withoutSha1 } from '../flags/edge-flags.ts'
import { frontFlags, frontPathFlag, tokenOf } from '../flags/front-flags.ts'
import { type PlanLine, planText } from '../ui/plan.ts'
import { readTags, tagFlag, tagWords } from '../flags/tag-flags.ts'
import { verbatim } from '../text.ts'

/** What `--json` tells. */
export type Result = { plan: PlanLine[] } | Bootstrapped

export default class BootstrapCloudfront extends CtlCommand {
  static override summary = 'Create the IAM role, KMS key and Lambda version that check signed URLs at the edge'
  static override description =
    'Creates or updates only what is needed and can be run again at any time. Prints the next command on stdout.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --dry-run']
  static override flags = {
    ...edgeFlags,
    ...frontFlags,
    ...frontPathFlag,
    'replace-secret': Flags.boolean({
      description: 'drop the secret that AWS has and packagecloud.rb lacks, though front servers may sign with it',
    }),
    ...boundaryFlag,
    ...tagFlag,
    ...adoptFlag,
    ...changeFlags,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { flags } = await this.parse(BootstrapCloudfront)
    const settings = await settingsFor(flags)
    const aws = await connect(settings)
    const tags = readTags(flags.tag)
    const asked = { front: flags.front, token: tokenOf(flags), path: flags['front-path'] }
    const outcome = await change(
      bootstrapCloudfront(aws, settings, {
        ...flags,
        tags,
        boundary: flags['permissions-boundary'],
        longestLife: flags['longest-life'],
        replaceSecret: flags['replace-secret'],
        carried: carriedFlags(flags),
        lookForSha1: withoutSha1(flags) && !flags.force ? () => whySha1Stays(aws, settings, asked) : undefined,
      }),
      { ...flags, json: this.jsonEnabled() },
      (...blocks) => this.say(...blocks),
    )
    if ('plan' in outcome) {
      this.print(...planText(outcome.plan))
      process.exitCode = planExitCode(outcome.plan, flags['exit-code'])
      return outcome
    }
    const next = followUp(outcome.done, [...tagWords(tags), ...carriedFlags(flags)])
    this.say('Now run:')
    this.print(verbatim(next))
    const { done, report } = outcome
    return { functionVersion: done.version.arn, next, report }
  }
}

interface Bootstrapped {
  readonly functionVersion: string
  readonly next: string
  readonly report: PlanLine[]
}
