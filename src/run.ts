import { format } from 'node:util'

import './ui/help-columns.ts'

import { Config, Errors, run, ux } from '@oclif/core'

import { CtlError } from './errors.ts'
import { report } from './ui/failure.ts'
import { result } from './ui/result.ts'
import { allSaid, isTalkSeen, say } from './ui/talk.ts'
import { listed, verbatim, whole } from './text.ts'
import { didYouMean } from './ui/near.ts'
import { isWritten } from './ui/written.ts'

const args = process.argv.slice(2)
const end = args.indexOf('--')
const flags = end === -1 ? args : args.slice(0, end)

// What oclif itself prints, which is help and the version, is a result like any other.
ux.stdout = (text, ...more) => result.print(`${format(...[text ?? []].flat(), ...more)}\n`)
ux.stderr = (text, ...more) => say(whole(format(...[text ?? []].flat(), ...more)))

const isDone = await runCommand()
if (!(await isWritten()) || !isDone) {
  await allSaid()
  process.exit()
}
if (isTalkSeen()) (await import('./updates.ts')).hintAtUpdate(flags)

/** Runs the command; answers whether it came to its end. */
async function runCommand(): Promise<boolean> {
  try {
    const config = await Config.load(import.meta.url)
    assertCommand(config)
    await run(args, config)
    return true
  } catch (error) {
    // How a command ends that has told itself why.
    if (!(error instanceof Errors.ExitError)) {
      report(error, { json: flags.includes('--json'), verbose: flags.includes('--verbose') })
    }
    return false
  }
}

/** @throws CtlError of kind `usage` if what is asked for, or about, is no command */
function assertCommand(config: Config): void {
  const isHelp = args.length === 0 || flags.includes('--help')
  const name = isHelp ? flags.find((word) => word !== '--help' && word !== 'help') : args[0]
  if (name === undefined || config.findCommand(name) !== undefined) return
  if (name.startsWith('-') && (isHelp || name === '--version')) return
  const meant = didYouMean(name, [...config.commandIDs, 'help', 'version', '--help', '--version'])
  const what = name.startsWith('-')
    ? `pc-ctl begins with a command, not with ${name}.`
    : name === 'version'
      ? 'pc-ctl version takes nothing behind it.'
      : `pc-ctl has no command ${JSON.stringify(name)}.`
  throw new CtlError('usage', what, {
    hint: [
      ...(meant.length > 0 ? meant : [`Its commands are ${listed(config.commandIDs.toSorted(), 'and')}.`]),
      'What each does:',
      verbatim('pc-ctl --help'),
    ],
  })
}
