/** What a lock says of whoever holds it. */
import { isObject } from '../json-object.ts'
import { type JobNote, jobNoteIn } from './job-note.ts'
import type { ProcessIdentity } from './process-identity.ts'

/** Who holds a lock. */
export interface Holder {
  readonly run: string
  readonly owner: string
  readonly host: string
  /** Id of the journal that it has open, and its file. */
  readonly journal: string
  readonly file: string
  /** When it began: milliseconds since the epoch by its own clock; 0: not told. */
  readonly since: number
  readonly process: ProcessIdentity | undefined
  readonly released: boolean
  /** What goes on by itself, whether its holder lives or not. */
  readonly job?: JobNote | undefined
}

export const nobody: Holder = {
  run: '',
  owner: 'somebody',
  host: '',
  journal: '',
  file: '',
  since: 0,
  process: undefined,
  released: false,
}

const textOf = (value: unknown, otherwise = ''): string => (typeof value === 'string' ? value : otherwise)
const numberOf = (value: unknown): number => (typeof value === 'number' && Number.isFinite(value) ? value : 0)

/** What is there but was not written by us counts as held, until it is old. */
export function readHolder(text: string): Holder {
  try {
    const parsed: unknown = JSON.parse(text)
    if (!isObject(parsed)) return nobody
    return {
      run: textOf(parsed['run']),
      owner: textOf(parsed['owner'], nobody.owner).slice(0, 200),
      host: textOf(parsed['host']),
      journal: textOf(parsed['journal']),
      file: textOf(parsed['file']).slice(0, 500),
      since: numberOf(parsed['since']),
      process: processOf(parsed['process']),
      released: parsed['released'] === true,
      job: jobNoteIn(parsed['job']),
    }
  } catch {
    return nobody
  }
}

function processOf(value: unknown): ProcessIdentity | undefined {
  if (!isObject(value)) return undefined
  const [boot, namespace, started] = [textOf(value['boot']), textOf(value['namespace']), textOf(value['started'])]
  const pid = numberOf(value['pid'])
  return pid > 0 && boot !== '' && namespace !== '' && started !== '' ? { pid, boot, namespace, started } : undefined
}
