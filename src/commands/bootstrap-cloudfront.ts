import { Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { carriedFlags } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import type { Engine } from '../edge/engine.ts'
import type { TestOutcome } from '../resources/function/function-test.ts'
import { associable, bootstrapCloudfront, followUp } from '../tasks/bootstrap-cloudfront.ts'
import { assertFits } from '../tasks/engine-in-use.ts'
import { change } from '../tasks/chain/change.ts'
import { newBeside } from '../tasks/other-installations.ts'
import { whySha1Stays } from '../tasks/sha1-at-front.ts'
import { boundaryFlag } from '../flags/boundary-flag.ts'
import { engineFlag } from '../flags/engine-flag.ts'
import { adoptFlag, changeFlags, planExitCode } from '../flags/change-flags.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { edgeFlags, withoutSha1 } from '../flags/edge-flags.ts'
import { frontFlags, frontPathFlag, tokenOf } from '../flags/front-flags.ts'
import { type PlanLine, planText } from '../ui/plan.ts'
import { typedAgain } from '../flags/typed.ts'
import { readTags, tagFlag, tagWords } from '../flags/tag-flags.ts'
import { verbatim } from '../text.ts'

/** What `--json` tells. */
export type Result = { plan: PlanLine[] } | Bootstrapped

export default class BootstrapCloudfront extends CtlCommand {
  static override summary =
    'Create what checks signed URLs at the edge: IAM role, KMS key and Lambda version, or a CloudFront Function'
  static override description =
    'Creates or updates only what is needed and can be run again at any time. Prints the next command on stdout.\n' +
    'With --engine function it makes a key value store and a CloudFront Function, has CloudFront test it, and publishes it. Where a\n' +
    'distribution runs that function already, what is changed is live at once.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --engine function',
  ]
  static override flags = {
    ...engineFlag,
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
    assertFits(flags.engine, { ...flags, boundary: flags['permissions-boundary'] })
    const settings = await settingsFor(flags)
    const aws = await connect(settings)
    const tags = readTags(flags.tag)
    const again = ['pc-ctl', 'bootstrap-cloudfront', ...typedAgain(this.argv)]
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
      { beside: (plan) => newBeside(aws, settings.installation.value, plan, again) },
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
    return { engine: done.engine.engine, functionVersion: associable(done), test: done.tested ?? null, next, report }
  }
}

interface Bootstrapped {
  readonly engine: Engine
  /** ARN of what a distribution is to run: of a Lambda version, or of a CloudFront Function, which has no versions. */
  readonly functionVersion: string
  /** What the test of a CloudFront Function has shown; `null` where there was nothing to publish. */
  readonly test: TestOutcome | null
  readonly next: string
  readonly report: PlanLine[]
}
