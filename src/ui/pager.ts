/** Shows what is longer than the terminal in the operator's pager, and all else as it is. */
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'

import { result, resultRows, resultScreen } from './result.ts'
import { widthOf } from './wrap.ts'

/** The exit codes by which a shell tells that it can't run a command (POSIX, Shell Command Language, 2.8.2). */
const notRun: readonly unknown[] = [126, 127]

/** As `man` and `git` have it: quits where all fits, shows colours, and leaves the text on the screen. */
const usual = 'command -v less >/dev/null || exit 127; exec less'
const usualWishes = { LESS: 'FRX', LV: '-c' } as const

/**
 * Prints lines: through a pager if that is wanted, and they are seen on a terminal that they are too long for.
 *
 * @param lines - gone through more than once
 */
export async function printPaged(lines: Iterable<string>, isWanted: boolean): Promise<void> {
  const pager = isWanted ? pagerOf(process.env) : undefined
  const isShown = pager !== undefined && isLong(lines) && (await isPaged(pager, lines))
  if (!isShown) result.printAll(ended(lines))
}

function* ended(lines: Iterable<string>): Generator<string> {
  for (const line of lines) yield `${line}\n`
}

/** The command that shows something, if any is to. */
function pagerOf({ PAGER = usual, TERM = 'dumb' }: NodeJS.ProcessEnv): string | undefined {
  const command = PAGER.trim()
  return command === '' || command === 'cat' || TERM === 'dumb' ? undefined : command
}

/** Whether lines take more than the screen, less one row for the prompt. Of those behind nobody needs to know. */
function isLong(lines: Iterable<string>): boolean {
  const { columns } = resultScreen()
  let left = resultRows() - 1
  for (const line of lines) {
    left -= Math.max(1, Math.ceil(widthOf(line) / columns))
    if (left < 0) return true
  }
  return false
}

/** Has a pager show lines, until it is left; answers whether it could be run. */
async function isPaged(command: string, lines: Iterable<string>): Promise<boolean> {
  await result.taken()
  const { spawn } = await import('node:child_process')
  const release = leaveInterruptsTo()
  try {
    const child = spawn('/bin/sh', ['-c', command], {
      stdio: ['pipe', 'inherit', 'inherit'],
      env: { ...usualWishes, ...process.env },
    })
    const left = new Promise<unknown>((resolve) => child.once('error', () => resolve(127)).once('close', resolve))
    // Who has seen enough leaves before the end.
    await pipeline(Readable.from(ended(lines)), child.stdin).catch(() => undefined)
    return !notRun.includes(await left)
  } finally {
    release()
  }
}

/** Ctrl-C goes to the pager too, which knows what it means there. Answers what ends that. */
function leaveInterruptsTo(): () => void {
  const before = process.listeners('SIGINT')
  const ignore = (): void => undefined
  process.removeAllListeners('SIGINT').on('SIGINT', ignore)
  return () => {
    process.off('SIGINT', ignore)
    for (const listener of before) process.on('SIGINT', listener)
  }
}
