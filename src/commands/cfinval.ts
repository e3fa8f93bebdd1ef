import { Args, Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { runChain } from '../tasks/chain/chain.ts'
import { findInvalidations, invalidate, type InvalidationGroup } from '../tasks/cf/invalidation.ts'
import {
  type InvalidationReport,
  invalidationTable,
  planOfInvalidations,
  reportOf,
  s3cmdInvalidated,
} from '../tasks/cf/invalidation-text.ts'
import { readWords } from '../tasks/cf/invalidation-words.ts'
import { formatFlag, formatOf } from '../flags/cf-flags.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { exitCodes } from '../errors.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import { chooseShow, quietly } from '../ui/renderer.ts'
import { labelled } from '../text.ts'

/** What `--json` tells. */
export type Result = { plan: readonly InvalidationGroup[] } | { invalidations: readonly InvalidationReport[] }

export default class Cfinval extends CtlCommand {
  static override summary = 'Have the edges drop what they hold of objects, so that they ask S3 again'
  static override description =
    'A bucket alone means everything in it, a key that ends in / or * all that begins so. One invalidation is made for ' +
    'each distribution, with each path in all spellings under which the edges may hold it.'
  static override usage = 'cfinval (s3://BUCKET[/KEY] | cf://ID PATH...)... [FLAGS]'
  static override examples = [
    '<%= config.bin %> <%= command.id %> s3://packages-example-org/dists/stable/InRelease s3://packages-example-org/pool/main/',
    "<%= config.bin %> <%= command.id %> cf://E1A2B3C4D5E6F7 /index.html '/images/*' --wait",
    'sed s,^,s3://packages-example-org/, changed-keys | <%= config.bin %> <%= command.id %> --collapse -',
  ]
  static override args = {
    target: Args.string({
      description: 's3://BUCKET[/KEY], or cf://ID and then paths of it; - reads more of these from stdin, one a line',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    wait: Flags.boolean({ description: 'wait until all edges have dropped them' }),
    collapse: Flags.boolean({
      description: 'use wildcards where there are more paths than CloudFront takes at a time',
    }),
    'dry-run': Flags.boolean({ char: 'n', description: 'show what would be invalidated, and do nothing' }),
    'exit-code': Flags.boolean({
      description: `with --dry-run: exit with ${exitCodes.changes}, as there always is something to do`,
      dependsOn: ['dry-run'],
    }),
    'cf-invalidate-default-index': Flags.boolean({
      description: 'as in s3cmd: an index document that is named is invalidated itself, too; here it always is',
    }),
    'cf-no-invalidate-default-index-root': Flags.boolean({
      description: 'for a named index document, do not invalidate its folder, or / for the default root object',
    }),
    ...formatFlag,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { args, flags } = await this.parse(Cfinval)
    const asked = await readWords(args.target, process.stdin)
    const aws = await connect(await settingsFor(flags))
    const how = { ...flags, json: this.jsonEnabled() }
    const conduct = {
      show: flags['dry-run'] ? quietly(how) : chooseShow(how),
      signal: interruptSignal((...blocks) => this.say(...blocks), { unseen: !flags['dry-run'] }),
    }
    const wishes = { collapse: flags.collapse, indexFolders: !flags['cf-no-invalidate-default-index-root'] }
    const { groups } = (await runChain(findInvalidations(aws, asked, wishes), 'plan', conduct)).ctx
    this.say(...groups.flatMap(({ notes }) => notes.map((note) => labelled('Note', `${note}.`))))
    if (flags['dry-run']) {
      this.print(...planOfInvalidations(groups))
      if (flags['exit-code']) process.exitCode = exitCodes.changes
      return { plan: groups }
    }
    const made = await runChain(invalidate(aws, groups, flags, new Date()), 'apply', conduct)
    this.ifLost('The invalidations are made; pc-ctl cfinvalinfo shows them.')
    const invalidations = Object.values(made.ctx).map(reportOf)
    if (formatOf(flags) === 's3cmd') this.print(...s3cmdInvalidated(groups, invalidations))
    else this.print(invalidationTable(invalidations))
    return { invalidations }
  }
}
