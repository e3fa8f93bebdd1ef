/** What `--json` makes of help and the version: the words that help is laid out of, for programs. */
import { commandGroups, groupTitles } from './command-groups.ts'
import { asParagraphs, type Described, usageOf, valueName } from './help-words.ts'

/** What `version --json` tells. */
export interface VersionResult {
  readonly version: string
  /** As Node names it, such as `linux`. */
  readonly platform: string
  /** As Node names it, such as `x64`. */
  readonly arch: string
  /** The version of Node that runs it, such as `v24.21.0`. */
  readonly node: string
}

/** What `help --json` tells: all commands, or one of them. */
export type HelpResult = AllCommands | OneCommand

interface AllCommands {
  readonly summary: string
  /** The commands, as help groups them. */
  readonly groups: readonly { readonly title: string; readonly commands: readonly NamedCommand[] }[]
}

interface NamedCommand {
  readonly name: string
  /** Other names of it. */
  readonly aliases: readonly string[]
  readonly summary: string
}

interface OneCommand extends NamedCommand {
  /** How it is typed, without the name of the program. */
  readonly usage: string
  readonly description?: string
  readonly arguments: readonly ArgumentHelp[]
  readonly flags: readonly FlagHelp[]
  readonly examples: readonly string[]
}

interface ArgumentHelp {
  readonly name: string
  readonly description: string
  readonly required: boolean
  /** It can be given again. */
  readonly repeatable: boolean
  /** All that it may be, where that is known. */
  readonly options?: readonly string[]
}

interface FlagHelp extends ArgumentHelp {
  /** Its one letter. */
  readonly char?: string
  /** Other names of it. */
  readonly aliases: readonly string[]
  /** What its value is called; without one it takes none. */
  readonly value?: string
  /** The variable that stands for it. */
  readonly variable?: string
  readonly default?: string
  /** `--no-NAME` is its opposite. */
  readonly negatable: boolean
}

export function versionDocument(version: string): VersionResult {
  return { version, platform: process.platform, arch: process.arch, node: process.version }
}

/** @param commands - all there are */
export function helpOfAll(summary: string, commands: readonly Described[]): HelpResult {
  const groups = Object.entries(commandGroups).map(([group, ids]) => ({
    title: groupTitles[group as keyof typeof commandGroups],
    commands: ids.flatMap((id) => {
      const found = commands.find((one) => one.id === id)
      return found === undefined ? [] : [named(found)]
    }),
  }))
  return { summary, groups }
}

/** @param rendered - fills in what the texts of commands leave open */
export function helpOfOne(command: Described, rendered: (text: string) => string): HelpResult {
  const { description, args = {}, flags = {}, usage = usageOf(command), examples = [], strict = true } = command
  return {
    ...named(command),
    usage: [usage].flat().map(rendered).join('\n'),
    ...(description === undefined ? {} : { description: asParagraphs(rendered(description)) }),
    arguments: Object.values(args)
      .filter(({ hidden }) => hidden !== true)
      .map((arg) => ({
        ...(arg.options === undefined ? {} : { options: arg.options }),
        name: arg.name.toUpperCase(),
        description: arg.description ?? '',
        required: arg.required === true,
        repeatable: arg.multiple === true || !strict,
      })),
    flags: Object.values(flags)
      .filter(({ hidden }) => hidden !== true)
      .map(flagHelp),
    examples: [examples].flat().map((one) => rendered(typeof one === 'string' ? one : one.command)),
  }
}

const named = ({ id, aliases = [], summary = '' }: Described): NamedCommand => ({ name: id, aliases, summary })

function flagHelp(flag: NonNullable<Described['flags']>[string]): FlagHelp {
  const { default: preset, description = '', options, char, env, aliases = [] } = flag
  const isTold = (typeof preset === 'string' && preset !== '') || typeof preset === 'number'
  return {
    name: flag.name,
    ...(char === undefined ? {} : { char }),
    aliases,
    description,
    ...(flag.type === 'option' ? { value: valueName(flag) } : {}),
    ...(options === undefined ? {} : { options }),
    ...(env === undefined ? {} : { variable: env }),
    ...(isTold ? { default: String(preset) } : {}),
    required: flag.required === true,
    repeatable: flag.multiple === true,
    negatable: flag.allowNo === true,
  }
}
