/** Manual pages in the `man` macros (man(7)), which every man understands. */
import ejs from 'ejs'

import { usageOf, valueName } from '../src/ui/help-words.ts'

/** A flag of a command, as oclif's manifest has it. */
interface Flag {
  readonly name: string
  readonly char?: string
  readonly type: 'boolean' | 'option'
  readonly description?: string
  readonly helpGroup?: string
  readonly helpValue?: string
  readonly options?: readonly string[]
  readonly default?: unknown
  readonly env?: string
  readonly allowNo?: boolean
  readonly multiple?: boolean
  readonly required?: boolean
  readonly hidden?: boolean
  readonly exclusive?: readonly string[]
  readonly dependsOn?: readonly string[]
}

interface Arg {
  readonly name: string
  readonly description?: string
  readonly required?: boolean
  readonly multiple?: boolean
  readonly options?: readonly string[]
  readonly hidden?: boolean
}

/** A command, as oclif's manifest has it. */
export interface Command {
  readonly id: string
  readonly summary?: string
  readonly description?: string
  readonly usage?: string | readonly string[]
  readonly examples?: readonly (string | { readonly description: string; readonly command: string })[]
  readonly aliases?: readonly string[]
  readonly args: Readonly<Record<string, Arg>>
  readonly flags: Readonly<Record<string, Flag>>
  readonly strict?: boolean
  readonly hidden?: boolean
}

/** What all pages are made of. */
export interface Manual {
  readonly version: string
  readonly description: string
  /** Such as 2026-11-30. */
  readonly date: string
  readonly commands: readonly Command[]
  readonly exitCodes: readonly { readonly code: string; readonly meaning: string }[]
}

/** The page of pc-ctl itself. */
export function overviewPage(manual: Manual): string {
  const { description, commands, exitCodes } = manual
  return page('pc-ctl', manual, [
    ...['.SH NAME', `pc\\-ctl \\- ${plain(lowerFirst(description))}`],
    ...['.SH SYNOPSIS', '.B pc\\-ctl', '.I COMMAND', '[\\fIFLAGS\\fR]'],
    '.SH DESCRIPTION',
    ...prose(overview),
    '.SH COMMANDS',
    ...commands.flatMap(({ id, summary = '' }) => item(`${bold(`pc-ctl-${id}`)}(1)`, `${summary}.`)),
    '.SH ENVIRONMENT',
    ...variables(commands).flatMap(({ env, flags }) => item(bold(env), `Stands for ${listed(flags)}.`)),
    ...item(bold('AWS_PROFILE'), awsVariables),
    ...item(bold('NO_COLOR'), 'No colours; likewise where the output is no terminal.'),
    ...item(
      bold('PAGER'),
      'Shows a result, or help, that is longer than the terminal; `less -FRX` where it is not set, nothing where it is empty.',
    ),
    '.SH FILES',
    ...item('\\fI/etc/packagecloud/packagecloud.rb\\fR', 'Read for the settings of the installation; never written.'),
    ...item('\\fI$XDG_STATE_HOME/pc\\-ctl\\fR', 'Journals of reindex-everything, and bucket policies as they were.'),
    '.SH EXIT STATUS',
    ...exitCodes.flatMap(({ code, meaning }) => item(bold(code), `${meaning}.`)),
    ...seeAlso(commands.map(({ id }) => `pc-ctl-${id}`)),
  ])
}

const overview =
  'Signed URLs are checked at the edge by a Lambda@Edge function, packages are cached for long, repository metadata never. ' +
  'pc-ctl changes only what it made, and destroys nothing unless `cfremove` is given the one distribution to remove. Each ' +
  'command can be run again at any time; with `--dry-run` it shows what it would change.\n\n' +
  'The result is written to stdout, all talk to stderr. Every command has `--help`, and `--json` for programs.\n\n' +
  'To put a bucket behind CloudFront, in this order: `generate-cloudfront-secret`, `reconfigure`, `bootstrap-cloudfront`, the ' +
  'command that it prints, `reconfigure`, `restart`, `doctor`. To rehearse it without an AWS account: `sandbox`.'
