import { Flags } from '@oclif/core'

import { carriedFlags } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { commandLine } from '../shell.ts'
import { diagnosisText } from '../tasks/doctor/text.ts'
import { assertFits } from '../tasks/engine-in-use.ts'
import { type Enabling, enableCloudfront } from '../tasks/enable/enable-cloudfront.ts'
import { openSigningKeys, readKeyWord } from '../tasks/reindex/signing-keys.ts'
import { readAliases } from '../tasks/names/domain-name.ts'
import { boundaryFlag } from '../flags/boundary-flag.ts'
import { adoptFlag, changeFlags, planExitCode } from '../flags/change-flags.ts'
import { engineFlag } from '../flags/engine-flag.ts'
import { frontFlags, frontPathFlag, tokenOf } from '../flags/front-flags.ts'
import { ctlFlag } from '../flags/packagecloud-ctl-flags.ts'
import { servingFlags } from '../flags/serving-flags.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { signingKeyFlags } from '../flags/signing-key-flags.ts'
import { readTags, tagFlag } from '../flags/tag-flags.ts'
import { typedAgain } from '../flags/typed.ts'
import { writeConfigFlag } from '../flags/write-config-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import { planText } from '../ui/plan.ts'
import type { Say } from '../text.ts'

/** What `--json` tells. */
export type Result = Enabling

export default class EnableCloudfront extends CtlCommand {
  static override summary = 'Enable CloudFront: all seven steps of the runbook, from wherever they were left'
  static override description =
    'Shows the steps of the page, does those that are not done, and ends with doctor. Can be stopped at any step and run ' +
    'again. Prints what is to be put into packagecloud.rb and waits until it is there, or, with nobody to wait for, exits ' +
    'with 3; --write-config writes it. Runs packagecloud-ctl on this host; other front servers are told about before the ' +
    'restart, and looked at with --front. Exits with 1 if doctor finds that something fails.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --write-config --front https://packages.example.org',
  ]
  static override flags = {
    'skip-reindex': Flags.boolean({
      description: 'leave objects and indexes as they are, as on a new installation',
      exclusive: ['attributes-only'],
    }),
    'attributes-only': Flags.boolean({ description: 'put attributes of objects right, make no indexes' }),
    ...signingKeyFlags,
    ...writeConfigFlag,
    ...servingFlags,
    ...frontFlags,
    ...frontPathFlag,
    ...ctlFlag,
    ...engineFlag,
    ...boundaryFlag,
    ...tagFlag,
    ...adoptFlag,
    ...changeFlags,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { flags } = await this.parse(EnableCloudfront)
    assertFits(flags.engine, { engine: flags.engine, boundary: flags['permissions-boundary'] })
    const say: Say = (...blocks) => this.say(...blocks)
    const { front } = flags
    const keyFiles = flags['skip-reindex'] ? [] : await Promise.all(flags['signing-key'].map(readKeyWord))
    const signingKeys = await openSigningKeys(keyFiles, flags['passphrase-file'])
    say(...signingKeys.warnings(Date.now()))
    const enabling = await enableCloudfront(
      await settingsFor(flags),
      {
        serve: {
          originAccess: flags['origin-access'],
          distribution: undefined,
          aliases: readAliases(flags.alias),
          certificate: flags.certificate,
          priceClass: flags['price-class'],
          adopt: flags.adopt,
          keyPolicy: flags['kms-key-policy'],
          tags: readTags(flags.tag),
          engine: flags.engine,
          boundary: flags['permissions-boundary'],
          carried: carriedFlags(flags),
        },
        flags: { ...flags, json: this.jsonEnabled() },
        ctl: flags.ctl,
        writeConfig: flags['write-config'],
        objects: flags['skip-reindex'] ? undefined : { indexes: !flags['attributes-only'], signingKeys },
        front:
          front === undefined || front === ''
            ? undefined
            : { url: front, token: tokenOf(flags), path: flags['front-path'] },
        again: ['pc-ctl', 'enable-cloudfront', ...typedAgain(this.argv)],
      },
      { print: (...blocks) => this.print(...blocks), say },
      interruptSignal(say, { unseen: !flags['dry-run'] }),
    )
    if (flags['dry-run']) {
      this.print('', ...planText(enabling.plan))
      enabling.code = planExitCode(enabling.plan, flags['exit-code'])
    } else if (enabling.doctor !== null) {
      this.print(...diagnosisText(enabling.doctor))
      if (enabling.code === 0) {
        const back = commandLine(['pc-ctl', 'disable-cloudfront', ...carriedFlags(flags)])
        this.say(`CloudFront is enabled. To go back at any time: \`${back}\``)
      }
    }
    process.exitCode = enabling.code
    return enabling
  }
}
