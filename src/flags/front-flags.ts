import { Flags } from '@oclif/core'

/** Flags of commands that look at the front server, packagecloud itself. */
export const frontFlags = {
  front: Flags.string({
    description: 'front server to look at, such as https://packages.example.org',
    env: 'PC_CTL_FRONT',
    helpValue: 'URL',
    helpGroup: 'FRONT SERVER',
  }),
  token: Flags.string({
    description: 'access token that it lets in; others on this machine see flags, so rather set the variable',
    env: 'PC_CTL_FRONT_TOKEN',
    helpValue: 'TOKEN',
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
