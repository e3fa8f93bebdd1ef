import {
  type FunctionConfiguration,
  GetFunctionCommand,
  LambdaClient,
  PutFunctionConcurrencyCommand,
} from '@aws-sdk/client-lambda'

import { absentAs, nameOf } from '../../aws/absent.ts'
import { arnOfFunction } from '../../aws/arns.ts'
import type { Aws } from '../../aws/connect.ts'
import { ownerOf } from '../../aws/names.ts'
import { patiently, settling } from '../../aws/patience.ts'
import { messageOf, CtlError } from '../../errors.ts'
import { commandLine } from '../../shell.ts'
import { verbatim } from '../../text.ts'
import { change, create, type Decision, notOurs, pending, type Resource, updateIf } from '../resource.ts'
import { requestedWith, tagChanges, type Tags, tagsWanted, type TagsWant } from '../tags.ts'
import { tagsOfFunction } from './edge-function.ts'
import { type FunctionSettings, keptRuntime, settingsChanges, settingsOf } from './edge-function-settings.ts'
import { createFunction, sha256, updateFunction } from './edge-function-writes.ts'
import { takedownOfWorker } from './worker-takedown.ts'
import { workerHandler } from './worker-package.ts'

/** With the names of what works, see `workerNames`. */
export interface WorkerFunctionWant extends TagsWant {
  readonly accountId: string
  readonly roleArn: string
  /** The package. */
  readonly zip: Uint8Array
  /** How many of it may run at once; none other of the account's functions get these. */
  readonly concurrency: number
  readonly adopt: boolean
}

export interface WorkerFunction {
  /** Without a version. */
  readonly arn: string
  /** Base64 of the SHA-256 of the package. */
  readonly codeSha256: string
  readonly settings: FunctionSettings
  readonly concurrency: number | undefined
  readonly tags: Tags
  readonly owner: string | undefined
  readonly description?: string | undefined
}

/** One whole processor, and as long as Lambda lets a function run. */
const fixedSettings = { Handler: workerHandler, MemorySize: 1769, Timeout: 900 } as const

const architecture = 'arm64'
const description = 'Reads and rewrites objects for pc-ctl reindex-everything --run-on batch, packagecloud:enterprise'

/** The function that S3 Batch Operations has do reindex-everything's work, in the bucket's region. */
export function workerFunction(aws: Aws, region: string): Resource<WorkerFunctionWant, WorkerFunction> {
  const lambda = () => aws.client(LambdaClient, region)
  return {
    kind: 'Lambda function',
    name: ({ names }) => names.functionName,
    id: ({ arn }) => arn,
    needs: (want) => {
      const resources = [arnOfFunction(want.names, want.accountId, region)]
      return [
        {
          access: 'read',
          actions: ['lambda:GetFunction', 'lambda:GetFunctionConfiguration', 'lambda:ListTags'],
          resources,
        },
        {
          access: 'write',
          actions: ['lambda:CreateFunction', 'lambda:TagResource'],
          resources,
          condition: requestedWith(want),
        },
        {
          access: 'write',
          actions: ['lambda:UpdateFunctionCode', 'lambda:UpdateFunctionConfiguration', 'lambda:PutFunctionConcurrency'],
          resources,
        },
        {
          access: 'write',
          actions: ['iam:PassRole'],
          resources: [want.roleArn],
          condition: { StringEquals: { 'iam:PassedToService': 'lambda.amazonaws.com' } },
        },
      ]
    },
    pattern: (want) => ({ ...created(want), arn: arnOfFunction(want.names, want.accountId, region) }),
    ties: ({ roleArn }) => [{ to: roleArn, as: 'runs as' }],

    async describe({ names }) {
      const read = () => lambda().send(new GetFunctionCommand({ FunctionName: names.functionName }))
      const found = await absentAs('ResourceNotFoundException', read)
      if (found?.Configuration === undefined) return undefined
      const reserved = found.Concurrency?.ReservedConcurrentExecutions
      return workerOf(found.Configuration, await tagsOfFunction(aws, found, region), reserved)
    },

    decide: decideWorker,
    takedown: ({ names }, _live, cli) => takedownOfWorker(names, region, cli),

    async apply(want, live, talk) {
      const { names, zip, concurrency } = want
      const tags = tagsWanted(want)
      const wish = { names, tags, settings: wantedSettings(want, live), description, architecture } as const
      const configuration =
        live === undefined
          ? await createFunction(lambda(), wish, zip, talk)
          : await updateFunction(lambda(), wish, live, zip, talk)
      if (live?.concurrency !== concurrency) {
        const reserve = new PutFunctionConcurrencyCommand({
          FunctionName: names.functionName,
          ReservedConcurrentExecutions: concurrency,
        })
        await patiently(() => lambda().send(reserve), whyNotYet, settling, talk).catch((error: unknown) => {
          throw isTooMany(error) ? tooMany(concurrency, region, error) : error
        })
      }
      return workerOf(configuration, { ...live?.tags, ...tags }, concurrency)
    },
  }
}

