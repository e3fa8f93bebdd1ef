import { execFile, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

import {
  type DistributionConfig,
  GetCachePolicyCommand,
  GetDistributionCommand,
  ListCloudFrontOriginAccessIdentitiesCommand,
  ListDistributionsCommand,
  ListOriginAccessControlsCommand,
  UpdateDistributionCommand,
} from '@aws-sdk/client-cloudfront'
import {
  CreateAccessKeyCommand,
  CreateUserCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  PutUserPolicyCommand,
  UntagRoleCommand,
} from '@aws-sdk/client-iam'
import { DescribeKeyCommand } from '@aws-sdk/client-kms'
import { GetFunctionCommand } from '@aws-sdk/client-lambda'
import { GetBucketPolicyCommand, PutBucketPolicyCommand } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { tagKey } from '../../src/aws/names.ts'
import { type HclBlock, readHcl } from '../support/hcl-reader.ts'
import { bucket, type Installation, install, secret, withInstallation } from '../support/installation.ts'
import { resultOf } from '../support/json-document.ts'

const name = 'packagecloud_cloudfront_auth'
const tags = { [tagKey]: 'packagecloud' }
const tagList = [{ Key: tagKey, Value: 'packagecloud' }]
const theirs = {
  Sid: 'Theirs',
  Effect: 'Deny',
  Principal: '*',
  Action: 's3:*',
  Resource: [`arn:aws:s3:::${bucket}/secret/*`],
  Condition: { StringNotLike: { 'aws:username': ['%{aws}${x}"\\b'] } },
}
const managedPolicy = '658327ea-f89d-4fab-a63d-7e88639e58f6'
const acl = 'arn:aws:wafv2:us-east-1:111122223333:global/webacl/theirs/a1b2c3d4-5678-90ab-cdef-111111111111'

/** What an operator has set in the distribution beside what is ours. */
const ofOperator = (config: DistributionConfig): DistributionConfig => ({
  ...config,
  Comment: 'packages, ${really}',
  WebACLId: acl,
  PriceClass: 'PriceClass_100',
  Logging: { Enabled: true, IncludeCookies: false, Bucket: 'logs-example-org.s3.amazonaws.com', Prefix: 'cf/' },
  Restrictions: { GeoRestriction: { RestrictionType: 'blacklist', Quantity: 1, Items: ['AQ'] } },
  Origins: {
    Quantity: 2,
    Items: [
      ...(config.Origins?.Items ?? []),
      {
        Id: 'status',
        DomainName: 'status.example.org',
        OriginPath: '',
        ConnectionAttempts: 3,
        ConnectionTimeout: 10,
        OriginShield: { Enabled: false },
        OriginAccessControlId: '',
        CustomHeaders: { Quantity: 1, Items: [{ HeaderName: 'X-From', HeaderValue: 'edge' }] },
        CustomOriginConfig: {
          HTTPPort: 80,
          HTTPSPort: 443,
          OriginProtocolPolicy: 'https-only',
          OriginSslProtocols: { Quantity: 1, Items: ['TLSv1.2'] },
          OriginReadTimeout: 20,
          OriginKeepaliveTimeout: 5,
        },
      },
    ],
  },
  CacheBehaviors: {
    Quantity: 1,
    Items: [
      {
        ...config.DefaultCacheBehavior,
        LambdaFunctionAssociations: { Quantity: 0 },
        PathPattern: 'status/*',
        TargetOriginId: 'status',
        ViewerProtocolPolicy: 'https-only',
        CachePolicyId: managedPolicy,
        Compress: true,
      },
    ],
  },
  CustomErrorResponses: {
    Quantity: 2,
    Items: [
      ...(config.CustomErrorResponses?.Items ?? []),
      { ErrorCode: 503, ResponseCode: '503', ResponsePagePath: '/status/sorry.html', ErrorCachingMinTTL: 5 },
    ],
  },
})

/** Everything that AWS tells of an installation, asked for without pc-ctl. */
async function liveOf({ clients }: Installation) {
  const { cloudfront, iam, kms, lambda, s3 } = clients
  const { Role } = await iam.send(new GetRoleCommand({ RoleName: name }))
  const inline = await iam.send(new GetRolePolicyCommand({ RoleName: name, PolicyName: name }))
  const { KeyMetadata: key } = await kms.send(new DescribeKeyCommand({ KeyId: `alias/${name}` }))
  const { Configuration: latest } = await lambda.send(new GetFunctionCommand({ FunctionName: name }))
  const id = (await cloudfront.send(new ListDistributionsCommand({}))).DistributionList?.Items?.[0]?.Id
  const { Distribution: distribution } = await cloudfront.send(new GetDistributionCommand({ Id: id }))
  const config = distribution?.DistributionConfig
  const Id = config?.DefaultCacheBehavior?.CachePolicyId
  const { CachePolicy: cachePolicy } = await cloudfront.send(new GetCachePolicyCommand({ Id }))
  const identities = await cloudfront.send(new ListCloudFrontOriginAccessIdentitiesCommand({}))
  const controls = await cloudfront.send(new ListOriginAccessControlsCommand({}))
  const { Policy = '' } = await s3.send(new GetBucketPolicyCommand({ Bucket: bucket }))
  if (Role === undefined || key === undefined || latest === undefined || config === undefined) throw new Error('gone')
  return {
    role: { ...Role, trust: documentOf(Role.AssumeRolePolicyDocument) },
    rolePolicy: documentOf(inline.PolicyDocument),
    key,
    function: latest,
    version: config.DefaultCacheBehavior?.LambdaFunctionAssociations?.Items?.[0]?.LambdaFunctionARN ?? '',
    distribution: { id: distribution?.Id ?? '', arn: distribution?.ARN ?? '', config },
    cachePolicy: { id: cachePolicy?.Id ?? '', config: cachePolicy?.CachePolicyConfig },
    identity: identities.CloudFrontOriginAccessIdentityList?.Items?.[0],
    control: controls.OriginAccessControlList?.Items?.[0],
    bucketPolicy: JSON.parse(Policy) as object,
  }
}

const documentOf = (encoded: string | undefined): unknown => JSON.parse(decodeURIComponent(encoded ?? ''))

type Live = Awaited<ReturnType<typeof liveOf>>

/** A block as one object: blocks in it as lists of such, references as what they stand for. */
function plain({ args, blocks }: HclBlock, known: Readonly<Record<string, unknown>>): Record<string, unknown> {
  const resolved = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolved)
    if (typeof value !== 'object' || value === null) return value
    if ('reference' in value) return known[String(value.reference)] ?? value
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolved(inner)]))
  }
  const result: Record<string, unknown> = { ...(resolved(args) as object) }
  for (const block of blocks) result[block.type] = [...((result[block.type] ?? []) as object[]), plain(block, known)]
  return result
}

