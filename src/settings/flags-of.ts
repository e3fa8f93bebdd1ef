import { type Option, options } from '../options.ts'
import type { Flags } from './settings.ts'

/** The flags that say which installation is meant, and as whom it is looked at. */
export const settingNames = ['config', 'bucket', 'region', 'profile', 'installation'] as const

/**
 * Flags as a command has them: variables and defaults stand in for what is not given.
 *
 * @param given - by the command line
 */
export function flagsOf(given: Partial<Flags>, environment: NodeJS.ProcessEnv = process.env): Flags {
  const told = settingNames.flatMap((name) => {
    const { variable }: Option = options[name]
    const value = environment[variable] ?? ''
    return value === '' ? [] : [[name, value] as const]
  })
  return {
    config: options.config.default,
    installation: options.installation.default,
    ...Object.fromEntries(told),
    ...given,
  }
}
