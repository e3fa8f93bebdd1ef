import {
  CreateDistributionCommand,
  ListCachePoliciesCommand,
  ListOriginAccessControlsCommand,
} from '@aws-sdk/client-cloudfront'
import { expect } from 'chai'

import { parseTree } from '../../src/xml-tree.ts'
import { strewnEverywhere, unknownIn } from '../resources/cloudfront/unknown-elements.ts'
import type { CliRun } from '../support/run-cli.ts'
import { config } from '../support/cloudfront-fixture.ts'
import { rawCloudFront } from '../support/raw-cloudfront.ts'
import { bucket, type Clients, withInstallation } from '../support/installation.ts'

/** What is unknown in a document, what it stands in and behind what. */
const unknown = (document: string) =>
  unknownIn(parseTree(document)).map(({ source, parent, behind }) => ({ source, parent, behind: behind.at(-1) }))

/** A distribution of somebody else's that reads the bucket as a web server of one's own, set up years ago. */
async function makeOld({ cloudfront }: Clients, region: string): Promise<string> {
  const legacy = config('years ago', {
    Origins: {
      Quantity: 1,
      Items: [
        {
          Id: 'packages',
          DomainName: `${bucket}.s3.${region}.amazonaws.com`,
          CustomOriginConfig: { HTTPPort: 80, HTTPSPort: 443, OriginProtocolPolicy: 'https-only' },
        },
      ],
    },
    DefaultCacheBehavior: {
      TargetOriginId: 'packages',
      ViewerProtocolPolicy: 'allow-all',
      ForwardedValues: { QueryString: false, Cookies: { Forward: 'none' } },
    },
  })
  const made = await cloudfront.send(new CreateDistributionCommand({ DistributionConfig: legacy }))
  return made.Distribution?.Id ?? ''
}

describe('settings that are newer than pc-ctl', function () {
  this.timeout(60_000)

  it('are kept by every command that updates what has them', () =>
    withInstallation({}, async (place) => {
      const { next, lines } = await place.connect()
      const raw = rawCloudFront(place.sandbox)
      const id = /'(E[A-Z0-9]+)'/.exec(lines)?.[1] ?? ''
      const resource = `distribution/${id}`
      const before = await raw.change(resource, strewnEverywhere)
      const expectKept = async (): Promise<void> => {
        expect(unknown(await raw.config(resource))).to.deep.equal(unknown(before))
      }
      const updates = async (...args: string[]): Promise<string[]> => {
        const calls = await place.changes(() => place.succeed(args))
        await expectKept()
        return calls
      }
      expect(await updates(...next)).to.deep.equal([])
      expect(await updates(...next, '--price-class', 'PriceClass_200')).to.deep.equal(['cloudfront:UpdateDistribution'])
      expect(await updates(...next, '--origin-access', 'oac')).to.include('cloudfront:UpdateDistribution')

      const { CachePolicyList } = await place.clients.cloudfront.send(new ListCachePoliciesCommand({ Type: 'custom' }))
      const policy = `cache-policy/${CachePolicyList?.Items?.[0]?.CachePolicy?.Id ?? ''}`
      const { OriginAccessControlList } = await place.clients.cloudfront.send(new ListOriginAccessControlsCommand({}))
      const control = `origin-access-control/${OriginAccessControlList?.Items?.[0]?.Id ?? ''}`
      const changed = {
        [policy]: await raw.change(policy, (text) => strewnEverywhere(text).replace(/(?<=<DefaultTTL>)0/, '5')),
        [control]: await raw.change(control, (text) =>
          strewnEverywhere(text).replace(/(?<=<SigningB.*>)always/, 'never'),
        ),
      }
      expect(await updates(...next)).to.have.members([
        'cloudfront:UpdateCachePolicy',
        'cloudfront:UpdateOriginAccessControl',
      ])
      for (const [one, text] of Object.entries(changed)) {
        const right = text.replace('<DefaultTTL>5<', '<DefaultTTL>0<').replace('>never<', '>always<')
        expect(await raw.config(one)).to.equal(right)
      }

      expect(await updates('cfmodify', `cf://${id}`, '--comment', 'changed')).to.have.length(1)
      await updates('status')
      expect(await updates('cfremove', `cf://${id}`, '--force', '--yes', '--no-wait')).to.have.length(1)
      expect(await raw.config(resource)).to.match(/<Comment>changed<\/Comment>.*<Enabled>false<\/Enabled>/s)
    }))

  it('are named where they would go, in a dry run too, and nothing is changed', () =>
    withInstallation({}, async (place) => {
      const next = await place.bootstrap()
      const raw = rawCloudFront(place.sandbox)
      const id = await makeOld(place.clients, 'eu-central-1')
      const resource = `distribution/${id}`
      const before = await raw.change(resource, (text) =>
        text
          .replace('</CustomOriginConfig>', '<Pinning><Key>secret-of-somebody</Key></Pinning></CustomOriginConfig>')
          .replace('<Cookies>', '<Cookies><Partitioned/>')
          .replace('<Id>', '<Gate>closed</Gate><Id>'),
      )
      const adopt = [...next, '--distribution', id, '--adopt']
      const paths = [
        'Origins.Items[packages].CustomOriginConfig.Pinning',
        'DefaultCacheBehavior.ForwardedValues.Cookies.Partitioned',
      ]
      const runs: CliRun[] = []
      const calls = await place.changes(async () => {
        for (const mode of ['--dry-run', '--yes']) runs.push(await place.run([...adopt, mode]))
      })
      for (const { stdout, stderr, code } of runs) {
        expect(code).to.equal(4)
        for (const path of paths) expect(stdout + stderr).to.include(path)
        expect(stdout + stderr).to.include(`aws cloudfront get-distribution-config --id ${id}`)
        expect(stdout + stderr).to.not.include('secret-of-somebody')
      }
      expect(calls).to.deep.equal([])
      expect(await raw.config(resource)).to.equal(before)

      const json = await place.run([...adopt, '--yes', '--json'])
      expect(JSON.parse(json.stdout)).to.have.nested.property('error.message').that.includes(paths[0])

      await raw.change(resource, (text) => text.replace(/<Pinning>.*<\/Pinning>|<Partitioned\/>/g, ''))
      await place.succeed([...adopt, '--yes'])
      expect(await raw.config(resource))
        .to.include('<Gate>closed</Gate><Id>')
        .and.not.include('CustomOriginConfig')
    }))
})
