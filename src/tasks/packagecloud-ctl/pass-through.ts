import { realpath } from 'node:fs/promises'
import { dirname } from 'node:path'

import { carriedFlags, type Flags, type Settings } from '../../settings/settings.ts'
import { settingsFor } from '../../settings/settings-for.ts'
import { messageOf } from '../../errors.ts'
import { options } from '../../options.ts'
import { advice, type Line, type Say, verbatim } from '../../text.ts'
import { noteChange } from '../../ui/envelope.ts'
import { commandLine } from '../../shell.ts'
import { checkConfig } from './config.ts'
import { lookAtEdge } from './edge-look.ts'
import { assertRestartable, doesSign, nextStep } from './order.ts'
import { appliedConfig, type Ended, findCtl, runCtl } from './executable.ts'
import { type Applied, fingerprint, recall, remember } from './memory.ts'

/** A command of packagecloud-ctl, and how to run it. */
export interface PassThrough {
  readonly command: 'reconfigure' | 'restart'
  /** What follows the command on the command line. */
  readonly args: readonly string[]
  /** packagecloud-ctl, if not the one on PATH or in its own place. */
  readonly ctl: string | undefined
  readonly dryRun: boolean
  /** Whether stdout is kept for a result; packagecloud-ctl then writes to stderr. */
  readonly quiet: boolean
  /** Whether a restart comes next anyway, so that nothing has to be said about it. */
  readonly restartFollows?: boolean
  /** Restart although downloads would be refused then. */
  readonly force?: boolean
  /** Flags that the commands which are suggested take over, but for `--ctl`. */
  readonly carried: readonly string[]
}

/** Flags of a command that is handed through. */
export interface PassThroughFlags extends Flags {
  readonly ctl?: string | undefined
  readonly 'dry-run': boolean
  readonly force?: boolean
  readonly json: boolean
}

/** What became of it. */
export interface Passed {
  /** The command line, word by word. */
  readonly command: readonly string[]
  readonly ran: boolean
  /** As packagecloud-ctl ended; 128 and the number of a signal. 0 where nothing was run. */
  readonly code: number
  readonly signal?: NodeJS.Signals
  /** Whether packagecloud.rb has changed since pc-ctl last applied it; `null` if that is not known. */
  readonly configChanged: boolean | null
}

/**
 * Checks packagecloud.rb, then has packagecloud-ctl do its part.
 *
 * @param say - takes lines of talk
 * @throws CtlError of kind `configuration`, with nothing run, if packagecloud-ctl is not here or the file is not right;
 *   `refused`, with nothing run, for a restart after which downloads would be refused; `failed` if packagecloud-ctl
 *   cannot be started
 */
export async function passThrough(settings: Settings, request: PassThrough, say: Say): Promise<Passed> {
  const { command, args, ctl, dryRun, quiet, carried } = request
  const words = [command, ...args]
  const file = await findCtl(ctl, commandLine(['packagecloud-ctl', ...words]))
  for (const line of checkConfig(settings)) say(line)
  if (!(await isApplied(settings.configFile, file))) {
    say(`packagecloud-ctl reads ${appliedConfig}; what was checked is ${settings.configFile}.`)
  }
  const sha256 = await fingerprint(settings.configFile)
  const applied = await recall(settings.configFile)
  const configChanged = applied === undefined ? null : applied.sha256 !== sha256
  if (command === 'restart') {
    say(...advice(aboutRestart(settings.configFile, applied, sha256, [...carried, ...ctlWords(ctl)])))
    await guardRestart(settings, request, say)
  }
  const outcome = { command: [file, ...words], configChanged }
  if (dryRun) return { ...outcome, ran: false, code: 0 }

  const ended = await runCtl(file, words, quiet)
  noteChange()
  if (ended.code !== 0) say(`\`${commandLine(outcome.command)}\` ${endOf(ended)}.`)
  else if (command === 'reconfigure') await afterReconfigure(settings, sha256, request, say)
  else if (doesSign(args) && applied?.sha256 === sha256) {
    // Losing it only means that enable-cloudfront restarts once more.
    await remember(settings.configFile, now(sha256), process.env, 'restarted').catch(() => undefined)
  }
  return {
    ...outcome,
    ran: true,
    code: ended.code,
    ...(ended.signal === undefined ? {} : { signal: ended.signal }),
  }
}

/** {@link passThrough} as the flags of a command that does nothing else ask for. */
export async function passOn(
  command: PassThrough['command'],
  args: readonly string[],
  { ctl, 'dry-run': dryRun, force = false, json: quiet, ...flags }: PassThroughFlags,
  say: Say,
): Promise<Passed> {
  const request = { command, args, ctl, dryRun, force, quiet, carried: carriedFlags(flags) }
  return passThrough(await settingsFor(flags), request, say)
}

/** `--ctl` as it was given, for commands that are suggested; what the variable gives, it gives them too. */
export const ctlWords = (ctl: string | undefined): string[] =>
  ctl === undefined || ctl === process.env[options.ctl.variable] ? [] : ['--ctl', ctl]

/** The edge is asked only where a restart can change what is signed. */
async function guardRestart(settings: Settings, request: PassThrough, say: Say): Promise<void> {
  if (settings.cloudfrontEnabled?.value !== true || !doesSign(request.args)) return
  assertRestartable(await lookAtEdge(settings, request.carried), request.force === true, say)
}

const now = (sha256: string): Applied => ({ sha256, at: new Date().toISOString() })

const endOf = ({ code, signal }: Ended): string =>
  signal === undefined ? `ended with exit code ${code}` : `was ended by ${signal}`

/** The packagecloud-ctl of a rehearsal stands beside its packagecloud.rb, and restarts what reads that. */
async function isApplied(config: string, ctl: string): Promise<boolean> {
  const applied = await realpath(appliedConfig).catch(() => undefined)
  const checked = await realpath(config)
  return checked === applied || dirname(checked) === dirname(await realpath(ctl))
}

function aboutRestart(
  file: string,
  applied: Applied | undefined,
  sha256: string,
  carried: readonly string[],
): readonly Line[] {
  if (applied === undefined) {
    return [`Not known whether ${file} has been applied: no reconfigure through pc-ctl is on record.`]
  }
  if (applied.sha256 === sha256) return []
  return [
    `${file} has changed since the last reconfigure through pc-ctl, at ${applied.at}. A restart alone does not apply it:`,
    verbatim(commandLine(['pc-ctl', 'reconfigure', ...carried])),
  ]
}

async function afterReconfigure(settings: Settings, sha256: string, request: PassThrough, say: Say): Promise<void> {
  await remember(settings.configFile, now(sha256)).catch((error: unknown) => {
    say(`pc-ctl could not take down what was applied, so restart will not be able to compare: ${messageOf(error)}`)
  })
  if (request.restartFollows === true) return
  say(...(await nextStep(settings, { carried: request.carried, ctl: ctlWords(request.ctl) })))
}
