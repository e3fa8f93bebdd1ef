import { createHash } from 'node:crypto'

import type { Job, JobFailure, Task } from './job.ts'
import { errorIn, RoleRefused, type JobRoles } from './job-role.ts'
import { objectPath } from './preparation.ts'

/** Lines of one file. */
const linesOfFile = 1000

type Part = { TaskExecutionStatus: string; Bucket: string; MD5Checksum: string; Key: string }

/**
 * Writes the completion report of a job with the rights of its role, its manifest last. What could not be written is
 * told as a failure of the job. Source: S3 User Guide, "Examples: S3 Batch Operations completion reports".
 */
export async function writeReport(
  job: Job,
  tasks: readonly Task[],
  roles: JobRoles,
  now: number,
): Promise<JobFailure | undefined> {
  const { Report } = job.request
  if (!Report.Enabled || !job.invoked) return undefined
  const bucket = (Report.Bucket ?? '').slice('arn:aws:s3:::'.length)
  const folder = `${Report.Prefix === undefined ? '' : `${Report.Prefix}/`}job-${job.id}`
  const put = async (key: string, body: string): Promise<void> => {
    const owner = Report.ExpectedBucketOwner
    const answer = await roles.ask(job, 's3', {
      method: 'PUT',
      path: objectPath(bucket, key),
      headers: {
        'x-amz-server-side-encryption': 'AES256',
        ...(owner === undefined ? {} : { 'x-amz-expected-bucket-owner': owner }),
      },
      body,
    })
    if (answer.status !== 200) throw new RoleRefused(`Writing the report is refused: ${errorIn(answer)}`)
  }
  try {
    const parts: Part[] = []
    for (const { status, text } of filesOf(tasks, Report.ReportScope === 'AllTasks')) {
      const key = `${folder}/results/${createHash('sha1').update(`${job.id} ${text}`).digest('hex')}.csv`
      await put(key, text)
      const MD5Checksum = createHash('md5').update(text).digest('hex')
      parts.push({ TaskExecutionStatus: status, Bucket: bucket, MD5Checksum, Key: key })
    }
    const manifest = { Format: Report.Format, ReportCreationDate: new Date(now).toISOString(), Results: parts }
    const ReportSchema = 'Bucket, Key, VersionId, TaskStatus, ErrorCode, HTTPStatusCode, ResultMessage'
    await put(`${folder}/manifest.json`, JSON.stringify({ ...manifest, ReportSchema }))
    return undefined
  } catch (error) {
    if (!(error instanceof RoleRefused)) throw error
    return { FailureCode: 'ReportNotWritten', FailureReason: error.message.slice(0, 256) }
  }
}

function filesOf(tasks: readonly Task[], all: boolean): { status: string; text: string }[] {
  const statuses = all ? (['succeeded', 'failed'] as const) : (['failed'] as const)
  return statuses.flatMap((status) => {
    const lines = tasks.filter(({ state }) => state === status).map(lineOf)
    const count = Math.ceil(lines.length / linesOfFile)
    return Array.from({ length: count }, (_, index) => {
      const part = lines.slice(index * linesOfFile, (index + 1) * linesOfFile)
      return { status, text: `${part.join('\n')}\n` }
    })
  })
}

/** The schema names code before status; the examples, and AWS, have them the other way round. */
const lineOf = ({ bucket, key, versionId = '', state, httpStatus = 200, errorCode = '', message = '' }: Task): string =>
  [bucket, plain(key), versionId, state, httpStatus, errorCode, message === '' ? '' : quoted(message)].join(',')

const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`
const plain = (text: string): string => (/[",\r\n]/.test(text) ? quoted(text) : text)
