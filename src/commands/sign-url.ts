import { Args, Flags } from '@oclif/core'

import { firstRules, urlLife } from '../edge/config.ts'
import { baseUrlOf, signUrl } from '../edge/signature.ts'
import type { Algorithm } from '../edge/token.ts'
import { checkSecret, need } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { durationWord, formatDuration, parseDuration } from '../ui/duration.ts'
import { CtlError, messageOf } from '../errors.ts'
import { readLines, writeLines, type Line } from '../ui/lines.ts'
import { warning } from '../text.ts'

/** One signed URL, as `--json` gives it. */
interface SignedUrl {
  key: string
  url: string
  /** Unix time in seconds. */
  expires: number
}

/** What `--json` tells. */
export type Result = SignedUrl[]

export default class SignUrl extends CtlCommand {
  static override summary = 'Print signed URLs of objects, one a line'
  static override examples = [
    '<%= config.bin %> <%= command.id %> 7/11/el/8/package_files/78137.rpm',
    'aws s3api list-objects-v2 ... | <%= config.bin %> <%= command.id %> --expires 1h -',
  ]
  static override args = {
    key: Args.string({
      description: 'S3 key, taken literally, with or without a leading slash; - reads keys from stdin, one a line',
      required: true,
      multiple: true,
      ignoreStdin: true,
    }),
  }
  static override flags = {
    ...settingsFlags,
    expires: Flags.custom<number>({
      description: 'how long the URLs are good: 30s, 5m, 2h, 1d',
      helpValue: 'DURATION',
      default: urlLife,
      defaultHelp: async () => durationWord(urlLife),
      parse: async (text) => parseDuration(text),
    })(),
    algorithm: Flags.string({ description: 'hash of the HMAC', options: ['sha256', 'sha1'], default: 'sha256' }),
    domain: Flags.string({
      description: 'domain of the URLs, in place of the configured cloudfront_packages_domain',
      helpValue: 'DOMAIN',
    }),
  }

  async run(): Promise<Result> {
    const { args, flags } = await this.parse(SignUrl)
    const algorithm: Algorithm = flags.algorithm === 'sha1' ? 'sha1' : 'sha256'
    const settings = await settingsFor(flags)
    const secret = checkSecret(need(settings, 'cloudfrontSecret'))
    const domain =
      flags.domain === undefined
        ? checkDomain(need(settings, 'cloudfrontPackagesDomain'), 'configuration')
        : checkDomain(flags.domain, 'usage')
    const { expires: life } = flags
    if (life > firstRules.longestLife)
      this.say(warning(`good for ${formatDuration(life)}; whoever sees such a URL can use it all that time.`))
    const signed: SignedUrl[] = []
    for await (const lines of keysOf(args.key)) {
      const expires = Math.floor(Date.now() / 1000) + flags.expires
      const batch = lines.map((line) => signLine(line, { domain, secret, expires, algorithm }))
      if (this.jsonEnabled()) signed.push(...batch)
      else await writeLines(batch.map(({ url }) => url))
    }
    return signed
  }
}

/** The keys of the command line in their order, those of standard input where `-` stands. */
async function* keysOf(words: readonly string[]): AsyncGenerator<Partial<Line>[]> {
  for (const word of words) {
    if (word === '-') yield* readLines(process.stdin)
    else yield [{ text: word }]
  }
}

function signLine({ text = '', number }: Partial<Line>, how: Omit<Parameters<typeof signUrl>[0], 'key'>): SignedUrl {
  try {
    return { key: text.replace(/^\//, ''), url: signUrl({ key: text, ...how }), expires: how.expires }
  } catch (error) {
    const place = number === undefined ? '' : `Line ${number} of standard input: `
    throw new CtlError('usage', `${place}${messageOf(error)}`, { cause: error })
  }
}

function checkDomain(domain: string, blame: 'usage' | 'configuration'): string {
  try {
    baseUrlOf(domain)
    return domain
  } catch (error) {
    throw new CtlError(blame, `The packages domain is unusable: ${messageOf(error)}`, {
      hint: 'Give the bare domain of the distribution, such as d111111abcdef8.cloudfront.net.',
    })
  }
}
