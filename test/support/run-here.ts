import { join } from 'node:path'

import { type Command, Config, Errors } from '@oclif/core'

import { result } from '../../src/ui/result.ts'
import { stderr } from '../../src/ui/talk.ts'
import { assertDocument } from './json-document.ts'
import { type CliRun, printsDocument } from './run-cli.ts'

const root = join(import.meta.dirname, '../..')
let config: Config | undefined

/** A class that is no abstract one. */
type CommandClass = typeof Command & (new (argv: string[], config: Config) => Command)

/**
 * Runs a command in this process, with its environment: a process of its own costs a second. Not for what is about
 * streams, signals or the end of a process, which are this process's here.
 *
 * @param words - without `pc-ctl`
 */
export async function runHere([name = '', ...args]: readonly string[]): Promise<CliRun> {
  config ??= await Config.load(root)
  const { default: Class } = (await import(`../../src/commands/${name}.ts`)) as { default: CommandClass }
  const said = { stdout: '', stderr: '' }
  const before = {
    print: result.print.bind(result),
    printAll: result.printAll.bind(result),
    write: stderr.write.bind(stderr),
    exitCode: process.exitCode,
  }
  const listeners = signals.map((signal) => process.listeners(signal))
  result.print = (text) => void (said.stdout += text)
  result.printAll = (pieces) => void (said.stdout += [...pieces].join(''))
  stderr.write = (text: unknown) => ((said.stderr += String(text)), true)
  process.exitCode = undefined
  Class.id = name
  try {
    await Class.run([...args], config)
    return checked({ ...said, code: exitCodeNow() }, args)
  } catch (error) {
    if (!(error instanceof Errors.ExitError)) throw error
    return checked({ ...said, code: error.oclif.exit ?? 1 }, args)
  } finally {
    result.print = before.print
    result.printAll = before.printAll
    stderr.write = before.write
    process.exitCode = before.exitCode
    for (const [index, signal] of signals.entries()) {
      for (const one of process.listeners(signal)) {
        if (!listeners[index]?.includes(one)) process.removeListener(signal, one)
      }
    }
  }
}

function checked(run: CliRun, args: readonly string[]): CliRun {
  if (printsDocument(args, run.code)) assertDocument(run.stdout)
  return run
}

const exitCodeNow = (): number => Number(process.exitCode ?? 0)

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
