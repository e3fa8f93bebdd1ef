import { Flags } from '@oclif/core'

import { changeFlags } from './change-flags.ts'

/** Flag of commands that can write into packagecloud.rb what they otherwise print for it. */
export const writeConfigFlag = {
  'write-config': Flags.boolean({
    description: 'write it into packagecloud.rb, after showing what changes and asking; a copy of the old file is kept',
  }),
}

/** The same for commands that ask for nothing else. */
export const writeConfigFlags = { ...writeConfigFlag, yes: changeFlags.yes }
