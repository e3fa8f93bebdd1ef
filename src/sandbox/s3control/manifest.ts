import type { JobRequest } from './documents.ts'
import type { Task } from './job.ts'

/** A manifest that no job can be made of; the message says where and why. */
export class ManifestError extends Error {}

/** "The key's length, URL-encoded", S3 User Guide, "Specifying a manifest". */
const longestKey = 1024

type Field = NonNullable<JobRequest['Manifest']['Spec']['Fields']>[number]

/**
 * The tasks of a manifest: a row each, no header line, keys URL-encoded. A key stays as it is written, for that is how
 * functions get it.
 *
 * @throws ManifestError
 */
export function tasksIn(text: string, fields: readonly Field[]): Task[] {
  const rows = rowsIn(text)
  if (rows.length === 0) throw new ManifestError('The manifest is empty.')
  const tasks = rows.map((row, index) => taskOf(row, index + 1, fields))
  const named = tasks.filter(({ versionId }) => versionId !== undefined).length
  if (named !== 0 && named !== tasks.length) {
    throw new ManifestError('Version IDs are there for some rows and not for others.')
  }
  return tasks
}

function taskOf(row: readonly string[], line: number, fields: readonly Field[]): Task {
  const refuse = (why: string): ManifestError => new ManifestError(`Row ${line}: ${why}`)
  if (row.length !== fields.length) throw refuse(`${row.length} fields, and not ${fields.length}.`)
  const value = (field: Field): string => row[fields.indexOf(field)] ?? ''
  const bucket = value('Bucket')
  const key = value('Key')
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket)) throw refuse(`"${bucket.slice(0, 63)}" is no bucket.`)
  if (key === '') throw refuse('the key is empty.')
  if (key.length > longestKey) throw refuse(`the key has more than ${longestKey} characters.`)
  if (!isUrlEncoded(key)) throw refuse('the key is not URL-encoded.')
  const versionId = fields.includes('VersionId') ? value('VersionId') : ''
  return { number: line, bucket, key, ...(versionId === '' ? {} : { versionId }), state: 'waiting', attempts: 0 }
}

function isUrlEncoded(key: string): boolean {
  try {
    return decodeURIComponent(key.replaceAll('+', ' ')) !== ''
  } catch {
    return false
  }
}

/** RFC 4180: fields in quotes may hold commas, line breaks and doubled quotes. */
function rowsIn(text: string): string[][] {
  const rows: string[][] = []
  let row: string[] = []
  let at = 0
  while (at < text.length) {
    const { value, end } = fieldAt(text, at)
    row.push(value)
    const next = text.slice(end, end + 2)
    if (next.startsWith(',')) {
      at = end + 1
      // A comma at the very end has an empty field behind it.
      if (at === text.length) row.push('')
      continue
    }
    rows.push(row)
    row = []
    at = end + (next === '\r\n' ? 2 : 1)
  }
  if (row.length > 0) rows.push(row)
  return rows
}

function fieldAt(text: string, start: number): { value: string; end: number } {
  if (text[start] !== '"') {
    const end = text.slice(start).search(/,|\r\n|\n/)
    const stop = end < 0 ? text.length : start + end
    return { value: text.slice(start, stop), end: stop }
  }
  const quoted = /"((?:[^"]|"")*)"(?=,|\r\n|\n|$)/y
  quoted.lastIndex = start
  const match = quoted.exec(text)
  if (match === null) throw new ManifestError('A quoted field does not end.')
  return { value: (match[1] ?? '').replaceAll('""', '"'), end: quoted.lastIndex }
}
