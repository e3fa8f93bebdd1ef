import { CreateDistributionCommand, GetDistributionCommand } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import { config } from '../support/cloudfront-fixture.ts'
import { endState } from '../support/end-state.ts'
import { bucket, type Installation, withInstallation } from '../support/installation.ts'

/** A distribution that somebody made in the console and put on a plan, with the bucket as its origin. */
async function onPlan({ clients, sandbox }: Installation, plan: 'pro' | 'business'): Promise<string> {
  const made = config('made in the console')
  const [origin] = made.Origins?.Items ?? []
  const { Distribution } = await clients.cloudfront.send(
    new CreateDistributionCommand({
      DistributionConfig: {
        ...made,
        Origins: {
          Quantity: 1,
          Items: [
            {
              ...origin,
              Id: origin?.Id,
              DomainName: `${bucket}.s3.eu-central-1.amazonaws.com`,
              CustomOriginConfig: undefined,
              S3OriginConfig: { OriginAccessIdentity: '' },
            },
          ],
        },
      },
    }),
  )
  const id = Distribution?.Id ?? ''
  const answer = await fetch(`${sandbox.endpoint}/_sandbox/plans`, { method: 'POST', body: `${id} ${plan}\n` })
  expect(answer.status, await answer.text()).to.equal(200)
  return id
}

describe('a distribution on a flat-rate plan', function () {
  this.timeout(60_000)

  it('is to be read by a control, and refuses Lambda@Edge in AWS’s words, to which is added what helps', () =>
    withInstallation({}, async (place) => {
      const next = await place.bootstrap()
      const id = await onPlan(place, 'business')
      const words = [...next, '--distribution', id, '--adopt', '--yes']
      const plan = await place.succeed([...words, '--dry-run'])
      expect(plan).to.match(
        /origin access control .*: create\n\s+the distribution \S+ has a web ACL and no identity yet/,
      )
      const { code, stdout, stderr } = await place.run(words)
      expect([code, stdout], stderr).to.deep.equal([1, ''])
      expect(stderr)
        .to.match(/InvalidArgument \(cloudfront:UpdateDistribution\): .*Business pricing plan.*Lambda@Edge/)
        .and.include('pc-ctl bootstrap-cloudfront --engine function')
      expect((await endState(place.clients)).counts).to.include({ controls: 1, identities: 0 })
      const { Distribution } = await place.clients.cloudfront.send(new GetDistributionCommand({ Id: id }))
      expect(Distribution?.DistributionConfig?.DefaultCacheBehavior?.LambdaFunctionAssociations?.Quantity).to.equal(0)
    }))

  it('stays until the plan has ended, and cfremove says so at once', () =>
    withInstallation({}, async (place) => {
      const id = await onPlan(place, 'pro')
      const { code, stderr } = await place.run(['cfremove', '--yes', `cf://${id}`])
      expect(code, stderr).to.equal(1)
      expect(stderr)
        .to.match(/pricing plan/)
        .and.include('Cancel the plan in the CloudFront console')
    }))
})
