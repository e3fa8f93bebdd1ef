import { Flags } from '@oclif/core'

import { option } from './option.ts'
import { repeatable } from './repeatable.ts'

/** Flags of commands that look at the front server, packagecloud itself. */
export const frontFlags = {
  front: Flags.string({ ...option('front'), helpGroup: 'FRONT SERVER' }),
  token: Flags.string({ ...option('token'), helpGroup: 'FRONT SERVER' }),
}

/** The same of commands that look at all front servers. */
export const frontsFlags = {
  ...frontFlags,
  front: Flags.string({
    ...option('front'),
    description: 'front server to look at, such as https://packages.example.org; give each (repeatable)',
    ...repeatable,
    helpGroup: 'FRONT SERVER',
  }),
}

/** Where the front server's paths are not the keys of the bucket. */
export const frontPathFlag = {
  'front-path': Flags.string({
    description: 'path to ask the front server for, where its paths are not the keys',
    dependsOn: ['front'],
    helpValue: 'PATH',
    helpGroup: 'FRONT SERVER',
  }),
}

/** The token, if there is one. */
export const tokenOf = ({ token }: { token?: string | undefined }): string | undefined =>
  token === '' ? undefined : token
