import {
  CreateCloudFrontOriginAccessIdentityCommand,
  CreateDistributionWithTagsCommand,
  GetDistributionConfigCommand,
} from '@aws-sdk/client-cloudfront'
import {
  CreateKeyCommand,
  DeleteAliasCommand,
  ListAliasesCommand,
  ScheduleKeyDeletionCommand,
} from '@aws-sdk/client-kms'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import { tagKey } from '../../src/aws/names.ts'
import {
  discard,
  expectPlainTalk,
  type Installation,
  keepBootstrapped,
  type Kept,
  nameOfCall,
  withInstallation,
} from '../support/installation.ts'

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
      expect(resultOf(await place.succeed(['status', '--json']))).to.have.nested.property('distribution.id', ids[0])
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

  const alias = 'alias/packagecloud_cloudfront_auth'

  const makeKey = async ({ clients: { kms } }: Installation): Promise<string> => {
    const Tags = [{ TagKey: tagKey, TagValue: 'packagecloud' }]
    return (await kms.send(new CreateKeyCommand({ Tags }))).KeyMetadata?.Arn ?? ''
  }

  /** The id of the key that has the alias; takes the alias away. */
  const removeAlias = async ({ clients: { kms } }: Installation): Promise<string> => {
    const { Aliases = [] } = await kms.send(new ListAliasesCommand({}))
    await kms.send(new DeleteAliasCommand({ AliasName: alias }))
    return Aliases.find(({ AliasName }) => AliasName === alias)?.TargetKeyId ?? ''
  }

  it('two KMS keys: one gets the alias, the other is told of by the run and by status', () =>
    withInstallation({}, async (place) => {
      const [used = '', other = ''] = [await makeKey(place), await makeKey(place)].sort()
      const { stdout, stderr, code } = await place.run(['bootstrap-cloudfront', '--json'])
      expect(code, stderr).to.equal(0)
      const { warnings } = JSON.parse(stdout) as { warnings: string[] }
      expect(warnings).to.have.lengthOf(1)
      expect(warnings[0]).to.include(other).and.not.to.include(used)
      expect(stderr)
        .to.match(/^Warning: the KMS key /m)
        .and.to.include(`schedule-key-deletion --region us-east-1`)
      expectPlainTalk(stderr)
      const look = resultOf(await place.succeed(['status', '--json'])) as { leftOver: object; drift: boolean }
      expect(look).to.have.nested.property('leftOver.keys[0].arn', other)
      expect(look).to.have.nested.property('leftOver.keys.length', 1)
      const text = await place.succeed(['status'])
      expect(text)
        .to.match(/Keys left over +[-\w]+ \(Enabled\)/)
        .and.to.include(`Warning: the KMS key ${other} `)
      // One look by tag, however many keys there are; by itself only that with the alias is looked at.
      place.sandbox.calls.clear()
      await place.succeed(['status'])
      const asked = (name: string) => place.sandbox.calls.list((call) => nameOfCall(call) === name)
      expect(asked('tagging:GetResources')).to.have.length(1)
      expect(asked('kms:ListResourceTags')).to.have.length(1)
    }))

  it('keys left over are "not checked" where that is denied or can’t be reached; status goes on', () =>
    withInstallation({ from: kept }, async (place) => {
      place.sandbox.faults.add('tagging:GetResources:code=AccessDeniedException,status=400')
      expect(await place.succeed(['status'])).to.match(
        /Keys left over +not checked: these credentials may not call tag:GetResources/,
      )
      place.sandbox.faults.clear()
      place.sandbox.faults.add('tagging:GetResources:drop')
      const look = resultOf(await place.succeed(['status', '--json'])) as object
      expect(look)
        .to.have.nested.property('leftOver.notChecked')
        .that.matches(/^tag:GetResources can't be reached: /)
    }))

  it('of KMS keys without the alias the one that the function needs is taken', () =>
    withInstallation({ from: kept }, async (place) => {
      const needed = await removeAlias(place)
      const others = [await makeKey(place), await makeKey(place)]
      const { stderr, code } = await place.run(['bootstrap-cloudfront'])
      expect(code, stderr).to.equal(0)
      for (const other of others) expect(stderr).to.include(`Warning: the KMS key ${other} `)
      expect(await removeAlias(place)).to.equal(needed)
    }))

  it('KMS keys of which none is needed more than another: exit 4, all named with how to choose', () =>
    withInstallation({ from: kept }, async (place) => {
      const KeyId = await removeAlias(place)
      await place.clients.kms.send(new ScheduleKeyDeletionCommand({ KeyId }))
      const arns = [await makeKey(place), await makeKey(place)]
      const commands = arns.map((arn) => `--alias-name ${alias} --target-key-id ${arn}`)
      const changes = await place.changes(async () => {
        for (const args of [['bootstrap-cloudfront'], ['bootstrap-cloudfront', '--dry-run'], ['status']]) {
          await refuses(place, args, ...arns, ...commands)
        }
      })
      expect(changes).to.deep.equal([])
    }))
})
