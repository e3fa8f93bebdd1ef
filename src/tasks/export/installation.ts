import type { Aws } from '../../aws/connect.ts'
import { Memory, withMemory } from '../../aws/memory.ts'
import { CtlError } from '../../errors.ts'
import type { Settings } from '../../settings/settings.ts'
import { verbatim } from '../../text.ts'
import { type Bootstrap, bootstrapCloudfront } from '../bootstrap-cloudfront.ts'
import { type Conduct, runChain } from '../chain/chain.ts'
import { type ExportedNode, exportsOf } from '../chain/survey.ts'
import type { Chain, ExportedAs } from '../chain/step.ts'
import { findExisting, noWishes, type Reconfigure, serve } from '../reconfigure-cloudfront-distribution.ts'

/** An installation as other tools have it. */
export interface ExportedInstallation {
  readonly name: string
  readonly bucket: { readonly name: string; readonly region: string }
  readonly nodes: readonly ExportedNode[]
}

interface Both extends Bootstrap, Reconfigure {}

/** Everything that an installation is made of, in the order in which it is made. */
export const installationChain = (aws: Aws, settings: Settings): Chain<Both> => [
  ...bootstrapCloudfront(aws, settings, noWishes),
  findExisting(aws, settings, noWishes),
  ...serve<Both>(aws, settings, { ...noWishes, orControl: true }, ({ version }) => version.arn),
]

/**
 * Looks at all resources of an installation, and changes none.
 *
 * @param as - what is there, or what the runbook would make of it
 * @throws CtlError of kind `refused` where something of it is not ours, of kind `configuration` where there is nothing
 */
export async function exportInstallation(
  aws: Aws,
  settings: Settings,
  as: ExportedAs,
  conduct: Conduct,
): Promise<ExportedInstallation> {
  const chain = installationChain(aws, settings)
  const memory = new Memory()
  const { ctx, report } = await runChain(chain, 'plan', { memory, ...conduct })
  const refused = report.find((line) => line.do === 'refuse')
  if (refused !== undefined) {
    const because = refused.because.join('; ')
    throw new CtlError('refused', `Refused to export what is not as pc-ctl would have it: ${because}.`, {
      hint: refused.hint ?? [],
    })
  }
  const nodes = await withMemory(memory, () => exportsOf(chain, ctx, as))
  if (as === 'live' && !nodes.some(({ kind }) => kind !== 'S3 bucket policy')) {
    const name = settings.installation.value
    throw new CtlError(
      'configuration',
      `There is nothing of the installation "${name}" in account ${ctx.account.id}.`,
      {
        hint: [
          'Make it with `pc-ctl bootstrap-cloudfront`, or see what would be made:',
          verbatim('pc-ctl export --planned'),
        ],
      },
    )
  }
  return { name: settings.installation.value, bucket: ctx.bucket, nodes }
}

/** What one export leaves out, each once. */
export const leftOutOf = ({ nodes }: ExportedInstallation): string[] => [
  ...new Set(nodes.flatMap(({ exported }) => exported.leftOut ?? [])),
]
