import { Flags } from '@oclif/core'

import { newSecret } from '../settings/new-secret.ts'
import { carriedFlags, loadSettings } from '../settings/settings.ts'
import { commandLine } from '../tasks/follow-up.ts'
import { CtlCommand, settingsFlags } from '../ui/command.ts'
import { render, renderProse } from '../ui/template.ts'
import { verbatim } from '../ui/text.ts'

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

  async run(): Promise<{ secret: string; previousSecret?: string | undefined; lines: string[] }> {
    const { flags } = await this.parse(GenerateCloudfrontSecret)
    const settings = await loadSettings(flags)
    const carried = carriedFlags(flags)
    const again = commandLine(['pc-ctl', 'generate-cloudfront-secret', '--force', ...carried])
    const { lines: secrets, old, oldLine, previousLine } = newSecret(settings, flags.force, again)
    const lines = (await render('cloudfront-secret.rb', secrets)).trimEnd().split('\n')
    this.print(verbatim(...lines))
    const bootstrap = commandLine(['pc-ctl', 'bootstrap-cloudfront', ...carried])
    const { configFile, configFound } = settings
    const advice =
      old === undefined || oldLine === undefined
        ? await renderProse('cloudfront-secret-first.txt', { configFile, configFound, bootstrap })
        : await renderProse('cloudfront-secret-replacement.txt', { configFile, bootstrap, old, oldLine, previousLine })
    this.say(...advice)
    return { ...secrets, lines }
  }
}
