import { Flags } from '@oclif/core'

import { firstRules, urlLife } from '../edge/config.ts'
import { newestRuntime, olderRuntime, runsOurs } from '../edge/runtime.ts'
import { durationWord, formatDuration, parseDuration } from '../ui/duration.ts'
import { CtlError } from '../errors.ts'

/** Seconds. Below it, a front server whose clock is a little ahead would sign what is refused. */
const shortestLimit = 600

/** Flags of commands that make the edge function. What is not given stays as it is deployed. */
export const edgeFlags = {
  runtime: Flags.custom({
    description: `Lambda runtime of the edge function; new ones get ${newestRuntime}`,
    helpValue: 'NAME',
    parse: async (runtime) => {
      if (runsOurs(runtime)) return runtime
      throw new CtlError('usage', `--runtime ${JSON.stringify(runtime)} does not run the edge function.`, {
        hint: `Give one of Lambda's Node.js runtimes, ${olderRuntime} or newer: ${newestRuntime} unless CloudFront refuses it.`,
      })
    },
  })(),
  'longest-life': Flags.custom<number>({
    description: `refuse URLs that live longer, such as 12h or 7d; new functions get ${durationWord(firstRules.longestLife)}`,
    helpValue: 'DURATION',
    parse: async (text) => {
      const seconds = parseDuration(text)
      if (seconds >= shortestLimit) return seconds
      throw new CtlError('usage', `--longest-life ${text} is too short.`, {
        hint: `Front servers sign for ${formatDuration(urlLife)}, and their clocks may be ahead: give ${durationWord(shortestLimit)} or more.`,
      })
    },
  })(),
  sha1: Flags.boolean({
    description: "accept HMAC-SHA1, which packagecloud's own URLs are signed with; new functions do",
    allowNo: true,
  }),
  force: Flags.boolean({ description: 'with --no-sha1: switch it off whatever the front server signs with' }),
}

/** Whether `--no-sha1` was given; oclif's type leaves out that neither of the two forms need be. */
export const withoutSha1 = ({ sha1 }: { sha1?: boolean | undefined }): boolean => sha1 === false
