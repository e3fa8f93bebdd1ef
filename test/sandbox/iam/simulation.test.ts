import {
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  IAMClient,
  paginateSimulatePrincipalPolicy,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
  SimulateCustomPolicyCommand,
  SimulatePrincipalPolicyCommand,
  type SimulatePrincipalPolicyCommandInput,
} from '@aws-sdk/client-iam'
import { expect } from 'chai'

import { startSandbox, type Sandbox } from '../../../src/sandbox/host/sandbox.ts'
import { clientConfig, failureOf } from '../../support/clients.ts'

const document = (...Statement: object[]): string => JSON.stringify({ Version: '2012-10-17', Statement })
const allow = (Action: string | string[], Resource = '*', more: object = {}): object => ({
  Effect: 'Allow',
  Action,
  Resource,
  ...more,
})

describe('the sandbox’s policy simulation', () => {
  let sandbox: Sandbox
  let iam: IAMClient
  let user: string
  before(async () => {
    sandbox = await startSandbox()
    iam = new IAMClient({ ...clientConfig(sandbox), maxAttempts: 1 })
    user = `arn:aws:iam::${sandbox.accountId}:user/staff/ann`
    await iam.send(new CreateUserCommand({ UserName: 'ann', Path: '/staff/' }))
    const own = document(
      allow('s3:Get*', 'arn:aws:s3:::b/*'),
      allow('s3:PutObject', 'arn:aws:s3:::b/${aws:username}/${aws:PrincipalTag/team}/*'),
      allow('kms:CreateKey', '*', { Condition: { StringEquals: { 'aws:RequestTag/mark': 'x' } } }),
      { Effect: 'Deny', Action: 's3:GetObject', Resource: 'arn:aws:s3:::b/private/*' },
    )
    await iam.send(new PutUserPolicyCommand({ UserName: 'ann', PolicyName: 'p', PolicyDocument: own }))
  })
  after(async () => {
    iam.destroy()
    await sandbox.close()
  })

  const simulate = async (ActionNames: string[], more: Partial<SimulatePrincipalPolicyCommandInput> = {}) =>
    (await iam.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: user, ActionNames, ...more })))
      .EvaluationResults ?? []

  it('decides for each action over all resources by the strictest, and for each resource', async () => {
    const arns = ['arn:aws:s3:::b/k', 'arn:aws:s3:::b/private/k', 'arn:aws:s3:::other/k']
    const [one, two] = await simulate(['s3:GetObject', 's3:GetObjectTagging'], { ResourceArns: arns })
    expect([one?.EvalActionName, one?.EvalDecision]).to.deep.equal(['s3:GetObject', 'explicitDeny'])
    expect(
      one?.ResourceSpecificResults?.map((each) => [each.EvalResourceName, each.EvalResourceDecision]),
    ).to.deep.equal([
      [arns[0], 'allowed'],
      [arns[1], 'explicitDeny'],
      [arns[2], 'implicitDeny'],
    ])
    expect([two?.EvalActionName, two?.EvalDecision]).to.deep.equal(['s3:GetObjectTagging', 'implicitDeny'])
    const [alone] = await simulate(['s3:GetObject'], { ResourceArns: arns.slice(0, 1) })
    expect(alone?.EvalDecision).to.equal('allowed')
  })

  it('takes all resources where none is named, which a statement on some does not allow', async () => {
    const [result] = await simulate(['s3:GetObject'])
    expect(result?.EvalDecision).to.equal('implicitDeny')
    expect(result?.ResourceSpecificResults ?? []).to.deep.equal([])
  })

  it('evaluates conditions with the given context, and names the keys that it lacks', async () => {
    const [without] = await simulate(['kms:CreateKey'])
    expect([without?.EvalDecision, without?.MissingContextValues]).to.deep.equal([
      'implicitDeny',
      ['aws:RequestTag/mark'],
    ])
    const given = (value: string) => ({
      ContextEntries: [
        {
          ContextKeyName: 'aws:RequestTag/mark',
          ContextKeyType: 'string' as const,
          ContextKeyValues: [value],
        },
      ],
    })
    const [right] = await simulate(['kms:CreateKey'], given('x'))
    expect([right?.EvalDecision, right?.MissingContextValues ?? []]).to.deep.equal(['allowed', []])
    expect((await simulate(['kms:CreateKey'], given('y')))[0]?.EvalDecision).to.equal('implicitDeny')
  })

  it('answers in pages', async () => {
    const ActionNames = ['s3:GetObject', 's3:PutObject', 's3:GetObjectAcl', 'kms:CreateKey', 'kms:Sign']
    const seen: unknown[] = []
    let pages = 0
    for await (const page of paginateSimulatePrincipalPolicy(
      { client: iam, pageSize: 2 },
      { PolicySourceArn: user, ActionNames },
    )) {
      pages += 1
      seen.push(...(page.EvaluationResults ?? []).map(({ EvalActionName }) => EvalActionName))
    }
    expect([pages, seen]).to.deep.equal([3, ActionNames])
  })

  it('adds policies and a resource’s policy that are given', async () => {
    const [added] = await simulate(['kms:Sign'], { PolicyInputList: [document(allow('kms:Sign'))] })
    expect(added?.EvalDecision).to.equal('allowed')
    const ResourcePolicy = document({ ...allow('s3:GetObject', 'arn:aws:s3:::c/*'), Principal: { AWS: user } })
    const [byResource] = await simulate(['s3:GetObject'], { ResourceArns: ['arn:aws:s3:::c/k'], ResourcePolicy })
    expect(byResource?.EvalDecision).to.equal('allowed')
  })

  it('knows a role by its ARN with the path', async () => {
    const AssumeRolePolicyDocument = document({
      Effect: 'Allow',
      Principal: { Service: 'lambda.amazonaws.com' },
      Action: 'sts:AssumeRole',
    })
    await iam.send(new CreateRoleCommand({ RoleName: 'fn', Path: '/deep/', AssumeRolePolicyDocument }))
    const PolicyDocument = document(allow('kms:Decrypt'))
    await iam.send(new PutRolePolicyCommand({ RoleName: 'fn', PolicyName: 'p', PolicyDocument }))
    const source = (path: string) => ({ PolicySourceArn: `arn:aws:iam::${sandbox.accountId}:role${path}fn` })
    expect((await simulate(['kms:Decrypt'], source('/deep/')))[0]?.EvalDecision).to.equal('allowed')
    expect(await failureOf(simulate(['kms:Decrypt'], source('/')))).to.equal(
      'NoSuchEntityException: The role with name fn cannot be found.',
    )
  })

  it('simulates policies of nobody in particular', async () => {
    const { EvaluationResults } = await iam.send(
      new SimulateCustomPolicyCommand({ PolicyInputList: [document(allow('s3:*'))], ActionNames: ['s3:ListBucket'] }),
    )
    expect(EvaluationResults?.map(({ EvalDecision }) => EvalDecision)).to.deep.equal(['allowed'])
  })

  it('refuses what AWS refuses, and what it would have to ignore', async () => {
    const fails = (more: Partial<SimulatePrincipalPolicyCommandInput>, action = 's3:GetObject'): Promise<string> =>
      failureOf(simulate([action], more))
    for (const arn of [
      `arn:aws:iam::${sandbox.accountId}:root`,
      `arn:aws:sts::${sandbox.accountId}:assumed-role/fn/session`,
    ]) {
      expect(await fails({ PolicySourceArn: arn })).to.equal(
        `InvalidInputException: Invalid Entity Arn: ${arn} does not clearly define entity type and name.`,
      )
    }
    expect(await fails({ PolicySourceArn: `arn:aws:iam::${sandbox.accountId}:user/bob` })).to.match(/^NoSuchEntity/)
    expect(await fails({ ResourceArns: ['14a050d4-021e'] })).to.equal(
      'InvalidInputException: ResourceNames are not in a valid ARN format: 14a050d4-021e.',
    )
    expect(await fails({ PolicyInputList: ['{'] })).to.match(/^InvalidInputException: .*Json/)
    expect(await fails({}, 's3:Get*')).to.match(/^InvalidInput/)
    expect(await failureOf(simulate([]))).to.match(/^ValidationError/)
    const narrower = { PermissionsBoundaryPolicyInputList: [document(allow('s3:ListBucket'))] }
    expect(await fails(narrower)).to.match(/^InvalidInput.*PermissionsBoundaryPolicyInputList/)
  })

  it('asks who asks for permission, on whom', async () => {
    await iam.send(new CreateUserCommand({ UserName: 'asker' }))
    const { AccessKey } = await iam.send(new CreateAccessKeyCommand({ UserName: 'asker' }))
    const { AccessKeyId: accessKeyId = '', SecretAccessKey: secretAccessKey = '' } = AccessKey ?? {}
    const asker = new IAMClient({ ...clientConfig(sandbox, { accessKeyId, secretAccessKey }), maxAttempts: 1 })
    const ask = (): Promise<string> =>
      failureOf(asker.send(new SimulatePrincipalPolicyCommand({ PolicySourceArn: user, ActionNames: ['kms:Sign'] })))
    const grant = async (Resource: string): Promise<void> => {
      const PolicyDocument = document(allow('iam:SimulatePrincipalPolicy', Resource))
      await iam.send(new PutUserPolicyCommand({ UserName: 'asker', PolicyName: 'p', PolicyDocument }))
    }
    expect(await ask()).to.match(/^AccessDenied: .*iam:SimulatePrincipalPolicy on resource: .*user\/staff\/ann/)
    await grant(`arn:aws:iam::${sandbox.accountId}:user/asker`)
    expect(await ask()).to.match(/^AccessDenied/)
    await grant(user)
    expect(await ask()).to.equal('none')
    expect(sandbox.calls.list(({ operation, changing }) => operation.startsWith('Simulate') && changing)).to.be.empty
    asker.destroy()
  })
})
