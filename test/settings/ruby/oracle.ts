import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** A value as `oracle.rb` writes it. */
export type Told =
  | null
  | boolean
  | string
  | { integer: string }
  | { float: string }
  | { symbol: string }
  | { bytes: number[] }
  | { array: Told[] }
  | { hash: [Told, Told][] }
  | { mash: [Told, Told][] }
  | { other: string }

/** What a file set, by name, or what it raised. */
export type Outcome = { set: [string, Told][] } | { raised: string; message: string }

/** What ENV holds for both sides. */
export const environment = { A: 'env' }

/** Whether `ruby` can be asked; it is no part of what pc-ctl needs. */
export const hasRuby = await promisify(execFile)('ruby', ['-e', 'exit RUBY_VERSION >= "3.1"']).then(
  () => true,
  () => false,
)

/** Runs files in one Ruby process, which ends by itself or is killed. */
export async function askRuby(sources: readonly string[]): Promise<Outcome[]> {
  const running = promisify(execFile)('ruby', ['--disable-gems', join(import.meta.dirname, 'oracle.rb')], {
    env: { ...environment, PATH: process.env['PATH'], LANG: 'C.UTF-8' },
    timeout: 60_000,
    killSignal: 'SIGKILL',
    maxBuffer: 100_000_000,
  })
  running.child.stdin?.end(JSON.stringify(sources))
  return JSON.parse((await running).stdout) as Outcome[]
}
