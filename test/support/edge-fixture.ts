import {
  CloudFrontClient,
  CreateCachePolicyCommand,
  CreateCloudFrontOriginAccessIdentityCommand,
  CreateDistributionCommand,
  CreateFunctionCommand as CreateEdgeFunctionCommand,
  CreateKeyValueStoreCommand,
  CreateOriginAccessControlCommand,
  DescribeKeyValueStoreCommand,
  PublishFunctionCommand,
  type DistributionConfig,
} from '@aws-sdk/client-cloudfront'
import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { CreateFunctionCommand, LambdaClient, waitUntilFunctionActiveV2 } from '@aws-sdk/client-lambda'
import { CreateBucketCommand, PutBucketPolicyCommand, PutObjectCommand, type S3Client } from '@aws-sdk/client-s3'
import { zipSync } from 'fflate'

import { startSandbox, type Sandbox } from '../../src/sandbox/host/sandbox.ts'
import { S3Client as Client } from '@aws-sdk/client-s3'

/** A sandbox in which everything is noticed and deployed at once, with a bucket and clients. */
export interface EdgeFixture {
  sandbox: Sandbox
  s3: S3Client
  cloudfront: CloudFrontClient
  /** Ids and the canonical user of an origin access identity and an origin access control. */
  identity: { id: string; canonicalUser: string }
  controlId: string
  /** A cache policy with a minimum TTL of 0 and nothing in the key. */
  cachePolicyId: string
  put(key: string, body: string, more?: { CacheControl?: string; ContentType?: string; Expires?: Date }): Promise<void>
  /** Creates a distribution of the bucket; resolves with its base URL. */
  distribute(change?: (config: DistributionConfig) => void): Promise<{ id: string; url: string }>
  /** Publishes a function with this source of `index.mjs`; resolves with the ARN of its version. */
  publish(name: string, source: string): Promise<string>
  /** Publishes a CloudFront Function with this source, which may read a store; resolves with its ARN. */
  publishFunction(name: string, source: string, storeArn?: string): Promise<string>
  /** Makes a key value store and waits until it is READY; resolves with its ARN. */
  makeStore(name: string): Promise<string>
  close(): Promise<void>
}

export const bucket = 'edge-packages'
export const region = 'eu-west-1'

