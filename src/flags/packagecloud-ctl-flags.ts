import { Flags } from '@oclif/core'

/** Flag of commands that run packagecloud-ctl on this host. */
export const ctlFlag = {
  ctl: Flags.string({
    description: 'packagecloud-ctl to run, if it is neither on PATH nor in /opt/packagecloud/bin',
    helpValue: 'PATH',
  }),
}

/** Splits a command line at `--`: what is ours, and what packagecloud-ctl is given as it stands. */
export function splitPassedOn(argv: readonly string[]): { own: string[]; passedOn: string[] } {
  const end = argv.indexOf('--')
  return end === -1 ? { own: [...argv], passedOn: [] } : { own: argv.slice(0, end), passedOn: argv.slice(end + 1) }
}
