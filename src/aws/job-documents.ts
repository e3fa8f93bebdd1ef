/** What S3 Control is told of jobs, and what it tells. Source: Amazon S3 API Reference, "Amazon S3 Control". */
import { childOf, elementsOf, parseTree, textOf, type XmlElement } from '../xml-tree.ts'

/** Source: Amazon S3 User Guide, "Job statuses". */
export type JobStatus =
  | ('New' | 'Preparing' | 'Suspended' | 'Ready' | 'Active' | 'Pausing' | 'Paused' | 'Completing' | 'Complete')
  | ('Cancelling' | 'Cancelled' | 'Failing' | 'Failed')

/** What a job is to do with each row of its manifest. */
export type JobOperation =
  | {
      readonly LambdaInvoke: {
        /** Of a version: a function that is changed meanwhile changes nothing of the job. */
        readonly FunctionArn: string
        readonly InvocationSchemaVersion: '2.0'
        readonly UserArguments: Readonly<Record<string, string>>
      }
    }
  | {
      readonly S3ComputeObjectChecksum: {
        readonly ChecksumAlgorithm: 'SHA256' | 'MD5' | 'SHA1'
        readonly ChecksumType: 'FULL_OBJECT'
      }
    }

export interface JobToCreate {
  readonly token: string
  readonly description: string
  readonly priority: number
  readonly roleArn: string
  readonly operation: JobOperation
  readonly manifest: { readonly objectArn: string; readonly etag: string; readonly fields: readonly string[] }
  readonly report: { readonly bucketArn: string; readonly prefix: string; readonly owner: string }
  readonly tags: Readonly<Record<string, string>>
}

/** A job as a list tells of it. */
export interface ListedJob {
  readonly id: string
  /** One that is not known is passed on as it is. */
  readonly status: string
  readonly description: string
  /** When it was created; milliseconds since the epoch. */
  readonly created: number
  readonly tasks: { readonly total: number; readonly succeeded: number; readonly failed: number }
}

/** A job as it describes itself. */
export interface Job extends ListedJob {
  readonly roleArn: string
  readonly userArguments: Readonly<Record<string, string>>
  readonly manifest: { readonly objectArn: string; readonly etag: string }
  /** Why it has failed, in AWS's words. */
  readonly failures: readonly string[]
  /** Why somebody changed its state. */
  readonly reason: string | undefined
  /** By AWS's clock, in seconds. */
  readonly activeSeconds: number
}

type Content = string | number | boolean | readonly Content[] | { readonly [name: string]: Content }

const escaped: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;' }

/** Members of lists are called `member`. */
function write(name: string, content: Content): string {
  const inside =
    typeof content !== 'object'
      ? String(content).replace(/[&<>]/g, (character) => escaped[character] ?? character)
      : Array.isArray(content)
        ? content.map((one: Content) => write('member', one)).join('')
        : Object.entries(content)
            .map(([child, value]) => write(child, value))
            .join('')
  return `<${name}>${inside}</${name}>`
}

const pairs = (map: Readonly<Record<string, string>>): Content[] =>
  Object.entries(map).map(([Key, Value]) => ({ Key, Value }))

/** In contrast to lists, a map has an `entry` for each member. */
const entries = (map: Readonly<Record<string, string>>): string =>
  Object.entries(map)
    .map(([key, value]) => write('entry', { key, value }))
    .join('')

/** The document of CreateJob. Each job is made to wait: nothing is done before it is confirmed. */
export function documentOf(job: JobToCreate): string {
  const parts = [
    write('ConfirmationRequired', true),
    `<Operation>${operationOf(job.operation)}</Operation>`,
    write('Report', {
      ...{ Bucket: job.report.bucketArn, Format: 'Report_CSV_20180820', Enabled: true },
      ...{ Prefix: job.report.prefix, ReportScope: 'AllTasks', ExpectedBucketOwner: job.report.owner },
    }),
    write('ClientRequestToken', job.token),
    write('Manifest', {
      Spec: { Format: 'S3BatchOperations_CSV_20180820', Fields: job.manifest.fields },
      Location: { ObjectArn: job.manifest.objectArn, ETag: job.manifest.etag },
    }),
    write('Description', job.description),
    write('Priority', job.priority),
    write('RoleArn', job.roleArn),
    write('Tags', pairs(job.tags)),
  ]
  const namespace = 'http://awss3control.amazonaws.com/doc/2018-08-20/'
  return `<CreateJobRequest xmlns="${namespace}">${parts.join('')}</CreateJobRequest>`
}