const awsVariables = 'As for the aws command line; so are the other AWS_* variables, such as AWS_ENDPOINT_URL.'

/** The page of one command. */
export function commandPage(command: Command, manual: Manual): string {
  const { id, summary = '', description, aliases = [] } = command
  const args = Object.values(command.args).filter(({ hidden }) => hidden !== true)
  const names = [id, ...aliases].map((name) => `pc-ctl-${name}`)
  return page(`pc-ctl-${id}`, manual, [
    ...['.SH NAME', `${names.map(plain).join(', ')} \\- ${plain(lowerFirst(rendered(summary, command)))}`],
    ...['.SH SYNOPSIS', ...synopsis(command)],
    ...['.SH DESCRIPTION', ...prose(rendered(description ?? `${summary}.`, command))],
    ...(aliases.length === 0 ? [] : prose(`Also called ${listed(aliases.map((alias) => `\`${alias}\``))}.`)),
    ...(args.length === 0 ? [] : ['.SH ARGUMENTS']),
    ...args.flatMap((arg) => item(`\\fI${plain(arg.name.toUpperCase())}\\fR`, argText(arg))),
    ...options(command),
    ...examples(command),
    ...['.SH EXIT STATUS', ...prose('0 where it is done; all others stand in pc-ctl(1).')],
    ...seeAlso(['pc-ctl']),
  ])
}

function page(name: string, { version, date }: Manual, lines: readonly string[]): string {
  // What follows a heading is a paragraph anyway.
  const told = lines.filter((line, index) => line !== '.PP' || lines[index - 1]?.startsWith('.SH') !== true)
  const title = `.TH ${plain(name.toUpperCase())} 1 "${date}" "pc\\-ctl ${plain(version)}" "pc\\-ctl"`
  return `${[title, '.nh', '.ad l', ...told].join('\n')}\n`
}

function synopsis(command: Command): string[] {
  const { id, usage } = command
  return [usage ?? usageOf(command)].flat().flatMap((line, index) => {
    const words = plain(rendered(line, command).replace(id, '').trim())
    const named = usage === undefined ? words.replace(/[A-Z]{2,}/g, '\\fI$&\\fR') : words
    return [...(index === 0 ? [] : ['.br']), `.B pc\\-ctl ${plain(id)}`, named]
  })
}

const argText = ({ description = '', options: values }: Arg): string =>
  sentence([description, values === undefined ? '' : `one of ${listed(values)}`])

/** In the groups of `--help`: those of the command alone come first. */
function options(command: Command): string[] {
  const flags = Object.values(command.flags).filter(({ hidden }) => hidden !== true)
  const groups = Map.groupBy(flags, ({ helpGroup = '' }) => helpGroup)
  const last = ['SETTINGS', 'GLOBAL']
  const names = [...groups.keys()].sort((one, other) => last.indexOf(one) - last.indexOf(other))
  return [
    '.SH OPTIONS',
    ...names.flatMap((name) => [
      ...(name === '' ? [] : [`.SS ${plain(name.charAt(0) + name.slice(1).toLowerCase())}`]),
      ...(groups.get(name) ?? []).toSorted(byName).flatMap((flag) => item(flagLabel(flag), flagText(flag))),
    ]),
  ]
}

const byName = (one: Flag, other: Flag): number => (one.name < other.name ? -1 : 1)

function flagLabel(flag: Flag): string {
  const { name, char, type, allowNo, multiple } = flag
  const short = char === undefined ? '' : `${bold(`-${char}`)}, `
  const long = bold(allowNo === true ? `--[no-]${name}` : `--${name}`)
  if (type === 'boolean') return `${short}${long}`
  return `${short}${long}=\\fI${plain(valueName(flag))}\\fR${multiple === true ? '...' : ''}`
}

function flagText({
  description = '',
  options: values,
  default: preset,
  env,
  exclusive,
  dependsOn,
  required,
}: Flag): string {
  const dashed = (names: readonly string[]): string => listed(names.map((name) => `\`--${name}\``))
  const isTold = ['string', 'number'].includes(typeof preset) && preset !== ''
  return sentence([
    description,
    values === undefined ? '' : `one of ${listed(values)}`,
    required === true ? 'required' : '',
    isTold ? `default: ${String(preset)}` : '',
    env === undefined ? '' : `environment: \`${env}\``,
    exclusive === undefined ? '' : `not together with ${dashed(exclusive)}`,
    dependsOn === undefined ? '' : `only with ${dashed(dependsOn)}`,
  ])
}

