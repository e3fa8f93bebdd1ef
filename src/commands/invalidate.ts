import { Args, Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { carriedFlags, need, type Settings } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { invalidate } from '../tasks/cf/invalidation.ts'
import { invalidationTable, planOfInvalidations, reportOf } from '../tasks/cf/invalidation-text.ts'
import { runChain } from '../tasks/chain/chain.ts'
import { planRefresh, type RefreshWishes } from '../tasks/invalidate/refresh.ts'
import { readRepublished } from '../tasks/invalidate/republished-keys.ts'
import { refreshNotes, type RefreshReport, refreshReport, untilCompleted } from '../tasks/invalidate/text.ts'
import { readNamed } from '../tasks/invalidate/words.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { CtlError, exitCodes } from '../errors.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import { chooseShow, quietly } from '../ui/renderer.ts'
import { labelled, verbatim } from '../text.ts'

/** What `--json` tells. */
export type Result = RefreshReport

export default class Invalidate extends CtlCommand {
  static override summary = "Have the installation's edges fetch packages and indexes again, in a hurry"
  static override description =
    'Finds the distribution as status does, and waits until all edges have dropped what is named. That blocks nothing: ' +
    'what S3 still serves is fetched again, and is told of. Where CloudFront takes no exact path (one with a ~) or not ' +
    'as many, a wildcard takes its place, and what else that hits is told too.'
  static override usage = 'invalidate [PATH...] [--from-report FILE] [FLAGS]'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7/11/debian/package_files/42136.deb',
    "<%= config.bin %> <%= command.id %> '7/11/debian/dists/*' --no-wait",
    '<%= config.bin %> <%= command.id %> --from-report report.json --dry-run',
  ]
  static override args = {
    PATH: Args.string({
      description:
        'path at the edge, also as a whole URL, or s3://BUCKET/KEY; one that ends in / or * stands for all that begins so',
      multiple: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    'from-report': Flags.string({
      description: 'what reindex-everything --report FILE found to be published again under its key',
      helpValue: 'FILE',
    }),
    'no-wait': Flags.boolean({ description: 'do not wait until all edges have dropped it' }),
    'dry-run': Flags.boolean({ description: 'show what would be invalidated, and do nothing' }),
    'exit-code': Flags.boolean({
      description: `with --dry-run: exit with ${exitCodes.changes} if there is something to invalidate`,
      dependsOn: ['dry-run'],
    }),
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { args, flags } = await this.parse(Invalidate)
    const settings = await settingsFor(flags)
    const wishes = await this.#wishes(args.PATH ?? [], flags['from-report'], settings, carriedFlags(flags))
    const aws = await connect(settings)
    const how = { ...flags, json: this.jsonEnabled() }
    const conduct = {
      show: flags['dry-run'] ? quietly(how) : chooseShow(how),
      signal: interruptSignal((...blocks) => this.say(...blocks), { unseen: !flags['dry-run'] }),
    }
    const { ctx } = await runChain(planRefresh(aws, settings, wishes), 'plan', conduct)
    const { value: installation } = settings.installation
    this.say(...refreshNotes(ctx, wishes, settings.cloudfrontEnabled?.value))
    if (ctx.group.paths.length === 0) {
      this.say('Nothing is to be dropped.')
      return refreshReport(installation, ctx, [])
    }
    if (flags['dry-run']) {
      this.print(...planOfInvalidations([ctx.group]))
      if (flags['exit-code']) process.exitCode = exitCodes.changes
      return refreshReport(installation, ctx, [])
    }
    const wish = { wait: !flags['no-wait'] }
    const made = await runChain(invalidate(aws, [ctx.group], wish, new Date()), 'apply', conduct)
    this.ifLost('The invalidations are made; pc-ctl cfinvalinfo shows them.')
    const invalidations = Object.values(made.ctx).map(reportOf)
    this.print(invalidationTable(invalidations))
    if (flags['no-wait']) this.say(...untilCompleted(invalidations, carriedFlags(flags)))
    return refreshReport(installation, ctx, invalidations)
  }

  async #wishes(
    paths: readonly string[],
    file: string | undefined,
    settings: Settings,
    carried: readonly string[],
  ): Promise<RefreshWishes> {
    if (paths.length === 0 && file === undefined) {
      throw new CtlError('usage', 'Nothing is named to invalidate.', {
        hint: ['Name what edges are to fetch again:', verbatim("pc-ctl invalidate '/PATH'")],
      })
    }
    const bucket = need(settings, 'bucket')
    const named = readNamed(paths, bucket)
    const words = [...paths, ...(file === undefined ? [] : ['--from-report', file])]
    if (file === undefined) return { named, reported: [], words, carried }
    const report = await readRepublished(file)
    if (report.bucket !== bucket) {
      throw new CtlError(
        'usage',
        `${file} is about the bucket ${report.bucket}, and the installation's is ${bucket}.`,
        {
          hint: 'Take the report of this bucket, or name the other one with --bucket.',
        },
      )
    }
    if (report.keys.length < report.all) {
      throw new CtlError('usage', `${file} names only ${report.keys.length} of ${report.all} keys.`, {
        hint: ['The file of --report has all of them:', verbatim('pc-ctl reindex-everything --report report.json')],
      })
    }
    if (report.dropped) this.say(labelled('Note', 'That run has had edges drop them already (--invalidate).'))
    return { named, reported: report.keys, words, carried }
  }
}