function operationOf(operation: JobOperation): string {
  if ('S3ComputeObjectChecksum' in operation) {
    return write('S3ComputeObjectChecksum', operation.S3ComputeObjectChecksum)
  }
  const { FunctionArn, InvocationSchemaVersion, UserArguments } = operation.LambdaInvoke
  const called = write('FunctionArn', FunctionArn) + write('InvocationSchemaVersion', InvocationSchemaVersion)
  return `<LambdaInvoke>${called}<UserArguments>${entries(UserArguments)}</UserArguments></LambdaInvoke>`
}

const named: Readonly<Record<string, string>> = { quot: '"', apos: "'", lt: '<', gt: '>', amp: '&' }

/** The text of an element below one, by the names that lead there; empty where there is none. */
function at(element: XmlElement | undefined, ...path: string[]): string {
  const found = path.reduce(childOf, element)
  if (found === undefined) return ''
  return textOf(found).replace(/&(#x[0-9a-f]+|#\d+|\w+);/gi, (whole, of: string) => {
    if (!of.startsWith('#')) return named[of] ?? whole
    return String.fromCodePoint(/^#x/i.test(of) ? Number.parseInt(of.slice(2), 16) : Number(of.slice(1)))
  })
}

const under = (element: XmlElement | undefined, ...path: string[]): XmlElement[] => {
  const found = path.reduce(childOf, element)
  return found === undefined ? [] : elementsOf(found)
}

/** The text of a member of a document's root. */
export const valueIn = (document: string, name: string): string => at(parseTree(document), name)

function listed(element: XmlElement | undefined): ListedJob {
  const count = (name: string): number => Number(at(element, 'ProgressSummary', name))
  return {
    id: at(element, 'JobId'),
    status: at(element, 'Status'),
    description: at(element, 'Description'),
    created: Date.parse(at(element, 'CreationTime')),
    tasks: {
      total: count('TotalNumberOfTasks'),
      succeeded: count('NumberOfTasksSucceeded'),
      failed: count('NumberOfTasksFailed'),
    },
  }
}

/** What DescribeJob answers. */
export function jobIn(document: string): Job {
  const job = childOf(parseTree(document), 'Job')
  const invoke = childOf(childOf(job, 'Operation'), 'LambdaInvoke')
  const reason = at(job, 'StatusUpdateReason')
  const failures = under(job, 'FailureReasons').map((one) =>
    [at(one, 'FailureCode'), at(one, 'FailureReason')].filter((text) => text !== '').join(': '),
  )
  return {
    ...listed(job),
    roleArn: at(job, 'RoleArn'),
    userArguments: Object.fromEntries(under(invoke, 'UserArguments').map((one) => [at(one, 'key'), at(one, 'value')])),
    manifest: {
      objectArn: at(job, 'Manifest', 'Location', 'ObjectArn'),
      etag: at(job, 'Manifest', 'Location', 'ETag'),
    },
    failures,
    reason: reason === '' ? undefined : reason,
    activeSeconds: Number(at(job, 'ProgressSummary', 'Timers', 'ElapsedTimeInActiveSeconds')),
  }
}

/** What ListJobs answers. */
export function pageIn(document: string): {
  readonly jobs: readonly ListedJob[]
  readonly nextToken: string | undefined
} {
  const root = parseTree(document)
  const nextToken = at(root, 'NextToken')
  return { jobs: under(root, 'Jobs').map(listed), nextToken: nextToken === '' ? undefined : nextToken }
}

/** What GetJobTagging answers. */
export const tagsIn = (document: string): Readonly<Record<string, string>> =>
  Object.fromEntries(under(parseTree(document), 'Tags').map((one) => [at(one, 'Key'), at(one, 'Value')]))
