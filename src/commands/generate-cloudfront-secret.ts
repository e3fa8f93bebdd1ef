import { randomBytes } from 'node:crypto'
import { CtlCommand, settingsFlags } from '../ui/command.ts'

export default class GenerateCloudfrontSecret extends CtlCommand {
  static override summary = 'Generate the secret that signs package URLs'
  static override flags = { ...settingsFlags }

  async run(): Promise<{ line: string }> {
    await this.parse(GenerateCloudfrontSecret)
    const line = `packagecloud_rails['cloudfront_secret'] = '${randomBytes(32).toString('base64').replace(/=+$/, '')}'`
    this.log(line)
    return { line }
  }
}
