/** packagecloud-ctl itself, which applies packagecloud.rb and restarts packagecloud's services. */
import { spawn } from 'node:child_process'
import { constants as fileModes } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { constants } from 'node:os'
import { delimiter, resolve } from 'node:path'

import { options } from '../../options.ts'
import { CtlError, messageOf } from '../../errors.ts'
import { verbatim } from '../../text.ts'

/** The file that packagecloud-ctl reads; it takes no other. */
export const appliedConfig = options.config.default

/** Where packagecloud:enterprise puts it. */
const installed = '/opt/packagecloud/bin/packagecloud-ctl'

/**
 * Finds packagecloud-ctl: the one given, else on PATH, else where it is installed.
 *
 * @param todo - the command line to run in its place on the packagecloud host, for the hint
 * @returns an absolute path
 * @throws CtlError of kind `configuration` if there is none
 */
export async function findCtl(
  given: string | undefined,
  todo: string,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<string> {
  if (given !== undefined) {
    const file = resolve(given)
    if (await isExecutable(file)) return file
    const said = environment[options.ctl.variable] === given ? options.ctl.variable : '--ctl'
    throw new CtlError('configuration', `${file}, given with ${said}, is not a file that can be run here.`, {
      hint: `Leave ${said} out to look on PATH and for ${installed}.`,
      code: 'NotInstalled',
    })
  }
  const folders = (environment['PATH'] ?? '').split(delimiter).filter((folder) => folder !== '')
  for (const file of [...folders.map((folder) => resolve(folder, 'packagecloud-ctl')), installed]) {
    if (await isExecutable(file)) return file
  }
  throw new CtlError('configuration', 'packagecloud-ctl is not installed here, so nothing was run.', {
    hint: [
      'Run this on the packagecloud host, on each if there are several:',
      verbatim(todo),
      `If this is such a host, give --ctl PATH: it is neither on PATH nor ${installed}.`,
    ],
    code: 'NotInstalled',
  })
}

async function isExecutable(file: string): Promise<boolean> {
  try {
    await access(file, fileModes.X_OK)
    return (await stat(file)).isFile()
  } catch {
    return false
  }
}

/** How packagecloud-ctl ended. */
export interface Ended {
  /** Its exit code; 128 and the signal's number where a signal ended it, as shells have it. */
  readonly code: number
  readonly signal: NodeJS.Signals | undefined
}

/**
 * Runs packagecloud-ctl with our standard streams, so that its output comes as it is written and its questions can be
 * answered.
 *
 * @param file - from {@link findCtl}
 * @param quiet - its stdout goes to our stderr: ours is kept for a result
 * @throws CtlError of kind `failed` if it cannot be started
 */
export async function runCtl(file: string, args: readonly string[], quiet: boolean): Promise<Ended> {
  // Before the child is there: from its first output on, a signal may come.
  const release = relaySignals((signal) => void child.kill(signal))
  const child = spawn(file, args, { stdio: ['inherit', quiet ? 2 : 'inherit', 'inherit'] })
  try {
    return await new Promise<Ended>((end, fail) => {
      child.once('error', (cause) => {
        fail(new CtlError('failed', `${file} cannot be started: ${messageOf(cause)}`, { cause }))
      })
      child.once('exit', (code, signal) => {
        end({
          code: signal === null ? (code ?? 0) : 128 + constants.signals[signal],
          signal: signal ?? undefined,
        })
      })
    })
  } finally {
    release()
  }
}

/**
 * While a child runs, it decides what a signal means. Ctrl-C reaches it through the terminal, by itself; sent a second
 * time it would mean "at once".
 */
function relaySignals(relay: (signal: NodeJS.Signals) => void): () => void {
  const fromTerminal = process.stdin.isTTY
  const onSignal = (signal: NodeJS.Signals): void => {
    if (!(fromTerminal && (signal === 'SIGINT' || signal === 'SIGQUIT'))) relay(signal)
  }
  const signals = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const
  for (const signal of signals) process.on(signal, onSignal)
  return () => {
    for (const signal of signals) process.off(signal, onSignal)
  }
}