const knownOf = (live: Live): Record<string, unknown> => ({
  'aws_iam_role.packagecloud.arn': live.role.Arn,
  'aws_iam_role.packagecloud.name': live.role.RoleName,
  'aws_kms_key.packagecloud.arn': live.key.Arn,
  'aws_kms_key.packagecloud.key_id': live.key.KeyId,
  'aws_lambda_function.packagecloud.qualified_arn': live.version,
  'aws_cloudfront_cache_policy.packagecloud.id': live.cachePolicy.id,
  'aws_cloudfront_distribution.packagecloud.arn': live.distribution.arn,
  'aws_cloudfront_origin_access_control.packagecloud.id': live.control?.Id,
  'aws_cloudfront_origin_access_identity.packagecloud.iam_arn': `arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ${live.identity?.Id ?? ''}`,
  'aws_cloudfront_origin_access_identity.packagecloud.cloudfront_access_identity_path': `origin-access-identity/cloudfront/${live.identity?.Id ?? ''}`,
})

const kept = [{ prevent_destroy: true }]

/** The zip of an edge function, as it is unpacked by others. */
const unzip = (file: string): string => spawnSync('unzip', ['-p', file], { encoding: 'latin1' }).stdout

describe('pc-ctl export', function () {
  this.timeout(60_000)
  let place: Installation
  let live: Live
  before(async () => {
    place = await install()
    const Policy = JSON.stringify({ Version: '2012-10-17', Id: 'theirs', Statement: [theirs] })
    await place.clients.s3.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }))
    await place.paste(await place.succeed(await place.bootstrap('--runtime', 'nodejs22.x')))
    const { cloudfront } = place.clients
    const Id = (await cloudfront.send(new ListDistributionsCommand({}))).DistributionList?.Items?.[0]?.Id
    const { Distribution, ETag: IfMatch } = await cloudfront.send(new GetDistributionCommand({ Id }))
    if (Distribution?.DistributionConfig === undefined) throw new Error('no distribution')
    const DistributionConfig = ofOperator(Distribution.DistributionConfig)
    await cloudfront.send(new UpdateDistributionCommand({ Id, IfMatch, DistributionConfig }))
    live = await liveOf(place)
  })
  after(() => place.close())

  /** By type, as {@link plain}. */
  const terraformIn = (text: string, known = knownOf(live)): Record<string, Record<string, unknown>> =>
    Object.fromEntries(
      readHcl(text).flatMap((block) =>
        block.type === 'resource' ? [[block.labels[0] ?? '', plain(block, known)]] : [],
      ),
    )

  it('tells Terraform every property as AWS has it, the operator’s own and foreign statements too', async () => {
    const read = terraformIn(await place.succeed(['export', '--format', 'terraform']))
    const { role, function: fn, distribution } = live
    expect(read['aws_iam_role']).to.deep.equal({
      name: role.RoleName,
      path: role.Path,
      description: role.Description,
      max_session_duration: role.MaxSessionDuration,
      assume_role_policy: role.trust,
      tags,
      lifecycle: kept,
    })
    expect(read['aws_iam_role_policy']).to.deep.equal({ name, role: name, policy: live.rolePolicy, lifecycle: kept })
    expect(read['aws_kms_key']).to.deep.equal({
      description: live.key.Description,
      enable_key_rotation: true,
      tags,
      lifecycle: kept,
    })
    expect(read['aws_kms_alias']).to.deep.equal({
      name: `alias/${name}`,
      target_key_id: live.key.KeyId,
      lifecycle: kept,
    })
    expect(read['aws_lambda_function']).to.deep.equal({
      function_name: fn.FunctionName,
      description: fn.Description,
      role: fn.Role,
      runtime: fn.Runtime,
      handler: fn.Handler,
      memory_size: fn.MemorySize,
      timeout: fn.Timeout,
      filename: { reference: 'var.edge_function_zip' },
      publish: true,
      tags,
      lifecycle: [{ prevent_destroy: true, ignore_changes: [{ reference: 'filename' }, { reference: 'publish' }] }],
    })
    expect(read['aws_cloudfront_origin_access_identity']).to.deep.equal({
      comment: live.identity?.Comment,
      lifecycle: kept,
    })
    expect(read['aws_s3_bucket_policy']).to.deep.equal({
      provider: { reference: 'aws.bucket' },
      bucket,
      policy: live.bucketPolicy,
      lifecycle: kept,
    })
    expect(JSON.stringify(read['aws_s3_bucket_policy'])).to.contain('"Id":"theirs"').and.contain('"Sid":"Theirs"')
    const policy = live.cachePolicy.config
    expect(read['aws_cloudfront_cache_policy']).to.deep.equal({
      name: policy?.Name,
      comment: policy?.Comment,
      min_ttl: policy?.MinTTL,
      default_ttl: policy?.DefaultTTL,
      max_ttl: policy?.MaxTTL,
      parameters_in_cache_key_and_forwarded_to_origin: [
        {
          enable_accept_encoding_gzip: false,
          enable_accept_encoding_brotli: false,
          headers_config: [{ header_behavior: 'none' }],
          cookies_config: [{ cookie_behavior: 'none' }],
          query_strings_config: [{ query_string_behavior: 'none' }],
        },
      ],
      lifecycle: kept,
    })
    const { config } = distribution
    const [own] = config.Origins?.Items ?? []
    const behavior = config.DefaultCacheBehavior
    const further = config.CacheBehaviors?.Items?.[0]
    expect(read['aws_cloudfront_distribution']).to.deep.equal({
      comment: 'packages, ${really}',
      enabled: true,
      price_class: 'PriceClass_100',
      http_version: config.HttpVersion,
      is_ipv6_enabled: config.IsIPV6Enabled,
      web_acl_id: acl,
      ...(config.Staging === undefined ? {} : { staging: config.Staging }),
      tags,
      logging_config: [{ include_cookies: false, bucket: 'logs-example-org.s3.amazonaws.com', prefix: 'cf/' }],
      origin: [
        {
          origin_id: own?.Id,
          domain_name: own?.DomainName,
          connection_attempts: own?.ConnectionAttempts,
          connection_timeout: own?.ConnectionTimeout,
          s3_origin_config: [{ origin_access_identity: own?.S3OriginConfig?.OriginAccessIdentity }],
        },
        {
          origin_id: 'status',
          domain_name: 'status.example.org',
          connection_attempts: 3,
          connection_timeout: 10,
          custom_header: [{ name: 'X-From', value: 'edge' }],
          custom_origin_config: [
            {
              http_port: 80,
              https_port: 443,
              origin_protocol_policy: 'https-only',
              origin_ssl_protocols: ['TLSv1.2'],
              origin_read_timeout: 20,
              origin_keepalive_timeout: 5,
            },
          ],
        },
      ],
      default_cache_behavior: [
        {
          target_origin_id: behavior?.TargetOriginId,
          viewer_protocol_policy: behavior?.ViewerProtocolPolicy,
          allowed_methods: behavior?.AllowedMethods?.Items,
          cached_methods: behavior?.AllowedMethods?.CachedMethods?.Items,
          smooth_streaming: false,
          compress: false,
          cache_policy_id: live.cachePolicy.id,
          lambda_function_association: [
            { event_type: 'viewer-request', lambda_arn: live.version, include_body: false },
          ],
        },
      ],
      ordered_cache_behavior: [
        {
          path_pattern: 'status/*',
          target_origin_id: 'status',
          viewer_protocol_policy: 'https-only',
          allowed_methods: further?.AllowedMethods?.Items,
          cached_methods: further?.AllowedMethods?.CachedMethods?.Items,
          smooth_streaming: false,
          compress: true,
          cache_policy_id: managedPolicy,
        },
      ],
      custom_error_response: [
        { error_code: 404, error_caching_min_ttl: 0 },
        { error_code: 503, response_code: 503, response_page_path: '/status/sorry.html', error_caching_min_ttl: 5 },
      ],
      restrictions: [{ geo_restriction: [{ restriction_type: 'blacklist', locations: ['AQ'] }] }],
      viewer_certificate: [{ cloudfront_default_certificate: true }],
      lifecycle: kept,
    })
  })

  it('has Terraform import each by what AWS calls it', async () => {
    const text = await place.succeed(['export', '--format', 'terraform'])
    const imports = readHcl(text).filter(({ type }) => type === 'import')
    expect(
      Object.fromEntries(imports.map(({ args }) => [(args['to'] as { reference: string }).reference, args['id']])),
    ).to.deep.equal({
      'aws_iam_role.packagecloud': name,
      'aws_iam_role_policy.packagecloud': `${name}:${name}`,
      'aws_kms_key.packagecloud': live.key.KeyId,
      'aws_kms_alias.packagecloud': `alias/${name}`,
      'aws_lambda_function.packagecloud': name,
      'aws_cloudfront_origin_access_identity.packagecloud': live.identity?.Id,
      'aws_cloudfront_cache_policy.packagecloud': live.cachePolicy.id,
      'aws_s3_bucket_policy.packagecloud': bucket,
      'aws_cloudfront_distribution.packagecloud': live.distribution.id,
    })
    const resources = readHcl(text).filter(({ type }) => type === 'resource')
    expect(resources).to.have.lengthOf(imports.length)
  })

  it('tells CloudFormation every property as AWS has it, a stack a region, and what imports it', async () => {
    const shown = JSON.parse(await place.succeed(['export', '--format', 'cloudformation'])) as Record<string, Template>
    const edge = shown['packagecloud-cloudfront-us-east-1.template.json']?.Resources ?? {}
    const beside = shown['packagecloud-cloudfront-eu-central-1.template.json']?.Resources ?? {}
    const { role, function: fn, distribution, key } = live
    for (const resource of [...Object.values(edge), ...Object.values(beside)]) {
      expect([resource.DeletionPolicy, resource.UpdateReplacePolicy]).to.deep.equal(['Retain', 'Retain'])
    }
    const arnOf = (logicalName: string): object => ({ 'Fn::GetAtt': [logicalName, 'Arn'] })
    expect(edge['Role']?.Properties).to.deep.equal({
      RoleName: role.RoleName,
      Path: role.Path,
      Description: role.Description,
      MaxSessionDuration: role.MaxSessionDuration,
      AssumeRolePolicyDocument: role.trust,
      Tags: tagList,
    })
    expect(edge['RolePolicy']?.Properties).to.deep.equal({
      PolicyName: name,
      RoleName: { Ref: 'Role' },
      PolicyDocument: JSON.parse(JSON.stringify(live.rolePolicy), (_member, value: unknown) =>
        value === key.Arn ? arnOf('Key') : value,
      ) as object,
    })
    expect(edge['Key']?.Properties).to.deep.equal({
      Description: key.Description,
      EnableKeyRotation: true,
      Tags: tagList,
    })
    expect(edge['Alias']?.Properties).to.deep.equal({ AliasName: `alias/${name}`, TargetKeyId: { Ref: 'Key' } })
    expect(edge['Function']?.Properties).to.deep.equal({
      FunctionName: name,
      Description: fn.Description,
      Role: arnOf('Role'),
      Runtime: fn.Runtime,
      Handler: fn.Handler,
      MemorySize: fn.MemorySize,
      Timeout: fn.Timeout,
      Code: { S3Bucket: { Ref: 'EdgeFunctionBucket' }, S3Key: { Ref: 'EdgeFunctionKey' } },
      Tags: tagList,
    })
    expect(edge['Version']?.Properties).to.deep.equal({ FunctionName: arnOf('Function') })
    expect(edge['CloudFrontOriginAccessIdentity']?.Properties).to.deep.equal({
      CloudFrontOriginAccessIdentityConfig: { Comment: live.identity?.Comment },
    })
    expect(beside['BucketPolicy']?.Properties).to.deep.equal({ Bucket: bucket, PolicyDocument: live.bucketPolicy })
    const { DistributionConfig: config } = (edge['Distribution']?.Properties ?? {}) as { DistributionConfig: Template }
    const own = distribution.config.Origins?.Items?.[0]
    expect(config).to.deep.include({
      Comment: 'packages, ${really}',
      Enabled: true,
      IPV6Enabled: true,
      WebACLId: acl,
      Logging: { IncludeCookies: false, Bucket: 'logs-example-org.s3.amazonaws.com', Prefix: 'cf/' },
      Restrictions: { GeoRestriction: { RestrictionType: 'blacklist', Locations: ['AQ'] } },
      ViewerCertificate: { CloudFrontDefaultCertificate: true },
      CustomErrorResponses: [
        { ErrorCode: 404, ErrorCachingMinTTL: 0 },
        { ErrorCode: 503, ResponseCode: 503, ResponsePagePath: '/status/sorry.html', ErrorCachingMinTTL: 5 },
      ],
    })
    expect((config as unknown as { Origins: object[] }).Origins).to.deep.equal([
      {
        Id: own?.Id,
        DomainName: own?.DomainName,
        ConnectionAttempts: 3,
        ConnectionTimeout: 10,
        S3OriginConfig: {
          OriginAccessIdentity: {
            'Fn::Sub': 'origin-access-identity/cloudfront/${CloudFrontOriginAccessIdentity}',
          },
        },
      },
      {
        Id: 'status',
        DomainName: 'status.example.org',
        ConnectionAttempts: 3,
        ConnectionTimeout: 10,
        OriginCustomHeaders: [{ HeaderName: 'X-From', HeaderValue: 'edge' }],
        CustomOriginConfig: {
          HTTPPort: 80,
          HTTPSPort: 443,
          OriginProtocolPolicy: 'https-only',
          OriginSSLProtocols: ['TLSv1.2'],
          OriginReadTimeout: 20,
          OriginKeepaliveTimeout: 5,
        },
      },
    ])
    const imports = shown['packagecloud-cloudfront-us-east-1.import.json'] as unknown as Import[]
    expect(
      Object.fromEntries(
        imports.map(({ LogicalResourceId, ResourceIdentifier }) => [LogicalResourceId, ResourceIdentifier]),
      ),
    ).to.deep.equal({
      Role: { RoleName: name },
      Key: { KeyId: key.KeyId },
      Alias: { AliasName: `alias/${name}` },
      RolePolicy: { PolicyName: name, RoleName: name },
      Function: { FunctionName: name },
      Version: { FunctionArn: live.version },
      CloudFrontOriginAccessIdentity: { Id: live.identity?.Id },
      CachePolicy: { Id: live.cachePolicy.id },
      Distribution: { Id: distribution.id },
    })
    for (const { LogicalResourceId, ResourceType } of imports) {
      expect(edge[LogicalResourceId]?.Type).to.equal(ResourceType)
    }
    expect(shown['packagecloud-cloudfront-eu-central-1.import.json']).to.deep.equal([
      {
        ResourceType: 'AWS::S3::BucketPolicy',
        LogicalResourceId: 'BucketPolicy',
        ResourceIdentifier: { Bucket: bucket },
      },
    ])
  })

  it('writes new files with the deployed package, tells no secret, changes nothing, and overwrites nothing', async () => {
    const folder = join(place.folder, 'as code', 'terraform')
    const args = ['export', '--format', 'terraform', '--output', folder]
    let printed = ''
    const calls = await place.changes(async () => {
      printed = await place.succeed(args)
    })
    expect(calls).to.deep.equal([])
    const [file = '', zip = '', ...others] = printed.trimEnd().split('\n')
    expect([file, zip, others]).to.deep.equal([
      join(folder, 'packagecloud-cloudfront.tf'),
      join(folder, `${name}.zip`),
      [],
    ])
    const { Code } = await place.clients.lambda.send(new GetFunctionCommand({ FunctionName: name }))
    const deployed = Buffer.from(await (await fetch(Code?.Location ?? '')).arrayBuffer())
    expect(deployed.equals(await readFile(zip))).to.equal(true)
    const raw = Buffer.from(secret, 'base64').toString('latin1')
    for (const text of [printed, await readFile(file, 'utf8'), await readFile(zip, 'latin1'), unzip(zip)]) {
      expect(text).not.to.contain(secret).and.not.to.contain(raw)
    }
    const again = await place.run(args)
    expect([again.code, again.stdout]).to.deep.equal([4, ''])
    expect(again.stderr).to.contain('packagecloud-cloudfront.tf').and.to.contain('--output')
    const nowhere = await place.run(['export', '--format', 'terraform', '--output', join(file, 'below')])
    expect([nowhere.code, nowhere.stdout]).to.deep.equal([1, ''])
  })

  it('tells what there is as JSON', async () => {
    const { stdout } = await place.run(['export', '--format', 'terraform', '--json'])
    const { resources, leftOut, documents, written } = resultOf(stdout) as Told
    expect([leftOut, written]).to.deep.equal([[], []])
    expect(resources.map(({ exists }) => exists)).to.deep.equal(resources.map(() => true))
    expect(documents.map((one) => one.name)).to.deep.equal(['packagecloud-cloudfront.tf'])
  })

  it('needs no more than the permissions to look', async () => {
    const { iam } = place.clients
    const { stdout } = await place.run(['permissions', 'look'])
    await iam.send(new CreateUserCommand({ UserName: 'looking' }))
    await iam.send(new PutUserPolicyCommand({ UserName: 'looking', PolicyName: 'look', PolicyDocument: stdout }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'looking' }))
    const { AccessKeyId = '', SecretAccessKey = '' } = AccessKey ?? {}
    const { accessKeyId, secretAccessKey } = place.sandbox
    const text = await readFile(place.config, 'utf8')
    const config = join(place.folder, 'looking.rb')
    await writeFile(config, text.replace(accessKeyId, AccessKeyId).replace(secretAccessKey, SecretAccessKey))
    const env = { PC_CTL_CONFIG: config }
    const args = ['export', '--format', 'terraform', '--output', join(place.folder, 'by whom may look')]
    expect((await place.run(args, { env })).stderr).not.to.contain('Error')
    const called = place.sandbox.calls.list().at(-1)
    expect(JSON.stringify(called)).to.contain('looking')
    const less = JSON.stringify(JSON.parse(stdout)).replace('"iam:GetRolePolicy"', '"iam:ListRoles"')
    await iam.send(new PutUserPolicyCommand({ UserName: 'looking', PolicyName: 'look', PolicyDocument: less }))
    const denied = await place.run(['export', '--format', 'terraform'], { env })
    expect([denied.code, denied.stdout]).to.deep.equal([5, ''])
    expect(denied.stderr).to.contain('iam:GetRolePolicy')
  })

  describe('where the tools are on the machine', () => {
    const run = promisify(execFile)
    const given = process.env['TF_CLI_CONFIG_FILE'] ?? ''
    const environment = (): NodeJS.ProcessEnv => ({
      PATH: process.env['PATH'],
      HOME: place.folder,
      // Says where a copy of the provider is, for machines that don't reach the registry.
      TF_CLI_CONFIG_FILE: existsSync(given) ? given : '/dev/null',
      AWS_ENDPOINT_URL: place.sandbox.endpoint,
      AWS_ACCESS_KEY_ID: place.sandbox.accessKeyId,
      AWS_SECRET_ACCESS_KEY: place.sandbox.secretAccessKey,
      AWS_S3_USE_PATH_STYLE: 'true',
    })
    const exported = async (format: string, ...flags: string[]): Promise<string> => {
      const folder = join(place.folder, `for ${format} ${flags.join('')}`)
      await place.succeed(['export', '--format', format, '--output', folder, ...flags])
      return folder
    }

    it('is formatted as `terraform fmt` wants', async function () {
      if (spawnSync('terraform', ['version'], { env: environment() }).status !== 0) this.skip()
      const folder = await exported('terraform')
      await run('terraform', ['fmt', '-check', '-diff', folder], { env: environment() })
    })

    it('is what Terraform would import without changing anything', async function () {
      this.timeout(300_000)
      if (spawnSync('terraform', ['version'], { env: environment() }).status !== 0) this.skip()
      const cwd = await exported('terraform', '--no-pager')
      const options = { cwd, env: environment(), timeout: 240_000 }
      const begun = await run('terraform', ['init', '-no-color'], options).catch((error: unknown) => error)
      // Where neither the registry nor a copy of the provider is to be had.
      if (begun instanceof Error) this.skip()
      const { stdout } = await run('terraform', ['plan', '-no-color'], { ...options, maxBuffer: 1e8 })
      expect(stdout).to.match(/Plan: 9 to import, 0 to add, 0 to change, 0 to destroy\./)
    })

    it('is nothing that cfn-lint finds fault with', async function () {
      this.timeout(120_000)
      if (spawnSync('cfn-lint', ['--version']).status !== 0) this.skip()
      const folder = await exported('cloudformation')
      for (const region of ['us-east-1', 'eu-central-1']) {
        await run('cfn-lint', [join(folder, `packagecloud-cloudfront-${region}.template.json`)])
      }
    })
  })
})

