import { Flags } from '@oclif/core'

import { openNetwork } from '../aws/network.ts'
import { carriedFlags, loadSettings, type Settings } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { disableCloudfront, type Disabling } from '../tasks/disable-cloudfront.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { writeConfigFlags } from '../flags/write-config-flags.ts'
import { writeConfig } from '../tasks/write-config.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import type { Say } from '../text.ts'
import { CtlCommand } from '../ui/command.ts'
import { frontFlags, tokenOf } from '../flags/front-flags.ts'
import { ctlFlag } from '../flags/packagecloud-ctl-flags.ts'
import { chooseShow } from '../ui/renderer.ts'

type Flagged = Parameters<typeof loadSettings>[0] & { readonly yes: boolean; readonly 'dry-run': boolean }

/** What `--json` tells. */
export type Result = Disabling

export default class DisableCloudfront extends CtlCommand {
  static override summary = 'Send clients to S3 again: what to set, and whether that is what they get'
  static override description =
    'Prints the line to set in packagecloud.rb, or sets it with --write-config, and the commands that make it live. Once the file ' +
    'says false, --run runs them on this host, and --front checks where clients are sent. AWS resources stay as they ' +
    'are. With --front, exit code 0 means that the front server has been seen to redirect to S3.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --write-config --run',
    '<%= config.bin %> <%= command.id %> --run --front https://packages.example.org --key user/repo/packages/el/8/a.rpm/download.rpm',
  ]
  static override flags = {
    ...writeConfigFlags,
    run: Flags.boolean({ description: 'run packagecloud-ctl reconfigure and restart on this host' }),
    'dry-run': Flags.boolean({ description: 'with --run: show what would be run', dependsOn: ['run'] }),
    key: Flags.string({
      description: 'path of a package, as clients ask the front server for it',
      helpValue: 'PATH',
      helpGroup: 'FRONT SERVER',
    }),
    ...frontFlags,
    ...ctlFlag,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { flags } = await this.parse(DisableCloudfront)
    const { front, key, ctl } = flags
    const here = carriedFlags({ config: flags.config, installation: 'packagecloud' })
    const found = await settingsFor(flags)
    const settings = flags['write-config'] ? await this.#write(found, flags) : found
    if (front !== undefined && front !== '') await openNetwork(settings)
    const disabling = await disableCloudfront(
      settings,
      {
        run: flags.run,
        dryRun: flags['dry-run'],
        look: front === undefined || front === '' ? undefined : { front, token: tokenOf(flags), key },
        ctl,
        quiet: this.jsonEnabled(),
        show: chooseShow({ ...flags, json: this.jsonEnabled() }),
        carried: { all: carriedFlags(flags), here },
      },
      { print: (...blocks) => this.print(...blocks), say: (...blocks) => this.say(...blocks) },
    )
    process.exitCode = disabling.code
    return disabling
  }

  /** Says false in the file, where that does not; answers the settings as they are then. */
  async #write(settings: Settings, flags: Flagged): Promise<Settings> {
    const isOff = settings.configFound && settings.cloudfrontEnabled?.value !== true
    if (isOff && settings.problems.cloudfrontEnabled === undefined) return settings
    const say: Say = (...blocks) => this.say(...blocks)
    const dryRun = flags['dry-run']
    const manner = { yes: flags.yes, signal: interruptSignal(say), dryRun }
    await writeConfig(settings.configFile, new Map([['cloudfront_enabled', false]]), manner, say)
    return dryRun
      ? { ...settings, cloudfrontEnabled: { value: false, source: { kind: 'default' } } }
      : loadSettings(flags)
  }
}
