import { Command, type Config, Flags, type Interfaces } from '@oclif/core'

import { BadValue, withOwnReaders } from './bad-value.ts'
import { areDetailsShown, showDetails } from './detail.ts'
import { type CtlError, exitCodes } from '../errors.ts'
import { beginCommand, type Envelope, envelopeOf } from './envelope.ts'
import { report, sayFailure, toCtlError } from './failure.ts'
import { interruptSignal } from './interrupt.ts'
import { jsonPieces, Lazily } from './lazily.ts'
import { layLines } from './layout.ts'
import { quietly, type Show } from './renderer.ts'
import { ReaderGone, result, resultScreen } from './result.ts'
import { say } from './talk.ts'
import type { Block, Line } from '../text.ts'
import type { Shape } from './command-shape.ts'
import { checkUsage, usageError } from './usage.ts'

/**
 * Base of all commands: results on stdout, talk on stderr, expected failures as text without a stack trace, or as one
 * JSON document under `--json`, with the exit codes of `exitCodes`.
 */
export abstract class CtlCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    // In place of oclif's own, which is described in other words than all else.
    json: Flags.boolean({ description: 'print one JSON document, for programs', helpGroup: 'GLOBAL' }),
    verbose: Flags.boolean({
      description: 'one line per step and per call of AWS, with its request id',
      helpGroup: 'GLOBAL',
    }),
  }

  /** Carries it out, from its command line to its result. */
  start(): Promise<unknown> {
    return this._run()
  }

  protected override async init(): Promise<void> {
    await super.init()
    beginCommand(this.id)
    showDetails(this.argv.includes('--verbose'))
  }

  /** Writes a part of the result, and a line feed; nothing under `--json`, where all of it comes in the end. */
  override log(text = ''): void {
    if (!this.jsonEnabled()) result.print(`${text}\n`)
  }

  protected override toSuccessJson(result: unknown): Envelope<unknown> {
    return envelopeOf(result)
  }

  override logJson(document: unknown): void {
    result.printAll(jsonPieces(document))
    result.print('\n')
  }

  /** What to do if the result can't be written, where running the same command again would not do. */
  protected ifLost(...advice: readonly Line[]): void {
    result.ifLost(...advice)
  }

  /** How something is looked up: with progress that is gone once there is a result, until it is interrupted. */
  protected looking(flags: { readonly verbose: boolean }): { readonly show: Show; readonly signal: AbortSignal } {
    return { show: quietly({ ...flags, json: this.jsonEnabled() }), signal: interruptSignal(say) }
  }

  /** Says something (progress, advice, warnings) on stderr. */
  protected say(...blocks: readonly Block[]): void {
    say(...blocks)
  }

  /** Prints a result on stdout, unless that is kept for `--json`. */
  protected print(...blocks: readonly Block[]): void {
    if (blocks.length === 0 || this.jsonEnabled()) return
    const screen = resultScreen()
    result.printAll(new Lazily(() => layLines(blocks, screen)).map((line) => `${line}\n`))
  }

  /** As {@link print}, through a pager where that is too long for the terminal; once it is left, there is more to say. */
  protected async printLong(flags: { readonly 'no-pager': boolean }, ...blocks: readonly Block[]): Promise<void> {
    if (blocks.length === 0 || this.jsonEnabled()) return
    const screen = resultScreen()
    const { printPaged } = await import('./pager.ts')
    await printPaged(new Lazily(() => layLines(blocks, screen)), !flags['no-pager'])
  }

  /** Tells failures beside what went well: all of them, and the exit code of the first. */
  protected regret(failures: readonly CtlError[]): void {
    const [first] = failures
    if (first !== undefined) process.exitCode = first.exitCode
    if (!this.jsonEnabled()) for (const failure of failures) sayFailure(failure)
  }

  /** @throws CtlError of kind `usage` for what can't be read, in our words and not in oclif's */
  protected override async parse<F extends Output, B extends Output, A extends ArgOutput>(
    options: Interfaces.Input<F, B, A>,
    argv = this.argv,
  ): Promise<Interfaces.ParserOutput<F, B, A>> {
    const { args = {}, flags = {}, baseFlags = {}, strict = true } = options
    const command = `${this.config.bin} ${this.id ?? ''}`
    const all: Shape['flags'] = { json: Flags.boolean(), ...baseFlags, ...flags }
    checkUsage(argv, { command, flags: all, args, strict })
    try {
      return await super.parse(withOwnReaders(options), argv)
    } catch (error) {
      if (error instanceof BadValue) throw error.toCtlError(command)
      throw usageError('The command line can not be read.', command, [], error)
    }
  }

  protected override async catch(error: unknown): Promise<never> {
    if (error instanceof ReaderGone) return this.exit(exitCodes.done)
    report(error, { json: this.jsonEnabled(), verbose: areDetailsShown() })
    return this.exit(toCtlError(error).exitCode)
  }
}

type Output = Interfaces.OutputFlags<Interfaces.FlagInput>
type ArgOutput = Interfaces.OutputArgs<Interfaces.ArgInput>

/** A command, as it is made for a command line. */
export type CommandClass = (new (words: string[], config: Config) => CtlCommand) & { id: string }
