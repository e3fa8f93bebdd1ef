import { join } from 'node:path'

import { Config, Errors } from '@oclif/core'

import { BareConfig } from '../../src/ui/bare-config.ts'
import type { CommandClass } from '../../src/ui/command.ts'
import { result } from '../../src/ui/result.ts'
import { stderr } from '../../src/ui/talk.ts'
import { assertDocument } from './json-document.ts'
import { type CliRun, environmentOf, printsDocument, runCli, type RunOptions } from './run-cli.ts'

const root = join(import.meta.dirname, '../..')
let config: Config | undefined
let running: string | undefined

/** Commands that hand their streams on to another program, or that a signal ends. */
const ownProcess = new Set(['disable-cloudfront', 'reconfigure', 'restart', 'sandbox'])

/**
 * Runs pc-ctl in the cheapest way that shows the same: here, unless the command needs a process of its own, or what is
 * asked for does. The environment is that of `runCli`.
 */
export const runQuickly = async (
  args: readonly string[],
  options: Parameters<typeof runCli>[1] = {},
): Promise<CliRun> => {
  const { env = {}, cwd, input, signal, through } = options
  const asked = [input, signal, through, env['NODE_OPTIONS']].some((one) => one !== undefined)
  if (asked || args.includes('--help') || !(await canRunHere(args[0]))) return runCli([...args], options)
  return runHere(args, { env, ...(cwd === undefined ? {} : { cwd }) })
}

/** Whether a word is a command, and one that needs no process of its own. */
const canRunHere = async (word = ''): Promise<boolean> => {
  config ??= await Config.load(root)
  return !ownProcess.has(word) && config.commands.some(({ id, aliases }) => id === word || aliases.includes(word))
}

/**
 * Runs a command in this process, in the environment that is given, else in that of the test: a process of its own costs half a second of computing. Not for
 * what is about streams, signals, the end of a process or the bundle, which are this process's here; nor for two at once.
 *
 * @param words - without `pc-ctl`; begins with the name of a command
 */
export async function runHere(words: readonly string[], options: RunOptions = {}): Promise<CliRun> {
  if (running !== undefined) throw new Error(`${running} runs here; what runs beside it needs a process of its own`)
  running = words.join(' ')
  const before = { env: process.env, folder: process.cwd(), exitCode: process.exitCode }
  if (options.env !== undefined) process.env = environmentOf(options)
  process.chdir(options.cwd ?? root)
  process.exitCode = undefined
  try {
    return await carriedOut(words)
  } finally {
    process.env = before.env
    process.chdir(before.folder)
    process.exitCode = before.exitCode
    running = undefined
  }
}

async function carriedOut([word = '', ...args]: readonly string[]): Promise<CliRun> {
  config ??= await Config.load(root)
  const name = config.commands.find(({ aliases }) => aliases.includes(word))?.id ?? word
  const { default: Class } = (await import(`../../src/commands/${name}.ts`)) as { default: CommandClass }
  Class.id = name
  const said = { stdout: '', stderr: '' }
  const end = listen(said)
  const checked = (code: number): CliRun => {
    if (printsDocument(args, code)) assertDocument(said.stdout)
    return { ...said, code }
  }
  try {
    await new Class([...args], new BareConfig({ root })).start()
    return checked(Number(process.exitCode ?? 0))
  } catch (error) {
    if (!(error instanceof Errors.ExitError)) throw error
    return checked(error.oclif.exit ?? 1)
  } finally {
    end()
  }
}

/** Hears what is printed and said, until the answer is called, which also takes away what waits for signals. */
function listen(said: { stdout: string; stderr: string }): () => void {
  const before = {
    print: result.print.bind(result),
    printAll: result.printAll.bind(result),
    write: stderr.write.bind(stderr),
  }
  const listeners = signals.map((signal) => process.listeners(signal))
  result.print = (text) => void (said.stdout += text)
  result.printAll = (pieces) => void (said.stdout += [...pieces].join(''))
  stderr.write = (text: unknown) => ((said.stderr += String(text)), true)
  return () => {
    result.print = before.print
    result.printAll = before.printAll
    stderr.write = before.write
    for (const [index, signal] of signals.entries()) {
      for (const one of process.listeners(signal)) {
        if (!listeners[index]?.includes(one)) process.removeListener(signal, one)
      }
    }
  }
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
