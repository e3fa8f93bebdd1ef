/**
 * What S3 Batch Operations reports of a job: a manifest, and files of lines, one of each task.
 *
 * Source: Amazon S3 User Guide, "Examples: S3 Batch Operations completion reports".
 */
import type { LeanS3 } from '../../aws/s3-lean.ts'
import { isObject } from '../../json-object.ts'

/** A file of lines, of tasks that ended alike. */
export interface ReportFile {
  readonly status: 'succeeded' | 'failed'
  readonly key: string
  /** Of its content, in hex, lower case. */
  readonly md5: string
}

/** The files that a report's manifest names; none where it is no such manifest. */
export function filesIn(manifest: string): ReportFile[] {
  const { Results: results } = objectIn(manifest)
  return (Array.isArray(results) ? (results as unknown[]) : []).flatMap((one) => {
    const { TaskExecutionStatus: status, Key: key, MD5Checksum: md5 } = isObject(one) ? one : {}
    const isKnown = status === 'succeeded' || status === 'failed'
    return isKnown && typeof key === 'string' && typeof md5 === 'string'
      ? [{ status, key, md5: md5.toLowerCase() }]
      : []
  })
}

/** The fields of a line: bucket, key, version, status, code of the error, HTTP status, message. */
export const fieldsOf = (line: string): string[] =>
  [...line.matchAll(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)].map(([, field = '']) =>
    field.startsWith('"') ? field.slice(1, -1).replaceAll('""', '"') : field,
  )

/** The object that a JSON text is; one with nothing in it for any other text. */
export function objectIn(text: string): Readonly<Record<string, unknown>> {
  try {
    const told: unknown = JSON.parse(text)
    return isObject(told) ? told : {}
  } catch {
    return {}
  }
}

/** Reasons are told of so many files of failed tasks, and so many in all. */
const [mostFiles, mostReasons] = [3, 5]
/** Their beginnings are enough. */
const mostBytes = 1_048_576

/** Why tasks have failed, each reason once, from the job's report; nothing where there is none, or it can't be read. */
export async function whyTasksFailed(s3: Pick<LeanS3, 'send'>, prefix: string, id: string): Promise<string[]> {
  try {
    const headers = { range: `bytes=0-${mostBytes - 1}` }
    const read = async (key: string): Promise<string> =>
      (await s3.send({ method: 'GET', action: 's3:GetObject', key, headers })).body.toString('utf8')
    const folder = `${prefix}/job-${id}/`
    const files = filesIn(await read(`${folder}manifest.json`)).filter(
      ({ status, key }) => status === 'failed' && key.startsWith(folder),
    )
    const texts = await Promise.all(files.slice(0, mostFiles).map(({ key }) => read(key)))
    return [...new Set(texts.join('').split('\n').flatMap(reasonIn))].slice(0, mostReasons)
  } catch {
    return []
  }
}

/** The message of a line, or the code where there is none. */
function reasonIn(line: string): string[] {
  const [, , , , code = '', , message = ''] = fieldsOf(line)
  const text = message === '' ? code : thrownIn(message)
  return text === '' ? [] : [text.slice(0, 300)]
}

/** Lambda tells what a function throws as JSON, with all of its stack. */
function thrownIn(message: string): string {
  const [, told = ''] = /^Lambda returned function error: (\{.*\})$/s.exec(message) ?? []
  const { errorMessage } = objectIn(told)
  return typeof errorMessage === 'string' ? errorMessage : message
}