describe('pc-ctl export --planned', function () {
  this.timeout(60_000)

  it('tells what would be made where nothing is, and nothing to import', () =>
    withInstallation({}, async (place) => {
      const text = await place.succeed(['export', '--format', 'terraform', '--planned'])
      const blocks = readHcl(text)
      expect(blocks.filter(({ type }) => type === 'import')).to.deep.equal([])
      expect(blocks.filter(({ type }) => type === 'resource')).to.have.lengthOf(9)
      expect(text).not.to.contain('known after apply')
      expect(text).to.contain('aws_cloudfront_origin_access_identity.packagecloud.s3_canonical_user_id')
      const folder = join(place.folder, 'planned')
      const args = ['export', '--format', 'cloudformation', '--planned', '--output', folder]
      const files = (await place.succeed(args)).trimEnd().split('\n')
      expect(files.map((file) => file.slice(folder.length + 1))).to.deep.equal([
        'packagecloud-cloudfront-us-east-1.template.json',
        'packagecloud-cloudfront-eu-central-1.template.json',
        `${name}.zip`,
      ])
      const beside = JSON.parse(await readFile(files[1] ?? '', 'utf8')) as Template
      expect(Object.keys(beside.Parameters ?? {})).to.deep.equal(['CanonicalUserId'])
      expect(JSON.stringify(beside.Resources)).not.to.contain('known after apply')
      expect(unzip(files[2] ?? ''))
        .to.contain('handler')
        .and.not.to.contain('secrets":')
      expect(await place.changes(() => place.succeed(args.slice(0, 4)))).to.deep.equal([])
    }))

  it('tells of an origin access control too, by its distribution', () =>
    withInstallation({ region: 'us-east-1' }, async (place) => {
      await place.succeed([...(await place.bootstrap()), '--origin-access', 'oac'])
      const blocks = readHcl(await place.succeed(['export', '--format', 'terraform']))
      const types = blocks.flatMap(({ type, labels }) => (type === 'resource' ? labels[0] : []))
      expect(types).to.include('aws_cloudfront_origin_access_control')
      expect(types).not.to.include('aws_cloudfront_origin_access_identity')
      const policy = blocks.find(({ labels }) => labels[0] === 'aws_s3_bucket_policy')
      expect(JSON.stringify(policy)).to.contain('{"reference":"aws_cloudfront_distribution.packagecloud.arn"}')
      expect(policy?.args).not.to.have.property('provider')
      const template = JSON.parse(await place.succeed(['export', '--format', 'cloudformation', '--json'])) as {
        result: Told
      }
      const [{ text } = { text: '{}' }] = template.result.documents
      const { Resources } = JSON.parse(text) as Template
      expect(Resources['BucketPolicy']).not.to.equal(undefined)
      expect(JSON.stringify(Resources['Distribution'])).to.contain('{"OriginAccessIdentity":""}')
    }))
})

