/** How the suite is started. */
import { parseArgs } from 'node:util'

import { CtlError, messageOf } from '../../src/errors.ts'

export interface Wishes {
  readonly installation: string
  /** Of the buckets; `undefined`: that of the profile or environment. */
  readonly region: string | undefined
  readonly profile: string | undefined
  /** Folder in which each installation has one. */
  readonly folder: string
  readonly yes: boolean
  readonly help: boolean
}

/** What all that is made is called by, so that no installation that is in use can be meant. */
const ours = /^pc-ctl-live(-[a-z][a-z0-9]*)*$/
const longest = 32

export const usage = `Proves on a real account, or on what AWS_ENDPOINT_URL names, what pc-ctl assumes of AWS.

  npm run test:live [-- FLAGS]

  --yes                go on without asking
  --installation NAME  pc-ctl-live (the default) or pc-ctl-live-WORD: what is made is called by it
  --region REGION      of the buckets; by default that of the environment or profile
  --profile NAME       of the AWS shared configuration
  --folder DIR         where packagecloud.rb, journal and report are kept; build/live by default

Exit codes: 0 all is as assumed, 6 something differs, 2 usage, 4 refused, 5 denied, 1 failed, 130 interrupted.`

/** @throws CtlError of kind `usage` */
export function readWishes(args: readonly string[], environment: NodeJS.ProcessEnv): Wishes {
  const values = parsed(args)
  const { installation = 'pc-ctl-live', folder = 'build/live', profile = environment['PC_CTL_PROFILE'] } = values
  if (!ours.test(installation) || installation.length > longest) {
    throw new CtlError(
      'usage',
      `--installation ${JSON.stringify(installation)} is no name for what this suite makes.`,
      {
        hint: `Give pc-ctl-live, or that with words of lower-case letters and digits behind it: pc-ctl-live-ann. ${longest} characters at most.`,
      },
    )
  }
  return {
    installation,
    folder,
    profile: profile === '' ? undefined : profile,
    region: values.region,
    yes: values.yes === true,
    help: values.help === true,
  }
}

function parsed(args: readonly string[]) {
  const text = { type: 'string' } as const
  const plain = { type: 'boolean' } as const
  const options = {
    yes: { ...plain, short: 'y' },
    help: plain,
    installation: text,
    region: text,
    profile: text,
    folder: text,
  } as const
  try {
    return parseArgs({ args: [...args], options, strict: true, allowPositionals: false }).values
  } catch (error) {
    throw new CtlError('usage', messageOf(error), { hint: 'All flags: `npm run test:live -- --help`' })
  }
}
