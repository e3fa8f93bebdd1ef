import { Flags } from '@oclif/core'

import { newSecret } from '../settings/new-secret.ts'
import { carriedFlags, type Note } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { commandLine } from '../shell.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { render, renderProse } from '../ui/template.ts'
import { verbatim, warning } from '../text.ts'

interface Generated {
  readonly secret: string
  readonly previousSecret?: string | undefined
  readonly lines: readonly string[]
  /** Lines of packagecloud.rb that are not evaluated and might set the secret. */
  readonly unevaluated: readonly { readonly file: string; readonly line: number; readonly text: string }[]
}

/** What `--json` tells. */
export type Result = Generated

export default class GenerateCloudfrontSecret extends CtlCommand {
  static override summary = 'Generate the secret that signs package URLs'
  static override description =
    'Prints what to paste into packagecloud.rb on stdout, and what comes next on stderr. Writes no file. Refuses where ' +
    'there is a secret already; --force makes one that replaces it.'
  static override examples = [
    '<%= config.bin %> <%= command.id %>',
    '<%= config.bin %> <%= command.id %> >> /etc/packagecloud/packagecloud.rb',
  ]
  static override flags = {
    force: Flags.boolean({ description: 'replace the present secret, which is kept as the previous one' }),
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { flags } = await this.parse(GenerateCloudfrontSecret)
    const settings = await settingsFor(flags)
    const carried = carriedFlags(flags)
    const again = commandLine(['pc-ctl', 'generate-cloudfront-secret', '--force', ...carried])
    const { lines: secrets, old, oldLine, previousLine, suspects, elsewhere } = newSecret(settings, flags.force, again)
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
}

const mightSetIt = ({ file, line, text }: Note) =>
  warning(`${file}:${line} is not evaluated and might set the secret: ${text}`)
