import { readFile } from 'node:fs/promises'

import { nearFiles, whyNoFile } from '../../ui/near-files.ts'
import { CtlError, messageOf } from '../../errors.ts'
import { isObject } from '../../json-object.ts'
import { verbatim } from '../../text.ts'

/** What a report of `reindex-everything` says was published again under its key. */
export interface Republished {
  readonly bucket: string
  readonly keys: readonly string[]
  /** How many it tells of; of more than a thousand what `--json` prints has not all keys. */
  readonly all: number
  /** Whether that run had edges drop them. */
  readonly dropped: boolean
}

/**
 * Reads what `reindex-everything --report FILE` wrote, or `--json` printed.
 *
 * @throws CtlError of kind `usage` for a file that can't be read or is no such report
 */
export async function readRepublished(file: string): Promise<Republished> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CtlError('usage', `The report can't be read: ${whyNoFile(error) ?? messageOf(error)}.`, {
      hint: nearFiles(file),
      cause: error,
    })
  })
  const document = parse(text, file)
  const report = isObject(document) && isObject(document['result']) ? document['result'] : document
  const republished = isObject(report) ? report['republished'] : undefined
  if (!isObject(report) || !isObject(republished) || typeof report['bucket'] !== 'string') throw noReport(file)
  const keys: unknown = report['republishedKeys'] ?? republished['keys']
  if (!isTexts(keys)) throw noReport(file)
  const told = [republished['objects'], republished['unproven']].map(Number)
  return {
    bucket: report['bucket'],
    keys,
    all: Math.max(keys.length, told.reduce((sum, each) => sum + each, 0) || 0),
    dropped: republished['dropped'] === true,
  }
}

function parse(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw noReport(file, error)
  }
}

const isTexts = (value: unknown): value is readonly string[] =>
  Array.isArray(value) && value.every((one) => typeof one === 'string' && one !== '')

const noReport = (file: string, cause?: unknown): CtlError =>
  new CtlError('usage', `${file} is no report of reindex-everything as JSON.`, {
    hint: [
      'This writes one; with a name that ends in .html it would be a page:',
      verbatim('pc-ctl reindex-everything --report report.json'),
    ],
    cause,
  })