/** @param deploy - milliseconds until a distribution is deployed */
export async function startEdgeFixture(
  deploy = 0,
  now: () => number = Date.now,
  edgeByEdge = false,
): Promise<EdgeFixture> {
  const timing = {
    roleAssumable: 0,
    principal: 0,
    functionActive: 0,
    deploy,
    invalidation: 0,
    storeReady: 0,
    spread: 0,
  }
  const sandbox = await startSandbox({ timing, now, edgeByEdge })
  const { endpoint, accessKeyId, secretAccessKey } = sandbox
  const shared = { endpoint, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 }
  const s3 = new Client({ ...shared, region, forcePathStyle: true })
  const cloudfront = new CloudFrontClient({ ...shared, region: 'us-east-1' })
  const iam = new IAMClient({ ...shared, region: 'us-east-1' })
  const lambda = new LambdaClient({ ...shared, region: 'us-east-1' })

  await s3.send(new CreateBucketCommand({ Bucket: bucket, CreateBucketConfiguration: { LocationConstraint: region } }))
  const oai = await cloudfront.send(
    new CreateCloudFrontOriginAccessIdentityCommand({
      CloudFrontOriginAccessIdentityConfig: { CallerReference: 'edge', Comment: 'edge' },
    }),
  )
  const identity = {
    id: oai.CloudFrontOriginAccessIdentity?.Id ?? '',
    canonicalUser: oai.CloudFrontOriginAccessIdentity?.S3CanonicalUserId ?? '',
  }
  const oac = await cloudfront.send(
    new CreateOriginAccessControlCommand({
      OriginAccessControlConfig: {
        Name: 'edge',
        SigningProtocol: 'sigv4',
        SigningBehavior: 'always',
        OriginAccessControlOriginType: 's3',
      },
    }),
  )
  const policy = await cloudfront.send(
    new CreateCachePolicyCommand({
      CachePolicyConfig: {
        Name: 'edge',
        MinTTL: 0,
        DefaultTTL: 86400,
        MaxTTL: 31536000,
        ParametersInCacheKeyAndForwardedToOrigin: {
          EnableAcceptEncodingGzip: false,
          HeadersConfig: { HeaderBehavior: 'none' },
          CookiesConfig: { CookieBehavior: 'none' },
          QueryStringsConfig: { QueryStringBehavior: 'none' },
        },
      },
    }),
  )
  const cachePolicyId = policy.CachePolicy?.Id ?? ''
  await s3.send(
    new PutBucketPolicyCommand({
      Bucket: bucket,
      Policy: JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { CanonicalUser: identity.canonicalUser },
            Action: ['s3:GetObject', 's3:ListBucket'],
            Resource: [`arn:aws:s3:::${bucket}`, `arn:aws:s3:::${bucket}/*`],
          },
        ],
      }),
    }),
  )

  let made = 0
  return {
    sandbox,
    s3,
    cloudfront,
    identity,
    controlId: oac.OriginAccessControl?.Id ?? '',
    cachePolicyId,
    async put(Key, Body, more = {}) {
      await s3.send(new PutObjectCommand({ Bucket: bucket, Key, Body, ...more }))
    },
    async distribute(change) {
      const config: DistributionConfig = {
        CallerReference: `edge-${++made}`,
        Comment: '',
        Enabled: true,
        Origins: {
          Quantity: 1,
          Items: [
            {
              Id: 's3',
              DomainName: `${bucket}.s3.${region}.amazonaws.com`,
              S3OriginConfig: { OriginAccessIdentity: `origin-access-identity/cloudfront/${identity.id}` },
            },
          ],
        },
        DefaultCacheBehavior: {
          TargetOriginId: 's3',
          ViewerProtocolPolicy: 'https-only',
          CachePolicyId: cachePolicyId,
          Compress: false,
        },
      }
      change?.(config)
      const created = await cloudfront.send(new CreateDistributionCommand({ DistributionConfig: config }))
      const distribution = created.Distribution
      const url = `http://${distribution?.DomainName ?? ''}`
      await sandbox.services.edge.settled()
      await untilDeployed(url)
      return { id: distribution?.Id ?? '', url }
    },
    async publish(name, source) {
      const trust = {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { Service: ['lambda.amazonaws.com', 'edgelambda.amazonaws.com'] },
            Action: 'sts:AssumeRole',
          },
        ],
      }
      const role = await iam.send(
        new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: JSON.stringify(trust) }),
      )
      const made = await lambda.send(
        new CreateFunctionCommand({
          FunctionName: name,
          Role: role.Role?.Arn,
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          Publish: true,
          Timeout: 5,
          Code: { ZipFile: zipSync({ 'index.mjs': Buffer.from(source) }) },
        }),
      )
      await waitUntilFunctionActiveV2({ client: lambda, maxWaitTime: 10, minDelay: 0.05 }, { FunctionName: name })
      return `${made.FunctionArn ?? ''}${made.FunctionArn?.endsWith(':1') === true ? '' : `:${made.Version ?? ''}`}`
    },
    async publishFunction(Name, source, storeArn) {
      const stores = storeArn === undefined ? [] : [{ KeyValueStoreARN: storeArn }]
      const made = await cloudfront.send(
        new CreateEdgeFunctionCommand({
          Name,
          FunctionCode: Buffer.from(source),
          FunctionConfig: {
            Comment: '',
            Runtime: 'cloudfront-js-2.0',
            KeyValueStoreAssociations: { Quantity: stores.length, Items: stores },
          },
        }),
      )
      await cloudfront.send(new PublishFunctionCommand({ Name, IfMatch: made.ETag }))
      return made.FunctionSummary?.FunctionMetadata?.FunctionARN ?? ''
    },
    async makeStore(Name) {
      await cloudfront.send(new CreateKeyValueStoreCommand({ Name }))
      const { KeyValueStore } = await cloudfront.send(new DescribeKeyValueStoreCommand({ Name }))
      return KeyValueStore?.ARN ?? ''
    },
    async close() {
      for (const client of [s3, cloudfront, iam, lambda]) client.destroy()
      await sandbox.close()
    },
  }
}

/** Until the first deployment is through, the edge knows no configuration. */
async function untilDeployed(url: string): Promise<void> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const response = await fetch(`${url}/not-there`, { redirect: 'manual' })
    if (!(await response.text()).includes('configuration error')) return
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}
