import type { Names } from '../../aws/names.ts'
import { Expression } from '../../ui/hcl.ts'
import { type Exported, given, ref } from '../exported.ts'
import { tagList, type Tags } from '../tags.ts'
import type { FunctionSettings } from './edge-function-settings.ts'

/** A function as it is deployed. */
interface Deployed {
  readonly arn: string
  readonly settings: FunctionSettings
  readonly description?: string | undefined
  readonly tags: Tags
}

/** The file that an export puts the function's package into. */
export const packageFile = ({ functionName }: Pick<Names, 'functionName'>): string => `${functionName}.zip`

const aboutPackage =
  'the code of the edge function, and beside it the signing secret as ciphertext of the KMS key, never in the clear.'

/**
 * The function. Its code comes with the encrypted secret and stays pc-ctl's: Terraform is told to leave it alone, and
 * CloudFormation takes it from where it is told.
 */
export function exportedFunction(names: Names, live: Deployed): Exported {
  const { arn, settings, description, tags } = live
  return {
    terraform: [
      {
        type: 'aws_lambda_function',
        id: names.functionName,
        body: {
          function_name: names.functionName,
          description: given(description),
          role: settings.Role,
          runtime: settings.Runtime,
          handler: settings.Handler,
          memory_size: settings.MemorySize,
          timeout: settings.Timeout,
          filename: new Expression('var.edge_function_zip'),
          publish: true,
          tags,
        },
        ...(settings.Runtime === 'nodejs24.x' ? { provider: '6.21.0' } : {}),
        ignored: ['filename', 'publish'],
        variables: {
          edge_function_zip: { description: `Path of a zip: ${aboutPackage}`, default: packageFile(names) },
        },
        known: { [arn]: 'arn' },
      },
    ],
    cloudFormation: [
      {
        type: 'AWS::Lambda::Function',
        identifier: { FunctionName: names.functionName },
        properties: {
          FunctionName: names.functionName,
          Description: given(description),
          Role: settings.Role,
          Runtime: settings.Runtime,
          Handler: settings.Handler,
          MemorySize: settings.MemorySize,
          Timeout: settings.Timeout,
          Code: { S3Bucket: ref('EdgeFunctionBucket'), S3Key: ref('EdgeFunctionKey') },
          Tags: tagList(tags),
        },
        variables: {
          EdgeFunctionBucket: { description: 'A bucket in us-east-1 that holds the zip of the edge function.' },
          EdgeFunctionKey: { description: `Key of a zip: ${aboutPackage}`, default: packageFile(names) },
        },
        known: { [arn]: 'Arn' },
      },
    ],
  }
}

/** The newest version. In Terraform it is an attribute of the function. */
export const exportedVersion = (functionArn: string, { arn }: { readonly arn: string }): Exported => ({
  terraform: [{ type: 'aws_lambda_function', id: '', known: { [arn]: 'qualified_arn' } }],
  cloudFormation: [
    {
      type: 'AWS::Lambda::Version',
      identifier: { FunctionArn: arn },
      properties: { FunctionName: functionArn },
      known: { [arn]: ref },
    },
  ],
})
