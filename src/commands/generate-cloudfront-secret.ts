import { Flags } from '@oclif/core'

import { type NewSecret, newSecret } from '../settings/new-secret.ts'
import { carriedFlags, type Note, type Settings } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import type { Wanted } from '../settings/writing/rewrite.ts'
import { commandLine } from '../shell.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { writeConfigFlags } from '../flags/write-config-flags.ts'
import { writeConfig, type Written } from '../tasks/write-config.ts'
import { CtlCommand } from '../ui/command.ts'
import { render, renderProse } from '../ui/template.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import { type Say, verbatim, warning } from '../text.ts'

interface Generated {
  readonly secret: string
  readonly previousSecret?: string | undefined
  readonly lines: readonly string[]
  /** Lines of packagecloud.rb that are not evaluated and might set the secret. */
  readonly unevaluated: readonly { readonly file: string; readonly line: number; readonly text: string }[]
}

/** What `--json` tells; with `--write-config` the secret stands in the file alone. */
export type Result = Generated | { readonly written: Written }

export default class GenerateCloudfrontSecret extends CtlCommand {
  static override summary = 'Generate the secret that signs package URLs'
  static override description =
    'Prints what to paste into packagecloud.rb on stdout, and what comes next on stderr. Writes no file without ' +
    '--write-config, with which the secret is shown nowhere. Refuses where there is a secret already; --force makes one ' +
    'that replaces it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> >> /etc/packagecloud/packagecloud.rb',
    '<%= config.bin %> <%= command.id %> --write-config',
  ]
  static override flags = {
    force: Flags.boolean({ description: 'replace the present secret, which is kept as the previous one' }),
    ...writeConfigFlags,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { flags } = await this.parse(GenerateCloudfrontSecret)
    const settings = await settingsFor(flags)
    const carried = carriedFlags(flags)
    const again = commandLine(['pc-ctl', 'generate-cloudfront-secret', '--force', ...carried])
    const made = newSecret(settings, flags.force, again)
    if (flags['write-config']) return { written: await this.#write(settings, made, flags) }
    const { lines: secrets, old, oldLine, previousLine, suspects, elsewhere } = made
    const lines = (await render('cloudfront-secret.rb', secrets)).trimEnd().split('\n')
    this.print(verbatim(...lines))
    const bootstrap = commandLine(['pc-ctl', 'bootstrap-cloudfront', ...carried])
    const { configFile, configFound } = settings
    const advice =
      old === undefined || oldLine === undefined
        ? await renderProse('cloudfront-secret-first.txt', {
            configFile,
            configFound,
            bootstrap,
            elsewhere,
          })
        : await renderProse('cloudfront-secret-replacement.txt', { configFile, bootstrap, old, oldLine, previousLine })
    this.say(...suspects.map(mightSetIt), ...advice)
    return { ...secrets, lines, unevaluated: suspects }
  }

  async #write({ configFile }: Settings, { lines, suspects }: NewSecret, flags: Flagged): Promise<Written> {
    this.say(...suspects.map(mightSetIt))
    const { secret, previousSecret } = lines
    const wanted: Wanted = new Map([
      ['cloudfront_secret', secret],
      ...(previousSecret === undefined ? [] : [['cloudfront_previous_secret', previousSecret] as const]),
    ])
    const say: Say = (...blocks) => this.say(...blocks)
    const written = await writeConfig(configFile, wanted, { yes: flags.yes, signal: interruptSignal(say) }, say)
    const bootstrap = commandLine(['pc-ctl', 'bootstrap-cloudfront', ...carriedFlags(flags)])
    this.say(
      ...(await renderProse('cloudfront-secret-written.txt', { configFile, bootstrap, isReplaced: flags.force })),
    )
    return written
  }
}

type Flagged = Parameters<typeof settingsFor>[0] & { readonly yes: boolean; readonly force: boolean }

const mightSetIt = ({ file, line, text }: Note) =>
  warning(`${file}:${line} is not evaluated and might set the secret: ${text}`)
