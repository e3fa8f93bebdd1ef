import { CreateRoleCommand, IAMClient, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import {
  AddPermissionCommand,
  CreateFunctionCommand,
  DeleteFunctionCommand,
  GetFunctionCommand,
  GetFunctionConfigurationCommand,
  GetPolicyCommand,
  InvokeCommand,
  LambdaClient,
  ListAliasesCommand,
  ListFunctionsCommand,
  ListTagsCommand,
  ListVersionsByFunctionCommand,
  PublishVersionCommand,
  TagResourceCommand,
  UntagResourceCommand,
  UpdateFunctionCodeCommand,
  UpdateFunctionConfigurationCommand,
  waitUntilFunctionActiveV2,
  waitUntilFunctionUpdatedV2,
  waitUntilPublishedVersionActive,
  type CreateFunctionCommandInput,
} from '@aws-sdk/client-lambda'
import { expect } from 'chai'
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'

import { startSandbox, type Sandbox } from '../../../src/sandbox/host/sandbox.ts'
import { edgeTrust, functionZip } from '../../support/function-zip.ts'
import { failureOf } from '../../support/s3-client.ts'

const FunctionName = 'packagecloud_cloudfront_auth'
/** Milliseconds: on a busy machine two calls take some hundred. */
const roleAssumable = 1000
const echo = 'export const handler = async (event) => ({ event, env: process.env })'

describe('the sandbox Lambda', () => {
  let sandbox: Sandbox
  let lambda: LambdaClient
  let elsewhere: LambdaClient
  let iam: IAMClient
  let role: string

  const settle = async (): Promise<void> => {
    await waitUntilFunctionActiveV2(
      { client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 },
      { FunctionName },
    )
    await waitUntilFunctionUpdatedV2(
      { client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 },
      { FunctionName },
    )
  }
  const create = (more: Partial<CreateFunctionCommandInput> = {}) =>
    lambda.send(
      new CreateFunctionCommand({
        FunctionName,
        Role: role,
        Runtime: 'nodejs22.x',
        Handler: 'index.handler',
        Code: { ZipFile: functionZip(echo) },
        ...more,
      }),
    )
  const invoke = async (event: unknown, Qualifier?: string) => {
    const answer = await lambda.send(
      new InvokeCommand({ FunctionName, Qualifier, Payload: JSON.stringify(event), LogType: 'Tail' }),
    )
    const log = Buffer.from(answer.LogResult ?? '', 'base64').toString()
    const payload = JSON.parse(answer.Payload?.transformToString() ?? 'null') as Record<string, unknown>
    return { payload, log, error: answer.FunctionError, version: answer.ExecutedVersion }
  }

  const makeRole = async (RoleName: string): Promise<string> => {
    const made = await iam.send(new CreateRoleCommand({ RoleName, AssumeRolePolicyDocument: edgeTrust }))
    return made.Role?.Arn ?? ''
  }

  before(async () => {
    sandbox = await startSandbox({ timing: { roleAssumable, functionActive: 300 } })
    const { endpoint, accessKeyId, secretAccessKey } = sandbox
    const common = { endpoint, credentials: { accessKeyId, secretAccessKey }, maxAttempts: 1 }
    lambda = new LambdaClient({ ...common, region: 'us-east-1' })
    elsewhere = new LambdaClient({ ...common, region: 'eu-west-1' })
    iam = new IAMClient({ ...common, region: 'us-east-1' })
    role = await makeRole('edge')
  })

  after(async () => {
    for (const client of [lambda, elsewhere, iam]) client.destroy()
    await sandbox.close()
  })

  it('refuses a role that does not exist, is too young, or does not trust it', async () => {
    const message = 'The role defined for the function cannot be assumed by Lambda.'
    const refused = { name: 'InvalidParameterValueException', status: 400, message }
    expect(await failureOf(create({ Role: role.replace(/edge$/, 'nobody') }))).to.deep.equal(refused)
    expect(await failureOf(create({ Role: await makeRole('young') }))).to.deep.equal(refused)
    await sleep(roleAssumable + 20)
    await create({ FunctionName: 'grown-up' })
    await iam.send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: 'edge',
        PolicyDocument: edgeTrust.replace('"lambda.amazonaws.com",', ''),
      }),
    )
    await sleep(roleAssumable + 20)
    expect(await failureOf(create())).to.deep.equal(refused)
    await iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'edge', PolicyDocument: edgeTrust }))
    await sleep(roleAssumable + 20)
  })

  it('refuses what is not valid, in words of AWS', async () => {
    const failures = {
      runtime: await failureOf(create({ Runtime: 'nodejs20.x' })),
      unknown: await failureOf(create({ Runtime: 'cobol' as 'nodejs' })),
      timeout: await failureOf(create({ Timeout: 901 })),
      memory: await failureOf(create({ MemorySize: 64 })),
      zip: await failureOf(create({ Code: { ZipFile: new Uint8Array([1, 2, 3]) } })),
      none: await failureOf(create({ Code: {} })),
      handler: await failureOf(create({ Handler: undefined })),
      name: await failureOf(create({ FunctionName: 'no spaces' })),
      role: await failureOf(create({ Role: 'edge' })),
      tags: await failureOf(create({ Tags: { 'aws:mine': 'x' } })),
    }
    expect(failures.runtime.message).to.match(
      /^The runtime parameter of nodejs20\.x is no longer supported for creating/,
    )
    expect(failures.unknown.message).to.match(/^Value 'cobol' at 'runtime' failed to satisfy constraint/)
    expect(failures.timeout).to.include({ name: 'ValidationException', status: 400 })
    expect(failures.timeout.message).to.match(/^1 validation error detected: Value '901' at 'timeout'/)
    expect(failures.memory.message).to.match(/^1 validation error detected: Value '64' at 'memorySize'/)
    expect(failures.zip.message).to.match(/^Could not unzip uploaded file/)
    expect(failures.none.message).to.equal('Please provide a source for function code.')
    expect(failures.handler.message).to.match(/^Handler is mandatory/)
    expect(failures.name.name).to.equal('ValidationException')
    expect(failures.role.name).to.equal('ValidationException')
    expect(failures.tags.name).to.equal('InvalidParameterValueException')
  })

  it('creates a function that is pending for a while, with its tags', async () => {
    const created = await create({ Tags: { 'packagecloud:enterprise': 'packagecloud' }, Timeout: 1 })
    const sha = createHash('sha256').update(functionZip(echo)).digest('base64')
    expect(created).to.include({ State: 'Pending', CodeSha256: sha, Version: '$LATEST', MemorySize: 128, Timeout: 1 })
    expect(created.FunctionArn).to.equal(`arn:aws:lambda:us-east-1:${sandbox.accountId}:function:${FunctionName}`)
    const busy = await failureOf(lambda.send(new PublishVersionCommand({ FunctionName })))
    expect(busy).to.deep.equal({
      name: 'ResourceConflictException',
      status: 409,
      message:
        'The operation cannot be performed at this time. The function is currently in the following state: Pending',
    })
    expect((await failureOf(create())).message).to.equal(`Function already exist: ${FunctionName}`)
    await settle()
    const { Configuration, Tags } = await lambda.send(new GetFunctionCommand({ FunctionName }))
    expect(Configuration).to.include({ State: 'Active', LastUpdateStatus: 'Successful' })
    expect(Configuration?.RevisionId).not.to.equal(created.RevisionId)
    expect(Tags).to.deep.equal({ 'packagecloud:enterprise': 'packagecloud' })
  })

  it('hands the code out at a URL of its own, and only there', async () => {
    const { Code } = await lambda.send(new GetFunctionCommand({ FunctionName }))
    const location = Code?.Location ?? ''
    const fetched = await fetch(location)
    expect(fetched.status).to.equal(200)
    expect(new Uint8Array(await fetched.arrayBuffer())).to.deep.equal(functionZip(echo))
    expect((await fetch(location.replace(/expires=\d/, 'expires=9'))).status).to.equal(403)
    expect((await fetch(location.replace(/token=..../, 'token=0000'))).status).to.equal(403)
  })

  it('knows a function only in its region', async () => {
    const missing = await failureOf(elsewhere.send(new GetFunctionCommand({ FunctionName })))
    expect(missing).to.deep.equal({
      name: 'ResourceNotFoundException',
      status: 404,
      message: `Function not found: arn:aws:lambda:eu-west-1:${sandbox.accountId}:function:${FunctionName}`,
    })
    expect((await elsewhere.send(new ListFunctionsCommand({}))).Functions).to.deep.equal([])
  })

  it('publishes a version once, and again only after a change', async () => {
    const first = await lambda.send(new PublishVersionCommand({ FunctionName }))
    expect(first).to.include({ Version: '1', State: 'Pending' })
    expect(first.FunctionArn).to.match(/:1$/)
    await waitUntilPublishedVersionActive(
      { client: lambda, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.1 },
      { FunctionName, Qualifier: '1' },
    )
    expect((await lambda.send(new PublishVersionCommand({ FunctionName }))).Version).to.equal('1')
    const changed = await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 2 }))
    expect(changed.LastUpdateStatus).to.equal('InProgress')
    const busy = await failureOf(lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 3 })))
    expect(busy).to.include({ name: 'ResourceConflictException', status: 409 })
    expect(busy.message).to.equal(
      `The operation cannot be performed at this time. An update is in progress for resource: ${changed.FunctionArn ?? ''}`,
    )
    await settle()
    const wrong = await failureOf(lambda.send(new PublishVersionCommand({ FunctionName, CodeSha256: 'no' })))
    expect(wrong.name).to.equal('InvalidParameterValueException')
    const stale = await failureOf(
      lambda.send(new PublishVersionCommand({ FunctionName, RevisionId: changed.RevisionId })),
    )
    expect(stale).to.include({ name: 'PreconditionFailedException', status: 412 })
    const { RevisionId, CodeSha256 } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))
    const second = await lambda.send(new PublishVersionCommand({ FunctionName, RevisionId, CodeSha256 }))
    expect(second).to.include({ Version: '2', Timeout: 2 })
    const one = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName, Qualifier: '1' }))
    expect(one.Timeout).to.equal(1)
  })

  it('updates code, but not in a dry run nor against a stale revision', async () => {
    const ZipFile = functionZip('export const handler = async () => 42')
    const before = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))
    const dry = await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile, DryRun: true }))
    expect(dry.CodeSha256).not.to.equal(before.CodeSha256)
    const after = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }))
    expect(after.CodeSha256).to.equal(before.CodeSha256)
    const stale = await failureOf(
      lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile, RevisionId: 'a-long-time-ago' })),
    )
    expect(stale.name).to.equal('PreconditionFailedException')
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile, RevisionId: after.RevisionId }))
    await settle()
    expect((await invoke({})).payload).to.equal(42)
  })

  it('lists versions in pages, aliases not at all', async () => {
    const page = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName, MaxItems: 2 }))
    const rest = await lambda.send(new ListVersionsByFunctionCommand({ FunctionName, Marker: page.NextMarker }))
    const versions = [...(page.Versions ?? []), ...(rest.Versions ?? [])].map(({ Version }) => Version)
    expect(versions).to.deep.equal(['$LATEST', '1', '2'])
    expect(page.Versions).to.have.length(2)
    expect((await lambda.send(new ListAliasesCommand({ FunctionName }))).Aliases).to.deep.equal([])
  })

  it('tags and untags by ARN', async () => {
    const Resource = `arn:aws:lambda:us-east-1:${sandbox.accountId}:function:${FunctionName}`
    await lambda.send(new TagResourceCommand({ Resource, Tags: { one: '1', two: '2' } }))
    await lambda.send(new UntagResourceCommand({ Resource, TagKeys: ['one', 'packagecloud:enterprise'] }))
    expect((await lambda.send(new ListTagsCommand({ Resource }))).Tags).to.deep.equal({ two: '2' })
  })

  it('has a resource policy only once something is permitted', async () => {
    const missing = await failureOf(lambda.send(new GetPolicyCommand({ FunctionName })))
    expect(missing).to.include({ name: 'ResourceNotFoundException', status: 404 })
    const permission = { StatementId: 'one', Action: 'lambda:InvokeFunction', Principal: 's3.amazonaws.com' }
    await lambda.send(new AddPermissionCommand({ FunctionName, ...permission }))
    const { Policy } = await lambda.send(new GetPolicyCommand({ FunctionName }))
    expect(Policy).to.contain('"Sid":"one"')
  })

  it('runs the real zip in a process that sees only reserved variables', async () => {
    process.env['MY_OWN_SECRET'] = 'not for functions'
    const { payload, version, error } = await invoke({ a: 1 }, '1')
    Reflect.deleteProperty(process.env, 'MY_OWN_SECRET')
    expect(error).to.equal(undefined)
    expect(version).to.equal('1')
    expect(payload['event']).to.deep.equal({ a: 1 })
    const environment = payload['env'] as Record<string, string>
    expect(environment).to.include({
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: FunctionName,
      AWS_ENDPOINT_URL_KMS: sandbox.endpoint,
    })
    expect(environment).to.have.property('AWS_SESSION_TOKEN')
    expect(environment).not.to.have.property('MY_OWN_SECRET')
    expect(environment['AWS_ACCESS_KEY_ID']).not.to.equal(sandbox.accessKeyId)
  })

  it('runs a replica away from us-east-1, as an edge location does', async () => {
    const arn = `arn:aws:lambda:us-east-1:${sandbox.accountId}:function:${FunctionName}:1`
    const invocation = await sandbox.services.lambda.invoke(arn, { b: 2 })
    if (invocation.outcome !== 'result') throw new Error(invocation.errorMessage)
    const { event, env } = invocation.payload as { event: unknown; env: Record<string, string> }
    expect(event).to.deep.equal({ b: 2 })
    expect(env['AWS_LAMBDA_FUNCTION_NAME']).to.equal(`us-east-1.${FunctionName}`)
    expect(env['AWS_REGION']).not.to.equal('us-east-1')
  })

  it('answers errors, time-outs and exits as Lambda words them, and recovers', async () => {
    const source = `
      let calls = 0
      export const handler = async (event) => {
        calls += 1
        console.log('call', calls)
        if (event.how === 'throw') throw new RangeError('too far')
        if (event.how === 'hang') for (;;);
        if (event.how === 'exit') process.exit(3)
        if (event.how === 'fill') { const all = []; for (;;) all.push(new Array(2e6).fill(all.length + 0.5)) }
        return calls
      }`
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: functionZip(source) }))
    await settle()
    expect((await invoke({})).payload).to.equal(1)
    const warm = await invoke({})
    expect(warm.payload).to.equal(2)
    expect(warm.log).to.match(/^START .*\ncall 2\nEND /)
    const thrown = await invoke({ how: 'throw' })
    expect(thrown.error).to.equal('Unhandled')
    expect(thrown.payload).to.include({ errorType: 'RangeError', errorMessage: 'too far' })
    expect((await invoke({})).payload).to.equal(4)
    const hung = await invoke({ how: 'hang' })
    expect(hung.payload['errorType']).to.equal('Sandbox.Timedout')
    expect(hung.payload['errorMessage']).to.match(/Task timed out after 2\.00 seconds$/)
    // To fill its memory a busy machine may need longer.
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Timeout: 60 }))
    await settle()
    expect((await invoke({ how: 'exit' })).payload['errorMessage']).to.match(
      /Runtime exited with error: exit status 3$/,
    )
    expect((await invoke({ how: 'fill' })).payload['errorType']).to.equal('Runtime.OutOfMemory')
    expect((await invoke({})).payload).to.equal(1)
  })

  it('tells what is wrong with a module', async () => {
    const wrongs: [string, string][] = [
      ['export const other = 1', 'Runtime.HandlerNotFound'],
      ['export const handler = (', 'Runtime.UserCodeSyntaxError'],
      ["import 'not-in-the-zip'", 'Runtime.ImportModuleError'],
    ]
    for (const [source, errorType] of wrongs) {
      await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile: functionZip(source) }))
      await settle()
      expect((await invoke({})).payload['errorType']).to.equal(errorType)
    }
  })

  it('lets Node 22 answer by callback, not Node 24', async () => {
    const ZipFile = functionZip('exports.handler = (event, context, callback) => callback(null, "old")', 'index.js')
    await lambda.send(new UpdateFunctionCodeCommand({ FunctionName, ZipFile }))
    await settle()
    expect((await invoke({})).payload).to.equal('old')
    await lambda.send(new UpdateFunctionConfigurationCommand({ FunctionName, Runtime: 'nodejs24.x' }))
    await settle()
    expect((await invoke({})).payload['errorType']).to.equal('Runtime.CallbackHandlerDeprecated')
  })

  it('deletes a version or the whole', async () => {
    const latest = await failureOf(lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier: '$LATEST' })))
    expect(latest.name).to.equal('InvalidParameterValueException')
    await lambda.send(new DeleteFunctionCommand({ FunctionName, Qualifier: '1' }))
    const gone = await failureOf(lambda.send(new GetFunctionCommand({ FunctionName, Qualifier: '1' })))
    expect(gone.message).to.match(new RegExp(`^Function not found: .*:${FunctionName}:1$`))
    await lambda.send(new DeleteFunctionCommand({ FunctionName }))
    expect((await failureOf(lambda.send(new GetFunctionCommand({ FunctionName })))).status).to.equal(404)
  })
})
