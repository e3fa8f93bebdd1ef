/** An account with a bucket, a function and the roles that a job of Batch Operations needs, and a lean client for jobs. */
import { AwsClient } from 'aws4fetch'
import { CreateRoleCommand, IAMClient, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { CreateFunctionCommand, LambdaClient } from '@aws-sdk/client-lambda'
import {
  CreateBucketCommand,
  GetObjectCommand,
  ListObjectsV2Command,
  PutObjectCommand,
  S3Client,
} from '@aws-sdk/client-s3'
import { setTimeout as sleep } from 'node:timers/promises'

import { startSandbox, type Sandbox, type SandboxOptions } from '../../src/sandbox/host/sandbox.ts'
import { clientConfig } from './clients.ts'
import { edgeTrust, functionZip } from './function-zip.ts'

/** At once, so that nothing but the tasks takes time. */
export const jobsAtOnce = { roleAssumable: 0, functionActive: 0, principal: 0, jobState: 0, redrive: 0 }

export const bucket = 'packages'
const region = 'us-east-1'

export interface JobAnswer {
  status: number
  code: string
  message: string
  text: string
}

/** What a document has in the first element of a name. */
export const valueIn = (text: string, name: string): string =>
  new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? ''

interface Keys {
  accessKeyId: string
  secretAccessKey: string
}

interface Signing {
  keys?: Keys
  headers?: Record<string, string>
  region?: string
  now?: () => number
}

/** Requests of S3 Control, signed as no SDK would have to. */
export function jobClient(sandbox: Sandbox, how: Signing = {}) {
  const { keys = sandbox, headers: more = {}, region: inRegion = region, now = Date.now } = how
  const { accessKeyId, secretAccessKey } = keys
  const client = new AwsClient({ accessKeyId, secretAccessKey, service: 's3', region: inRegion, retries: 0 })
  return async (method: string, path: string, body?: string): Promise<JobAnswer> => {
    const headers = { 'x-amz-account-id': sandbox.accountId, ...more }
    const url = `${sandbox.endpoint}/v20180820/jobs${path}`
    const aws = { datetime: new Date(now()).toISOString().replaceAll(/[:-]|\.\d+/g, '') }
    const response = await client.fetch(url, { method, headers, aws, ...(body === undefined ? {} : { body }) })
    const text = await response.text()
    return { status: response.status, code: valueIn(text, 'Code'), message: valueIn(text, 'Message'), text }
  }
}

/** What a test says of a job. */
export interface Asked {
  token?: string
  priority?: number
  confirmation?: boolean
  etag?: string
  functionArn?: string
  userArguments?: Record<string, string>
  schema?: string
  report?: string
  role?: string
  tags?: Record<string, string>
  fields?: readonly string[]
  operation?: string
  manifest?: string
  manifestVersion?: string
  more?: string
}

export const jobsTrust = (accountId: string): string =>
  JSON.stringify({
    Version: '2012-10-17',
    Statement: {
      Effect: 'Allow',
      Principal: { Service: 'batchoperations.s3.amazonaws.com' },
      Action: 'sts:AssumeRole',
      Condition: { StringEquals: { 'aws:SourceAccount': accountId } },
    },
  })

/** One of a function that answers with what `code`, a body of JavaScript, returns for a task: result code and string. */
export const taskFunction = (code: string): string => `
export const handler = async (event, context) => {
  const one = async (task) => { ${code} }
  const results = []
  for (const task of event.tasks) {
    const [resultCode, resultString] = await one(task)
    results.push({ taskId: task.taskId, resultCode, resultString })
  }
  const { invocationSchemaVersion, invocationId } = event
  return { invocationSchemaVersion, invocationId, treatMissingKeysAs: 'PermanentFailure', results }
}`

export async function startJobs(options: SandboxOptions = {}) {
  const sandbox = await startSandbox({ ...options, timing: { ...jobsAtOnce, ...options.timing } })
  const config = clientConfig(sandbox)
  const [s3, iam, lambda] = [new S3Client(config), new IAMClient(config), new LambdaClient(config)]
  const { accountId } = sandbox
  const roleArn = (name: string): string => `arn:aws:iam::${accountId}:role/${name}`
  const ask = jobClient(sandbox, options.now === undefined ? {} : { now: options.now })

  const fixture = {
    ...{ sandbox, s3, iam, lambda, ask, roleArn },
    async role(name: string, trust: string, policy: object[]): Promise<string> {
      await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust }))
      await fixture.grant(name, policy)
      return roleArn(name)
    },
    grant: (RoleName: string, Statement: object[]) =>
      iam.send(
        new PutRolePolicyCommand({
          ...{ RoleName, PolicyName: 'own' },
          PolicyDocument: JSON.stringify({ Version: '2012-10-17', Statement }),
        }),
      ),
    async function(name: string, source: string, more: object = {}): Promise<string> {
      const made = await lambda.send(
        new CreateFunctionCommand({
          FunctionName: name,
          Role: roleArn('function'),
          Runtime: 'nodejs24.x',
          Handler: 'index.handler',
          Architectures: ['arm64'],
          MemorySize: 256,
          Timeout: 900,
          Publish: true,
          Code: { ZipFile: functionZip(source) },
          ...more,
        }),
      )
      return made.FunctionArn ?? ''
    },
    async put(key: string, body: string): Promise<string> {
      const { ETag = '' } = await s3.send(new PutObjectCommand({ Bucket: bucket, Key: key, Body: body }))
      return ETag.replaceAll('"', '')
    },
    async read(key: string): Promise<string> {
      const { Body } = await s3.send(new GetObjectCommand({ Bucket: bucket, Key: key }))
      return (await Body?.transformToString()) ?? ''
    },
    async keys(Prefix: string): Promise<string[]> {
      const { Contents = [] } = await s3.send(new ListObjectsV2Command({ Bucket: bucket, Prefix }))
      return Contents.map(({ Key = '' }) => Key)
    },
    /** The document of CreateJob. */
    document: (asked: Asked): string => documentOf(asked, roleArn('jobs')),
    /** Makes a manifest of these rows and a job of it; answers the job's id. */
    async create(rows: readonly string[], asked: Asked): Promise<string> {
      const etag = await fixture.put('.pc-ctl/manifest.csv', rows.map((row) => `${row}\n`).join(''))
      const answer = await ask('POST', '', documentOf({ etag, ...asked }, roleArn('jobs')))
      if (answer.status !== 200) throw new Error(answer.text)
      return valueIn(answer.text, 'JobId')
    },
    async describe(id: string): Promise<string> {
      return (await ask('GET', `/${id}`)).text
    },
    /** The description, as soon as the job is in one of these states. */
    async until(id: string, ...states: string[]): Promise<string> {
      for (;;) {
        const text = await fixture.describe(id)
        if (states.includes(valueIn(text, 'Status'))) return text
        const ended = ['Complete', 'Failed', 'Cancelled'].includes(valueIn(text, 'Status'))
        if (ended) throw new Error(`the job has ended: ${text}`)
        await sleep(20)
      }
    },
    /** Lines of the report with a status. */
    async reported(id: string, status: string): Promise<string[]> {
      const manifest = JSON.parse(await fixture.read(`reports/job-${id}/manifest.json`)) as {
        Results: { TaskExecutionStatus: string; Key: string }[]
      }
      const files = manifest.Results.filter(({ TaskExecutionStatus }) => TaskExecutionStatus === status)
      const texts = await Promise.all(files.map(({ Key }) => fixture.read(Key)))
      return texts.join('').split('\n').slice(0, -1)
    },
    async close() {
      for (const client of [s3, iam, lambda]) client.destroy()
      await sandbox.close()
    },
  }
  return fixture
}

