import { setTimeout as sleep } from 'node:timers/promises'

import { CloudFrontClient, CreateCloudFrontOriginAccessIdentityCommand } from '@aws-sdk/client-cloudfront'
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import {
  CreateBucketCommand,
  DeleteBucketPolicyCommand,
  GetBucketPolicyCommand,
  GetObjectCommand,
  PutBucketPolicyCommand,
  PutObjectCommand,
} from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { failureOf, type S3Fixture, startS3 } from '../../support/s3-client.ts'

const Bucket = 'policies'
const objects = `arn:aws:s3:::${Bucket}/*`
const allow = (principal: unknown, more: Record<string, unknown> = {}): Record<string, unknown> => ({
  Effect: 'Allow',
  Principal: principal,
  Action: 's3:GetObject',
  Resource: objects,
  ...more,
})

describe('bucket policies', () => {
  const principalDelay = 400
  let fixture: S3Fixture
  let shared: { endpoint: string; region: string; credentials: { accessKeyId: string; secretAccessKey: string } }
  const putText = (Policy: string): Promise<unknown> =>
    fixture.client.send(new PutBucketPolicyCommand({ Bucket, Policy }))
  const put = (...statements: unknown[]): Promise<unknown> =>
    putText(JSON.stringify({ Version: '2012-10-17', Statement: statements }))
  const read = async (): Promise<{ Statement: { Principal: unknown }[] }> => {
    const { Policy = '' } = await fixture.client.send(new GetBucketPolicyCommand({ Bucket }))
    return JSON.parse(Policy) as { Statement: { Principal: unknown }[] }
  }

  before(async () => {
    fixture = await startS3({ timing: { principal: principalDelay } })
    const { endpoint, accessKeyId, secretAccessKey } = fixture.sandbox
    shared = { endpoint, region: 'us-east-1', credentials: { accessKeyId, secretAccessKey } }
    await fixture.client.send(new CreateBucketCommand({ Bucket }))
    await fixture.client.send(new PutObjectCommand({ Bucket, Key: 'k', Body: 'k' }))
  })
  after(() => fixture.close())

  it('are refused with S3’s messages', async () => {
    const service = { Service: 'cloudfront.amazonaws.com' }
    const cases: [() => Promise<unknown>, string][] = [
      [() => putText('nonsense'), "Policies must be valid JSON and the first byte must be '{'"],
      [() => putText(' {}'), "Policies must be valid JSON and the first byte must be '{'"],
      [() => putText('{"Version":'), 'This policy contains invalid Json'],
      [() => putText('{"Version":"2012-10-17"}'), 'Missing required field Statement'],
      [() => putText('{"Version":"2012-10-17","Statement":[]}'), 'Could not parse the policy: Statement is empty!'],
      [() => putText('{"Version":"2012-10-17","Statement":["x"]}'), 'Invalid policy syntax.'],
      [() => putText('{"Version":"2012-10-17","Id":7,"Statement":[]}'), 'Invalid policy syntax.'],
      [() => putText('{"Version":"2020-01-01","Statement":[]}'), 'The policy must contain a valid version string'],
      [() => put({ ...allow(service), Principal: undefined }), 'Missing required field Principal'],
      [() => put({ ...allow(service), Surprise: 1 }), 'Unknown field Surprise'],
      [() => put(allow({ CanonicalUser: 'f'.repeat(96) })), 'Invalid principal in policy'],
      [
        () => put(allow({ AWS: 'arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity E2EXAMPLE' })),
        'Invalid principal in policy',
      ],
      [
        () => put(allow({ AWS: `arn:aws:iam::${fixture.sandbox.accountId}:role/nobody` })),
        'Invalid principal in policy',
      ],
      ...[
        { Service: 'cloudfrnt.amazonaws.com' },
        { Service: 'cloudfront.amazonaws.org' },
        { Service: ['cloudfront.amazonaws.com', 'cloud-front.amazonaws.com'] },
        { AWS: `arn:aws:iam::${fixture.sandbox.accountId}:user/*` },
        { AWS: `arn:aws:iam::${fixture.sandbox.accountId}:group/admins` },
        { AWS: 'arn:aws:iam::12345:root' },
        { AWS: 'AIDACKCEVSQ6C2EXAMPLE' },
        { Federated: 'cognito.amazonaws.com' },
        { Federated: `arn:aws:iam::${fixture.sandbox.accountId}:saml-provider/idp` },
        { Group: 'admins' },
        {},
      ].map((principal): [() => Promise<unknown>, string] => [
        () => put(allow(principal)),
        'Invalid principal in policy',
      ]),
      [() => put(allow('everybody')), 'Invalid policy syntax.'],
      [() => put(allow(service, { NotAction: 's3:PutObject' })), 'Invalid policy syntax.'],
      ...[
        'arn:aws:s3:::other/*',
        '*',
        'arn:aws:s3:::*',
        `arn:aws:s3:::${Bucket}-2/*`,
        `arn:aws:s3:eu-west-1::${Bucket}`,
      ].map((Resource): [() => Promise<unknown>, string] => [
        () => put(allow(service, { Resource })),
        'Policy has invalid resource',
      ]),
      ...['s3:Nope', 's3:Nope*', 'ec2:RunInstances', 'GetObject', 's3:Get Object', 's3:HeadObject'].map(
        (Action): [() => Promise<unknown>, string] => [
          () => put(allow(service, { Action: ['s3:GetObject', Action] })),
          'Policy has invalid action',
        ],
      ),
      [() => put(allow(service, { Action: 's3:ListBucket' })), 'Action does not apply to any resource(s) in statement'],
      [
        () => put(allow(service, { Action: ['s3:GetObject', 's3:GetBucket*'] })),
        'Action does not apply to any resource(s) in statement',
      ],
      [
        () => put(allow(service, { Action: 's3:ListAllMyBuckets', Resource: `arn:aws:s3:::${Bucket}` })),
        'Action does not apply to any resource(s) in statement',
      ],
      ...['aws:SourceArm', 's3:x-amz-colour', 'sourcearn', 'ec2:Vpc'].map((key): [() => Promise<unknown>, string] => [
        () => put(allow(service, { Condition: { StringLike: { [key]: '*' } } })),
        'Policy has an invalid condition key',
      ]),
      [
        () => put(allow(service, { Condition: { StringLike: { 's3:prefix': 'a/*' } } })),
        'Conditions do not apply to combination of actions and resources in statement',
      ],
      [
        () => put(allow(service, { Condition: { StringLike: { 'aws:UserAgent': { a: 1 } } } })),
        'Invalid policy syntax.',
      ],
      [() => put(allow(service, { Condition: { Sounds: { 'aws:x': 'y' } } })), 'Invalid Condition type : Sounds'],
      [
        () => put(allow(service, { Sid: 'A' }), allow(service, { Sid: 'A' })),
        'Statement IDs (SID) in a single policy must be unique.',
      ],
      [() => put(allow(service, { Sid: 'x'.repeat(20 * 1024) })), 'Policy exceeds the maximum allowed document size.'],
    ]
    for (const [attempt, message] of cases) {
      expect(await failureOf(attempt())).to.include({ name: 'MalformedPolicy', message, status: 400 })
    }
    expect((await failureOf(read())).name).to.equal('NoSuchBucketPolicy')
  })

  it('are taken as S3 takes them', async () => {
    const service = { Service: ['logs.eu-central-1.amazonaws.com', 'logging.s3.amazonaws.com'] }
    const both = [`arn:aws:s3:::${Bucket}`, objects]
    await put(
      allow(service, { Action: ['S3:getobject', 's3:Put*'], Resource: [objects, `arn:aws:s3:::${Bucket}*`] }),
      allow({ AWS: '999999999999' }, { Action: 's3:*', Resource: both }),
      allow({ Federated: 'accounts.google.com' }),
      { ...allow('*'), Effect: 'Deny', Condition: { NumericLessThan: { 's3:TlsVersion': 1.2 } } },
      {
        ...allow('*', { Resource: both, Condition: { Null: { 'aws:PrincipalTag/team': 'true' } } }),
        Effect: 'Deny',
        Action: undefined,
        NotAction: 's3:List*',
      },
      allow(
        { AWS: `arn:aws:iam::${fixture.sandbox.accountId}:root` },
        {
          Action: ['s3:ListBucket', 's3:ListBucketVersions'],
          Resource: `arn:aws:s3:::${Bucket}`,
          Condition: { StringLike: { 's3:prefix': 'a/*' }, NumericLessThanEquals: { 's3:max-keys': '10' } },
        },
      ),
    )
    expect((await read()).Statement[1]?.Principal).to.deep.equal({ AWS: 'arn:aws:iam::999999999999:root' })
    await fixture.client.send(new DeleteBucketPolicyCommand({ Bucket }))
  })

  it('know an origin access identity only after a while, and then by its ARN', async () => {
    const cloudfront = new CloudFrontClient(shared)
    const config = { CallerReference: 'policy', Comment: '' }
    const { CloudFrontOriginAccessIdentity: identity } = await cloudfront.send(
      new CreateCloudFrontOriginAccessIdentityCommand({ CloudFrontOriginAccessIdentityConfig: config }),
    )
    cloudfront.destroy()
    const statement = allow({ CanonicalUser: identity?.S3CanonicalUserId })
    expect(await failureOf(put(statement))).to.include({
      name: 'MalformedPolicy',
      message: 'Invalid principal in policy',
    })
    await sleep(principalDelay)
    await put(statement)
    expect((await read()).Statement[0]?.Principal).to.deep.equal({
      AWS: `arn:aws:iam::cloudfront:user/CloudFront Origin Access Identity ${identity?.Id ?? ''}`,
    })
  })

  it('and IAM policies together decide about users', async () => {
    const iam = new IAMClient(shared)
    const UserName = 'reader'
    await iam.send(new CreateUserCommand({ UserName }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
    const reader = fixture.clientOf('us-east-1', {
      accessKeyId: AccessKey?.AccessKeyId ?? '',
      secretAccessKey: AccessKey?.SecretAccessKey ?? '',
    })
    const get = (Key: string): Promise<unknown> => reader.send(new GetObjectCommand({ Bucket, Key }))
    expect((await failureOf(get('k'))).name).to.equal('AccessDenied')
    const PolicyDocument = JSON.stringify({
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Action: 's3:GetObject', Resource: objects }],
    })
    await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'read', PolicyDocument }))
    iam.destroy()
    await get('k')
    // Without ListBucket a missing key looks like a forbidden one.
    expect(await failureOf(get('missing'))).to.include({ name: 'AccessDenied', status: 403 })
    const user = `arn:aws:iam::${fixture.sandbox.accountId}:user/${UserName}`
    await sleep(principalDelay)
    await put({ ...allow({ AWS: user }), Effect: 'Deny' })
    expect((await failureOf(get('k'))).name).to.equal('AccessDenied')
    await put(allow({ AWS: user }, { Action: 's3:ListBucket', Resource: `arn:aws:s3:::${Bucket}` }))
    expect((await failureOf(get('missing'))).name).to.equal('NoSuchKey')
  })
})
