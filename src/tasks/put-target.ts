import { basename } from 'node:path'

import { CtlError } from '../ui/errors.ts'
import { verbatim } from '../ui/text.ts'
import { parseTarget } from './cf/targets.ts'

/** A file, or `-` for standard input, and the key it gets. */
export interface FileToPut {
  readonly file: string
  readonly key: string
}

/**
 * Reads `FILE… s3://BUCKET[/KEY|/PREFIX/]`: below a bucket or prefix files keep their names.
 *
 * @throws CtlError of kind `usage` for words that don't say which file goes where
 */
export function readPutWords(words: readonly string[]): { bucket: string; files: FileToPut[] } {
  const destination = words.at(-1) ?? ''
  const files = words.slice(0, -1)
  const target = /^s3:\/\//i.test(destination) ? parseTarget(destination) : undefined
  if (target?.kind !== 'bucket') throw usage(`The last word must say where to: s3://BUCKET/KEY, not ${destination}.`)
  if (files.length === 0) throw usage('Nothing is named to upload.')
  const [first = '', ...more] = files
  const { bucket, key } = target
  if (key !== '' && !key.endsWith('/')) {
    if (more.length > 0) throw usage(`Several files need a prefix that ends in /: s3://${bucket}/${key}/`)
    return { bucket, files: [{ file: first, key }] }
  }
  if (files.includes('-')) throw usage(`Standard input has no name, so name the whole key: s3://${bucket}/${key}NAME`)
  const named = files.map((file) => ({ file, key: key + basename(file) }))
  const twice = named.find((one, index) => named.findIndex((other) => other.key === one.key) < index)
  if (twice !== undefined) throw usage(`Two files would become s3://${bucket}/${twice.key}.`)
  return { bucket, files: named }
}

const usage = (message: string): CtlError =>
  new CtlError('usage', message, { hint: verbatim('pc-ctl put FILE... s3://BUCKET[/KEY|/PREFIX/]') })