const wantedSettings = (
  { roleArn }: Pick<WorkerFunctionWant, 'roleArn'>,
  live: Pick<WorkerFunction, 'settings'> | undefined,
): FunctionSettings => ({
  ...fixedSettings,
  Runtime: keptRuntime(live),
  Role: roleArn,
})

const created = (want: WorkerFunctionWant, live?: WorkerFunction): WorkerFunction => ({
  arn: pending('function ARN'),
  codeSha256: sha256(want.zip),
  settings: wantedSettings(want, live),
  concurrency: want.concurrency,
  tags: tagsWanted(want),
  owner: want.names.installation,
  description,
})

/** Pure. The function is ours by its tag; its code and settings are wholly ours. */
function decideWorker(want: WorkerFunctionWant, live: WorkerFunction | undefined): Decision<WorkerFunction> {
  const after = created(want, live)
  if (live === undefined) return create(after)
  const what = `Lambda function ${want.names.functionName}`
  const foreign = live.owner !== want.names.installation
  if (foreign && !want.adopt) return notOurs(live, what, live.owner)
  const changes = [
    ...tagChanges(live.tags, after.tags),
    ...change('Code', live.codeSha256.slice(0, 12), after.codeSha256.slice(0, 12)),
    ...settingsChanges(live.settings, after.settings),
    ...change('ReservedConcurrentExecutions', live.concurrency, want.concurrency),
  ]
  const brought = { ...after, arn: live.arn, tags: { ...live.tags, ...after.tags } }
  return updateIf(brought, changes, foreign ? `Take over ${what}?` : undefined)
}

const workerOf = (
  configuration: FunctionConfiguration,
  tags: Tags,
  concurrency: number | undefined,
): WorkerFunction => ({
  arn: configuration.FunctionArn ?? '',
  codeSha256: configuration.CodeSha256 ?? '',
  settings: settingsOf(configuration),
  concurrency,
  tags,
  owner: ownerOf(tags),
  description: configuration.Description,
})

const whyNotYet = (error: unknown): string | undefined =>
  /^(ResourceConflictException|ResourceNotFoundException)$/.test(nameOf(error))
    ? 'waiting for an earlier change of the function to settle'
    : undefined

/** Lambda keeps at least 100 of an account's for all functions that reserve none; all, where the account has no more. */
const isTooMany = (error: unknown): boolean => /UnreservedConcurrentExecution/i.test(messageOf(error))

const tooMany = (concurrency: number, region: string, cause: unknown): CtlError =>
  new CtlError('failed', `Lambda can't reserve ${concurrency} runs at once for the function: ${messageOf(cause)}`, {
    hint: [
      'So many are kept for functions that reserve none. Give --concurrency a smaller number. ' +
        'New accounts may have 10 in all, and can reserve none before they get a higher quota:',
      verbatim(
        commandLine([
          ...['aws', 'service-quotas', 'request-service-quota-increase', '--region', region],
          ...['--service-code', 'lambda', '--quota-code', 'L-B99A9384', '--desired-value', '1000'],
        ]),
      ),
    ],
    code: nameOf(cause),
    cause,
  })
