import { CloudFrontClient, CreateKeyValueStoreCommand } from '@aws-sdk/client-cloudfront'
import { CreateAccessKeyCommand, CreateUserCommand, IAMClient, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { expect } from 'chai'

import { connect } from '../../src/aws/connect.ts'
import { KeyValueStoreClient } from '../../src/aws/key-value-store-client.ts'
import { edgeRegion } from '../../src/aws/names.ts'
import type { PolicyDocument } from '../../src/aws/policy.ts'
import { storeKey } from '../../src/edge/store-value.ts'
import { untilStoreReady } from '../../src/resources/function/key-value-store.ts'
import { type AwsUnderTest, noSettings, startAws } from '../support/aws-under-test.ts'
import { resultOf } from '../support/json-document.ts'
import { runQuickly } from '../support/run-here.ts'

const account = '111122223333'
const operators = `arn:aws:iam::${account}:role/operators`

describe('pc-ctl permissions --deny-others', () => {
  const nobody = { AWS_CONFIG_FILE: '/nowhere', AWS_SHARED_CREDENTIALS_FILE: '/nowhere' }
  const print = (...args: string[]) =>
    runQuickly(['permissions', '--deny-others', '--account', account, ...args], { env: nobody })

  it('prints the policy without credentials, for all stores, and says so', async () => {
    const { code, stdout, stderr } = await print('--except', operators, '--except', `${operators}-2`)
    expect(code).to.equal(0)
    expect(JSON.parse(stdout)).to.deep.equal({
      Version: '2012-10-17',
      Statement: [
        {
          Sid: 'PcCtlSecretsOfSignedUrls',
          Effect: 'Deny',
          Action: ['cloudfront-keyvaluestore:GetKey', 'cloudfront-keyvaluestore:ListKeys'],
          Resource: `arn:aws:cloudfront::${account}:key-value-store/*`,
          Condition: { ArnNotLike: { 'aws:PrincipalArn': [operators, `${operators}-2`] } },
        },
      ],
    })
    expect(stderr).to.include('all key value stores of the account').and.not.include('Attach it')
    const all = await print()
    expect(all.stdout).not.to.include('Condition')
    expect(all.stderr).to.include('Attach it to the users')
    expect(resultOf((await print('--json')).stdout)).to.deep.equal({ 'deny-others': JSON.parse(all.stdout) as object })
  })

  it('prints it as Terraform has it', async () => {
    const { stdout } = await print('--format', 'terraform', '--except', operators)
    expect(stdout).to.include('data "aws_iam_policy_document" "pc_ctl_deny_others" {')
    expect(stdout)
      .to.match(/effect += "Deny"/)
      .and.match(/test += "ArnNotLike"/)
  })

  it('refuses what is no user or role, groups of commands, and to check it', async () => {
    for (const args of [
      ['--except', 'operators'],
      ['--except', `arn:aws:sts::${account}:assumed-role/operators/me`],
      ['--check'],
      ['look'],
    ]) {
      const { code, stdout } = await print(...args)
      expect([code, stdout], args.join(' ')).to.deep.equal([2, ''])
    }
    expect((await runQuickly(['permissions', '--except', operators, '--account', account])).code).to.equal(2)
  })

  describe('on an account', () => {
    let bench: AwsUnderTest
    beforeEach(async () => (bench = await startAws()))
    afterEach(() => {
      for (const aws of opened.splice(0)) aws.close()
      return bench.close()
    })
    const opened: Awaited<ReturnType<typeof connect>>[] = []
    const look = (...args: string[]) =>
      runQuickly(['permissions', '--deny-others', ...args], { env: bench.sandbox.environment })

    it('names the store that is there, and keeps others from reading it, whatever else they may', async () => {
      expect((await look()).stderr).to.include('there is no packagecloud_cloudfront_auth yet')
      const Name = bench.names.functionName
      const made = await bench.aws.client(CloudFrontClient, edgeRegion).send(new CreateKeyValueStoreCommand({ Name }))
      const arn = made.KeyValueStore?.ARN ?? ''
      const { stdout, stderr } = await look('--except', `arn:aws:iam::${account}:user/operator`)
      const denial = JSON.parse(stdout) as PolicyDocument
      expect(stderr).to.equal('')
      expect(denial.Statement[0]?.Resource).to.equal(arn)
      const store = bench.aws.client(KeyValueStoreClient, edgeRegion)
      await untilStoreReady(bench.aws, bench.names, bench.talk)
      const { etag } = await store.send({ operation: 'DescribeKeyValueStore', arn })
      await store.send({ operation: 'UpdateKeys', arn, etag, puts: [{ Key: storeKey, Value: '{}' }] })
      const [others, operator] = [await userWith(denial, 'others'), await userWith(denial, 'operator')]
      const read = (by: typeof others) => {
        const client = by.client(KeyValueStoreClient, edgeRegion)
        return client.send({ operation: 'GetKey', arn, key: storeKey }).then(
          ({ document }) => document['Value'],
          (error: unknown) => (error as Error).name,
        )
      }
      expect([await read(others), await read(operator)]).to.deep.equal(['AccessDeniedException', '{}'])
    })

    /** Clients of somebody who may do anything but what is denied. */
    async function userWith(denial: PolicyDocument, UserName: string) {
      const iam = bench.aws.client(IAMClient, edgeRegion)
      await iam.send(new CreateUserCommand({ UserName }))
      const all = { Effect: 'Allow', Action: '*', Resource: '*' }
      const PolicyDocument = JSON.stringify({ ...denial, Statement: [...denial.Statement, all] })
      await iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'all-but', PolicyDocument }))
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
      process.env['AWS_ACCESS_KEY_ID'] = AccessKey?.AccessKeyId
      process.env['AWS_SECRET_ACCESS_KEY'] = AccessKey?.SecretAccessKey
      const aws = await connect(noSettings)
      // Credentials are read when they are first needed.
      await aws.client(CloudFrontClient, edgeRegion).config.credentials()
      opened.push(aws)
      return aws
    }
  })
})
