import { Args, Flags } from '@oclif/core'

import { openNetwork } from '../aws/network.ts'
import type { NamedSecret } from '../edge/diagnosis.ts'
import { checkSecret, optional, type Settings } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { exitCodeOf, explainUrl, reportText, type UrlReport } from '../tasks/explain-url.ts'
import { lookUp } from '../tasks/chain/look-up.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'

/** What `--json` tells. */
export type Result = UrlReport

export default class ExplainUrl extends CtlCommand {
  static override summary = 'Say whether the edge would let a signed URL through, and if not, why'
  static override description =
    'Without a secret in the configuration, only the form and the expiry are checked. Exits with 0 if the URL is let ' +
    'through (with --fetch: if the object is served), 1 if not, and 3 if that cannot be told without the secret.'
  static override examples = [
    "<%= config.bin %> <%= command.id %> 'https://d111111abcdef8.cloudfront.net/pool/a.deb?t=1700000300_93ce...'",
    "<%= config.bin %> <%= command.id %> --fetch 'https://...'",
  ]
  static override args = { url: Args.string({ description: 'the URL, quoted', required: true, ignoreStdin: true }) }
  static override flags = {
    ...settingsFlags,
    fetch: Flags.boolean({ description: 'ask the CDN too, for the first byte of the object' }),
  }

  async run(): Promise<Result> {
    const { args, flags } = await this.parse(ExplainUrl)
    const settings = await settingsFor(flags)
    if (flags.fetch) await openNetwork(settings)
    const domain = settings.cloudfrontPackagesDomain?.value
    const known = { secrets: secretsOf(settings), domain, now: Date.now() / 1000 }
    const explain = () => explainUrl(args.url, known, flags.fetch)
    const report = flags.fetch ? await lookUp('Ask the CDN', explain, this.looking(flags)) : await explain()
    this.print(...reportText(report))
    process.exitCode = exitCodeOf(report)
    return report
  }
}

/** Those that are configured, the current one first; a malformed one is an error, as it would be at the edge. */
function secretsOf(settings: Settings): NamedSecret[] {
  const configured = [
    { name: 'current', text: optional(settings, 'cloudfrontSecret') },
    { name: 'previous', text: optional(settings, 'cloudfrontPreviousSecret') },
  ] as const
  return configured.flatMap(({ name, text }) => {
    if (text === undefined) return []
    checkSecret(text)
    return [{ name, text }]
  })
}
