import { rm } from 'node:fs/promises'

import {
  CreateDistributionWithTagsCommand,
  GetDistributionCommand,
  ListDistributionsCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-cloudfront'
import { CreateAccessKeyCommand, CreateUserCommand, PutUserPolicyCommand } from '@aws-sdk/client-iam'
import { expect } from 'chai'

import { arnOfDistribution, edit, inUse, markKey, marks, type Rotation } from '../support/rotation.ts'

describe('rotate-cloudfront-secret, in more detail', function () {
  this.timeout(300_000)
  let here: Rotation
  beforeEach(async () => {
    here = await inUse({}, 2)
  })
  afterEach(() => here.close())

  describe('where edges take their time', () => {
    beforeEach(async () => {
      await here.close()
      here = await inUse({ timing: { deploy: 8_000 } })
    })

    it('with --no-wait stops where edges need their time, and goes on from there', async () => {
      const first = await here.rotate('--write-config', '--yes', '--no-wait')
      expect(first.code, first.stderr).to.equal(0)
      expect(first.stdout).to.equal('pc-ctl rotate-cloudfront-secret --write-config --yes\n')
      const second = await here.rotate('--no-wait')
      expect([second.code, marks(second.stderr)], second.stderr).to.deep.equal([0, 'xx-----'])
      await here.refused(4, /not all edges accept both/, '--finish', '--yes')
      const third = await here.rotate()
      expect(third.stderr).to.match(/Wait until all edges have it: Deployed[^]*All edges accept both/)
    })

    it('status and doctor tell in which step it is', async () => {
      const told = async (): Promise<string[]> => {
        const { stdout } = await here.place.run(['status'])
        const { stdout: diagnosis } = await here.place.run(['doctor'])
        const [, check = ''] = /^\S (The secret is being replaced: [^]*?)^\S/m.exec(diagnosis) ?? []
        return [/Rotation of it +(.*)/.exec(stdout)?.[1] ?? '', check.replace(/\s+/g, ' ')]
      }
      expect(await told()).to.deep.equal(['', ''])
      const expected = async (fact: RegExp, check: RegExp): Promise<void> => {
        const [status, doctor] = await told()
        expect(status).to.match(fact)
        expect(doctor).to.match(check)
      }
      const { stdout } = await here.rotate()
      await here.place.paste(stdout)
      await expected(/not at the edge/, /accepts the previous secret only.* Restart none\. Run `?pc-ctl rotate/)
      await here.rotate('--no-wait')
      await expected(/not all edges/, /previous secret only|accepts both/)
      await here.rotate()
      await expected(/restart the front servers/, /accepts both secrets.*restart the front servers/)
      await here.restart(0)
      await here.rotate(...here.everyFront)
      await expected(/from \S+Z on, run/, /accepts both secrets.*from \S+Z on/)
      await here.ago(8)
      await expected(/of no use any more/, /of no use any more: run `?pc-ctl rotate-cloudfront-secret --finish/)
    })
  })

  it('counts the time only from when all front servers are seen', async () => {
    await here.rotate('--write-config', '--yes')
    await here.restart(0)
    const one = await here.rotate('--no-wait', ...here.everyFront)
    expect(one.code, one.stderr).to.equal(1)
    expect(one.stderr)
      .to.include(`${here.fronts[1]?.url ?? ''}/`)
      .and.match(/still signs with the old secret/)
    expect(one.stderr).to.not.include(`${here.fronts[0]?.url ?? ''}/`)
    expect(await here.mark()).to.equal(undefined)
    await here.restart(1)
    expect((await here.rotate('--no-wait', ...here.everyFront)).code).to.equal(0)
    expect(await here.mark()).to.match(/ since=/)
  })

  it('begins to count anew where a front server is seen with the old secret again', async () => {
    const before = await here.text()
    await here.seen()
    await here.ago(8)
    const after = await here.text()
    await edit(here.place, () => before)
    await here.restart(1)
    await edit(here.place, () => after)
    const run = await here.rotate('--finish', '--force', '--write-config', '--yes', ...here.everyFront)
    expect(run.code, run.stderr).to.equal(4)
    expect(run.stderr).to.match(/still signs with the old secret/)
    expect(run.stderr).to.include(`pc-ctl rotate-cloudfront-secret --write-config --yes --front`)
    expect(await here.text()).to.equal(after)
    await here.refused(4, /nobody has seen yet/, '--finish', '--yes')
    await here.restart(1)
    expect((await here.rotate(...here.everyFront)).code).to.equal(0)
    await here.refused(4, /may be good until/, '--finish', '--yes')
  })

  it('goes back to the front servers where its tag was removed', async () => {
    await here.seen()
    const Resource = await arnOfDistribution(here.place)
    const TagKeys = { Items: [markKey] }
    await here.place.clients.cloudfront.send(new UntagResourceCommand({ Resource, TagKeys }))
    await here.refused(4, /nobody has seen yet/, '--finish', '--yes')
    const run = await here.rotate(...here.everyFront)
    expect([run.code, marks(run.stderr)], run.stderr).to.deep.equal([0, 'xxx----'])
    expect(await here.mark()).to.match(/ since=/)
  })

  it('asks before the old secret is dropped, and has it taken out of packagecloud.rb by hand', async () => {
    await here.seen()
    await here.ago(8)
    await here.refused(2, /Drop the old secret now\?[^]*--yes/, '--finish')
    const told = await here.refused(3, /Take\s+cloudfront_previous_secret out of line \d+ of/, '--finish', '--yes')
    expect(told.stdout).to.equal('')
    await edit(here.place, (text) => text.replace(/.*previous_secret.*\n/, ''))
    // Nobody is to begin another one now, nor to take that for one of another host.
    await here.refused(4, /not finished[^]*gone from packagecloud\.rb already[^]*--finish/, '--write-config', '--yes')
    const run = await here.rotate('--finish', '--yes')
    expect(run.code, run.stderr).to.equal(0)
    expect(marks(run.stderr)).to.equal('xxxxxx-')
  })

  it('does not publish over what another host has published, and not associated yet', async () => {
    const before = await here.text()
    const lines = await here.unchanging()
    await here.place.paste(lines.stdout)
    await here.place.bootstrap()
    await edit(here.place, () => before)
    await here.refused(4, /AWS has a newer secret/, '--write-config', '--yes')
  })

  it('in JSON prints no new secret to paste, but what does', async () => {
    const run = await here.unchanging('--json')
    expect(run.code).to.equal(3)
    expect(run.stdout).to.include('generate-cloudfront-secret --force').and.not.include("'] = '")
  })

  it('changes nothing without a packagecloud.rb, or where several distributions are ours', async () => {
    const { cloudfront } = here.place.clients
    const { DistributionList } = await cloudfront.send(new ListDistributionsCommand({}))
    const { Distribution } = await cloudfront.send(new GetDistributionCommand({ Id: DistributionList?.Items?.[0]?.Id }))
    const DistributionConfig = { ...Distribution?.DistributionConfig, CallerReference: 'another' }
    const Tags = { Items: [{ Key: 'packagecloud:enterprise', Value: 'packagecloud' }] }
    await cloudfront.send(
      new CreateDistributionWithTagsCommand({
        DistributionConfigWithTags: { DistributionConfig: DistributionConfig as never, Tags },
      }),
    )
    await edit(here.place, (text) => text.replace(/.*distribution_id.*\n/, ''))
    await here.refused(4, /there are 2 distributions/, '--write-config', '--yes')
    await rm(here.place.config)
    const none = await here.rotate()
    expect(none.code, none.stderr).to.equal(3)
    expect(none.stderr).to.match(/packagecloud\.rb/)
  })

  it('needs no more than `permissions rotate` prints, and says what to add where that is denied', async () => {
    interface Policy {
      readonly Statement: readonly { readonly Action: string | readonly string[] }[]
    }
    const policies = await here.place.succeed(['permissions', 'rotate', '--account', '111122223333'])
    const policy = JSON.parse(policies) as Policy
    const { iam } = here.place.clients
    const UserName = 'operator'
    const allow = (document: Policy) =>
      iam.send(new PutUserPolicyCommand({ UserName, PolicyName: 'pc-ctl', PolicyDocument: JSON.stringify(document) }))
    await iam.send(new CreateUserCommand({ UserName }))
    await allow(policy)
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName }))
    await edit(here.place, (text) =>
      text
        .replace(/(aws_access_key'\] = )'.*'/, `$1'${AccessKey?.AccessKeyId ?? ''}'`)
        .replace(/(aws_secret_key'\] = )'.*'/, `$1'${AccessKey?.SecretAccessKey ?? ''}'`),
    )
    const without = policy.Statement.map(({ Action, ...rest }) => ({
      ...rest,
      Action: [Action].flat().filter((one) => one !== 'kms:Decrypt'),
    })).filter(({ Action }) => Action.length > 0)
    await allow({ ...policy, Statement: without })
    await here.refused(5, /kms:Decrypt[^]*"Effect"/, '--write-config', '--yes')
    await allow(policy)
    await here.seen()
    await here.ago(8)
    const run = await here.rotate('--finish', '--write-config', '--yes', ...here.everyFront)
    expect(run.code, run.stderr).to.equal(0)
  })
})
