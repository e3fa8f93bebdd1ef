import { Flags } from '@oclif/core'

import { settingsFor } from '../settings/settings-for.ts'
import { commandLine } from '../shell.ts'
import { rotateCloudfrontSecret } from '../tasks/rotate/rotate-cloudfront-secret.ts'
import type { Rotating } from '../tasks/rotate/wishes.ts'
import { changeFlags, planExitCode } from '../flags/change-flags.ts'
import { frontPathFlag, frontsFlags, tokenOf } from '../flags/front-flags.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { typedAgain } from '../flags/typed.ts'
import { writeConfigFlag } from '../flags/write-config-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { interruptSignal } from '../ui/interrupt.ts'
import type { Say } from '../text.ts'

/** What `--json` tells. */
export type Result = Rotating

export default class RotateCloudfrontSecret extends CtlCommand {
  static override summary = 'Replace the secret without one refused download, from wherever that was left'
  static override description =
    'Shows the steps and what is to change, then goes as far as it can: prints the new secret and the old one for ' +
    'packagecloud.rb and waits until they are there, or, with nobody to wait for, exits with 3 (--write-config writes ' +
    'them); has edges accept both: publishes the function with both and has all edges run it, or, with CloudFront ' +
    'Functions, puts both into the key value store. Then the front servers are to be restarted; with ' +
    '--front for each of them it sees when they sign with the new secret, and remembers since when, in a tag of the ' +
    'distribution. Once the longest life of a URL has passed since then, --finish drops the old secret. Can be stopped at ' +
    'any step and run again; all that it goes by stands in packagecloud.rb and in AWS. Exits with 4 if a rotation is ' +
    'unfinished and there is nothing left to do but that.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --dry-run',
    '<%= config.bin %> <%= command.id %> --write-config',
    '<%= config.bin %> <%= command.id %> --front https://front-1.example.org --front https://front-2.example.org',
    '<%= config.bin %> <%= command.id %> --finish --write-config',
  ]
  static override flags = {
    ...writeConfigFlag,
    finish: Flags.boolean({ description: 'drop the old secret, once no URL of it is good any more' }),
    force: Flags.boolean({
      description: 'with --finish: drop it whether URLs of it may be in use or not',
      dependsOn: ['finish'],
    }),
    'no-wait': Flags.boolean({ description: 'wait neither for the edges nor for front servers' }),
    ...frontsFlags,
    ...frontPathFlag,
    ...changeFlags,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { flags } = await this.parse(RotateCloudfrontSecret)
    const say: Say = (...blocks) => this.say(...blocks)
    const token = tokenOf(flags)
    const rotating = await rotateCloudfrontSecret(
      await settingsFor(flags),
      {
        flags: { ...flags, json: this.jsonEnabled() },
        writeConfig: flags['write-config'],
        // A variable gives one, which is no list then.
        fronts: [flags.front]
          .flat()
          .filter((url) => url !== '')
          .map((url) => ({ url, token, path: flags['front-path'] })),
        finish: flags.finish,
        force: flags.force,
        wait: !flags['no-wait'],
        again: commandLine(['pc-ctl', 'rotate-cloudfront-secret', ...typedAgain(this.argv, ['--no-wait'])]),
      },
      { print: (...blocks) => this.print(...blocks), say },
      interruptSignal(say, { unseen: !flags['dry-run'] }),
    )
    if (flags['dry-run']) process.exitCode = planExitCode(rotating.plan, flags['exit-code'])
    return rotating
  }
}
