import { Args, Flags } from '@oclif/core'

import { type Aws, connect } from '../aws/connect.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { type Conduct, runChain } from '../tasks/chain/chain.ts'
import { findInvalidations, invalidate, type InvalidationGroup } from '../tasks/cf/invalidation.ts'
import {
  type InvalidationReport,
  planOfInvalidations,
  reportOf,
  s3cmdInvalidated,
} from '../tasks/cf/invalidation-text.ts'
import {
  type PlannedPut,
  planPut,
  put,
  type Put as Puts,
  putText,
  type PutReport,
  putReports,
  staleAtEdges,
} from '../tasks/put/put.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { exitCodes } from '../errors.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import { chooseShow, quietly } from '../ui/renderer.ts'
import { repeatable } from '../flags/repeatable.ts'
import { labelled, verbatim } from '../text.ts'

/** What `--json` tells. */
export type Result = { plan: PutReport[] } | { objects: PutReport[]; invalidations: InvalidationReport[] }

export default class Put extends CtlCommand {
  static override summary = 'Upload files to a bucket'
  static override description =
    'Packages and repository metadata get the Cache-Control of their kind. Files above 16 MiB go in parts; what is ' +
    'interrupted leaves nothing behind.'
  static override usage = 'put FILE... s3://BUCKET[/KEY | /PREFIX/] [FLAGS]'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --acl-public logo.jpg s3://example-org-public/example/logo.jpg',
    '<%= config.bin %> <%= command.id %> *.deb s3://packages-example-org/incoming/',
    'mysqldump ... | gzip | <%= config.bin %> <%= command.id %> - s3://example-org-backup/db.sql.gz',
  ]
  static override args = {
    file: Args.string({
      description: 'files, - for stdin, and where to: a key, or a bucket or prefix/ in which they keep their names',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    'acl-public': Flags.boolean({
      char: 'P',
      description: 'let everybody read the objects',
      exclusive: ['acl-private'],
    }),
    'acl-private': Flags.boolean({ description: 'let nobody else read them (the default)' }),
    'mime-type': Flags.string({
      char: 'm',
      description: 'type of the objects; by default by ending',
      helpValue: 'TYPE',
    }),
    'guess-mime-type': Flags.boolean({ char: 'M', description: 'as in s3cmd: by ending (the default)', hidden: true }),
    'add-header': Flags.string({
      description: "further header, such as 'Cache-Control: max-age=60' (repeatable)",
      ...repeatable,
      helpValue: 'NAME:VALUE',
    }),
    recursive: Flags.boolean({
      char: 'r',
      description: 'upload all files below a folder; DIR puts its name before theirs, DIR/ does not',
    }),
    'cf-invalidate': Flags.boolean({
      description:
        'then have the edges of the distribution that serves the bucket drop what they hold of these objects',
    }),
    'dry-run': Flags.boolean({ char: 'n', description: 'show what would be uploaded, and upload nothing' }),
    'exit-code': Flags.boolean({
      description: `with --dry-run: exit with ${exitCodes.changes}, as there always is something to do`,
      dependsOn: ['dry-run'],
    }),
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { args, flags } = await this.parse(Put)
    const { recursive } = flags
    const wishes = {
      isPublic: flags['acl-public'],
      mimeType: flags['mime-type'],
      added: flags['add-header'],
      recursive,
    }
    const planned = await planPut(args.file, wishes, process.stdin, (...blocks) => this.say(...blocks))
    const aws = await connect(await settingsFor(flags))
    const signal = interruptSignal((...blocks) => this.say(...blocks), { unseen: !flags['dry-run'] })
    const how = { ...flags, json: this.jsonEnabled() }
    const conduct = { show: flags['dry-run'] ? quietly(how) : chooseShow(how), signal }
    // Before anything is uploaded: where no distribution serves the bucket, there is nothing to invalidate.
    const groups = flags['cf-invalidate'] ? await this.#findInvalidations(aws, planned, conduct) : []
    const done: Puts = { region: '' }
    try {
      await runChain(put(aws, planned, wishes), flags['dry-run'] ? 'plan' : 'apply', conduct, done)
    } catch (error) {
      // What was replaced before the failure is replaced, and a second run would find nothing that it replaces.
      this.say(...staleAtEdges(putReports(planned, done, wishes)))
      throw error
    }
    const reports = putReports(planned, done, wishes)
    if (flags['dry-run']) {
      this.print(verbatim(...reports.map(({ file, uri }) => `+ upload: '${file}' -> '${uri}'`)))
      this.print(...planOfInvalidations(groups))
      if (flags['exit-code']) process.exitCode = exitCodes.changes
      return { plan: reports }
    }
    this.ifLost('The objects are uploaded.')
    this.print(putText(reports))
    if (!flags['cf-invalidate']) {
      this.say(...staleAtEdges(reports))
      return { objects: reports, invalidations: [] }
    }
    const made = await runChain(invalidate(aws, groups, { wait: false }, new Date()), 'apply', conduct)
    const invalidations = Object.values(made.ctx).map(reportOf)
    this.print(...s3cmdInvalidated(groups, invalidations))
    return { objects: reports, invalidations }
  }

  async #findInvalidations(aws: Aws, planned: readonly PlannedPut[], conduct: Conduct): Promise<InvalidationGroup[]> {
    const asked = planned.map(({ bucket, key }) => ({ kind: 'key' as const, target: `s3://${bucket}`, bucket, key }))
    const wishes = { collapse: false, indexFolders: true }
    const { groups } = (await runChain(findInvalidations(aws, asked, wishes), 'plan', conduct)).ctx
    this.say(...groups.flatMap(({ notes }) => notes.map((note) => labelled('Note', `${note}.`))))
    return groups
  }
}
