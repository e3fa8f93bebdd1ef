import { CtlError, messageOf } from '../../errors.ts'

/** Why a journal can't be used. */
export function openingFailed(file: string, error: unknown): CtlError {
  if (/database is locked/.test(messageOf(error))) {
    return new CtlError('refused', `Another pc-ctl on this host is at work on this bucket: it holds ${file}.`, {
      hint: 'Wait until it has ended, or stop it: it can be gone on with at any time.',
      code: 'JournalInUse',
      cause: error,
    })
  }
  return new CtlError('failed', `The journal ${file} can't be used: ${messageOf(error)}`, {
    hint: [
      'Give another folder with --state-dir, or remove the file: losing it costs time, never correctness.',
      'It needs a local disk, not a network file system.',
    ],
    code: 'JournalUnusable',
    cause: error,
  })
}

/** Why a run can't go on where its journal can't be written or read any more; any other error is what it is. */
export function workingFailed(file: string, error: unknown): unknown {
  if (!(error instanceof Error && 'code' in error && error.code === 'ERR_SQLITE_ERROR')) return error
  return new CtlError('failed', `The journal ${file} can't be used any more: ${error.message}.`, {
    hint: [
      'Make room on its disk, or give a folder on another one with --state-dir: losing the file costs time, never correctness.',
      'What is done in the bucket is kept: the same command goes on from there.',
    ],
    code: 'JournalUnusable',
    cause: error,
  })
}
