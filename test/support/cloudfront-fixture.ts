import { ACMClient } from '@aws-sdk/client-acm'
import { CloudFrontClient, type DistributionConfig } from '@aws-sdk/client-cloudfront'
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import {
  CreateFunctionCommand,
  LambdaClient,
  PublishVersionCommand,
  waitUntilFunctionActiveV2,
  type CreateFunctionCommandInput,
} from '@aws-sdk/client-lambda'
import { ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'
import { setTimeout as sleep } from 'node:timers/promises'

import { startSandbox, type Sandbox } from '../../src/sandbox/host/sandbox.ts'
import { edgeTrust, functionZip } from './function-zip.ts'

/** Long enough to be seen by a test, short enough to be waited for. */
const timing = {
  roleAssumable: 0,
  principal: 0,
  functionActive: 120,
  deploy: 250,
  invalidation: 200,
  storeReady: 120,
  spread: 200,
}

export interface CloudFrontFixture {
  sandbox: Sandbox
  client: CloudFrontClient
  acm: ACMClient
  /** ACM of another region. */
  acmElsewhere: ACMClient
  tagging: ResourceGroupsTaggingAPIClient
  lambda: LambdaClient
  /** Makes a role that trusts Lambda's edge too, or what is given. */
  makeRole(name: string, trust?: string): Promise<string>
  /** Makes a function and publishes it; returns the version's ARN. Settled unless told otherwise. */
  publish(name: string, more?: Partial<CreateFunctionCommandInput>, settled?: boolean): Promise<string>
  /** Until a change is Deployed. */
  deployed(): Promise<void>
  close(): Promise<void>
}

/** @param now - the sandbox's clock, in milliseconds since the epoch */
export async function startCloudFront(now?: () => number): Promise<CloudFrontFixture> {
  const sandbox = await startSandbox({ timing, ...(now !== undefined && { now }) })
  const { endpoint, accessKeyId, secretAccessKey } = sandbox
  const common = { endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 }
  const client = new CloudFrontClient(common)
  const acm = new ACMClient(common)
  const acmElsewhere = new ACMClient({ ...common, region: 'eu-west-1' })
  const tagging = new ResourceGroupsTaggingAPIClient(common)
  const lambda = new LambdaClient(common)
  const iam = new IAMClient(common)
  const makeRole: CloudFrontFixture['makeRole'] = async (RoleName, AssumeRolePolicyDocument = edgeTrust) => {
    const { Role } = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument }))
    return Role?.Arn ?? ''
  }
  const role = await makeRole('edge')
  return {
    sandbox,
    client,
    acm,
    acmElsewhere,
    tagging,
    lambda,
    makeRole,
    async publish(FunctionName, more = {}, settled = true) {
      const Code = { ZipFile: functionZip('export const handler = async (event) => event.Records[0].cf.request') }
      const own = { FunctionName, Role: role, Runtime: 'nodejs22.x' as const, Handler: 'index.handler', Code }
      await lambda.send(new CreateFunctionCommand({ ...own, ...more }))
      const patience = { client: lambda, maxWaitTime: 10, minDelay: 0.03, maxDelay: 0.05 }
      await waitUntilFunctionActiveV2(patience, { FunctionName })
      const { FunctionArn } = await lambda.send(new PublishVersionCommand({ FunctionName }))
      if (settled) await sleep(timing.functionActive + 20)
      return FunctionArn ?? ''
    },
    deployed: () => sleep(timing.deploy + 30),
    async close() {
      for (const one of [client, acm, acmElsewhere, tagging, lambda, iam]) one.destroy()
      await sandbox.close()
    },
  }
}

/** The least that CloudFront takes, with changes. */
export function config(CallerReference: string, more: Partial<DistributionConfig> = {}): DistributionConfig {
  return {
    CallerReference,
    Comment: 'a test',
    Enabled: true,
    Origins: {
      Quantity: 1,
      Items: [
        {
          Id: 'bucket',
          DomainName: 'packages.s3.eu-west-1.amazonaws.com',
          S3OriginConfig: { OriginAccessIdentity: '' },
        },
      ],
    },
    DefaultCacheBehavior: behavior(),
    ...more,
  }
}

type Behavior = NonNullable<DistributionConfig['DefaultCacheBehavior']>

export const behavior = (more: Partial<Behavior> = {}): Behavior => ({
  TargetOriginId: 'bucket',
  ViewerProtocolPolicy: 'https-only',
  CachePolicyId: '658327ea-f89d-4fab-a63d-7e88639e58f6',
  ...more,
})
