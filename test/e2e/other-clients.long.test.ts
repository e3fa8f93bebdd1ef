import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

import { expect } from 'chai'

import { aws, boto, hasAws, hasBoto } from '../support/aws-and-boto.ts'
import { bucket, install, type Installation } from '../support/installation.ts'

describe('other clients read what pc-ctl has made', function () {
  this.timeout(300_000)
  let place: Installation
  before(async () => {
    place = await install()
    await place.connect()
  })
  after(() => place.close())

  it('boto3', async function () {
    if (!hasBoto) this.skip()
    const script = await readFile(join(import.meta.dirname, 'look_around.py'), 'utf8')
    const { stdout } = await boto({ env: place.sandbox.environment }, script, bucket, 'eu-central-1')
    const tag = { Key: 'packagecloud:enterprise', Value: 'packagecloud' }
    expect(JSON.parse(stdout)).to.deep.equal({
      account: place.sandbox.accountId,
      roleTags: [tag],
      trusts: ['lambda.amazonaws.com', 'edgelambda.amazonaws.com'],
      mayUseKey: true,
      keyTags: [{ TagKey: tag.Key, TagValue: tag.Value }],
      functionTags: { [tag.Key]: tag.Value },
      version: ['1', 'Active', true],
      identities: ['packagecloud:enterprise packagecloud'],
      cachePolicies: [0],
      distributionTags: [tag],
      distribution: ['Deployed', true],
      runs: [true],
      sids: ['PackagecloudEnterprisePackagecloudOaiGetObject', 'PackagecloudEnterprisePackagecloudOaiListBucket'],
    })
  })

  it('aws', async function () {
    if (!hasAws) this.skip()
    const name = 'packagecloud_cloudfront_auth'
    const wanted: readonly (readonly [query: string, command: string, answer: unknown])[] = [
      ['Role.Path', `iam get-role --role-name ${name}`, '/packagecloud/enterprise/'],
      ['PolicyName', `iam get-role-policy --role-name ${name} --policy-name ${name}`, name],
      ['KeyMetadata.KeyState', `kms describe-key --key-id alias/${name}`, 'Enabled'],
      ['Versions[].Version', `lambda list-versions-by-function --function-name ${name}`, ['$LATEST', '1']],
      ['length(CloudFrontOriginAccessIdentityList.Items)', 'cloudfront list-cloud-front-origin-access-identities', 1],
      ['length(CachePolicyList.Items)', 'cloudfront list-cache-policies --type custom', 1],
      ['DistributionList.Items[].Status', 'cloudfront list-distributions', ['Deployed']],
      ['length(Policy) > `100`', `s3api get-bucket-policy --bucket ${bucket} --region eu-central-1`, true],
    ]
    await Promise.all(
      wanted.map(async ([query, command, answer]) => {
        const args = [...command.split(' '), '--query', query, '--output', 'json']
        const { stdout } = await aws({ env: place.sandbox.environment }, ...args)
        expect(JSON.parse(stdout), command).to.deep.equal(answer)
      }),
    )
  })
})
