import { Flags } from '@oclif/core'

import { connect } from '../aws/connect.ts'
import { namesOf } from '../aws/names.ts'
import { packageFile } from '../resources/lambda/edge-function-export.ts'
import { deployedZip } from '../resources/lambda/edge-download.ts'
import { readEdgeBundle } from '../resources/lambda/edge-bundle.ts'
import { packWithoutSecrets } from '../resources/lambda/edge-package.ts'
import { carriedFlags } from '../settings/settings.ts'
import { settingsFor } from '../settings/settings-for.ts'
import { lookUp } from '../tasks/chain/look-up.ts'
import { type Document, documentsOf, type ExportFormat, exportFormats, writeNew } from '../tasks/export/documents.ts'
import { exportInstallation, leftOutOf } from '../tasks/export/installation.ts'
import { nextSteps, shownOn } from '../tasks/export/text.ts'
import { pagerFlag } from '../flags/pager-flag.ts'
import { settingsFlags } from '../flags/settings-flags.ts'
import { CtlCommand } from '../ui/command.ts'
import { labelled, verbatim } from '../text.ts'

/** What `--json` tells. */
export interface Result {
  readonly format: ExportFormat
  readonly planned: boolean
  readonly resources: readonly { readonly kind: string; readonly name: string; readonly exists: boolean }[]
  readonly documents: readonly Document[]
  /** Settings of the distribution that the format, as far as pc-ctl knows it, has no word for. */
  readonly leftOut: readonly string[]
  /** Files that were written. */
  readonly written: readonly string[]
}

export default class Export extends CtlCommand {
  static override summary = 'Print the installation for Terraform or CloudFormation, ready to be imported there'
  static override description =
    'Everything that is there, with what imports it; nothing is changed, and nothing there will let another tool delete\n' +
    'it. With --planned what the runbook would make. The signing secret is in none of it, but as ciphertext in the package\n' +
    'of the edge function, which --output writes beside.'
  static override examples = [
    '<%= config.bin %> <%= command.id %> --format terraform --output terraform',
    '<%= config.bin %> <%= command.id %> --format cloudformation --planned',
  ]
  static override flags = {
    format: Flags.option({ options: exportFormats })({ description: 'tool to print it for', required: true }),
    planned: Flags.boolean({
      description: 'what the runbook would make, not only what is there',
      default: false,
    }),
    output: Flags.string({
      description: 'write new files into this folder, with the package of the edge function',
      helpValue: 'FOLDER',
    }),
    ...pagerFlag,
    ...settingsFlags,
  }

  async run(): Promise<Result> {
    const { flags } = await this.parse(Export)
    const settings = await settingsFor(flags)
    const aws = await connect(settings)
    const conduct = this.looking(flags)
    const { output } = flags
    const wishes = {
      as: flags.planned ? ('planned' as const) : ('live' as const),
      words: ['--format', flags.format, ...(output === undefined ? [] : ['--output', output])],
      carried: carriedFlags(flags),
    }
    const installation = await exportInstallation(aws, settings, wishes, conduct)
    const documents = documentsOf(flags.format, installation)
    const leftOut = leftOutOf(installation)
    this.say(
      ...leftOut.map((path) => labelled('Warning', `Left out, since pc-ctl knows no word for it there: ${path}.`)),
    )
    const names = namesOf(settings.installation.value)
    const hasFunction = installation.nodes.some(({ kind }) => kind === 'Lambda function')
    const getZip = async () => (await deployedZip(aws, names)) ?? packWithoutSecrets(await readEdgeBundle())
    const zip =
      output === undefined || !hasFunction
        ? undefined
        : await lookUp('Get the package of the edge function', getZip, conduct)
    const files = [...documents, ...(zip === undefined ? [] : [{ name: packageFile(names), text: zip }])]
    const written = output === undefined ? [] : await writeNew(output, files)
    if (output === undefined) await this.printLong(flags, ...shownOn(documents))
    else this.print(verbatim(...written))
    this.say(...nextSteps(flags.format, installation, output))
    return {
      format: flags.format,
      planned: flags.planned,
      resources: installation.nodes.map(({ kind, name, isThere }) => ({ kind, name, exists: isThere })),
      documents,
      leftOut,
      written,
    }
  }
}
