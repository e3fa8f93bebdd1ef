import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { expect } from 'chai'

import {
  discard,
  expectPlainTalk,
  type Installation,
  type Kept,
  keepBootstrapped,
  newSecretLines,
  inTurn,
  withInstallation,
} from '../support/installation.ts'
import { share } from '../support/share.ts'

describe('a permission that is missing', function () {
  this.timeout(300_000)
  let kept: Kept | undefined
  before(async () => (kept = await keepBootstrapped()))
  after(() => discard(kept))
  const next = (): string[] => kept?.next ?? []

  /** The actions that a command uses in a situation, and how it comes to that. */
  const scenes: readonly {
    readonly title: string
    readonly bootstrapped: boolean
    readonly prepare: (place: Installation) => Promise<readonly string[]>
    readonly actions: readonly string[]
  }[] = [
    {
      title: 'bootstrap-cloudfront on an empty account',
      bootstrapped: false,
      prepare: async () => ['bootstrap-cloudfront'],
      actions: [
        's3:ListBucket',
        's3:GetEncryptionConfiguration',
        's3:GetBucketOwnershipControls',
        'iam:GetRole',
        'iam:CreateRole',
        'kms:ListKeys',
        'kms:ListAliases',
        'kms:CreateKey',
        'kms:EnableKeyRotation',
        'kms:CreateAlias',
        'iam:GetRolePolicy',
        'iam:PutRolePolicy',
        'lambda:GetFunction',
        'kms:Encrypt',
        'iam:PassRole',
        'lambda:CreateFunction',
        'lambda:TagResource',
        'lambda:GetFunctionConfiguration',
        'lambda:ListVersionsByFunction',
        'lambda:PublishVersion',
      ],
    },
    {
      title: 'bootstrap-cloudfront with a new secret and runtime',
      bootstrapped: true,
      async prepare(place) {
        await place.paste(newSecretLines)
        return ['bootstrap-cloudfront', '--runtime', 'nodejs22.x']
      },
      actions: [
        'kms:DescribeKey',
        'kms:ListResourceTags',
        'kms:Decrypt',
        'lambda:UpdateFunctionCode',
        'lambda:UpdateFunctionConfiguration',
      ],
    },
    {
      title: 'reconfigure-cloudfront-distribution on an empty account',
      bootstrapped: true,
      prepare: async () => next(),
      actions: [
        'lambda:ListTags',
        'lambda:GetFunctionConfiguration',
        'cloudfront:ListDistributions',
        'cloudfront:ListCloudFrontOriginAccessIdentities',
        'cloudfront:CreateCloudFrontOriginAccessIdentity',
        'cloudfront:ListCachePolicies',
        'cloudfront:CreateCachePolicy',
        's3:GetBucketPolicy',
        's3:PutBucketPolicy',
        'cloudfront:CreateDistribution',
        'cloudfront:TagResource',
        'lambda:GetFunction',
        'lambda:EnableReplication*',
        'cloudfront:GetDistribution',
      ],
    },
    {
      title: 'reconfigure-cloudfront-distribution to a control',
      bootstrapped: true,
      async prepare(place) {
        await place.connect()
        return [...next(), '--origin-access', 'oac']
      },
      actions: [
        'cloudfront:ListTagsForResource',
        'cloudfront:GetCachePolicy',
        'cloudfront:ListOriginAccessControls',
        'cloudfront:CreateOriginAccessControl',
        'cloudfront:UpdateDistribution',
      ],
    },
  ]

  for (const { title, bootstrapped, prepare, actions } of scenes) {
    it(`${title}: exit 5, with the action and the statement that allows it`, () =>
      inTurn(share(actions), async (action) =>
        withInstallation(bootstrapped && kept !== undefined ? { from: kept } : {}, async (place) => {
          const words = await prepare(place)
          const secretKey = await becomeUserWithout(place, action)
          const { stdout, stderr, code } = await place.run(words)
          expect([stdout, code], `${action}\n${stderr}`).to.deep.equal(['', 5])
          expect(stderr).to.include(`denied ${action} `.replace(/ $/, ''))
          expect(stderr).to.include(`"Effect":"Allow","Action":"${action}","Resource":"`)
          expect(stderr).not.to.include(secretKey)
          expectPlainTalk(stderr)
        }),
      ))
  }

  it('is found by --dry-run too, where it is one to look', () =>
    withInstallation({}, async (place) => {
      await becomeUserWithout(place, 'kms:ListKeys')
      const { stderr, code } = await place.run(['bootstrap-cloudfront', '--dry-run'])
      expect(code).to.equal(5)
      expect(stderr).to.include('kms:ListKeys')
    }))
})

/** Has packagecloud.rb name a user who may do everything but one action; returns the user's secret key. */
async function becomeUserWithout(place: Installation, action: string): Promise<string> {
  const { iam } = place.clients
  const UserName = 'operator'
  await iam.send(new CreateUserCommand({ UserName }))
  await iam.send(
    new PutUserPolicyCommand({
      UserName,
      PolicyName: 'almost-everything',
      PolicyDocument: JSON.stringify({
        Version: '2012-10-17',
        Statement: { Effect: 'Allow', NotAction: action, Resource: '*' },
      }),
    }),
  )
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  await place.paste(
    `packagecloud_rails['aws_access_key'] = '${AccessKey?.AccessKeyId ?? ''}'\n` +
      `packagecloud_rails['aws_secret_key'] = '${AccessKey?.SecretAccessKey ?? ''}'\n`,
  )
  return AccessKey?.SecretAccessKey ?? ''
}
