import { overview, type Shown } from '../settings/overview.ts'
import { loadSettings, type Note } from '../settings/settings.ts'
import { CtlCommand, settingsFlags } from '../ui/command.ts'
import { type Cell, table } from '../ui/text.ts'

export default class ShowConfig extends CtlCommand {
  static override summary = 'Show the settings that pc-ctl would use, and where each comes from'
  static override description =
    'Flags come before PC_CTL_* variables, and these before packagecloud.rb, which is read without being run. ' +
    'Secrets are masked: equal ones have equal fingerprints.'
  static override examples = ['<%= config.bin %> <%= command.id %>', '<%= config.bin %> <%= command.id %> --json']
  static override flags = { ...settingsFlags }

  async run(): Promise<{ config: { file: string; found: boolean }; settings: Shown[]; notes: readonly Note[] }> {
    const { flags } = await this.parse(ShowConfig)
    const settings = await loadSettings(flags)
    const { configFile, configFound, notes } = settings
    const shown = overview(settings)
    this.print(table(shown.map(cells), ['NAME', 'VALUE', 'SOURCE']))
    if (!configFound) this.say(`${configFile} does not exist.`)
    for (const { file, line, text } of notes) this.say(`${file}:${line}: not evaluated, may change settings: ${text}`)
    return { config: { file: configFile, found: configFound }, settings: shown, notes }
  }
}

function cells({ name, value, source, problem }: Shown): Cell[] {
  if (problem !== undefined) return [name, '(unusable)', `${source ?? ''}: ${problem}`]
  return [name, value === null ? '-' : String(value), source ?? 'not set']
}
