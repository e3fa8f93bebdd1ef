import { setTimeout as sleep } from 'node:timers/promises'

import { CreateRoleCommand } from '@aws-sdk/client-iam'
import { CreateFunctionCommand } from '@aws-sdk/client-lambda'

import { quick } from '../support/aws-under-test.ts'
import { edgeTrust, functionZip } from '../support/function-zip.ts'
import type { Clients } from '../support/installation.ts'

/** Makes a function of somebody else's; returns the ARN of its first version, good for CloudFront. */
export async function makeFunction(
  { iam, lambda }: Pick<Clients, 'iam' | 'lambda'>,
  FunctionName: string,
): Promise<string> {
  const RoleName = `role-of-${FunctionName}`
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: edgeTrust }))
  await sleep(quick.roleAssumable + 50)
  const { FunctionArn = '' } = await lambda.send(
    new CreateFunctionCommand({
      FunctionName,
      Role: Role?.Arn,
      Runtime: 'nodejs22.x',
      Handler: 'index.handler',
      Publish: true,
      Code: { ZipFile: functionZip('export const handler = async (event) => event.Records[0].cf.request') },
    }),
  )
  await sleep(quick.functionActive + 50)
  return FunctionArn.replace(/(:\d+)?$/, ':1')
}
