/** What companies demand of all that is made in their accounts: tags, and a permissions boundary for roles. */
import { GetDistributionCommand, ListTagsForResourceCommand } from '@aws-sdk/client-cloudfront'
import { GetRoleCommand, UntagRoleCommand } from '@aws-sdk/client-iam'
import { ListAliasesCommand, ListResourceTagsCommand } from '@aws-sdk/client-kms'
import { GetFunctionCommand } from '@aws-sdk/client-lambda'
import { expect } from 'chai'

import { resultOf } from '../support/json-document.ts'
import { tagsIn } from '../../src/resources/tags.ts'
import type { Status } from '../../src/tasks/status/status.ts'
import { install, type Installation } from '../support/installation.ts'

const name = 'packagecloud_cloudfront_auth'
const boundary = 'arn:aws:iam::123456789012:policy/company/boundary'
const company = ['--tag', 'CostCenter=42 a/b', '--tag', 'owner=']
const demanded = { CostCenter: '42 a/b', owner: '' }

describe('tags and permissions boundary', function () {
  this.timeout(120_000)
  let place: Installation
  let boundaryHere = ''
  before(async () => {
    place = await install()
    boundaryHere = boundary.replace('123456789012', place.sandbox.accountId)
  })
  after(() => place.close())

  const role = async () => (await place.clients.iam.send(new GetRoleCommand({ RoleName: name }))).Role
  const tagsOfRole = async () => tagsIn((await role())?.Tags)
  const tagsOfFunction = async () =>
    (await place.clients.lambda.send(new GetFunctionCommand({ FunctionName: name }))).Tags ?? {}
  const tagsOfKey = async () => {
    const { Tags } = await place.clients.kms.send(new ListResourceTagsCommand({ KeyId: await keyId() }))
    return tagsIn(Tags?.map(({ TagKey, TagValue }) => ({ Key: TagKey, Value: TagValue })))
  }
  const keyId = async (): Promise<string> => {
    const { Aliases } = await place.clients.kms.send(new ListAliasesCommand())
    return Aliases?.find(({ AliasName }) => AliasName === `alias/${name}`)?.TargetKeyId ?? ''
  }
  const tagsOfDistribution = async (Id: string) => {
    const { Distribution } = await place.clients.cloudfront.send(new GetDistributionCommand({ Id }))
    const { Tags } = await place.clients.cloudfront.send(
      new ListTagsForResourceCommand({ Resource: Distribution?.ARN }),
    )
    return tagsIn(Tags?.Items)
  }
  const status = async () => resultOf(await place.succeed(['status', '--json'])) as Status
  const mark = { 'packagecloud:enterprise': 'packagecloud' }

  it('are given in the calls that make things, so that a company that demands them lets these through', async () => {
    const next = await place.bootstrap('--permissions-boundary', boundaryHere, ...company)
    expect((await role())?.PermissionsBoundary?.PermissionsBoundaryArn).to.equal(boundaryHere)
    for (const tags of [await tagsOfRole(), await tagsOfFunction(), await tagsOfKey()]) {
      expect(tags).to.deep.equal({ ...mark, ...demanded })
    }
    const tagging = place.sandbox.calls.list().filter(({ operation }) => /^(Un)?Tag|PutRolePerm/.test(operation))
    expect(tagging.map(({ operation }) => operation)).to.deep.equal([])
    // The printed command carries the tags, quoted where a shell wants it.
    expect(next).to.include.members(company)
    const lines = await place.succeed(next)
    await place.paste(lines)
    const { distribution } = await status()
    expect(await tagsOfDistribution(distribution?.id ?? '')).to.deep.equal({ ...mark, ...demanded })
  })

  it('stay when they are not given, and status is content', async () => {
    expect((await status()).drift).to.equal(false)
    expect(await place.changes(async () => place.succeed(await place.bootstrap()))).to.deep.equal([])
    expect(await tagsOfRole()).to.deep.equal({ ...mark, ...demanded })
  })

  it('are added, changed and put back without a new version of the function', async () => {
    const versions = async () => (await status()).version.published
    const before = await versions()
    await place.clients.iam.send(new UntagRoleCommand({ RoleName: name, TagKeys: ['owner'] }))
    const other = boundaryHere.replace('boundary', 'narrower')
    const planned = await place.succeed([
      'bootstrap-cloudfront',
      '--dry-run',
      '--permissions-boundary',
      other,
      ...company,
    ])
    expect(planned).to.contain('Tags.owner').and.to.contain('PermissionsBoundary')
    const changes = await place.changes(async () => {
      const next = await place.bootstrap('--permissions-boundary', other, ...company, '--tag', 'stage=live')
      await place.succeed(next)
    })
    expect(new Set(changes)).to.deep.equal(
      new Set([
        'iam:PutRolePermissionsBoundary',
        'iam:TagRole',
        'kms:TagResource',
        'lambda:TagResource',
        'cloudfront:TagResource',
      ]),
    )
    expect((await role())?.PermissionsBoundary?.PermissionsBoundaryArn).to.equal(other)
    expect(await tagsOfFunction()).to.deep.equal({ ...mark, ...demanded, stage: 'live' })
    expect(await versions()).to.equal(before)
    expect((await status()).drift).to.equal(false)
  })

  for (const [flags, says] of [
    [['--tag', 'packagecloud:enterprise=mine'], /not yours to set/],
    [['--tag', 'aws:cloudformation:stack-name=x'], /not yours to set/],
    [['--tag', 'AWS:x=y'], /not yours to set/],
    [['--tag', 'owner'], /--tag "owner" is not a tag/],
    [['--tag', '=x'], /is not a tag/],
    [['--tag', 'owner=a', '--tag', 'Owner=b'], /two values/],
    [['--tag', 'owner=a\nb'], /characters that tags may not have/],
    [['--tag', `owner=${'x'.repeat(257)}`], /more than 256/],
    [['--permissions-boundary', 'boundary'], /not the ARN of an IAM policy/],
    [['--permissions-boundary', 'arn:aws:iam::1:role/x'], /not the ARN of an IAM policy/],
  ] as const) {
    it(`${flags.join(' ').slice(0, 60)} is a wrong command line`, async () => {
      const { stderr, code, stdout } = await place.run(['bootstrap-cloudfront', ...flags])
      expect([code, stdout], stderr).to.deep.equal([2, ''])
      expect(stderr).to.match(says)
      expect(stderr).not.to.match(/Parsing|See more help/)
    })
  }

  it('help shows no default where there is none', async () => {
    const help = await place.succeed(['bootstrap-cloudfront', '--help'])
    expect(help).to.contain('--tag=KEY=VALUE').and.not.to.contain('default: ]')
  })

  it('the policies that are printed let just such calls through', async () => {
    const account = ['--account', place.sandbox.accountId]
    const wanted = ['--permissions-boundary', boundaryHere, ...company]
    const policy = await place.succeed(['permissions', 'bootstrap', ...account, ...wanted])
    const { accessKeyId, secretAccessKey } = place.sandbox.services.iam.enrol('companion', [policy])
    await place.paste(
      `packagecloud_rails['aws_access_key'] = '${accessKeyId}'\n` +
        `packagecloud_rails['aws_secret_key'] = '${secretAccessKey}'\n`,
    )
    const bootstrap = (...flags: string[]) => place.run(['bootstrap-cloudfront', ...flags])
    const allowed = await bootstrap(...wanted)
    expect(allowed.code, allowed.stderr).to.equal(0)
    const denied = await bootstrap('--permissions-boundary', `${boundaryHere}2`, ...company)
    expect(denied.code, denied.stderr).to.equal(5)
    expect(denied.stderr).to.contain('iam:PutRolePermissionsBoundary')
    const untagged = await bootstrap(...wanted, '--tag', 'more=1')
    expect(untagged.code, untagged.stderr).to.equal(0)
    const other = await bootstrap('--permissions-boundary', boundaryHere, '--tag', 'CostCenter=43')
    expect(other.code, other.stderr).to.equal(5)
  })
})
