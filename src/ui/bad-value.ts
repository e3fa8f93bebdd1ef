import type { Interfaces } from '@oclif/core'

import { CtlError, messageOf } from '../errors.ts'
import { usageError } from './usage.ts'

/** A value that a flag's own reader refuses. It carries the reason, because oclif writes into the messages it passes on. */
export class BadValue extends Error {
  override readonly name = 'BadValue'
  readonly flag: string
  readonly reason: unknown

  constructor(flag: string, reason: unknown) {
    super(messageOf(reason))
    this.flag = flag
    this.reason = reason
  }

  toCtlError(command: string): CtlError {
    const hint = this.reason instanceof CtlError ? this.reason.hint : []
    const flag = `--${this.flag}`
    const why = messageOf(this.reason)
    return usageError(why.includes(flag) ? why : `${flag}: ${why}`, command, hint, this.reason)
  }
}

type FlagOutput = Interfaces.OutputFlags<Interfaces.FlagInput>
type ArgOutput = Interfaces.OutputArgs<Interfaces.ArgInput>

/**
 * What a command takes, as oclif is given it: what its flags' readers throw is kept as it is, in a {@link BadValue}, and
 * no argument is read from stdin, which oclif would take for a missing one and which may belong to a loop.
 */
export function withOwnReaders<F extends FlagOutput, B extends FlagOutput, A extends ArgOutput>(
  options: Interfaces.Input<F, B, A>,
): Interfaces.Input<F, B, A> {
  const { args, flags, baseFlags, enableJsonFlag = false } = options
  return {
    ...options,
    enableJsonFlag,
    ...(args === undefined ? {} : { args: notFromStdin(args) }),
    ...(flags === undefined ? {} : { flags: keepingReasons(flags) }),
    ...(baseFlags === undefined ? {} : { baseFlags: keepingReasons(baseFlags) }),
  }
}

function keepingReasons<F extends object>(flags: F): F {
  const entries = Object.entries(flags as Interfaces.FlagInput).map(([name, flag]) => {
    const read = flag.parse.bind(flag) as (...args: unknown[]) => Promise<unknown>
    const parse = async (...args: unknown[]): Promise<unknown> => {
      try {
        return await read(...args)
      } catch (reason) {
        throw new BadValue(name, reason)
      }
    }
    return [name, { ...flag, parse }] as const
  })
  return Object.fromEntries(entries) as F
}

const notFromStdin = <A extends object>(args: A): A =>
  Object.fromEntries(
    Object.entries(args as Interfaces.ArgInput).map(([name, arg]) => [name, { ...arg, ignoreStdin: true }]),
  ) as A
