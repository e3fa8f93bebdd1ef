import { format } from 'node:util'

import './ui/help-columns.ts'

import { type Command, Config, Errors, run, ux } from '@oclif/core'

import { CtlError } from './errors.ts'
import { commandLine } from './shell.ts'
import { BareConfig } from './ui/bare-config.ts'
import type { CommandClass } from './ui/command.ts'
import { beginCommand, type Envelope, envelopeOf } from './ui/envelope.ts'
import { report } from './ui/failure.ts'
import { printPaged } from './ui/pager.ts'
import { result } from './ui/result.ts'
import { allSaid, isTalkSeen, say } from './ui/talk.ts'
import { helpOfAll, helpOfOne, versionDocument } from './ui/help-document.ts'
import { type Line, verbatim, whole } from './text.ts'
import { didYouMean } from './ui/near.ts'
import { isWritten } from './ui/written.ts'

const args = process.argv.slice(2)
const end = args.indexOf('--')
const flags = end === -1 ? args : args.slice(0, end)

// What oclif itself prints, which is help and the version, is a result like any other.
const printed: string[] = []
ux.stdout = (text, ...more) => void printed.push(...format(...[text ?? []].flat(), ...more).split('\n'))
ux.stderr = (text, ...more) => say(whole(format(...[text ?? []].flat(), ...more)))

/**
 * Carries out the command line that this process was started with.
 *
 * @param commandOf - a command by its name
 */
export async function runCommandLine(commandOf: (name: string) => CommandClass | undefined): Promise<void> {
  const isDone = await runCommand(commandOf)
  if (!(await isWritten()) || !isDone) {
    await allSaid()
    process.exit()
  }
  if (isTalkSeen()) (await import('./updates.ts')).hintAtUpdate(flags)
}

/** Runs the command; answers whether it came to its end. */
async function runCommand(commandOf: (name: string) => CommandClass | undefined): Promise<boolean> {
  try {
    const [name = '', ...words] = args
    const Named = flags.includes('--help') ? undefined : commandOf(name)
    if (Named !== undefined) {
      Named.id = name
      await allPrinted(new Named(words, new BareConfig({ root: import.meta.filename })).start())
      return true
    }
    // There are no plugins: what lies where oclif keeps them, in a home that may be somebody else's, is not looked at.
    const config = await Config.load({ root: import.meta.filename, userPlugins: false })
    assertCommand(config)
    const document = flags.includes('--json') ? documentOf(config) : undefined
    if (document !== undefined) result.print(`${JSON.stringify(document, undefined, 2)}\n`)
    else await allPrinted(run(args, config))
    return true
  } catch (error) {
    // How a command ends that has told itself why.
    if (!(error instanceof Errors.ExitError)) {
      report(error, { json: flags.includes('--json'), verbose: flags.includes('--verbose') })
    }
    return false
  }
}

async function allPrinted(running: Promise<unknown>): Promise<void> {
  try {
    await running
  } finally {
    if (printed.length > 0) await printPaged(printed, true)
  }
}

/** What help or the version are as JSON, if either is asked for. */
function documentOf(config: Config): Envelope<unknown> | undefined {
  if (args[0] === '--version') {
    beginCommand('version')
    return envelopeOf(versionDocument(config.version))
  }
  if (!flags.includes('--help')) return undefined
  beginCommand('help')
  const asked = config.findCommand(commandAskedAbout() ?? '')
  // An alias is told about as what it stands for.
  const isNamed = ({ id, aliases }: Command.Loadable): boolean => id !== asked?.id && aliases.includes(asked?.id ?? '')
  const command = config.commands.find(isNamed) ?? asked
  if (command === undefined) return envelopeOf(helpOfAll(String(config.pjson['description']), config.commands))
  const rendered = (text: string): string =>
    text.replace(/<%= (config\.bin|command\.id) %>/g, (_, name) => (name === 'command.id' ? command.id : config.bin))
  return envelopeOf(helpOfOne(command, rendered))
}

/** The command that help is asked for. */
function commandAskedAbout(): string | undefined {
  return flags.find((word) => !word.startsWith('-'))
}

/** @throws CtlError of kind `usage` if what is asked for, or about, is no command */
function assertCommand(config: Config): void {
  const isHelp = args.length === 0 || flags.includes('--help')
  const name = isHelp ? commandAskedAbout() : args[0]
  if (name === undefined || config.findCommand(name) !== undefined || name === '--version') return
  throw new CtlError('usage', whyNoCommand(name), {
    hint: [...whatElse(name, config), 'All commands:', verbatim('pc-ctl help')],
  })
}

function whyNoCommand(name: string): string {
  if (name.startsWith('-')) return `pc-ctl begins with a command, not with ${name}.`
  return name === 'version' ? 'pc-ctl version takes only --json.' : `pc-ctl has no command ${JSON.stringify(name)}.`
}

/** What may have been meant. */
function whatElse(name: string, config: Config): Line[] {
  if (name === 'version') return []
  const command = args.find((word) => ['help', 'version'].includes(word) || config.findCommand(word) !== undefined)
  if (name.startsWith('-') && command !== undefined) {
    // Not what else was typed: there may be a secret in it.
    return ['Flags stand behind it:', verbatim(commandLine(['pc-ctl', command, name.replace(/=.*$/s, '')]))]
  }
  return didYouMean(name, [...config.commandIDs, 'help', 'version', '--help', '--version'])
}
