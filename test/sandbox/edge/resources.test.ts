import {
  CloudFrontClient,
  CreateDistributionWithTagsCommand,
  GetDistributionCommand,
  type DistributionConfig,
} from '@aws-sdk/client-cloudfront'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  IAMClient,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import { CreateKeyCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms'
import { GetFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { expect } from 'chai'
import { build } from 'esbuild'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

import { startSandbox } from '../../../src/sandbox/host/sandbox.ts'
import { aws, boto, hasAws, hasBoto } from '../../support/aws-and-boto.ts'
import { behavior, config, startCloudFront, type CloudFrontFixture } from '../../support/cloudfront-fixture.ts'
import { functionZip } from '../../support/function-zip.ts'
import { failureOf } from '../../support/s3-client.ts'

describe('the sandbox Lambda and CloudFront, together', () => {
  let fixture: CloudFrontFixture
  let version: string

  before(async () => {
    fixture = await startCloudFront()
    version = await fixture.publish('guard', { Tags: { mine: 'yes' } })
  })
  after(() => fixture.close())

  const withFunction = (reference: string): DistributionConfig =>
    config(reference, {
      DefaultCacheBehavior: behavior({
        LambdaFunctionAssociations: {
          Quantity: 1,
          Items: [{ LambdaFunctionARN: version, EventType: 'viewer-request' }],
        },
      }),
    })

  it('ask callers for the permissions that AWS asks for', async () => {
    const { endpoint, accountId } = fixture.sandbox
    const iam = new IAMClient({ endpoint, region: 'us-east-1', credentials: fixture.sandbox })
    await iam.send(new CreateUserCommand({ UserName: 'operator' }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'operator' }))
    const credentials = {
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    }
    const common = { endpoint, region: 'us-east-1', credentials, maxAttempts: 1 }
    const cloudfront = new CloudFrontClient(common)
    const lambda = new LambdaClient(common)
    const allow = async (...Action: string[]): Promise<void> => {
      const PolicyDocument = JSON.stringify({
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Action, Resource: '*' }],
      })
      await iam.send(new PutUserPolicyCommand({ UserName: 'operator', PolicyName: 'all', PolicyDocument }))
    }
    const create = () =>
      cloudfront.send(
        new CreateDistributionWithTagsCommand({
          DistributionConfigWithTags: {
            DistributionConfig: withFunction('by-operator'),
            Tags: { Items: [{ Key: 'mine', Value: 'yes' }] },
          },
        }),
      )
    await allow('cloudfront:CreateDistribution')
    expect((await failureOf(create())).message).to.contain('not authorized to perform: cloudfront:TagResource')
    await allow('cloudfront:CreateDistribution', 'cloudfront:TagResource', 'lambda:GetFunction')
    const replication = await failureOf(create())
    expect(replication).to.include({ name: 'AccessDenied', status: 403 })
    expect(replication.message).to.contain(`lambda:EnableReplication* on resource: ${version}`)
    const known = ['cloudfront:*', 'lambda:GetFunction', 'lambda:EnableReplication*'] as const
    await allow(...known)
    expect((await failureOf(create())).message).to.contain('not authorized to perform: iam:CreateServiceLinkedRole')
    await allow(...known, 'iam:CreateServiceLinkedRole')
    await create()
    await lambda.send(new GetFunctionCommand({ FunctionName: 'guard' }))
    const invoke = await failureOf(lambda.send(new InvokeCommand({ FunctionName: 'guard' })))
    expect(invoke.message).to.contain(
      `not authorized to perform: lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:${accountId}:function:guard`,
    )
    for (const client of [iam, cloudfront, lambda]) client.destroy()
  })

  it('are read by aws and boto3', async function () {
    const at = { env: fixture.sandbox.environment }
    if (!hasAws || !hasBoto) this.skip()
    this.timeout(60_000)
    const script = `
import json
cloudfront, functions = boto3.client('cloudfront'), boto3.client('lambda', region_name='us-east-1')
page = next(iter(cloudfront.get_paginator('list_distributions').paginate()))['DistributionList']
one = page['Items'][0]
config = cloudfront.get_distribution_config(Id=one['Id'])
cloudfront.update_distribution(Id=one['Id'], IfMatch=config['ETag'], DistributionConfig=config['DistributionConfig'])
print(json.dumps([one['ARN'], functions.get_function(FunctionName='guard')['Tags'],
  [v['Version'] for v in functions.list_versions_by_function(FunctionName='guard')['Versions']],
  cloudfront.list_tags_for_resource(Resource=one['ARN'])['Tags']['Items']]))`
    const seen = await boto(at, script)
    expect(seen.stderr).to.equal('')
    const [arn, tags, versions, onDistribution] = JSON.parse(seen.stdout) as unknown[]
    expect(arn).to.match(/^arn:aws:cloudfront::/)
    expect(tags).to.deep.equal({ mine: 'yes' })
    expect(versions).to.deep.equal(['$LATEST', '1'])
    expect(onDistribution).to.deep.equal([{ Key: 'mine', Value: 'yes' }])
    const policies = await aws(at, 'cloudfront', 'list-cache-policies', '--type', 'managed', '--output', 'json')
    expect(policies.stderr).to.equal('')
    expect(policies.stdout).to.contain('Managed-CachingDisabled')
    const waited = await aws(
      at,
      'lambda',
      'wait',
      'function-active-v2',
      '--function-name',
      'guard',
      '--region',
      'us-east-1',
    )
    expect(waited.stderr).to.equal('')
  })

  it('come back as they were when a sandbox with state starts again', async () => {
    const state = await mkdtemp(join(tmpdir(), 'sandbox-state-'))
    const timing = { roleAssumable: 0, functionActive: 0, deploy: 0 }
    try {
      const first = await startSandbox({ state, timing })
      const clientOf = () =>
        new CloudFrontClient({ endpoint: first.endpoint, region: 'us-east-1', credentials: first, maxAttempts: 1 })
      const made = await clientOf().send(
        new CreateDistributionWithTagsCommand({
          DistributionConfigWithTags: { DistributionConfig: config('kept'), Tags: { Items: [] } },
        }),
      )
      await first.close()
      const second = await startSandbox({ state, timing })
      const { Distribution, ETag } = await clientOf().send(new GetDistributionCommand({ Id: made.Distribution?.Id }))
      expect(ETag).to.equal(made.ETag)
      expect(Distribution?.DomainName).to.equal(made.Distribution?.DomainName)
      expect(Distribution?.DistributionConfig).to.deep.equal(made.Distribution?.DistributionConfig)
      await second.close()
    } finally {
      await rm(state, { recursive: true, force: true })
    }
  })

  it('let a function decrypt with the rights of its role, and no others', async () => {
    const common = { endpoint: fixture.sandbox.endpoint, region: 'us-east-1', credentials: fixture.sandbox }
    const [kms, iam] = [new KMSClient(common), new IAMClient(common)]
    const { KeyMetadata } = await kms.send(new CreateKeyCommand({}))
    const Plaintext = new TextEncoder().encode('the secret')
    const { CiphertextBlob = new Uint8Array() } = await kms.send(
      new EncryptCommand({ KeyId: KeyMetadata?.Arn, Plaintext }),
    )
    const arn = await fixture.publish('decrypts', { Code: { ZipFile: functionZip(await decrypting(CiphertextBlob)) } })
    const denied = await fixture.sandbox.services.lambda.invoke(arn, {})
    expect(JSON.stringify(denied)).to.contain('AccessDeniedException')
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: KeyMetadata?.Arn }],
    })
    await iam.send(new PutRolePolicyCommand({ RoleName: 'edge', PolicyName: 'decrypt', PolicyDocument }))
    const allowed = await fixture.sandbox.services.lambda.invoke(arn, {})
    expect(JSON.stringify(allowed)).to.contain(Buffer.from(Plaintext).toString('base64'))
    for (const client of [kms, iam]) client.destroy()
  })
})

/** A function that decrypts with a signer of its own, as the zip has no SDK. */
async function decrypting(ciphertext: Uint8Array): Promise<string> {
  const contents = `
    import { AwsClient } from 'aws4fetch'
    export const handler = async () => {
      const { AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN, AWS_ENDPOINT_URL_KMS } = process.env
      const kms = new AwsClient({
        accessKeyId: AWS_ACCESS_KEY_ID, secretAccessKey: AWS_SECRET_ACCESS_KEY, sessionToken: AWS_SESSION_TOKEN,
        service: 'kms', region: 'us-east-1', retries: 0,
      })
      const headers = { 'x-amz-target': 'TrentService.Decrypt', 'content-type': 'application/x-amz-json-1.1' }
      const body = JSON.stringify({ CiphertextBlob: '${Buffer.from(ciphertext).toString('base64')}' })
      return (await kms.fetch(AWS_ENDPOINT_URL_KMS, { method: 'POST', headers, body })).text()
    }`
  const { outputFiles } = await build({
    stdin: { contents, resolveDir: import.meta.dirname },
    bundle: true,
    format: 'esm',
    write: false,
  })
  return outputFiles[0]?.text ?? ''
}
