import type { Aws } from '../../aws/connect.ts'
import { Memory, withMemory } from '../../aws/memory.ts'
import { CtlError } from '../../errors.ts'
import type { Settings } from '../../settings/settings.ts'
import { commandLine } from '../../shell.ts'
import { verbatim } from '../../text.ts'
import { associable, type Bootstrap, bootstrapCloudfront } from '../bootstrap-cloudfront.ts'
import { type Conduct, runChain } from '../chain/chain.ts'
import { type ExportedNode, exportsOf } from '../chain/survey.ts'
import type { Chain, ExportedAs } from '../chain/step.ts'
import { forAnother, otherInstallations } from '../other-installations.ts'
import { findExisting, noWishes, type Reconfigure, serve } from '../reconfigure-cloudfront-distribution.ts'

/** An installation as other tools have it. */
export interface ExportedInstallation {
  readonly name: string
  readonly bucket: { readonly name: string; readonly region: string }
  readonly nodes: readonly ExportedNode[]
}

/** What is wished. */
export interface ExportWishes {
  /** What is there, or what the runbook would make of it. */
  readonly as: ExportedAs
  /** The words of this command that name no settings, for those that are suggested, and those that do. */
  readonly words: readonly string[]
  readonly carried: readonly string[]
}

interface Both extends Bootstrap, Reconfigure {}

/** Everything that an installation is made of, in the order in which it is made. */
export const installationChain = (aws: Aws, settings: Settings): Chain<Both> => [
  ...bootstrapCloudfront(aws, settings, noWishes),
  findExisting(aws, settings, noWishes),
  ...serve<Both>(aws, settings, noWishes, associable),
]

/**
 * Looks at all resources of an installation, and changes none.
 *
 * @throws CtlError of kind `refused` where something of it is not ours, of kind `configuration` where there is nothing
 */
export async function exportInstallation(
  aws: Aws,
  settings: Settings,
  { as, words, carried }: ExportWishes,
  conduct: Conduct,
): Promise<ExportedInstallation> {
  const chain = installationChain(aws, settings)
  const memory = new Memory()
  const { ctx, report } = await runChain(chain, 'plan', { memory, ...conduct })
  const refused = report.find((line) => line.do === 'refuse' && !(as === 'live' && line.ours === true))
  if (refused !== undefined) {
    const because = refused.because.join('; ')
    throw new CtlError('refused', `Refused to export what is not as pc-ctl would have it: ${because}.`, {
      hint: refused.hint ?? [],
    })
  }
  const nodes = await withMemory(memory, () => exportsOf(chain, ctx, as))
  if (as === 'live' && !nodes.some(({ kind }) => kind !== 'S3 bucket policy')) {
    const name = settings.installation.value
    const command = ['pc-ctl', 'export', ...words]
    throw new CtlError(
      'configuration',
      `There is nothing of the installation "${name}" in account ${ctx.account.id}.`,
      {
        hint: [
          ...forAnother(await otherInstallations(aws, name), [...command, ...carried]),
          'To have it made:',
          verbatim(commandLine(['pc-ctl', 'bootstrap-cloudfront', ...carried])),
          'To see what would be made:',
          verbatim(commandLine([...command, '--planned', ...carried])),
        ],
        code: 'NoSuchInstallation',
      },
    )
  }
  return { name: settings.installation.value, bucket: ctx.bucket, nodes }
}

/** What one export leaves out, each once. */
export const leftOutOf = ({ nodes }: ExportedInstallation): string[] => [
  ...new Set(nodes.flatMap(({ exported }) => exported.leftOut ?? [])),
]
