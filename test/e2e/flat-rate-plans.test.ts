import { CreateDistributionCommand, GetDistributionCommand } from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import { config } from '../support/cloudfront-fixture.ts'
import { expectServed } from '../support/encrypted-bucket.ts'
import { endState } from '../support/end-state.ts'
import { bucket, type Installation, withInstallation } from '../support/installation.ts'

type Plan = 'pro' | 'business'

/** A distribution that somebody made in the console and put on a plan, with the bucket as its origin. */
async function onPlan(place: Installation, plan: Plan): Promise<string> {
  const { clients } = place
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
  await putOnPlan(place, id, plan)
  return id
}

async function putOnPlan({ sandbox }: Installation, id: string, plan: Plan): Promise<void> {
  const answer = await fetch(`${sandbox.endpoint}/_sandbox/plans`, { method: 'POST', body: `${id} ${plan}\n` })
  expect(answer.status, await answer.text()).to.equal(200)
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

  it('is served on by a CloudFront Function and a control, on Business; on Pro it refuses the cache policy, and that is explained', () =>
    withInstallation({}, async (place) => {
      const next = await place.bootstrap('--engine', 'function')
      const pro = await onPlan(place, 'pro')
      const refused = await place.run([...next, '--distribution', pro, '--adopt', '--yes'])
      expect(refused.code, refused.stderr).to.equal(1)
      expect(refused.stderr).to.include('custom cache policies').and.include('from Business on')

      await putOnPlan(place, pro, 'business')
      await place.paste(await place.succeed([...next, '--distribution', pro, '--adopt', '--yes']))
      await expectServed(place)
      expect((await place.run(['status', '--exit-code'])).code).to.equal(0)
      expect(await place.changes(() => place.succeed([...next, '--distribution', pro]))).to.deep.equal([])
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
