import { Flags } from '@oclif/core'

import { options } from '../options.ts'

/** Flag of commands that run packagecloud-ctl on this host. */
export const ctlFlag = {
  ctl: Flags.string({
    description: options.ctl.description,
    helpValue: options.ctl.helpValue,
    env: options.ctl.variable,
  }),
}

/** Splits a command line at `--`: what is ours, and what packagecloud-ctl is given as it stands. */
export function splitPassedOn(argv: readonly string[]): { own: string[]; passedOn: string[] } {
  const end = argv.indexOf('--')
  return end === -1 ? { own: [...argv], passedOn: [] } : { own: argv.slice(0, end), passedOn: argv.slice(end + 1) }
}
