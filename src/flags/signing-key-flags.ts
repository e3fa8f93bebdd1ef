import { Flags } from '@oclif/core'

import { variables } from '../options.ts'
import { option } from './option.ts'
import { repeatable } from './repeatable.ts'

const helpGroup = 'INDEXES'

/** Flags of commands that sign repositories. */
export const signingKeyFlags = {
  'signing-key': Flags.string({ ...option('signing-key'), ...repeatable, helpGroup }),
  'passphrase-file': Flags.string({
    description: `file with the passphrase of a signing key (repeatable); else it is taken from ${variables.passphrase}`,
    ...repeatable,
    helpValue: 'FILE',
    helpGroup,
  }),
}
