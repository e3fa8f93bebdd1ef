import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateServiceLinkedRoleCommand,
  CreateUserCommand,
  DeleteRoleCommand,
  DeleteRolePolicyCommand,
  GetRoleCommand,
  GetRolePolicyCommand,
  GetUserCommand,
  IAMClient,
  ListPoliciesCommand,
  ListRolePoliciesCommand,
  ListRolesCommand,
  ListRoleTagsCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  TagRoleCommand,
  UntagRoleCommand,
  UpdateAssumeRolePolicyCommand,
  type ListPoliciesCommandInput,
  type PolicyScopeType,
  type Tag,
} from '@aws-sdk/client-iam'
import { AssumeRoleCommand, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { expect } from 'chai'
import fc from 'fast-check'

import { startSandbox, type Sandbox } from '../../../src/sandbox/host/sandbox.ts'
import { clientConfig, failureOf, nameOf } from '../../support/clients.ts'

const trust = (...services: string[]): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Principal: { Service: services }, Action: 'sts:AssumeRole' }],
  })
const policy = (action: string, resource = '*'): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: action, Resource: resource }] })

describe('the sandbox’s IAM and STS', () => {
  let sandbox: Sandbox
  let iam: IAMClient
  before(async () => {
    sandbox = await startSandbox({ timing: { roleAssumable: 150 } })
    iam = new IAMClient({ ...clientConfig(sandbox), maxAttempts: 1 })
  })
  after(() => sandbox.close())

  const create = (
    name: string,
    more: { Path?: string; Tags?: Tag[]; PermissionsBoundary?: string } = {},
  ): Promise<unknown> =>
    iam.send(
      new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust('lambda.amazonaws.com'), ...more }),
    )

  it('keeps a role as it was made, its trust policy URL-encoded', async () => {
    await create('kept', { Path: '/packagecloud/enterprise/', Tags: [{ Key: 'a:b', Value: 'c d' }] })
    const { Role } = await iam.send(new GetRoleCommand({ RoleName: 'kept' }))
    expect(Role).to.deep.include({
      Path: '/packagecloud/enterprise/',
      Arn: `arn:aws:iam::${sandbox.accountId}:role/packagecloud/enterprise/kept`,
      MaxSessionDuration: 3600,
      Tags: [{ Key: 'a:b', Value: 'c d' }],
      AssumeRolePolicyDocument: encodeURIComponent(trust('lambda.amazonaws.com')),
    })
    expect(Role?.RoleId).to.match(/^AROA[A-Z2-7]{17}$/)
  })

  it('answers with AWS’s own codes and messages', async () => {
    await create('Once')
    expect(await failureOf(create('once'))).to.equal(
      'EntityAlreadyExistsException: Role with name once already exists.',
    )
    const absent = new GetRoleCommand({ RoleName: 'absent' })
    expect(await failureOf(iam.send(absent))).to.equal(
      'NoSuchEntityException: The role with name absent cannot be found.',
    )
    const noPolicy = new GetRolePolicyCommand({ RoleName: 'once', PolicyName: 'p' })
    expect(await failureOf(iam.send(noPolicy))).to.equal(
      'NoSuchEntityException: The role policy with name p cannot be found.',
    )
    expect(await nameOf(create('bad name'))).to.equal('ValidationError')
    expect(await nameOf(create('x'.repeat(65)))).to.equal('ValidationError')
    expect(await nameOf(create('path', { Path: 'no/slashes' }))).to.equal('ValidationError')
    expect(
      await nameOf(
        create('tags', {
          Tags: [
            { Key: 'A', Value: '' },
            { Key: 'a', Value: '' },
          ],
        }),
      ),
    ).to.equal('InvalidInputException')
    const unknownService = { RoleName: 'x', AssumeRolePolicyDocument: trust('lamda.amazonaws.com') }
    expect(await failureOf(iam.send(new CreateRoleCommand(unknownService)))).to.equal(
      'MalformedPolicyDocumentException: Invalid principal in policy: "SERVICE":"lamda.amazonaws.com"',
    )
  })

  it('keeps inline policies, whatever is in them', async () => {
    await create('inline')
    const text = fc.string({
      unit: fc.constantFrom('a', ' ', '+', '%', '&', '=', '"', '<', "'", '(', '*', '\\', '\n'),
      maxLength: 12,
    })
    await fc.assert(
      fc.asyncProperty(text, async (resource) => {
        const PolicyDocument = policy('kms:Decrypt', `arn:aws:kms:us-east-1:1:key/${resource}x`)
        await iam.send(new PutRolePolicyCommand({ RoleName: 'inline', PolicyName: 'p', PolicyDocument }))
        const got = await iam.send(new GetRolePolicyCommand({ RoleName: 'inline', PolicyName: 'p' }))
        expect(decodeURIComponent(got.PolicyDocument ?? '')).to.equal(PolicyDocument)
      }),
      { numRuns: 20 },
    )
    const listed = await iam.send(new ListRolePoliciesCommand({ RoleName: 'inline' }))
    expect(listed.PolicyNames).to.deep.equal(['p'])
    expect(await nameOf(iam.send(new DeleteRoleCommand({ RoleName: 'inline' })))).to.equal('DeleteConflictException')
    await iam.send(new DeleteRolePolicyCommand({ RoleName: 'inline', PolicyName: 'p' }))
    await iam.send(new DeleteRoleCommand({ RoleName: 'inline' }))
    const bad = { RoleName: 'kept', PolicyName: 'p', PolicyDocument: trust('lambda.amazonaws.com') }
    expect(await nameOf(iam.send(new PutRolePolicyCommand(bad)))).to.equal('MalformedPolicyDocumentException')
  })

  it('tags and untags', async () => {
    await create('tagged', {
      Tags: [
        { Key: 'a', Value: '1' },
        { Key: 'b', Value: '2' },
      ],
    })
    await iam.send(new TagRoleCommand({ RoleName: 'tagged', Tags: [{ Key: 'A', Value: '3' }] }))
    await iam.send(new UntagRoleCommand({ RoleName: 'tagged', TagKeys: ['b'] }))
    const { Tags } = await iam.send(new ListRoleTagsCommand({ RoleName: 'tagged' }))
    expect(Tags).to.deep.equal([{ Key: 'A', Value: '3' }])
  })

  it('lists in pages', async () => {
    for (const name of ['page-1', 'page-2', 'page-3']) await create(name, { Path: '/pages/' })
    const first = await iam.send(new ListRolesCommand({ PathPrefix: '/pages/', MaxItems: 2 }))
    expect(first.Roles?.map(({ RoleName }) => RoleName)).to.deep.equal(['page-1', 'page-2'])
    const second = await iam.send(new ListRolesCommand({ PathPrefix: '/pages/', MaxItems: 2, Marker: first.Marker }))
    expect([second.IsTruncated, second.Roles?.length]).to.deep.equal([false, 1])
  })

  it('lists the managed policies that roles are bounded by, and how many each bounds', async () => {
    const own = `arn:aws:iam::${sandbox.accountId}:policy/edge/Boundary`
    const ofAws = 'arn:aws:iam::aws:policy/PowerUserAccess'
    for (const [name, PermissionsBoundary] of Object.entries({ 'bound-1': own, 'bound-2': own, 'bound-3': ofAws })) {
      await create(name, { PermissionsBoundary })
    }
    const listed = async (more: ListPoliciesCommandInput): Promise<unknown[]> => {
      const { Policies = [] } = await iam.send(new ListPoliciesCommand(more))
      return Policies.map(({ Arn, PermissionsBoundaryUsageCount: count }) => [Arn, count])
    }
    expect(await listed({})).to.have.deep.members([
      [own, 2],
      [ofAws, 1],
    ])
    expect(await listed({ Scope: 'Local' })).to.deep.equal([[own, 2]])
    expect(await listed({ Scope: 'AWS', PolicyUsageFilter: 'PermissionsBoundary' })).to.deep.equal([[ofAws, 1]])
    expect(await listed({ PathPrefix: '/edge/' })).to.deep.equal([[own, 2]])
    expect(await listed({ PolicyUsageFilter: 'PermissionsPolicy' })).to.be.empty
    const odd = new ListPoliciesCommand({ Scope: 'Mine' as PolicyScopeType })
    expect(await failureOf(iam.send(odd))).to.match(/^ValidationError: .*at 'scope' failed/)
  })

  it('lets a service assume a role once its trust has aged', async () => {
    await create('aging')
    const arn = `arn:aws:iam::${sandbox.accountId}:role/aging`
    const assumable = (service: string): boolean => sandbox.services.iam.assumableBy(arn, service)
    expect(assumable('lambda.amazonaws.com')).to.equal(false)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(assumable('lambda.amazonaws.com')).to.equal(true)
    expect(assumable('edgelambda.amazonaws.com')).to.equal(false)
    const both = { RoleName: 'aging', PolicyDocument: trust('lambda.amazonaws.com', 'edgelambda.amazonaws.com') }
    await iam.send(new UpdateAssumeRolePolicyCommand(both))
    expect(assumable('lambda.amazonaws.com')).to.equal(false)
    await new Promise((resolve) => setTimeout(resolve, 200))
    expect(assumable('edgelambda.amazonaws.com')).to.equal(true)
    expect(assumable('ec2.amazonaws.com')).to.equal(false)
  })

  it('makes service-linked roles once', async () => {
    const command = (): CreateServiceLinkedRoleCommand =>
      new CreateServiceLinkedRoleCommand({ AWSServiceName: 'replicator.lambda.amazonaws.com' })
    const { Role } = await iam.send(command())
    expect(Role?.Arn).to.match(
      /:role\/aws-service-role\/replicator\.lambda\.amazonaws\.com\/AWSServiceRoleForLambdaReplicator$/,
    )
    expect(await nameOf(iam.send(command()))).to.equal('InvalidInputException')
  })

  describe('a restricted user', () => {
    let user: { accessKeyId: string; secretAccessKey: string }
    before(async () => {
      await iam.send(new CreateUserCommand({ UserName: 'ann' }))
      const document = JSON.stringify({
        Version: '2012-10-17',
        Statement: [
          { Effect: 'Allow', Action: ['iam:GetRole', 'iam:GetUser', 'sts:AssumeRole'], Resource: '*' },
          { Effect: 'Deny', Action: 'iam:*', Resource: 'arn:aws:iam::*:role/packagecloud/*' },
        ],
      })
      await iam.send(new PutUserPolicyCommand({ UserName: 'ann', PolicyName: 'some', PolicyDocument: document }))
      const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'ann' }))
      user = { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
    })

    it('is known by name and id', async () => {
      const identity = await new STSClient(clientConfig(sandbox, user)).send(new GetCallerIdentityCommand())
      expect(identity.Arn).to.equal(`arn:aws:iam::${sandbox.accountId}:user/ann`)
      expect(identity.UserId).to.match(/^AIDA/)
      const self = await new IAMClient(clientConfig(sandbox, user)).send(new GetUserCommand())
      expect(self.User?.UserId).to.equal(identity.UserId)
    })

    it('may do what its policies allow, and is told what it may not', async () => {
      const client = new IAMClient({ ...clientConfig(sandbox, user), maxAttempts: 1 })
      await client.send(new GetRoleCommand({ RoleName: 'once' }))
      expect(await failureOf(client.send(new ListRolesCommand()))).to.equal(
        `AccessDenied: User: arn:aws:iam::${sandbox.accountId}:user/ann is not authorized to perform: iam:ListRoles on resource: * because no identity-based policy allows the iam:ListRoles action`,
      )
      expect(await failureOf(client.send(new GetRoleCommand({ RoleName: 'kept' })))).to.match(/with an explicit deny/)
    })

    it('assumes the roles that trust it, with temporary credentials that must come whole', async () => {
      const RoleArn = `arn:aws:iam::${sandbox.accountId}:role/trusting`
      const principal = { AWS: `arn:aws:iam::${sandbox.accountId}:user/ann` }
      const document = {
        Version: '2012-10-17',
        Statement: [{ Effect: 'Allow', Principal: principal, Action: 'sts:AssumeRole' }],
      }
      await iam.send(
        new CreateRoleCommand({ RoleName: 'trusting', AssumeRolePolicyDocument: JSON.stringify(document) }),
      )
      const sts = new STSClient({ ...clientConfig(sandbox, user), maxAttempts: 1 })
      const { Credentials } = await sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'one' }))
      const session = {
        accessKeyId: Credentials?.AccessKeyId ?? '',
        secretAccessKey: Credentials?.SecretAccessKey ?? '',
        sessionToken: Credentials?.SessionToken ?? '',
      }
      const identity = await new STSClient(clientConfig(sandbox, session)).send(new GetCallerIdentityCommand())
      expect(identity.Arn).to.equal(`arn:aws:sts::${sandbox.accountId}:assumed-role/trusting/one`)
      expect(identity.UserId).to.match(/^AROA[A-Z2-7]{17}:one$/)
      const half = { accessKeyId: session.accessKeyId, secretAccessKey: session.secretAccessKey }
      const without = new STSClient({ ...clientConfig(sandbox, half), maxAttempts: 1 })
      expect(await nameOf(without.send(new GetCallerIdentityCommand()))).to.equal('InvalidClientTokenId')
      const foreign = RoleArn.replace('trusting', 'once')
      expect(await nameOf(sts.send(new AssumeRoleCommand({ RoleArn: foreign, RoleSessionName: 'one' })))).to.equal(
        'AccessDenied',
      )
    })

    it('takes a code of an MFA device once, and knows who gave one', async () => {
      const document = {
        Version: '2012-10-17',
        Statement: [
          {
            Effect: 'Allow',
            Principal: { AWS: `arn:aws:iam::${sandbox.accountId}:user/ann` },
            Action: 'sts:AssumeRole',
            Condition: { Bool: { 'aws:MultiFactorAuthPresent': 'true' } },
          },
        ],
      }
      const AssumeRolePolicyDocument = JSON.stringify(document)
      await iam.send(new CreateRoleCommand({ RoleName: 'for-devices', AssumeRolePolicyDocument }))
      const sts = new STSClient({ ...clientConfig(sandbox, user), maxAttempts: 1 })
      const RoleArn = `arn:aws:iam::${sandbox.accountId}:role/for-devices`
      const assume = (TokenCode?: string): Promise<unknown> => {
        const device = TokenCode === undefined ? {} : { SerialNumber: 'arn:aws:iam::1:mfa/ann', TokenCode }
        return sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'one', ...device }))
      }
      expect(await nameOf(assume())).to.equal('AccessDenied')
      await assume('123456')
      for (const code of ['123456', '12345x']) expect(await nameOf(assume(code)), code).to.equal('AccessDenied')
      await assume('123457')
    })
  })
})
