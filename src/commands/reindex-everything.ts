import { Flags } from '@oclif/core'

import type { Report } from '../reindex/report.ts'
import { carriedFlags } from '../settings/settings.ts'
import { reindexFromFlags } from '../tasks/reindex/from-flags.ts'
import { hasWork, listText, reportText } from '../tasks/reindex/report-text.ts'
import { baseUrlFlag, readBaseUrl } from '../flags/base-url-flag.ts'
import { pagerFlag } from '../flags/pager-flag.ts'
import { repeatable } from '../flags/repeatable.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { readInventoryPlace } from '../reindex/inventory/place.ts'
import { readShard, type Shard } from '../reindex/shard.ts'
import { CtlCommand } from '../ui/command.ts'
import { exitCodes } from '../errors.ts'
import { carriedChoice, inventoryFlag, readMapping, reindexFlags } from '../flags/reindex-flags.ts'
import { runOnFlags, usualFunctions } from '../flags/run-on-flags.ts'
import { readTags } from '../flags/tag-flags.ts'
import { signingKeyFlags } from '../flags/signing-key-flags.ts'
import { openApkKey } from '../tasks/reindex/apk-key.ts'
import { keysOfMapping, openSigningKeys, readKeyWord } from '../tasks/reindex/signing-keys.ts'
import { commandLine } from '../shell.ts'
import { type Block, verbatim, warning } from '../text.ts'
import type { ShardReport } from '../reindex/shard-report.ts'

/** What `--json` tells. */
export type Result = Report

