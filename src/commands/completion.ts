import { Args } from '@oclif/core'

import { variables } from '../options.ts'
import { CtlCommand } from '../ui/command.ts'
import { render } from '../ui/template.ts'
import { verbatim } from '../text.ts'

const shells = ['bash', 'zsh', 'fish'] as const
type Shell = (typeof shells)[number]

/** What `--json` tells. */
export interface Result {
  readonly shell: Shell
  readonly script: string
}

export default class Completion extends CtlCommand {
  static override summary = 'Print what makes a shell complete the words of pc-ctl'
  static override description =
    'Commands, flags and their values are completed, and buckets, keys, distributions, invalidations, versions, profiles and installations as AWS and ' +
    `its configuration tell them: if that takes longer than 0.3 s (${variables.completionTimeout}, in milliseconds), the next ` +
    'TAB has them. What is found is kept for some seconds, in ~/.cache/pc-ctl. The packages bring all three scripts.'
  static override examples = [
    { description: 'In ~/.bashrc:', command: 'source <(<%= config.bin %> <%= command.id %> bash)' },
    {
      description: 'In ~/.zshrc, behind compinit if that is called there:',
      command: 'source <(<%= config.bin %> <%= command.id %> zsh)',
    },
    {
      description: 'For fish, once:',
      command:
        'mkdir -p ~/.config/fish/completions && <%= config.bin %> <%= command.id %> fish > ~/.config/fish/completions/pc-ctl.fish',
    },
  ]
  static override args = {
    shell: Args.string({ description: 'whose script to print', options: [...shells], required: true }),
  }

  async run(): Promise<Result> {
    const { args } = await this.parse(Completion)
    const shell = shells.find((one) => one === args.shell) ?? 'bash'
    const script = await render(`completion.${shell}`, {})
    this.print(verbatim(...script.trimEnd().split('\n')))
    return { shell, script }
  }
}
