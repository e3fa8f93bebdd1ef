/**
 * Calls that AWS is assumed to refuse, or to answer as before. Each is such that nothing new is made; if an assumption does
 * not hold, what is made has the installation's name or tag, so that it is told of at the end.
 */
import {
  CloudFrontClient,
  CreateCloudFrontOriginAccessIdentityCommand,
  CreateDistributionWithTagsCommand,
  type DistributionConfig,
  GetDistributionCommand,
  GetDistributionConfigCommand,
  GetInvalidationCommand,
  UpdateDistributionCommand,
} from '@aws-sdk/client-cloudfront'
import { GetRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { DecryptCommand, DescribeKeyCommand, EncryptCommand, KMSClient } from '@aws-sdk/client-kms'
import { CreateFunctionCommand, GetFunctionCommand, LambdaClient, PublishVersionCommand } from '@aws-sdk/client-lambda'
import { paginateGetResources, ResourceGroupsTaggingAPIClient } from '@aws-sdk/client-resource-groups-tagging-api'
import {
  GetBucketPolicyCommand,
  GetBucketWebsiteCommand,
  HeadObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { zipSync } from 'fflate'

import { nameOf } from '../../src/aws/absent.ts'
import { explainError } from '../../src/aws/denial.ts'
import { edgeRegion } from '../../src/aws/names.ts'
import { newestRuntime } from '../../src/edge/runtime.ts'
import { inSeconds, pause } from './edge.ts'
import { keys } from './objects.ts'
import type { Live } from './place.ts'
import { refusalOf } from './refusal.ts'

export async function seeWhatIsRefused(live: Live): Promise<void> {
  try {
    await ofCloudFront(live)
    await ofLambda(live)
    await ofKms(live)
    await ofS3(live)
    await ofWhatIsNotThere(live)
  } catch (error) {
    throw explainError(error, 'See what AWS refuses')
  }
}

async function ofCloudFront({ aws, names, findings, settings }: Live): Promise<void> {
  const client = aws.client(CloudFrontClient, edgeRegion)
  const { value: Id } = (await settings()).cloudfrontDistributionId ?? { value: '' }
  const { DistributionConfig: config } = await client.send(new GetDistributionConfigCommand({ Id }))
  // Disabled, so that it would serve nothing.
  const again = { ...config, Enabled: false } as DistributionConfig
  const Tags = { Items: [names.tag] }
  const command = new CreateDistributionWithTagsCommand({
    DistributionConfigWithTags: { DistributionConfig: again, Tags },
  })
  let other = ''
  const second = await refusalOf(async () => {
    other = (await client.send(command)).Distribution?.Id ?? ''
  })
  findings.note(
    'A8',
    second ?? `cf://${other} was made, which is to be removed`,
    /^DistributionAlreadyExists: /.test(second ?? '') && /Already exists: (\w+)/.exec(second ?? '')?.[1] === Id,
  )
  // The same configuration, so that nothing would change.
  const outdated = new UpdateDistributionCommand({ Id, IfMatch: 'E2QWRUHAPOMQZL', DistributionConfig: config })
  const stale = await refusalOf(() => client.send(outdated))
  findings.note('A9', stale ?? 'not refused', /^(?:PreconditionFailed|InvalidIfMatchVersion): /.test(stale ?? ''))

  const origin = config?.Origins?.Items?.find(({ S3OriginConfig: s3 }) => (s3?.OriginAccessIdentity ?? '') !== '')
  const identity = origin?.S3OriginConfig?.OriginAccessIdentity?.split('/').at(-1)
  const reference = { CallerReference: names.originAccess, Comment: names.originAccess }
  const { CloudFrontOriginAccessIdentity: made } = await client.send(
    new CreateCloudFrontOriginAccessIdentityCommand({ CloudFrontOriginAccessIdentityConfig: reference }),
  )
  findings.note(
    'A10',
    made?.Id === identity ? 'the same' : `${made?.Id ?? 'none'}, not ${identity ?? 'none'}`,
    made?.Id === identity,
  )
}

async function ofLambda({ aws, names, account, findings }: Live): Promise<void> {
  const client = aws.client(LambdaClient, edgeRegion)
  const nobody = new CreateFunctionCommand({
    FunctionName: `${names.functionName}_refused`,
    Role: `arn:aws:iam::${account.id}:role${names.rolePath}${names.roleName}_absent`,
    Runtime: newestRuntime,
    Handler: 'index.handler',
    Code: { ZipFile: zipSync({ 'index.mjs': Buffer.from('export const handler = async () => {}\n') }) },
    Tags: { [names.tag.Key]: names.tag.Value },
  })
  const refused = await refusalOf(() => client.send(nobody))
  findings.note(
    'A7',
    refused ?? `${names.functionName}_refused was made, which is to be removed`,
    /^InvalidParameterValueException: .*cannot be assumed by Lambda/.test(refused ?? ''),
  )
  const other = new PublishVersionCommand({ FunctionName: names.functionName, CodeSha256: sha256OfNothing })
  const published = await refusalOf(() => client.send(other))
  findings.note(
    'A6',
    published ?? 'published',
    /^InvalidParameterValueException: .*CodeSha256/i.test(published ?? '') ||
      /^PreconditionFailedException: /.test(published ?? ''),
  )
}

const sha256OfNothing = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU='

async function ofKms(live: Live): Promise<void> {
  const { aws, names, findings } = live
  const client = aws.client(KMSClient, edgeRegion)
  const { KeyMetadata: key } = await client.send(new DescribeKeyCommand({ KeyId: names.keyAlias }))
  const sealed = await client.send(
    new EncryptCommand({
      KeyId: names.keyAlias,
      Plaintext: Buffer.from('nothing secret'),
      EncryptionContext: { live: 'one' },
    }),
  )
  const opened = await refusalOf(() =>
    client.send(new DecryptCommand({ CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: { live: 'two' } })),
  )
  findings.note('A33', opened ?? 'decrypted', /^InvalidCiphertextException: /.test(opened ?? ''))
  await untilTagged(live, key?.Arn ?? '')
}

async function untilTagged(live: Live, arn: string): Promise<void> {
  const { aws, names, findings } = live
  const client = aws.client(ResourceGroupsTaggingAPIClient, edgeRegion)
  const asked = { ResourceTypeFilters: ['kms:key'], TagFilters: [{ Key: names.tag.Key, Values: [names.tag.Value] }] }
  for (let seconds = 0; ; seconds += 5) {
    for await (const page of paginateGetResources({ client }, asked)) {
      if (page.ResourceTagMappingList?.some(({ ResourceARN }) => ResourceARN === arn) !== true) continue
      findings.note('A34', seconds === 0 ? 'told of' : `told of after ${inSeconds(seconds)}`, true)
      return
    }
    if (seconds >= 120) {
      findings.note('A34', `not told of after ${inSeconds(seconds)}`, false)
      return
    }
    await pause(live, 5)
  }
}

async function ofS3({ aws, bucket, site, region, findings }: Live): Promise<void> {
  const s3 = aws.client(S3Client, region)
  const nobody = {
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { AWS: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E0000000000000' },
      Action: 's3:GetObject',
      Resource: `arn:aws:s3:::${site}/*`,
    },
  }
  const principal = await refusalOf(() =>
    s3.send(new PutBucketPolicyCommand({ Bucket: site, Policy: JSON.stringify(nobody) })),
  )
  findings.note('A12', principal ?? 'taken', /^MalformedPolicy: .*invalid principal/i.test(principal ?? ''))

  const object = { Bucket: bucket, Key: 'walk/conditions.txt', Body: 'written once\n' }
  await s3.send(new PutObjectCommand(object))
  const conditions = [{ IfMatch: '"00000000000000000000000000000000"' }, { IfNoneMatch: '*' }]
  const answers: string[] = []
  for (const condition of conditions) {
    const answer = await refusalOf(() => s3.send(new PutObjectCommand({ ...object, ...condition })))
    answers.push(`${Object.keys(condition).join('')}: ${answer ?? 'written'}`)
  }
  const kept = answers.every((answer) => answer.includes(': PreconditionFailed: '))
  findings.note('A31', answers.join('; '), kept)

  const acl = await refusalOf(() => s3.send(new PutObjectCommand({ ...object, Bucket: site, ACL: 'public-read' })))
  findings.note('A35', acl ?? 'taken', /^AccessControlListNotSupported: /.test(acl ?? ''))
}

/** The names by which pc-ctl tells what is not there from what it can't look at. */
async function ofWhatIsNotThere({ aws, names, site, region, bucket, findings, settings }: Live): Promise<void> {
  const cloudfront = aws.client(CloudFrontClient, edgeRegion)
  const lambda = aws.client(LambdaClient, edgeRegion)
  const kms = aws.client(KMSClient, edgeRegion)
  const iam = aws.client(IAMClient, edgeRegion)
  const s3 = aws.client(S3Client, region)
  const { value: DistributionId } = (await settings()).cloudfrontDistributionId ?? { value: '' }
  const absent: readonly [name: string, ask: () => Promise<unknown>][] = [
    ['NoSuchEntityException', () => iam.send(new GetRoleCommand({ RoleName: `${names.roleName}_absent` }))],
    ['NotFoundException', () => kms.send(new DescribeKeyCommand({ KeyId: `${names.keyAlias}_absent` }))],
    [
      'ResourceNotFoundException',
      () => lambda.send(new GetFunctionCommand({ FunctionName: `${names.functionName}_absent` })),
    ],
    ['NoSuchDistribution', () => cloudfront.send(new GetDistributionCommand({ Id: 'E0000000000000' }))],
    ['NoSuchInvalidation', () => cloudfront.send(new GetInvalidationCommand({ DistributionId, Id: 'I0000000000000' }))],
    ['NoSuchBucketPolicy', () => s3.send(new GetBucketPolicyCommand({ Bucket: site }))],
    ['NoSuchWebsiteConfiguration', () => s3.send(new GetBucketWebsiteCommand({ Bucket: bucket }))],
    ['NotFound', () => s3.send(new HeadObjectCommand({ Bucket: bucket, Key: `${keys.plain}.absent` }))],
  ]
  const wrong: string[] = []
  for (const [name, ask] of absent) {
    const said = await ask().then(
      () => 'found',
      (error: unknown) => nameOf(error),
    )
    // An earlier start has left a policy there.
    if (said === 'found' && name === 'NoSuchBucketPolicy') continue
    if (said !== name) wrong.push(`${said} in place of ${name}`)
  }
  findings.note(
    'A13',
    wrong.length === 0 ? absent.map(([name]) => name).join(', ') : wrong.join(', '),
    wrong.length === 0,
  )
}