describe('pc-ctl export, where it can’t', function () {
  this.timeout(60_000)

  it('says so: nothing there, not ours, no secret, no format', () =>
    withInstallation({}, async (place) => {
      const without = await place.run(['export'])
      expect([without.code, without.stdout]).to.deep.equal([2, ''])
      const nothing = await place.run(['export', '--format', 'terraform'])
      expect([nothing.code, nothing.stdout]).to.deep.equal([3, ''])
      expect(nothing.stderr).to.contain('nothing of the installation "packagecloud"').and.to.contain('--planned')
      await place.bootstrap()
      await place.clients.iam.send(new UntagRoleCommand({ RoleName: name, TagKeys: [tagKey] }))
      const foreign = await place.run(['export', '--format', 'terraform'])
      expect([foreign.code, foreign.stdout]).to.deep.equal([4, ''])
      expect(foreign.stderr).to.contain('was not made for packagecloud')
    }))
})

interface Template {
  readonly Parameters?: Readonly<Record<string, object>>
  readonly Resources: Readonly<
    Record<string, { Type: string; DeletionPolicy: string; UpdateReplacePolicy: string; Properties: object }>
  >
}

interface Import {
  readonly ResourceType: string
  readonly LogicalResourceId: string
  readonly ResourceIdentifier: object
}

interface Told {
  readonly resources: readonly { readonly exists: boolean }[]
  readonly leftOut: readonly string[]
  readonly documents: readonly { readonly name: string; readonly text: string }[]
  readonly written: readonly string[]
}
