import type { Command } from '@oclif/core'
import { CommandHelp, Help } from '@oclif/core/help'

import { commandGroups, groupTitles } from './ui/command-groups.ts'
import { asParagraphs, usageOf, valueName, withChoice } from './ui/help-words.ts'

/** oclif's help of a command, in which nothing is told twice. */
class OwnCommandHelp extends CommandHelp {
  protected override defaultUsage(): string {
    return usageOf(this.command)
  }

  /** The summary stands above all else already. */
  protected override description(): string | undefined {
    const { description } = this.command
    if (description === undefined) return undefined
    return asParagraphs(description)
      .split('\n')
      .map((line) => this.#wrapped(line))
      .join('\n')
  }

  /** oclif's own takes away what a line is indented by. */
  #wrapped(line: string): string {
    const text = line.trimStart()
    const before = line.length - text.length
    return this.indent(this.wrap(text, this.indentSpacing + before), before)
  }

  protected override args(args: Command.Arg.Any[]): [string, string | undefined][] | undefined {
    return super.args(args.map(({ options, ...arg }) => ({ ...arg, description: withChoice({ ...arg, options }) })))
  }

  /** A value has a name, and what it may be stands where arguments have it too. */
  protected override flags(flags: Command.Flag.Any[]): [string, string | undefined][] | undefined {
    const named = flags.map((flag) =>
      flag.type === 'option' ? { ...flag, helpValue: valueName(flag), description: withChoice(flag) } : flag,
    )
    return super.flags(named)
  }
}

/** oclif's help, with the commands in the runbook's groups and an alias beside its command. */
export default class GroupedHelp extends Help {
  protected override CommandHelpClass = OwnCommandHelp

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
