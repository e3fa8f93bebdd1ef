import { networkOverview } from '../aws/network-overview.ts'
import { overview, type Shown } from '../settings/overview.ts'
import type { Note } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { pagerFlag } from '../flags/pager-flag.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { type Cell, table } from '../text.ts'

/** What `--json` tells. */
export type Result = Overview

export default class ShowConfig extends CtlCommand {
  static override summary = 'Show the settings that pc-ctl would use, and where each comes from'
  static override description =
    'Flags come before PC_CTL_* variables, and these before packagecloud.rb, which is read without being run. ' +
    'Secrets are masked: equal ones have equal fingerprints. Below them stand the proxies and the authorities of this ' +
    'machine that connections use.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']
  static override flags = { ...pagerFlag, ...settingsFlags }

  async run(): Promise<Result> {
    const { flags } = await this.parse(ShowConfig)
    const settings = await settingsFor(flags)
    const { configFile, configFound, notes } = settings
    const shown = overview(settings)
    const network = await networkOverview(settings)
    await this.printLong(flags, table([...shown, ...network].map(cells), ['NAME', 'VALUE', 'SOURCE']))
    if (!configFound) this.say(`${configFile} does not exist.`)
    for (const { file, line, text } of notes) this.say(`${file}:${line}: not evaluated, may change settings: ${text}`)
    return { config: { file: configFile, found: configFound }, settings: shown, network, notes }
  }
}

interface Overview {
  readonly config: { readonly file: string; readonly found: boolean }
  readonly settings: readonly Shown[]
  /** Proxies and own authorities. */
  readonly network: readonly Shown[]
  readonly notes: readonly Note[]
}

function cells({ name, value, source, problem }: Shown): Cell[] {
  if (problem !== undefined) return [name, '(unusable)', `${source ?? ''}: ${problem}`]
  return [name, value === null ? '-' : String(value), source ?? 'not set']
}
