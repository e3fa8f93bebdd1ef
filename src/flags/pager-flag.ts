import { Flags } from '@oclif/core'

/** Flag of commands whose result may be longer than a terminal. */
export const pagerFlag = {
  'no-pager': Flags.boolean({
    description: 'write a long result to the terminal as it is, and not through PAGER (less -FRX by default)',
    helpGroup: 'GLOBAL',
  }),
}
