import type { FunctionConfiguration } from '@aws-sdk/client-lambda'

import { edgeFiles } from '../../edge/config.ts'
import { newestRuntime, runsOurs } from '../../edge/runtime.ts'
import { CtlError } from '../../errors.ts'
import type { Change } from '../../ui/plan.ts'
import { change } from '../resource.ts'

/** What a version inherits from the function besides its code. */
export interface FunctionSettings {
  readonly Runtime: string
  readonly Handler: string
  readonly Role: string
  readonly MemorySize: number
  /** Seconds. */
  readonly Timeout: number
  /** Names of variables that somebody has set, which may lead the function elsewhere; wanted are none. */
  readonly Environment?: string | undefined
}

/**
 * 128 MB, 5 s and a package below 1 MB are allowed for viewer events under the old and under the new quotas of
 * `Lambda@Edge`.
 */
export const fixedSettings = { Handler: edgeFiles.handler, MemorySize: 128, Timeout: 5 } as const

/** A runtime that runs our code stays as it is. */
export const keptRuntime = (live: { readonly settings: FunctionSettings } | undefined): string =>
  live !== undefined && runsOurs(live.settings.Runtime) ? live.settings.Runtime : newestRuntime

/** The settings that differ, one change each. */
export const settingsChanges = (live: FunctionSettings, wanted: FunctionSettings): Change[] => [
  ...change('Runtime', live.Runtime, wanted.Runtime),
  ...change('Handler', live.Handler, wanted.Handler),
  ...change('Role', live.Role, wanted.Role),
  ...change('MemorySize', live.MemorySize, wanted.MemorySize),
  ...change('Timeout', live.Timeout, wanted.Timeout),
  ...change('Environment', live.Environment, wanted.Environment),
]

/** The part of a function's or a version's configuration that is ours to set. */
export function settingsOf(configuration: FunctionConfiguration): FunctionSettings {
  const variables = Object.keys(configuration.Environment?.Variables ?? {}).sort()
  return {
    Runtime: configuration.Runtime ?? '',
    Handler: configuration.Handler ?? '',
    Role: configuration.Role ?? '',
    MemorySize: configuration.MemorySize ?? 0,
    Timeout: configuration.Timeout ?? 0,
    ...(variables.length === 0 ? {} : { Environment: variables.join(', ') }),
  }
}

/** @throws CtlError when Lambda says that it could not make or update the function */
export function failIfFailed(found: FunctionConfiguration): void {
  const reason = found.State === 'Failed' ? found.StateReason : found.LastUpdateStatusReason
  if (found.State === 'Failed' || found.LastUpdateStatus === 'Failed') {
    throw new CtlError('failed', `Lambda could not prepare ${found.FunctionName ?? 'the function'}: ${reason ?? '?'}`, {
      hint: 'Put right what Lambda names, then run the same command again.',
    })
  }
}
