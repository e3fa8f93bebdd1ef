import { Command, Flags, type Interfaces } from '@oclif/core'

import { CtlError, exitCodes, messageOf } from './errors.ts'
import { lay } from './layout.ts'
import { clearLine } from './live-line.ts'
import { screenOf } from './screen.ts'
import { advice, type Block, labelled, nested, whole } from './text.ts'

/** Flags that every command reading the installation's settings has. */
export const settingsFlags = {
  config: Flags.string({
    description: 'packagecloud.rb to read',
    default: '/etc/packagecloud/packagecloud.rb',
    env: 'PC_CTL_CONFIG',
    helpValue: 'FILE',
    helpGroup: 'SETTINGS',
  }),
  bucket: Flags.string({
    description: 'S3 bucket that holds the packages',
    env: 'PC_CTL_BUCKET',
    helpValue: 'NAME',
    helpGroup: 'SETTINGS',
  }),
  region: Flags.string({ description: 'region of the bucket', env: 'PC_CTL_REGION', helpGroup: 'SETTINGS' }),
  profile: Flags.string({
    description: 'profile of the AWS shared configuration to use',
    env: 'PC_CTL_PROFILE',
    helpValue: 'NAME',
    helpGroup: 'SETTINGS',
  }),
  installation: Flags.string({
    description: 'name of this installation; part of the name and tag of every resource',
    default: 'packagecloud',
    env: 'PC_CTL_INSTALLATION',
    helpValue: 'NAME',
    helpGroup: 'SETTINGS',
  }),
}

/** The values of {@link settingsFlags} after parsing. */
export type SettingsFlags = Interfaces.InferredFlags<typeof settingsFlags>

interface JsonError {
  error: { code: string; message: string; hint: readonly string[] }
}

/**
 * Base of all commands: results on stdout, talk on stderr, expected failures as text without a stack trace, or as one
 * JSON document under `--json`, with the exit codes of {@link exitCodes}.
 */
export abstract class CtlCommand extends Command {
  static override enableJsonFlag = true
  static override baseFlags = {
    verbose: Flags.boolean({ description: 'one line per step, with more detail', helpGroup: 'GLOBAL' }),
  }

  /** Says something (progress, advice, warnings) on stderr. */
  protected say(...blocks: readonly Block[]): void {
    if (blocks.length === 0) return
    clearLine()
    process.stderr.write(`${lay(blocks, screenOf(process.stderr))}\n`)
  }

  /** Prints a result on stdout, unless that is kept for `--json`. */
  protected print(...blocks: readonly Block[]): void {
    if (blocks.length > 0) this.log(lay(blocks, screenOf(process.stdout)))
  }

  protected override async catch(error: Error & { oclif?: { exit?: number } }): Promise<never> {
    const failure = toCtlError(error)
    process.exitCode = failure.exitCode
    if (this.jsonEnabled()) this.logJson(this.toErrorJson(failure))
    else {
      this.say(labelled('Error', failure.message), nested(advice(failure.hint), 2))
      const verbose = this.argv.includes('--verbose')
      for (let cause: unknown = error; verbose && cause instanceof Error; cause = cause.cause) {
        this.say(whole(cause.stack ?? cause.message))
      }
    }
    return this.exit(failure.exitCode)
  }

  protected override toErrorJson(error: unknown): JsonError {
    const failure = toCtlError(error)
    return { error: { code: failure.code, message: failure.message, hint: failure.hint.map(String) } }
  }
}

/** oclif's own errors (unknown flag, missing argument) are usage errors; anything unknown is a failure. */
function toCtlError(error: unknown): CtlError {
  if (error instanceof CtlError) return error
  const exit = error instanceof Error && 'oclif' in error ? (error.oclif as { exit?: number }).exit : undefined
  const message = messageOf(error)
  if (exit === exitCodes.usage) {
    const [first = message, ...rest] = message.split('\n').filter((line) => line.trim() !== '')
    return new CtlError('usage', first, { hint: rest, code: 'usage', cause: error })
  }
  return new CtlError('failed', message, {
    code: error instanceof Error ? error.name : 'Error',
    hint: 'Run again with --verbose for details.',
    cause: error,
  })
}