export type JobFixture = Awaited<ReturnType<typeof startJobs>>

/** The bucket and the two roles. */
export async function furnish(fixture: JobFixture): Promise<void> {
  const { s3, sandbox } = fixture
  await s3.send(new CreateBucketCommand({ Bucket: bucket }))
  const objects = `arn:aws:s3:::${bucket}/*`
  await fixture.role('function', edgeTrust, [
    { Effect: 'Allow', Action: ['s3:GetObject', 's3:PutObject'], Resource: objects },
  ])
  await fixture.role('jobs', jobsTrust(sandbox.accountId), jobRights(sandbox.accountId))
}

/** What the role of a job needs. */
export const jobRights = (accountId: string): object[] => [
  { Effect: 'Allow', Action: 'lambda:InvokeFunction', Resource: `arn:aws:lambda:${region}:${accountId}:function:*` },
  { Effect: 'Allow', Action: ['s3:GetObject', 's3:GetObjectVersion'], Resource: `arn:aws:s3:::${bucket}/.pc-ctl/*` },
  { Effect: 'Allow', Action: 's3:PutObject', Resource: `arn:aws:s3:::${bucket}/reports/*` },
]

let tokens = 0

const member = (pairs: Record<string, string>, element: string, key: string, value: string): string =>
  Object.entries(pairs)
    .map(([name, text]) => `<${element}><${key}>${name}</${key}><${value}>${text}</${value}></${element}>`)
    .join('')

/** The document of CreateJob. */
export function documentOf(asked: Asked, jobsRole: string): string {
  const { token = `token-${++tokens}`, priority = 10, confirmation, etag = 'none', functionArn = '' } = asked
  const { userArguments, schema = '2.0', role = jobsRole, tags, fields = ['Bucket', 'Key'] } = asked
  const version =
    asked.manifestVersion === undefined ? '' : `<ObjectVersionId>${asked.manifestVersion}</ObjectVersionId>`
  const key = asked.manifest ?? `arn:aws:s3:::${bucket}/.pc-ctl/manifest.csv`
  const report =
    asked.report ??
    `<Bucket>arn:aws:s3:::${bucket}</Bucket><Format>Report_CSV_20180820</Format><Enabled>true</Enabled><Prefix>reports</Prefix><ReportScope>AllTasks</ReportScope>`
  const given = userArguments === undefined ? '' : member(userArguments, 'entry', 'key', 'value')
  const invoke =
    `<LambdaInvoke><FunctionArn>${functionArn}</FunctionArn>` +
    `<InvocationSchemaVersion>${schema}</InvocationSchemaVersion>` +
    `${given === '' ? '' : `<UserArguments>${given}</UserArguments>`}</LambdaInvoke>`
  return (
    '<CreateJobRequest xmlns="http://awss3control.amazonaws.com/doc/2018-08-20/">' +
    (confirmation === undefined ? '' : `<ConfirmationRequired>${confirmation}</ConfirmationRequired>`) +
    `<Operation>${asked.operation ?? invoke}</Operation><Report>${report}</Report>` +
    `<ClientRequestToken>${token}</ClientRequestToken>` +
    `<Manifest><Spec><Format>S3BatchOperations_CSV_20180820</Format><Fields>${fields.map((one) => `<member>${one}</member>`).join('')}</Fields></Spec>` +
    `<Location><ObjectArn>${key}</ObjectArn>${version}<ETag>${etag}</ETag></Location></Manifest>` +
    `<Priority>${priority}</Priority><RoleArn>${role}</RoleArn>` +
    (tags === undefined ? '' : `<Tags>${member(tags, 'member', 'Key', 'Value')}</Tags>`) +
    `${asked.more ?? ''}</CreateJobRequest>`
  )
}
