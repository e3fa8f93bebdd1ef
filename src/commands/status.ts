import { Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { pause } from '../aws/patience.ts'
import { carriedFlags } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { status, type Status as Report } from '../tasks/status/status.ts'
import { statusGraph, statusText } from '../tasks/status/text.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { exitCodes } from '../errors.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import { quietly, type Show } from '../ui/renderer.ts'
import { isResultSeen, result } from '../ui/result.ts'
import { whole } from '../text.ts'

/** Seconds between looks; each look is some twenty calls, most to CloudFront, which throttles early. */
const interval = 15

/** What `--json` tells. */
export type Result = Report

export default class Status extends CtlCommand {
  static override summary = 'Show all resources of the installation, and how they differ from what pc-ctl would make'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']
  static override flags = {
    'exit-code': Flags.boolean({ description: `exit with ${exitCodes.changes} if anything differs` }),
    graph: Flags.boolean({ description: 'print a Mermaid diagram of what exists and how it is tied' }),
    watch: Flags.boolean({ description: `look again every ${interval} s`, exclusive: ['graph', 'json'] }),
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { flags } = await this.parse(Status)
    const settings = await settingsFor(flags)
    const aws = await connect(settings)
    const signal = interruptSignal((...blocks) => this.say(...blocks))
    const wishes = { carried: carriedFlags(flags) }
    const look = (show: Show) => status(aws, settings, wishes, { show, signal })
    let report = await look(quietly({ ...flags, json: this.jsonEnabled() }))
    this.print(...(flags.graph ? [whole(statusGraph(report))] : statusText(report)))
    while (flags.watch) {
      await pause(interval * 1000, signal)
      report = await look('nothing')
      if (isResultSeen()) result.print('\u001B[H\u001B[2J')
      else this.print('')
      this.print(...statusText(report), '', `${new Date().toLocaleTimeString()}, Ctrl-C ends`)
      await result.taken()
    }
    if (flags['exit-code'] && report.drift) process.exitCode = exitCodes.changes
    return report
  }
}
