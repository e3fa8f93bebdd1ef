import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { expect } from 'chai'

import type { PolicyDocument } from '../../src/aws/policy.ts'
import { encryptBucket, expectServed } from '../support/encrypted-bucket.ts'
import { inTurn, type Installation, withInstallation } from '../support/installation.ts'

/** Has packagecloud.rb name a user who has just this policy. */
async function become(installation: Installation, UserName: string, policy: PolicyDocument): Promise<void> {
  const { iam } = installation.clients
  await iam.send(new CreateUserCommand({ UserName }))
  await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'pc-ctl', PolicyDocument: JSON.stringify(policy) }))
  const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
  await installation.paste(
    `packagecloud_rails['aws_access_key'] = '${AccessKey?.AccessKeyId ?? ''}'\n` +
      `packagecloud_rails['aws_secret_key'] = '${AccessKey?.SecretAccessKey ?? ''}'\n`,
  )
}

const without = ({ Statement, ...policy }: PolicyDocument, action: string): PolicyDocument => ({
  ...policy,
  Statement: Statement.map((one) => ({
    ...one,
    Action: [one.Action].flat().filter((other) => other !== action),
  })).filter(({ Action }) => Action.length > 0),
})

const policyOf = async (installation: Installation, ...words: string[]): Promise<PolicyDocument> =>
  JSON.parse(await installation.succeed(['permissions', ...words])) as PolicyDocument

describe('the permissions that a bucket’s KMS key needs', function () {
  this.timeout(120_000)

  it('are enough to have its policy changed, each is needed, and they are about that key alone', () =>
    withInstallation({}, async (place) => {
      const key = await encryptBucket(place)
      const next = [...(await place.bootstrap()), '--kms-key-policy', '--yes']
      const policy = await policyOf(place, 'distribution', '--bucket-key', key)
      const ofKey = policy.Statement.filter(({ Resource }) => Resource === key)
      expect(ofKey.flatMap(({ Action }) => Action)).to.have.members([
        'kms:DescribeKey',
        'kms:GetKeyPolicy',
        'kms:PutKeyPolicy',
      ])
      expect(JSON.stringify(await policyOf(place, 'distribution', '--origin-access', 'oac'))).not.to.include(
        'KeyPolicy',
      )

      await inTurn(['kms:DescribeKey', 'kms:GetKeyPolicy', 'kms:PutKeyPolicy'], async (action) => {
        await become(place, `without-${action.slice(4)}`, without(policy, action))
        const { code, stderr } = await place.run(next)
        expect(code, stderr).to.equal(5)
        expect(stderr).to.include(`"Action":"${action}"`)
      })
      await become(place, 'with-all', policy)
      await place.paste(await place.succeed(next))
      await expectServed(place)
    }))

  it('are enough to look with, and the status says so where they are not given', () =>
    withInstallation({}, async (place) => {
      const key = await encryptBucket(place)
      const policies = [await policyOf(place, 'look'), await policyOf(place, 'look', '--bucket-key', key)]
      await place.connect('--kms-key-policy', '--yes')
      expect(JSON.stringify(policies)).not.to.include('kms:PutKeyPolicy')
      const told: string[] = []
      for (const [index, policy] of policies.entries()) {
        await become(place, `looks-${index}`, policy)
        told.push((await place.run(['status'])).stdout)
      }
      expect(told[0]).to.match(/whether the policy of the KMS key .* was not checked: .*kms:/)
      expect(told[1]).to.match(/ok +KMS key policy/)
      expect(told[1]).not.to.include('not checked')
    }))

  it('are asked for by the ARN of a key', () =>
    withInstallation({}, async (installation) => {
      for (const word of ['alias/packages', 'arn:aws:kms:eu-central-1:111122223333:alias/packages', 'arn:aws:s3:::b']) {
        const { code, stderr } = await installation.run(['permissions', 'distribution', '--bucket-key', word])
        expect(code).to.equal(2)
        expect(stderr)
          .to.include('is not the ARN of a KMS key')
          .and.include('get-bucket-encryption --bucket packages-example-org')
      }
    }))
})
