import { Flags } from '@oclif/core'

import { commandLine } from '../shell.ts'
import { type Passed, passOn } from '../tasks/packagecloud-ctl/pass-through.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { ctlFlag, splitPassedOn } from '../flags/packagecloud-ctl-flags.ts'
import { verbatim } from '../text.ts'

/** What `--json` tells. */
export type Result = Passed

export default class Reconfigure extends CtlCommand {
  static override summary = 'Check packagecloud.rb, then apply it with packagecloud-ctl reconfigure on this host'
  static override description =
    'Shows the output of packagecloud-ctl as it comes and ends with its exit code; with 3, and nothing run, if the file ' +
    'is not right or packagecloud-ctl is not here. What follows -- is passed on.\n' +
    'Names the step that comes next in its last line: with CloudFront enabled, it looks at the edge for that.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> -- --quiet',
  ]
  static override flags = {
    'dry-run': Flags.boolean({ description: 'check, and show what would be run' }),
    ...ctlFlag,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { own, passedOn } = splitPassedOn(this.argv)
    const { flags } = await this.parse(Reconfigure, own)
    const passed = await passOn('reconfigure', passedOn, { ...flags, json: this.jsonEnabled() }, (...blocks) =>
      this.say(...blocks),
    )
    if (!passed.ran) this.print(verbatim(commandLine(passed.command)))
    process.exitCode = passed.code
    return passed
  }
}
