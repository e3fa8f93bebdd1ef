import { Args, Flags } from '@oclif/core'

import { commandLine } from '../shell.ts'
import { type Passed, passOn } from '../tasks/packagecloud-ctl/pass-through.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { ctlFlag, splitPassedOn } from '../flags/packagecloud-ctl-flags.ts'
import { verbatim } from '../text.ts'

/** What `--json` tells. */
export type Result = Passed

export default class Restart extends CtlCommand {
  static override summary =
    'Check packagecloud.rb, then restart packagecloud, or one service of it, with packagecloud-ctl on this host'
  static override description =
    'Says so if packagecloud.rb has changed since the last reconfigure through pc-ctl, which a restart does not apply. ' +
    'Shows the output of packagecloud-ctl as it comes and ends with its exit code; with 3, and nothing run, if the file ' +
    'is not right or packagecloud-ctl is not here. What follows -- is passed on.\n' +
    'With CloudFront enabled, a restart of what signs URLs (all, or unicorn) is refused with 4 while the edge would refuse ' +
    'them: the secret or the packages domain in packagecloud.rb is not in use there yet. It says so where that can not be ' +
    'looked at, and goes on.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> unicorn',
    '<%= config.bin %> <%= command.id %> --dry-run',
  ]
  static override args = {
    service: Args.string({ description: 'the one service to restart; all without it', ignoreStdin: true }),
  }
  static override flags = {
    'dry-run': Flags.boolean({ description: 'check, and show what would be run' }),
    force: Flags.boolean({ description: 'restart even if downloads will be refused then' }),
    ...ctlFlag,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { own, passedOn } = splitPassedOn(this.argv)
    const { args, flags } = await this.parse(Restart, own)
    const words = [...(args.service === undefined ? [] : [args.service]), ...passedOn]
    const passed = await passOn('restart', words, { ...flags, json: this.jsonEnabled() }, (...blocks) =>
      this.say(...blocks),
    )
    if (!passed.ran) this.print(verbatim(commandLine(passed.command)))
    process.exitCode = passed.code
    return passed
  }
}