export default class ReindexEverything extends CtlCommand {
  static override summary =
    'Make the indexes of all repositories anew, and give every object the attributes that CloudFront needs'
  static override description =
    'Goes over all objects of the bucket and rewrites in place those whose Cache-Control is wrong, with everything else\n' +
    'that they carry. Then makes the indexes of apt, yum, gem, PyPI, Maven, npm, Helm and Alpine repositories anew, and writes what\n' +
    'changed in an order that breaks no client. Can be stopped at any time: the same command goes on from there, and a run\n' +
    'with nothing to do costs little more than the listing. What can not be done without losing something is reported and\n' +
    'left. Nothing is ever deleted.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --list',
    '<%= config.bin %> <%= command.id %> --attributes-only --dry-run',
    '<%= config.bin %> <%= command.id %> --signing-key /etc/packagecloud/signing.asc --report report.json',
    '<%= config.bin %> <%= command.id %> --run-on batch --dry-run',
  ]
  static override flags = {
    'attributes-only': Flags.boolean({
      description: 'put attributes right, make no indexes',
      exclusive: ['indexes-only'],
    }),
    'indexes-only': Flags.boolean({ description: 'make indexes, leave the attributes of other objects as they are' }),
    ...signingKeyFlags,
    'apk-key': Flags.string({
      description:
        "RSA private key that signs indexes of Alpine, perhaps only those below a prefix; NAME is that of clients' public key, FILE.pub if none is given (repeatable)",
      ...repeatable,
      helpValue: '[PREFIX=]FILE[:NAME]',
      helpGroup: 'INDEXES',
    }),
    'change-key': Flags.boolean({
      description:
        'sign repositories without a key that they are signed with: clients that trust only that refuse them',
      helpGroup: 'INDEXES',
    }),
    'allow-shrink': Flags.boolean({
      description: 'write an index too that loses more than 5 % or 20 of its packages',
      helpGroup: 'INDEXES',
    }),
    'create-missing': Flags.boolean({
      description: 'make indexes for folders of packages that have none, where their layout leaves no doubt',
      helpGroup: 'INDEXES',
    }),
    ...baseUrlFlag,
    strict: Flags.boolean({ description: 'fail on files that are no packages', helpGroup: 'INDEXES' }),
    list: Flags.boolean({ description: 'show which repositories are recognised, and stop' }),
    'dry-run': Flags.boolean({ description: 'show what would change, and change nothing' }),
    'exit-code': Flags.boolean({
      description: `with --dry-run: exit with ${exitCodes.changes} if something would change`,
      dependsOn: ['dry-run'],
    }),
    invalidate: Flags.boolean({
      description: 'then have edges drop packages that were published again under the same key',
    }),
    shard: Flags.custom<Shard>({
      description:
        'only the part I of N, each of which another host does; the same without --shard then makes the indexes',
      helpValue: 'I/N',
      exclusive: ['list', 'invalidate'],
      parse: async (typed) => readShard(typed),
    })(),
    ...runOnFlags,
    'force-unlock': Flags.boolean({ description: 'take over from another run that is known to be dead' }),
    ...inventoryFlag(
      'list by the ranges that an inventory of the bucket shows (CSV); what is there the listing alone tells',
    ),
    ...reindexFlags,
    ...pagerFlag,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { flags, metadata } = await this.parse(ReindexEverything)
    const named = await Promise.all(flags['signing-key'].map(readKeyWord))
    const keyFiles = [...named, ...keysOfMapping(await readMapping(flags.mapping))]
    const signingKeys = await openSigningKeys(keyFiles, flags['passphrase-file'])
    const apkKeys = await Promise.all(flags['apk-key'].map((word) => openApkKey(word, flags['passphrase-file'])))
    this.say(...signingKeys.warnings(Date.now()))
    const made = { adopt: flags.adopt, tags: readTags(flags.tag), boundary: flags['permissions-boundary'] }
    const report = await reindexFromFlags(
      { ...flags, json: this.jsonEnabled() },
      {
        attributes: !flags['indexes-only'],
        indexes: !flags['attributes-only'],
        signerOf: (root) => signingKeys.of(root),
        changeKey: flags['change-key'],
        allowShrink: flags['allow-shrink'],
        createMissing: flags['create-missing'],
        formatOptions: { baseUrl: readBaseUrl(flags['base-url']), apkKeys, changeKey: flags['change-key'] },
        strict: flags.strict,
        dryRun: flags['dry-run'],
        listOnly: flags.list,
        forceUnlock: flags['force-unlock'],
        invalidate: flags.invalidate,
        shard: flags.shard,
        inventory: flags.inventory === undefined ? undefined : readInventoryPlace(flags.inventory),
        shardObjects: flags['objects-per-shard'],
        elsewhere:
          flags['run-on'] !== 'batch'
            ? undefined
            : {
                concurrency:
                  metadata.flags['concurrency']?.setFromDefault === true ? usualFunctions : flags.concurrency,
                ...made,
              },
        checksums: flags.checksums === 'batch' ? made : undefined,
        yes: flags.yes,
      },
      (...blocks) => this.say(...blocks),
    )
    if (!flags.list && !flags['attributes-only']) {
      this.say(
        ...[...signingKeys.unused(), ...unusedOf(apkKeys, report)].map((prefix) =>
          warning(`no repository lies below ${prefix}, for which a signing key was given.`),
        ),
      )
    }
    if (!report.dryRun) this.ifLost('What was to be put right is put right; --report FILE keeps the whole report.')
    const text = flags.list ? listText(report) : reportText(report, carriedFlags(flags), carriedChoice(flags))
    // What may have gone on for hours ends by itself, whether somebody is there or not.
    if (flags.list || report.dryRun) await this.printLong(flags, ...text)
    else this.print(...text)
    if (report.shard !== undefined && !report.dryRun) this.print(...this.#afterAllShards(report.shard))
    if (report.failed > 0) process.exitCode = exitCodes.failed
    else if (report.indexes.some(({ outcome }) => outcome === 'refused')) process.exitCode = exitCodes.refused
    else if (flags['exit-code'] && hasWork(report)) process.exitCode = exitCodes.changes
    return report
  }

  /** What is to be typed on one host when all are done: the same, without the part. */
  #afterAllShards({ shard }: ShardReport): Block[] {
    const words = this.argv.filter(
      (word, index) => !word.startsWith('--shard=') && word !== '--shard' && this.argv[index - 1] !== '--shard',
    )
    const [, of = ''] = shard.split('/')
    return [
      `Once all ${of} shards are done, on the host that makes the indexes:`,
      verbatim(commandLine(['pc-ctl', 'reindex-everything', ...words])),
    ]
  }
}

/** Prefixes below which nothing of Alpine was. */
const unusedOf = (keys: readonly { readonly prefix: string }[], { indexes }: Report): string[] =>
  [...new Set(keys.map(({ prefix }) => prefix))].filter(
    (prefix) => prefix !== '' && !indexes.some(({ format, root }) => format === 'alpine' && root.startsWith(prefix)),
  )
