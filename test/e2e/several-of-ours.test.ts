import {
  CreateCloudFrontOriginAccessIdentityCommand,
  CreateDistributionWithTagsCommand,
  GetDistributionConfigCommand,
} from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import { tagKey } from '../../src/aws/names.ts'
import {
  discard,
  expectPlainTalk,
  type Installation,
  keepBootstrapped,
  type Kept,
  withInstallation,
} from './installation.ts'

/** Copies the distribution, with its tag, and makes packagecloud.rb name none; returns both ids. */
async function twice({ clients: { cloudfront } }: Installation, lines: string): Promise<readonly [string, string]> {
  const first = /\['cloudfront_distribution_id'\] = '(\w+)'/.exec(lines)?.[1] ?? ''
  const { DistributionConfig: config } = await cloudfront.send(new GetDistributionConfigCommand({ Id: first }))
  if (config === undefined) throw new Error('no config')
  const { Distribution: second } = await cloudfront.send(
    new CreateDistributionWithTagsCommand({
      DistributionConfigWithTags: {
        DistributionConfig: { ...config, CallerReference: 'made from a copy of the first' },
        Tags: { Items: [{ Key: tagKey, Value: 'packagecloud' }] },
      },
    }),
  )
  return [first, second?.Id ?? '']
}

describe('several resources of ours where there should be one', function () {
  this.timeout(60_000)
  let kept: Kept
  before(async () => (kept = await keepBootstrapped()))
  after(() => discard(kept))

  const refuses = async (place: Installation, args: readonly string[], ...names: string[]): Promise<void> => {
    const { stdout, stderr, code } = await place.run(args)
    expect([stdout, code], `${args.join(' ')}\n${stderr}`).to.deep.equal(['', 4])
    for (const name of names) expect(stderr, args.join(' ')).to.include(name)
    expectPlainTalk(stderr)
  }

  it('two distributions: exit 4 wherever one is looked for, both named, until one is chosen', () =>
    withInstallation({ from: kept }, async (place) => {
      const lines = await place.succeed(kept.next)
      const ids = await twice(place, lines)
      const chosen = `packagecloud_rails['cloudfront_distribution_id'] = '${ids[1]}'`
      const changes = await place.changes(async () => {
        for (const args of [kept.next, [...kept.next, '--dry-run'], ['status'], ['status', '--exit-code']]) {
          await refuses(place, args, ...ids, chosen, '--distribution ID')
        }
      })
      expect(changes).to.deep.equal([])
      const json = await place.run(['status', '--json'])
      expect([json.code, JSON.parse(json.stdout)]).to.have.nested.property('[1].error.code', 'refused')
      expect(await place.succeed([...kept.next, '--distribution', ids[1]])).to.include(`'${ids[1]}'`)
      await place.paste(`packagecloud_rails['cloudfront_distribution_id'] = '${ids[0]}'\n`)
      expect(JSON.parse(await place.succeed(['status', '--json']))).to.have.nested.property('distribution.id', ids[0])
      expect(await place.changes(() => place.succeed(kept.next))).to.deep.equal([])
    }))

  it('two origin access identities: exit 4, both named, before anything is written', () =>
    withInstallation({ from: kept }, async (place) => {
      const made: string[] = []
      for (const CallerReference of ['one', 'two']) {
        const { CloudFrontOriginAccessIdentity: identity } = await place.clients.cloudfront.send(
          new CreateCloudFrontOriginAccessIdentityCommand({
            CloudFrontOriginAccessIdentityConfig: { CallerReference, Comment: `${tagKey} packagecloud` },
          }),
        )
        made.push(identity?.Id ?? '')
      }
      const changes = await place.changes(async () => {
        for (const args of [kept.next, ['status']]) await refuses(place, args, ...made)
      })
      expect(changes).to.deep.equal([])
    }))
})