function examples(command: Command): string[] {
  const texts = (command.examples ?? []).map((one) => (typeof one === 'string' ? one : one.command))
  if (texts.length === 0) return []
  const lines = texts.flatMap((text) => ['.PP', '.nf', `$ ${plain(rendered(text, command))}`, '.fi'])
  return ['.SH EXAMPLES', ...lines]
}

const seeAlso = (names: readonly string[]): string[] => [
  '.SH SEE ALSO',
  ...names.map((name, index) => `${bold(name)}(1)${index === names.length - 1 ? '' : ','}`),
]

/** Variables of flags, each with the flags that it stands for. */
function variables(commands: readonly Command[]): { env: string; flags: string[] }[] {
  const flags = commands.flatMap((command) => Object.values(command.flags))
  const found = Map.groupBy(flags, ({ env }) => env)
  return [...found]
    .flatMap(([env, of]) =>
      env === undefined ? [] : [{ env, flags: [...new Set(of.map(({ name }) => `\`--${name}\``))].sort() }],
    )
    .sort((one, other) => (one.env < other.env ? -1 : 1))
}

/** oclif's descriptions are templates. */
const rendered = (text: string, { id }: Command): string =>
  ejs.render(text, { config: { bin: 'pc-ctl' }, command: { id } }, { escape: String })

const item = (label: string, text: string): string[] => ['.TP', label, ...filled(text)]

/** Paragraphs; what is indented stays as it is. */
function prose(text: string): string[] {
  const paragraphs = text.split(/\n{2,}/)
  return paragraphs.flatMap((paragraph) => {
    const lines = paragraph.split('\n')
    const start = lines.findIndex((line) => line.startsWith('  '))
    if (start === -1) return ['.PP', ...filled(paragraph)]
    const verbatim = lines.slice(start).map((line) => plain(line.replace(/^ {2}/, '')))
    const before = lines.slice(0, start).join('\n')
    return ['.PP', ...(before === '' ? [] : [...filled(before), '.PP']), '.RS 4', '.nf', ...verbatim, '.fi', '.RE']
  })
}

/** Text that lines are broken in where there is room; what stands between backticks is bold. */
const filled = (text: string): string[] => {
  const lines: string[] = []
  for (const word of text.split(/\s+(?=(?:[^`]*`[^`]*`)*[^`]*$)/)) {
    const last = lines.at(-1)
    if (last === undefined || last.length + word.length > 60) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines.map((line) =>
    line
      .split('`')
      .map((part, index) => (index % 2 === 1 ? bold(part) : plain(part)))
      .join(''),
  )
}

const bold = (text: string): string => `\\fB${plain(text)}\\fR`

/** Text without a meaning to roff. Hyphens are minus signs, so that commands can be copied. */
const plain = (text: string): string =>
  text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replace(/^([.'])/gm, '\\&$1')
    .replaceAll("'", '\\(aq')
    .replaceAll('`', '\\(ga')
    .replaceAll('^', '\\(ha')
    .replaceAll('~', '\\(ti')
    .replace(
      /[^\x20-\x7e\n]/gu,
      (character) => `\\[u${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}]`,
    )

const sentence = (parts: readonly string[]): string => {
  const text = parts.filter((part) => part !== '').join('; ')
  // Names, such as packagecloud.rb, stay as they are.
  const begun = /^[a-z]+\s/.test(text) ? `${text.charAt(0).toUpperCase()}${text.slice(1)}` : text
  return begun === '' ? '' : `${begun.replace(/\.$/, '')}.`
}

const lowerFirst = (text: string): string => text.charAt(0).toLowerCase() + text.slice(1)

const listed = (words: readonly string[]): string =>
  words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`
