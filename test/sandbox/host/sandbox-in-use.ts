/** A sandbox that has written everything that it writes. Run as a program, it does so in the folder that it is given. */
import { join } from 'node:path'

import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { PutObjectCommand, S3Client } from '@aws-sdk/client-s3'

import { prepareStage } from '../../../src/rehearsal/stage.ts'
import { frontReading } from '../../../src/rehearsal/front.ts'
import { startSandbox, type Sandbox } from '../../../src/sandbox/host/sandbox.ts'
import { clientConfig } from '../../support/clients.ts'
import { edgeTrust, functionZip } from '../../support/function-zip.ts'

export async function sandboxInUse(state: string): Promise<Sandbox> {
  const config = join(state, 'config', 'packagecloud.rb')
  const sandbox = await startSandbox({
    state,
    startFront: frontReading(config),
    port: 0,
    timing: { roleAssumable: 0, functionActive: 0 },
  })
  await prepareStage(sandbox, { bucket: 'private', region: 'us-east-1', config })
  const [s3, iam, lambda] = [S3Client, IAMClient, LambdaClient].map((Client) => new Client(clientConfig(sandbox))) as [
    S3Client,
    IAMClient,
    LambdaClient,
  ]
  await s3.send(new PutObjectCommand({ Bucket: 'private', Key: 'package', Body: 'bytes' }))
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'f', AssumeRolePolicyDocument: edgeTrust }))
  const ZipFile = functionZip('export const handler = async () => 42', 'folder/index.mjs')
  const settings = { Role: Role?.Arn, Runtime: 'nodejs22.x', Handler: 'folder/index.handler' } as const
  await lambda.send(new CreateFunctionCommand({ FunctionName: 'f', ...settings, Code: { ZipFile } }))
  const { Payload } = await lambda.send(new InvokeCommand({ FunctionName: 'f' }))
  if (Payload?.transformToString() !== '42') throw new Error(Payload?.transformToString())
  for (const client of [s3, iam, lambda]) client.destroy()
  return sandbox
}

if (process.argv[1] === import.meta.filename) {
  process.umask(0)
  const sandbox = await sandboxInUse(process.argv[2] ?? '')
  await sandbox.close()
}
