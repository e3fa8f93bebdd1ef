import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

import { assertDocument } from './json-document.ts'

const root = join(import.meta.dirname, '../..')

/** What one run of the built pc-ctl left behind. */
export interface CliRun {
  stdout: string
  stderr: string
  /** The exit code; a shell's 128 + number when a signal ended it. */
  code: number
}

/** How pc-ctl is run. */
export interface RunOptions {
  /** Beside PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>
  readonly cwd?: string
}

/** Tests have many homes; what is compiled is the same in all of them. */
export const compiled = { NODE_COMPILE_CACHE: join(root, 'node_modules/.cache/compiled') } as const

/** The environment of a run: PATH, HOME and what is given, so that nothing of the machine's AWS settings leaks in. */
export function environmentOf({ env }: RunOptions): Record<string, string> {
  const { PATH = '', HOME = '' } = process.env
  return { PATH, HOME, LC_ALL: 'C.UTF-8', AWS_EC2_METADATA_DISABLED: 'true', ...compiled, ...env }
}

/** Whether a run is one whose stdout is a document, and it was not ended before that was written. */
export const printsDocument = (args: readonly string[], code: number): boolean => args.includes('--json') && code < 128

const signalNumbers: Readonly<Record<string, number>> = { SIGHUP: 1, SIGINT: 2, SIGKILL: 9, SIGTERM: 15 }

/**
 * Runs the built pc-ctl (dist/ must be there) in an environment of its own. Streams are pipes, never a terminal.
 *
 * Aborting `options.signal` kills the process with SIGKILL, or SIGINT where that is the abort's reason; the run then
 * resolves, with code 137 after SIGKILL
 */
export async function runCli(
  args: string[],
  options: RunOptions & {
    input?: string
    signal?: AbortSignal
    /** A command that starts the one that is written behind it, such as `setpriv`. */
    through?: readonly string[]
  } = {},
): Promise<CliRun> {
  const [program = '', ...words] = [...(options.through ?? []), process.execPath, join(root, 'bin/run.js'), ...args]
  const child = spawn(program, words, {
    cwd: options.cwd ?? root,
    env: environmentOf(options),
    stdio: 'pipe',
  })
  const kill = () => void child.kill(options.signal?.reason === 'SIGINT' ? 'SIGINT' : 'SIGKILL')
  options.signal?.addEventListener('abort', kill)
  if (options.signal?.aborted === true) kill()
  // A command that never reads its input may be gone before it is written.
  child.stdin.on('error', () => undefined)
  child.stdin.end(options.input ?? '')
  try {
    const ended = new Promise<number>((resolve, reject) => {
      child.once('error', reject)
      child.once('close', (code, signal) => resolve(code ?? 128 + (signalNumbers[signal ?? ''] ?? 0)))
    })
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
    if (printsDocument(args, code)) assertDocument(stdout)
    return { stdout, stderr, code }
  } finally {
    options.signal?.removeEventListener('abort', kill)
  }
}
