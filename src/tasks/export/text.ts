import { type Block, verbatim, whole } from '../../text.ts'
import { commandLine } from '../../shell.ts'
import type { Document, ExportFormat } from './documents.ts'
import type { ExportedInstallation } from './installation.ts'

/** The documents of an export on stdout: of several one object of JSON, by the names of their files. */
export function shownOn(documents: readonly Document[]): Block[] {
  const [first, ...others] = documents
  if (first === undefined) return []
  if (others.length === 0) return [whole(first.text)]
  const all = Object.fromEntries(documents.map(({ name, text }) => [name, JSON.parse(text) as unknown]))
  return [whole(JSON.stringify(all, undefined, 2))]
}

/** What to type after an export. */
export function nextSteps(
  format: ExportFormat,
  { name, nodes }: ExportedInstallation,
  output: string | undefined,
): Block[] {
  const hasZip = nodes.some(({ kind }) => kind === 'Lambda function')
  if (output === undefined) {
    return hasZip ? ['With --output FOLDER it is written into files, with the package of the edge function.'] : []
  }
  if (format === 'terraform') {
    return [
      'Look what Terraform would do; of what is there it should only announce the import:',
      verbatim(`${commandLine(['cd', output])} && terraform init && terraform plan`),
    ]
  }
  const stem = `${output}/${name}-cloudfront-REGION`
  const words = ['aws', 'cloudformation', 'create-change-set', '--change-set-type', 'IMPORT', '--region', 'REGION']
  return [
    hasZip
      ? 'Put the zip into a bucket in us-east-1, then have each stack import what is there, us-east-1 first:'
      : 'Have each stack import what is there, us-east-1 first:',
    verbatim(
      commandLine([
        ...[...words, '--stack-name', `${name}-cloudfront`, '--change-set-name', 'import'],
        ...['--template-body', `file://${stem}.template.json`, '--resources-to-import', `file://${stem}.import.json`],
        ...(hasZip
          ? [
              '--capabilities',
              'CAPABILITY_NAMED_IAM',
              '--parameters',
              'ParameterKey=EdgeFunctionBucket,ParameterValue=BUCKET',
            ]
          : []),
      ]),
    ),
  ]
}
