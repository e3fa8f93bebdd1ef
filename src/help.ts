import type { Command } from '@oclif/core'
import { Help } from '@oclif/core/help'

import { commandGroups, groupTitles } from './ui/command-groups.ts'

/** oclif's help, with the commands in the runbook's groups and an alias beside its command. */
export default class GroupedHelp extends Help {
  override formatCommands(commands: Command.Loadable[]): string {
    const groups = Object.entries(commandGroups).flatMap(([group, ids]) => {
      const members = ids.flatMap((id) => commands.find((one) => one.id === id) ?? [])
      return members.length === 0 ? [] : [this.#section(groupTitles[group as keyof typeof commandGroups], members)]
    })
    return groups.join('\n\n')
  }

  #section(title: string, commands: readonly Command.Loadable[]): string {
    const rows = commands.map((command): [string, string | undefined] => [
      [command.id, ...command.aliases].join(', '),
      this.summary(command),
    ])
    return this.section(
      title.toUpperCase(),
      this.renderList(rows, { indentation: 2, spacer: '\n', stripAnsi: this.opts.stripAnsi ?? false }),
    )
  }
}
