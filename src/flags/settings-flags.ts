import { Flags } from '@oclif/core'

import { option } from './option.ts'

const helpGroup = 'SETTINGS'

/** Flags that every command reading the installation's settings has. */
export const settingsFlags = {
  config: Flags.string({ ...option('config'), helpGroup }),
  bucket: Flags.string({ ...option('bucket'), helpGroup }),
  region: Flags.string({ ...option('region'), helpGroup }),
  profile: Flags.string({ ...option('profile'), helpGroup }),
  'mfa-code': Flags.string({ ...option('mfa-code'), helpGroup }),
  installation: Flags.string({ ...option('installation'), helpGroup }),
}
