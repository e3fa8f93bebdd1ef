import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { json, text } from 'node:stream/consumers'

import { python } from '../../scripts/python.ts'
import { type CliRun, compiled } from './run-cli.ts'

const root = join(import.meta.dirname, '../..')

/** Where a stream goes, `stdin` to the terminal of that; anything else is the path of a file that is appended to. */
export type Place = 'tty' | 'stdin' | 'pipe' | 'closed' | 'gone' | `/${string}`

/** What is done once a text has been written. */
export interface Then {
  readonly stream: 'stdin' | 'stdout' | 'stderr'
  readonly text: string
  /** A signal is given by its number. */
  readonly do: 'hang up' | 'type' | number
  readonly keys?: string
}

export interface OnTerminals {
  readonly stdin?: 'tty'
  readonly stdout: Place
  readonly stderr: Place
  readonly columns?: number
  readonly rows?: number
  readonly when?: readonly Then[]
  /** What is undefined is not set. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly cwd?: string
  /** Folder of the pc-ctl to be run; the checkout's if it is not given. */
  readonly program?: string
}

/**
 * Runs the built pc-ctl as a person does: with streams that are real pseudo-terminals, pipes, files or closed.
 *
 * @returns what came out of terminals and pipes, control codes and all
 */
export async function runOnTerminals(
  args: readonly string[],
  { env = {}, cwd = root, program = root, ...how }: OnTerminals,
): Promise<CliRun & { readonly stdin: string }> {
  const { PATH = '', HOME = '' } = process.env
  const driver = spawn(python, ['-IS', join(import.meta.dirname, 'terminals.py')], {
    stdio: ['pipe', 'pipe', 'pipe'],
  })
  const ended = once(driver, 'close')
  driver.stdin.end(
    JSON.stringify({
      argv: [process.execPath, join(program, 'bin/run.js'), ...args],
      cwd,
      env: {
        ...{ PATH, HOME, TERM: 'xterm-256color', PAGER: 'cat', AWS_EC2_METADATA_DISABLED: 'true' },
        ...compiled,
        ...env,
      },
      ...how,
    }),
  )
  const [said, run] = await Promise.all([text(driver.stderr), json(driver.stdout).catch(() => undefined), ended])
  if (run === undefined) throw new Error(`the driver of the terminals failed: ${said}`)
  return run as Awaited<ReturnType<typeof runOnTerminals>>
}

/** Whether there is what the driver needs. */
export const hasTerminals = process.platform === 'linux'
