import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'

import { CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { CreateFunctionCommand, InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda'
import { CreateBucketCommand, ListBucketsCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3'
import { expect } from 'chai'

import { PolicySyntaxError } from '../../../src/sandbox/policy/policy-document.ts'
import { startSandbox } from '../../../src/sandbox/host/sandbox.ts'
import { clientConfig, nameOf } from '../../support/clients.ts'
import { edgeTrust, functionZip } from '../../support/function-zip.ts'

const allow = (Action: string, Resource: string): string =>
  JSON.stringify({ Version: '2012-10-17', Statement: { Effect: 'Allow', Action, Resource } })

describe('startSandbox', () => {
  let state: string
  beforeEach(async () => {
    state = await mkdtemp(join(tmpdir(), 'sandbox-options-'))
  })
  afterEach(() => rm(state, { recursive: true }))

  it('runs functions from a state folder that is named relative to where it was started', async () => {
    const timing = { roleAssumable: 0, functionActive: 0 }
    const sandbox = await startSandbox({ state: relative(process.cwd(), state), timing, port: 0 })
    const iam = new IAMClient(clientConfig(sandbox))
    const lambda = new LambdaClient(clientConfig(sandbox))
    try {
      const { Role } = await iam.send(new CreateRoleCommand({ RoleName: 'f', AssumeRolePolicyDocument: edgeTrust }))
      await lambda.send(
        new CreateFunctionCommand({
          FunctionName: 'f',
          Role: Role?.Arn,
          Runtime: 'nodejs22.x',
          Handler: 'index.handler',
          Code: { ZipFile: functionZip('export const handler = async () => 42') },
        }),
      )
      const { FunctionError, Payload } = await lambda.send(new InvokeCommand({ FunctionName: 'f' }))
      expect([FunctionError, Payload?.transformToString()]).to.deep.equal([undefined, '42'])
    } finally {
      iam.destroy()
      lambda.destroy()
      await sandbox.close()
    }
  })

  it('gives credentials with exactly the policies, keeps them across runs and replaces what they may do', async () => {
    const tried = async (policies?: readonly string[]): Promise<Record<string, unknown>> => {
      const sandbox = await startSandbox({ state, port: 0, ...(policies === undefined ? {} : { policies }) })
      const root = new S3Client({ ...clientConfig(sandbox), maxAttempts: 1 })
      const given = new S3Client({ ...clientConfig(sandbox, sandbox.credentials), maxAttempts: 1 })
      try {
        await root.send(new CreateBucketCommand({ Bucket: 'bucket' })).catch(() => undefined)
        return {
          id: sandbox.credentials.accessKeyId,
          printed: sandbox.environment['AWS_ACCESS_KEY_ID'],
          others: sandbox.otherCredentials.map(({ accessKeyId }) => accessKeyId),
          list: await nameOf(given.send(new ListBucketsCommand())),
          put: await nameOf(given.send(new PutObjectCommand({ Bucket: 'bucket', Key: 'k', Body: 'x' }))),
          asRoot: await nameOf(root.send(new ListBucketsCommand())),
        }
      } finally {
        root.destroy()
        given.destroy()
        await sandbox.close()
      }
    }
    const lists = await tried([allow('s3:ListAllMyBuckets', '*')])
    expect(lists).to.deep.include({ list: 'none', put: 'AccessDenied', asRoot: 'none', printed: lists['id'] })
    const puts = await tried([allow('s3:PutObject', 'arn:aws:s3:::bucket/*')])
    expect(puts).to.deep.include({ list: 'AccessDenied', put: 'none', id: lists['id'], others: lists['others'] })
    expect(await tried([])).to.deep.include({ list: 'AccessDenied', put: 'AccessDenied' })
    const root = await tried()
    expect(root).to.deep.include({ list: 'none', put: 'none', others: [lists['id']] })
    expect(lists['others']).to.deep.equal([root['id']])
  })

  it('refuses a policy that IAM would refuse, and leaves nothing running', async () => {
    const failure = await startSandbox({ state, policies: [allow('s3', '*')] }).catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(PolicySyntaxError)
  })
})
